import { useEffect, useMemo, useState } from 'preact/hooks';
import { deviceTitle } from '../model/arrange.js';
import { commandOf, type Command } from '../model/controls.js';
import { fieldOf } from '../model/fields.js';
import { formatValue, humanize } from '../model/format.js';
import { asObject, initial, mistakesIn, titleAt, type Draft } from '../model/form.js';
import { budgetNames, commonSchema } from '../model/guard-form.js';
import { valueKey } from '../model/keys.js';
import type { DeviceConfig, DeviceInfo, DeviceSummary, Json, Mistake } from '../model/types.js';
import { isMeasured, readingText, valueTitle } from '../model/values.js';
import { call, mistakesOf } from '../state/api.js';
import { deviceOf, devices, loadDevices, reading } from '../state/live.js';
import { navigate } from '../state/router.js';
import { may } from '../state/session.js';
import { wallNow } from '../state/time.js';
import { tellDone } from '../state/toasts.js';
import { MistakeSummary, useAttempt } from '../view/attempt.js';
import { DeviceCard, freshness, safetyText } from '../view/card.js';
import { Chart } from '../view/chart.js';
import { CommandDialog } from '../view/controls.js';
import { FieldView } from '../view/form.js';
import { Icon } from '../view/icons.js';
import {
  Ago,
  Badge,
  Button,
  ConfirmButton,
  Failure,
  Loads,
  PageHead,
  Skeleton,
  Tabs,
  useLoad,
  type Loaded,
} from '../view/parts.js';
import { Calibrate } from './calibrate.js';
import { hints } from './jobs.js';

type Tab = 'now' | 'config' | 'calibrate' | 'commands';

export function DevicePage({ server, name }: { readonly server: string; readonly name: string }) {
  const [tab, setTab] = useState<Tab>('now');
  const info = useLoad(
    () => call('GET /devices/{server}/{device}', { params: { server, device: name } }),
    [server, name],
  );
  const device = deviceOf(server, name);
  const numeric = info.data !== undefined && Object.values(info.data.type.values).some(isMeasured);
  const own = info.data !== undefined && info.data.parent === undefined;
  return (
    <>
      <PageHead
        title={deviceTitle({ name })}
        lead={info.data === undefined ? server : `${info.data.title} · ${info.data.oid} · ${server}`}
        back={{ href: '/devices', label: 'Devices' }}
      >
        {may('admin') && own && (
          <ConfirmButton
            question={`${name} is forgotten, with its configuration. Its outputs are made safe first.`}
            done={`${name} was removed`}
            onConfirm={async () => {
              await call('DELETE /devices/{server}/{device}', { params: { server, device: name } });
              await loadDevices();
              navigate('/devices');
            }}
          >
            Remove
          </ConfirmButton>
        )}
      </PageHead>
      <Tabs<Tab>
        label="Parts of the device"
        value={tab}
        onChange={setTab}
        tabs={[
          ['now', 'Now'],
          ['commands', 'Commands'],
          ...(own && may('admin') ? [['config', 'Configuration'] as const] : []),
          ...(own && numeric && may('admin') ? [['calibrate', 'Calibration'] as const] : []),
        ]}
      />
      <Loads of={info}>
        {(of) => (
          <>
            {tab === 'now' && <Now server={server} info={of} device={device} />}
            {tab === 'commands' && <Commands server={server} info={of} />}
            {tab === 'config' && <Configuration server={server} info={of} onSaved={info.reload} />}
            {tab === 'calibrate' && <Calibrate server={server} info={of} />}
          </>
        )}
      </Loads>
    </>
  );
}

interface TabProps {
  readonly server: string;
  readonly info: DeviceInfo;
}

function Now({ server, info, device }: TabProps & { readonly device: DeviceSummary | undefined }) {
  const numeric = Object.entries(info.type.values).filter(([, value]) => isMeasured(value));
  const parts = devices.value?.filter((of) => of.server === server && of.parent === info.name) ?? [];
  return (
    <div class="split device-now">
      <div class="stack">
        {device !== undefined && <DeviceCard device={device} />}
        {device?.safety !== undefined && (
          <section class="panel">
            <h2>Guard</h2>
            <p class="soft">{safetyText(device.safety)}</p>
          </section>
        )}
        {parts.length > 0 && (
          <section class="panel">
            <h2>Parts</h2>
            <ul class="link-list">
              {parts.map((part) => (
                <li key={part.name}>
                  <a href={`/devices/${encodeURIComponent(server)}/${encodeURIComponent(part.name)}`}>
                    {part.title}
                  </a>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
      <div>
        {numeric.map(([name, value]) => (
          <section class="panel" key={name}>
            <h2>{value.title}, the last hour</h2>
            <Chart id={valueKey(server, info.name, name)} title={value.title} unit={value.unit} />
          </section>
        ))}
        <section class="panel">
          <h2>Values</h2>
          <ValueTable server={server} info={info} />
        </section>
      </div>
    </div>
  );
}

function ValueTable({ server, info }: TabProps) {
  return (
    <div class="rows">
      {Object.entries(info.type.values).map(([name, value]) => {
        const of = reading(server, info.name, name).value;
        return (
          <div key={name}>
            <dl class={`readings ${freshness(of)}`}>
              <div>
                <dt>{valueTitle(value)}</dt>
                <dd>{readingText(value, of, wallNow())}</dd>
              </div>
            </dl>
            {of !== undefined && (
              <p class="note row">
                {of.quality !== 'good' && (
                  <Badge tone={of.quality === 'bad' ? 'bad' : 'warn'}>{humanize(of.quality)}</Badge>
                )}
                {of.reason !== undefined && <span>{of.reason}</span>}
                {of.raw !== undefined && <span>raw {formatValue(of.raw)}</span>}
                <Ago at={of.at} />
              </p>
            )}
          </div>
        );
      })}
    </div>
  );
}

function Commands({ server, info }: TabProps) {
  const [open, setOpen] = useState<Command | undefined>(undefined);
  return (
    <section class="panel">
      <h2>What it obeys</h2>
      <ul class="command-list">
        {Object.entries(info.commands).map(([name, command]) => (
          <li key={name}>
            <button type="button" onClick={() => setOpen(commandOf(name, command))}>
              <span>
                {command.title} <code class="soft">{name}</code>
              </span>
              <Icon name="forward" />
            </button>
          </li>
        ))}
      </ul>
      {open !== undefined && (
        <CommandDialog server={server} device={info.name} command={open} onClose={() => setOpen(undefined)} />
      )}
    </section>
  );
}

/** The configuration as it was written: what a form does not know stays as it is. */
function Configuration({ server, info, onSaved }: TabProps & { readonly onSaved: () => void }) {
  const whole = useLoad(
    () => call('GET /devices/{server}/{device}/config', { params: { server, device: info.name } }),
    [server, info.name],
  );
  const saved = (): void => {
    whole.reload();
    onSaved();
  };
  return (
    <ConfigLoads whole={whole}>
      {(config) => (
        <ConfigForm
          key={JSON.stringify(config)}
          server={server}
          info={info}
          config={config}
          onSaved={saved}
        />
      )}
    </ConfigLoads>
  );
}

function ConfigLoads(props: {
  readonly whole: Loaded<DeviceConfig>;
  readonly children: (config: DeviceConfig) => preact.ComponentChildren;
}) {
  if (props.whole.error !== undefined)
    return <Failure error={props.whole.error} retry={props.whole.reload} />;
  return props.whole.data === undefined ? <Skeleton /> : <>{props.children(props.whole.data)}</>;
}

function ConfigForm(props: TabProps & { readonly config: DeviceConfig; readonly onSaved: () => void }) {
  const { server, info, config, onSaved } = props;
  const own = useMemo(() => fieldOf(info.type.config), [info.type]);
  const common = useMemo(() => fieldOf(commonSchema(info.type)), [info.type]);
  const known = { pollSeconds: config.pollSeconds, log: config.log, safety: config.safety };
  const [draft, setDraft] = useState<Draft>(() => initial(own, config.config ?? {}));
  const [rest, setRest] = useState<Draft>(() => JSON.parse(JSON.stringify(known)) as Json);
  const [error, setError] = useState<unknown>(undefined);
  useEffect(() => setError(undefined), [draft, rest]);
  const { fields, shown, attempt } = useAttempt(
    [...mistakesIn(own, draft, 'config'), ...mistakesIn(common, rest)],
    error,
  );
  const told: readonly Mistake[] = [...mistakesOf(error), ...shown];
  const inner = told
    .filter(({ path }) => path.startsWith('config'))
    .map(({ path, message }) => ({ path: path.replace(/^config\.?/, ''), message }));
  const titleOf = (path: string): string =>
    /^config\b/.test(path)
      ? titleAt(own, draft, path.replace(/^config\.?/, ''))
      : titleAt(common, rest, path);
  return (
    <form class="panel stack" ref={fields} noValidate onSubmit={(event) => event.preventDefault()}>
      {own.kind === 'object' && own.members.length > 0 && (
        <fieldset class="nested">
          <legend>{info.title}</legend>
          <FieldView field={own} draft={draft} mistakes={inner} path="" onChange={setDraft} />
        </fieldset>
      )}
      <fieldset class="nested">
        <legend>For every device</legend>
        <FieldView
          field={common}
          draft={rest}
          mistakes={told}
          path=""
          hints={(path) => [...hints(path), ...budgetNames(info.type, path)]}
          onChange={setRest}
        />
      </fieldset>
      {error !== undefined && <Failure error={error} />}
      <MistakeSummary mistakes={shown} titleOf={titleOf} />
      <div class="row row-end">
        <p class="note">What is changed outlives a restart.</p>
        <Button
          kind="primary"
          type="submit"
          onClick={async () => {
            if (!attempt()) return;
            try {
              await call('PATCH /devices/{server}/{device}/config', {
                params: { server, device: info.name },
                body: { ...asObject(rest), config: draft ?? {} },
              });
            } catch (reason) {
              setError(reason);
              return;
            }
            tellDone('The configuration was saved');
            onSaved();
          }}
        >
          Save
        </Button>
      </div>
    </form>
  );
}
