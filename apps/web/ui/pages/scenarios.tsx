import type { ListedScenario, ScenarioStatus } from '../model/types.js';
import { call } from '../state/api.js';
import { may } from '../state/session.js';
import { tellDone } from '../state/toasts.js';
import { Icon } from '../view/icons.js';
import {
  Ago,
  Badge,
  Button,
  Empty,
  Loads,
  PageHead,
  Switch,
  useBusy,
  useLoad,
  type Tone,
} from '../view/parts.js';
import type { PageProps } from './page.js';
import { ImportScenario } from './scenario-import.js';
import { ScenarioPage } from './scenario.js';

/** The list, a new one (`/scenarios/new`), files (`/scenarios/import`), or one of them (`/scenarios/edit/<name>`). */
export function Scenarios({ parts }: PageProps) {
  const [what, name] = parts;
  if (what === 'new') return <ScenarioPage name={undefined} />;
  if (what === 'import') return <ImportScenario />;
  return what === 'edit' && name !== undefined ? <ScenarioPage name={name} /> : <ScenarioList />;
}

const TONES: Readonly<Record<string, Tone>> = {
  running: 'good',
  stopping: 'warn',
  'waiting to restart': 'warn',
  quarantined: 'bad',
  broken: 'bad',
};

export function StateBadge({ status }: { readonly status: ScenarioStatus | undefined }) {
  const state = status?.state ?? 'not known';
  return <Badge tone={TONES[state] ?? 'plain'}>{state}</Badge>;
}

function ScenarioList() {
  const list = useLoad(() => call('GET /scenarios'));
  return (
    <>
      <PageHead title="Scenarios" lead="What the home does by itself.">
        {may('admin') && (
          <>
            <a class="button" href="/scenarios/import">
              <Icon name="upload" />
              Import
            </a>
            <a class="button button-primary" href="/scenarios/new">
              <Icon name="plus" />
              Write one
            </a>
          </>
        )}
      </PageHead>
      <Loads of={list}>
        {(scenarios) =>
          scenarios.length === 0 ? (
            <Empty icon="scenarios" title="No scenarios yet">
              <p>Import one that comes with RasPy, such as the thermostat, or write your own.</p>
            </Empty>
          ) : (
            <>
              {scenarios.some(({ status }) => status?.safeMode === true) && (
                <p class="notice notice-warn">Core runs in safe mode: nothing begins by itself.</p>
              )}
              <ul class="rows">
                {scenarios.map((scenario) => (
                  <Row key={scenario.name} scenario={scenario} onChanged={list.reload} />
                ))}
              </ul>
            </>
          )
        }
      </Loads>
    </>
  );
}

function Row({ scenario, onChanged }: { readonly scenario: ListedScenario; readonly onChanged: () => void }) {
  const { name } = scenario;
  const status = scenario.status ?? undefined;
  const [busy, run] = useBusy();
  // One that cannot be used as it is stored is neither of a mode nor to be run or enabled.
  const usable = 'broken' in scenario ? undefined : scenario;
  const title = usable?.title ?? name;
  const reason = 'broken' in scenario ? scenario.broken : status?.reason;
  const troubles = [...(reason === undefined ? [] : [reason]), ...(status?.troubles ?? [])];
  return (
    <li class="row-card">
      <div>
        <h2>
          <a href={`/scenarios/edit/${encodeURIComponent(name)}`}>{title}</a>
          <StateBadge status={status} />
          {status?.lastEnd?.failed === true && <Badge tone="bad">Failed last time</Badge>}
        </h2>
        <p>
          {usable === undefined
            ? 'It cannot be used as it is stored'
            : usable.mode === 'background'
              ? 'In the background'
              : 'When fired'}
          {status !== undefined && ` · ${status.runs} ${status.runs === 1 ? 'run' : 'runs'}`}
          {status?.lastFiring !== undefined && (
            <>
              {' · fired '}
              <Ago at={status.lastFiring.at} />
            </>
          )}
          {status !== undefined &&
            status.holds.length > 0 &&
            ` · holds ${status.holds.map(({ entry }) => entry).join(', ')}`}
        </p>
        {troubles.map((trouble) => (
          <p class="mistake" key={trouble}>
            {trouble}
          </p>
        ))}
      </div>
      <div class="row">
        {may('operator') && usable !== undefined && (
          <RunOrStop name={name} title={title} status={status} onChanged={onChanged} small />
        )}
        {may('admin') && usable !== undefined && (
          <Switch
            label={`${title} is enabled`}
            hideLabel
            checked={status?.enabled ?? usable.enabled}
            disabled={busy}
            onChange={(wanted) =>
              void run(async () => {
                await call('PUT /scenarios/{name}/enabled', { params: { name }, body: { enabled: wanted } });
                onChanged();
              })
            }
          />
        )}
      </div>
    </li>
  );
}

export function RunOrStop(props: {
  readonly name: string;
  readonly title: string;
  readonly status: ScenarioStatus | undefined;
  readonly small?: boolean;
  readonly onChanged: () => void;
}) {
  const { name, title, status, small = false, onChanged } = props;
  const running = status?.state === 'running';
  return (
    <Button
      small={small}
      icon={running ? 'stop' : 'play'}
      label={`${running ? 'Stop' : 'Run'} ${title}`}
      onClick={async () => {
        const params = { name };
        if (running) await call('POST /scenarios/{name}/stop', { params });
        else await call('POST /scenarios/{name}/run', { params, body: {} });
        tellDone(running ? `${title} was stopped` : `${title} was begun`);
        onChanged();
      }}
    >
      {running ? 'Stop' : 'Run'}
    </Button>
  );
}
