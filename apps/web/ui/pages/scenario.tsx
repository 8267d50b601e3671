import { useEffect, useMemo, useState } from 'preact/hooks';
import { scenarioSchema } from '../model/automation-schemas.js';
import { fieldOf } from '../model/fields.js';
import { asObject, asText, initial, mistakesAt, mistakesIn, titleAt, type Draft } from '../model/form.js';
import { draftTypes } from '../model/scenario-types.js';
import type { Json, Mistake, ScenarioStatus } from '../model/types.js';
import { call, mistakesOf } from '../state/api.js';
import { navigate } from '../state/router.js';
import { may } from '../state/session.js';
import { after } from '../state/time.js';
import { tellDone } from '../state/toasts.js';
import { MistakeSummary, useAttempt } from '../view/attempt.js';
import { Editor } from '../view/editor.js';
import { FieldView } from '../view/form.js';
import {
  Badge,
  Button,
  Clock,
  ConfirmButton,
  Empty,
  Failure,
  Loads,
  PageHead,
  Tabs,
  useLoad,
  type Tone,
} from '../view/parts.js';
import { hints } from './jobs.js';
import { RunOrStop, StateBadge } from './scenarios.js';

type Tab = 'code' | 'definition' | 'trace';

/** A scenario as it is edited. */
interface Opened {
  /** All of it but the code. */
  readonly definition: Json;
  readonly description?: string | undefined;
  readonly code: string;
  /** How it stands; not of a new one. */
  readonly status?: ScenarioStatus | undefined;
}

const START: Opened = {
  definition: { name: '', mode: 'fired', entries: {}, fires: [] },
  code: "// Runs whenever something fires it; 'entries' has what the definition names.\nlog.info('hello');\n",
};

export function ScenarioPage({ name }: { readonly name: string | undefined }) {
  const loaded = useLoad(async () => (name === undefined ? START : scenarioWithStatus(name)), [name]);
  return (
    <Loads of={loaded}>
      {(scenario) => (
        <ScenarioEditor key={name ?? ''} name={name} scenario={scenario} onChanged={loaded.reload} />
      )}
    </Loads>
  );
}

async function scenarioWithStatus(name: string): Promise<Opened> {
  const [scenario, list] = await Promise.all([
    call('GET /scenarios/{name}', { params: { name } }),
    call('GET /scenarios'),
  ]);
  const status = list.find((of) => of.name === name)?.status ?? undefined;
  // Of one that cannot be used as it is stored nothing is told but its name: it is written anew.
  if (scenario === null) return { ...START, definition: { ...asObject(START.definition), name }, status };
  const { code, ...definition } = scenario;
  return { definition, description: definition.description, code, status };
}

function ScenarioEditor(props: {
  readonly name: string | undefined;
  readonly scenario: Opened;
  readonly onChanged: () => void;
}) {
  const { name, scenario, onChanged } = props;
  const { status } = scenario;
  const [tab, setTab] = useState<Tab>(name === undefined ? 'definition' : 'code');
  const field = useMemo(() => fieldOf(scenarioSchema), []);
  const [draft, setDraft] = useState<Draft>(() => initial(field, scenario.definition));
  const [code, setCode] = useState(scenario.code);
  const [error, setError] = useState<unknown>(undefined);
  const whole = { ...asObject(draft), code };
  const found = useCheck(whole);
  const types = useMemo(() => draftTypes(draft), [draft]);
  const title = asText(asObject(draft)['title']) || (name ?? 'Write a scenario');
  const { fields, shown, attempt } = useAttempt(mistakesIn(field, draft), error);
  const home = [...mistakesOf(error), ...found];
  // Where the home has said what is wrong, it is not said twice.
  const told = [...home, ...shown.filter(({ path }) => mistakesAt(home, path).length === 0)];
  const inCode = told.filter(({ path: at }) => at.startsWith('code'));
  const inDefinition = told.filter(({ path: at }) => !at.startsWith('code'));
  const readOnly = !may('admin');
  const save = async (): Promise<void> => {
    setError(undefined);
    if (!attempt()) {
      setTab('definition');
      return;
    }
    try {
      if (name === undefined) await call('POST /scenarios', { body: whole });
      else await call('PUT /scenarios/{name}', { params: { name }, body: whole });
    } catch (reason) {
      setError(reason);
      return;
    }
    tellDone('The scenario was saved');
    if (name === undefined)
      navigate(`/scenarios/edit/${encodeURIComponent(asText(asObject(draft)['name']))}`);
    else onChanged();
  };
  return (
    <>
      <PageHead title={title} lead={scenario.description} back={{ href: '/scenarios', label: 'Scenarios' }}>
        {name !== undefined && (
          <>
            <StateBadge status={status} />
            {may('operator') && <RunOrStop name={name} title={title} status={status} onChanged={onChanged} />}
            <Button icon="download" onClick={() => exportFile(name)}>
              Export
            </Button>
          </>
        )}
        {!readOnly && (
          <Button kind="primary" onClick={save}>
            Save
          </Button>
        )}
      </PageHead>
      <Tabs<Tab>
        label="Parts of the scenario"
        value={tab}
        onChange={setTab}
        tabs={[
          ['code', `Code${count(inCode)}`],
          ['definition', `Definition${count(inDefinition)}`],
          ...(name === undefined ? [] : [['trace', 'Trace'] as const]),
        ]}
      />
      {error !== undefined && <Failure error={error} />}
      <MistakeSummary mistakes={shown} titleOf={(path) => titleAt(field, draft, path)} />
      {status?.state === 'broken' && (
        <p class="notice notice-warn">
          It cannot be used as it is stored{status.reason !== undefined && `: ${status.reason}`}. What is
          saved here takes its place.
        </p>
      )}
      {tab === 'code' && (
        <>
          <Editor
            label={`Code of ${title}`}
            value={code}
            declarations={types}
            mistakes={inCode}
            readOnly={readOnly}
            onChange={setCode}
          />
          <MistakeList mistakes={inCode} />
          <p class="note">
            The body of an async function in TypeScript’s grammar: “await” and “return” are allowed.
            Ctrl+Space completes; Escape, then Tab, leaves the editor.
          </p>
        </>
      )}
      {tab === 'definition' && (
        <form class="panel stack" ref={fields} noValidate onSubmit={(event) => event.preventDefault()}>
          <FieldView
            field={field}
            draft={draft}
            mistakes={inDefinition}
            path=""
            hints={hints}
            disabled={readOnly}
            onChange={setDraft}
          />
          {name !== undefined && !readOnly && (
            <div class="row row-end">
              <ConfirmButton
                question={`${title} is stopped and forgotten, with its code. Export it first if you may want it again.`}
                done="The scenario was removed"
                onConfirm={async () => {
                  await call('DELETE /scenarios/{name}', { params: { name } });
                  navigate('/scenarios');
                }}
              >
                Remove
              </ConfirmButton>
            </div>
          )}
        </form>
      )}
      {tab === 'trace' && name !== undefined && <TraceView name={name} />}
    </>
  );
}

const count = (mistakes: readonly Mistake[]): string =>
  mistakes.length === 0 ? '' : ` (${mistakes.length})`;

function MistakeList({ mistakes }: { readonly mistakes: readonly Mistake[] }) {
  if (mistakes.length === 0)
    return (
      <p class="note" role="status">
        No mistakes found.
      </p>
    );
  return (
    <ul role="status">
      {mistakes.map(({ path: at, message }) => (
        <li class="mistake" key={`${at} ${message}`}>
          {message}
        </li>
      ))}
    </ul>
  );
}

const REST_MS = 500;

/** What the home finds wrong with it, as soon as nobody types; nothing is saved by that. */
function useCheck(scenario: Readonly<Record<string, unknown>>): readonly Mistake[] {
  const [found, setFound] = useState<readonly Mistake[]>([]);
  const text = JSON.stringify(scenario);
  const allowed = may('admin') && scenario['name'] !== '' && scenario['name'] !== undefined;
  useEffect(() => {
    if (!allowed) return undefined;
    let wanted = true;
    const cancel = after(REST_MS, () => {
      call('POST /scenarios/check', { body: asObject(JSON.parse(text) as Json) }).then(
        (mistakes) => wanted && setFound(mistakes),
        // The check is a help while typing; saving tells for certain.
        () => wanted && setFound([]),
      );
    });
    return () => {
      wanted = false;
      cancel();
    };
  }, [text, allowed]);
  return found;
}

async function exportFile(name: string): Promise<void> {
  const file = await call('GET /scenarios/{name}/export', { params: { name } });
  const text = `${JSON.stringify(file, null, 2)}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.raspy-scenario.json`;
  link.click();
  URL.revokeObjectURL(url);
}

const TRACE_TONES: Readonly<Record<string, Tone>> = {
  fired: 'accent',
  sent: 'good',
  ended: 'plain',
  skipped: 'warn',
};

function TraceView({ name }: { readonly name: string }) {
  const trace = useLoad(
    () => call('GET /scenarios/{name}/trace', { params: { name }, query: { count: 200 } }),
    [name],
  );
  return (
    <section class="panel">
      <div class="row row-end">
        <Button icon="reload" small onClick={trace.reload}>
          Look again
        </Button>
      </div>
      <Loads of={trace}>
        {(lines) =>
          lines.length === 0 ? (
            <Empty icon="scenarios" title="It has done nothing yet">
              <p>Why it fired, what it saw, and what it sent stand here, the latest first.</p>
            </Empty>
          ) : (
            <ol class="trace">
              {[...lines].reverse().map(({ at, run, kind, text }, index) => (
                <li key={index}>
                  <Clock at={at} />
                  <span>
                    <Badge tone={TRACE_TONES[kind] ?? 'plain'}>{kind}</Badge>
                  </span>
                  <span>
                    {text} {run > 0 && <span class="soft">run {run}</span>}
                  </span>
                </li>
              ))}
            </ol>
          )
        }
      </Loads>
    </section>
  );
}
