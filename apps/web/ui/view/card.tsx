import { useState } from 'preact/hooks';
import { deviceTitle, idOf, worstQuality } from '../model/arrange.js';
import { cardPlan, type CardPlan, type Command } from '../model/controls.js';
import { formatAgo, formatFact, formatSpan, formatValue, humanize, unitText } from '../model/format.js';
import { valueKey } from '../model/keys.js';
import type { DeviceSummary, DeviceType, Reading, SafetyState, ValueDescription } from '../model/types.js';
import { isInstant, readingText, valueTitle } from '../model/values.js';
import { current, devices, presence, reading, stream } from '../state/live.js';
import { seconds, wallNow } from '../state/time.js';
import { tellDone } from '../state/toasts.js';
import { typesOf } from '../state/types.js';
import { CommandButton, CommandDialog, lockedBy, Picture, runCommand, ValueControlView } from './controls.js';
import { Icon } from './icons.js';
import { Badge, Button, Dialog, IconButton } from './parts.js';
import { Sparkline } from './spark.js';

interface Props {
  readonly device: DeviceSummary;
  readonly actions?: preact.ComponentChildren;
}

/** A device as its contract tells it; there is no card for any one type. */
export function DeviceCard({ device, actions }: Props) {
  const type = typesOf(device.server).value?.get(device.oid);
  const parts =
    devices.value?.filter(({ server, parent }) => server === device.server && parent === device.name) ?? [];
  const id = idOf(device);
  return (
    <article class={`card card-${toneOf(device)}`} aria-label={deviceTitle(device)} data-device={id}>
      <header class="card-head">
        <div class="card-names">
          <h3>
            <a href={`/devices/${encodeURIComponent(device.server)}/${encodeURIComponent(device.name)}`}>
              {deviceTitle(device)}
            </a>
          </h3>
          <p class="card-type">{device.title}</p>
        </div>
        <div class="card-tools">
          {actions}
          {type !== undefined && <MoreCommands device={device} type={type} />}
        </div>
      </header>
      <DeviceNotices device={device} />
      {type === undefined ? <PlainReadings device={device} /> : <CardBody device={device} type={type} />}
      {parts.map((part) => (
        <Part key={part.name} part={part} />
      ))}
    </article>
  );
}

function toneOf({ state, safety }: DeviceSummary): string {
  if (state === 'failed' || safety?.state === 'tripped') return 'bad';
  return safety?.state === 'disabled' ? 'warn' : 'plain';
}

function Part({ part }: { readonly part: DeviceSummary }) {
  const type = typesOf(part.server).value?.get(part.oid);
  return (
    <section class="card-part" aria-label={part.title}>
      <header class="card-head">
        <h4>{part.title}</h4>
        {type !== undefined && <MoreCommands device={part} type={type} />}
      </header>
      {type !== undefined && <CardBody device={part} type={type} />}
    </section>
  );
}

/** What is wrong with a device, in words, and what to do about it. */
export function DeviceNotices({ device }: { readonly device: DeviceSummary }) {
  const { server, state, reason, safety, found, note } = device;
  const away = current.value && !presence.value.has(server);
  return (
    <>
      {away && (
        <p class="card-notice card-notice-warn">
          <Icon name="warn" />
          The server {server} is away: these are old values.
        </p>
      )}
      {state === 'failed' && (
        <p class="card-notice card-notice-bad">
          <Icon name="warn" />
          Does not work{reason === undefined ? '' : `: ${reason}`}. It is tried again.
        </p>
      )}
      {state === 'opening' && <p class="card-notice">Is being opened…</p>}
      {found === true && (
        <p class="card-notice">Found, not configured yet{note === undefined ? '' : `: ${note}`}</p>
      )}
      {safety !== undefined && <SafetyNotice device={device} safety={safety} />}
    </>
  );
}

function SafetyNotice({ device, safety }: { readonly device: DeviceSummary; readonly safety: SafetyState }) {
  const { server, name } = device;
  const locked = lockedBy() !== undefined;
  const command = (what: string, done: string) => async (): Promise<void> => {
    await runCommand({ server, device: name }, what, {});
    tellDone(done);
  };
  if (safety.state === 'ok') {
    const { reason, offUntilInMs } = safety;
    if (reason === undefined) return null;
    return (
      <p class="card-notice card-notice-warn">
        <Icon name="lock" />
        {reason}
        {offUntilInMs !== undefined && ` (${formatSpan(offUntilInMs)} more)`}
      </p>
    );
  }
  const tripped = safety.state === 'tripped';
  return (
    <div class={`card-notice card-notice-${tripped ? 'bad' : 'warn'}`} role={tripped ? 'alert' : undefined}>
      <Icon name={tripped ? 'warn' : 'lock'} />
      <div>
        <p>
          <strong>{tripped ? 'Its guard tripped' : 'Out of use'}</strong>
          {safety.reason !== undefined && `: ${safety.reason}`}
        </p>
        {tripped && safety.latched && (
          <>
            <p>It stays in its safe state until somebody acknowledges this. Look at the device first.</p>
            <Button
              small
              icon="hand"
              disabled={locked}
              onClick={command('acknowledge', `${deviceTitle(device)} may be used again`)}
            >
              Acknowledge
            </Button>
          </>
        )}
        {!tripped && (
          <Button
            small
            disabled={locked}
            onClick={command('enable', `${deviceTitle(device)} may be used again`)}
          >
            Let it be used again
          </Button>
        )}
      </div>
    </div>
  );
}

export function CardBody({ device, type }: { readonly device: DeviceSummary; readonly type: DeviceType }) {
  const plan = cardPlan(type);
  const { server, name } = device;
  return (
    <div class="card-body">
      {plan.picture !== undefined && <Picture server={server} device={name} title={deviceTitle(device)} />}
      {plan.main !== undefined && <MainReading device={device} type={type} name={plan.main} />}
      {plan.controls.map((control) => (
        <ValueControlView key={control.name} server={server} device={name} control={control} />
      ))}
      {plan.readings.length > 0 && (
        <dl class="readings">
          {plan.readings.map((value) => (
            <LineReading key={value} device={device} name={value} described={type.values[value]} />
          ))}
        </dl>
      )}
      <CardFoot device={device} plan={plan} />
      <QualityNote device={device} names={Object.keys(type.values)} />
    </div>
  );
}

function CardFoot({ device, plan }: { readonly device: DeviceSummary; readonly plan: CardPlan }) {
  const { server, name } = device;
  if (plan.actions.length === 0) return null;
  return (
    <div class="card-actions">
      {plan.actions.map((command) => (
        <CommandButton key={command.name} server={server} device={name} command={command} />
      ))}
    </div>
  );
}

/** The commands that are not at hand, behind one button. */
function MoreCommands({ device, type }: { readonly device: DeviceSummary; readonly type: DeviceType }) {
  const [listed, setListed] = useState(false);
  const [open, setOpen] = useState<Command | undefined>(undefined);
  const { server, name } = device;
  const plan = cardPlan(type);
  if (plan.more.length === 0) return null;
  return (
    <>
      <IconButton
        icon="dots"
        label={`More commands of ${deviceTitle(device)}`}
        onClick={() => setListed(true)}
      />
      {listed && (
        <Dialog title={`${deviceTitle(device)}: commands`} onClose={() => setListed(false)}>
          <ul class="command-list">
            {plan.more.map((command) => (
              <li key={command.name}>
                <button
                  type="button"
                  onClick={() => {
                    setListed(false);
                    setOpen(command);
                  }}
                >
                  <span>{command.title}</span>
                  <Icon name="forward" />
                </button>
              </li>
            ))}
          </ul>
        </Dialog>
      )}
      {open && (
        <CommandDialog server={server} device={name} command={open} onClose={() => setOpen(undefined)} />
      )}
    </>
  );
}

/** The class by which a reading is shown as what it is: old values never look current. */
export function freshness(of: Reading | undefined): string {
  if (of === undefined || of.quality === 'bad') return 'is-bad';
  if (!current.value || of.quality === 'stale') return 'is-stale';
  return of.quality === 'suspect' ? 'is-suspect' : 'is-good';
}

function MainReading({
  device,
  type,
  name,
}: {
  readonly device: DeviceSummary;
  readonly type: DeviceType;
  readonly name: string;
}) {
  const of = reading(device.server, device.name, name).value;
  const described = type.values[name]!;
  const { title, unit } = described;
  if (typeof of?.value === 'boolean') {
    return (
      <div class={`main-reading ${freshness(of)}`}>
        <p class="main-value">{formatFact(title, of.value)}</p>
      </div>
    );
  }
  if (isInstant(described)) {
    return (
      <dl class="readings">
        <LineReading device={device} name={name} described={described} />
      </dl>
    );
  }
  return (
    <div class={`main-reading ${freshness(of)}`}>
      <p class="main-value" aria-label={title}>
        <span class="value">{formatValue(of?.value, true)}</span>
        {of?.value !== null && <span class="unit">{unitText(of?.unit ?? unit)}</span>}
      </p>
      <p class="main-title">{title}</p>
      {typeof of?.value === 'number' && (
        <Sparkline id={valueKey(device.server, device.name, name)} title={title} unit={unit} />
      )}
    </div>
  );
}

function LineReading({
  device,
  name,
  described,
}: {
  readonly device: DeviceSummary;
  readonly name: string;
  readonly described: ValueDescription | undefined;
}) {
  const of = reading(device.server, device.name, name).value;
  return (
    <div class={freshness(of)}>
      <dt>{described === undefined ? humanize(name) : valueTitle(described)}</dt>
      <dd>{readingText(described, of, wallNow())}</dd>
    </div>
  );
}

/** Of a device whose type nobody told: its values as they come. */
function PlainReadings({ device }: { readonly device: DeviceSummary }) {
  return (
    <dl class="readings">
      {Object.keys(device.values).map((name) => (
        <LineReading key={name} device={device} name={name} described={undefined} />
      ))}
    </dl>
  );
}

/** What is wrong with the readings, and since when. */
function QualityNote({
  device,
  names,
}: {
  readonly device: DeviceSummary;
  readonly names: readonly string[];
}) {
  const told = names
    .map((name) => reading(device.server, device.name, name).value)
    .filter((of): of is Reading => of !== undefined);
  const worst = worstQuality(told.map(({ quality }) => quality));
  if (worst === 'good') {
    const { staleSince } = stream.value;
    return staleSince === undefined ? null : (
      <p class="quality-note is-stale">Last known {formatAgo(staleSince, seconds.value)}</p>
    );
  }
  const of = told.find(({ quality }) => quality === worst)!;
  return (
    <p class="quality-note">
      <Badge tone={worst === 'bad' ? 'bad' : 'warn'}>{humanize(worst)}</Badge>
      <span>
        {of.reason ?? 'it does not tell what is now'}, {formatAgo(of.at, seconds.value)}
      </span>
    </p>
  );
}

const outputText = (value: boolean | number): string =>
  typeof value === 'boolean' ? (value ? 'on' : 'off') : formatValue(value);

/** The safety of a device in a line. */
export function safetyText(safety: SafetyState): string {
  const parts = [
    `wanted ${outputText(safety.wanted)}`,
    safety.actual === undefined ? 'state not known' : `is ${outputText(safety.actual)}`,
    `safe is ${outputText(safety.failSafe)}`,
    ...(safety.lease === undefined ? [] : [`lease ends in ${formatSpan(safety.lease.endsInMs)}`]),
    ...(safety.onForMs === undefined ? [] : [`on for ${formatSpan(safety.onForMs)}`]),
    ...(safety.dutyLeftMs === undefined ? [] : [`${formatSpan(safety.dutyLeftMs)} left`]),
    ...(safety.budgets ?? []).map(({ command, left }) => `${formatValue(left)} left for ${command}`),
  ];
  return parts.join(', ');
}
