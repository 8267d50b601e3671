import { useEffect, useState } from 'preact/hooks';
import { stepOf, type Command, type ValueControl } from '../model/controls.js';
import type { NumberField } from '../model/fields.js';
import { formatSpan, formatValue, unitText } from '../model/format.js';
import { initial, mistakesIn, type Draft } from '../model/form.js';
import { OVERRIDES_MS } from '../model/hold.js';
import type { Json, Mistake } from '../model/types.js';
import { call, mistakesOf } from '../state/api.js';
import { forget, holdOf, release, setFor } from '../state/holds.js';
import { current, reading } from '../state/live.js';
import { may } from '../state/session.js';
import { seconds } from '../state/time.js';
import { tellDone, tellError } from '../state/toasts.js';
import { optionText } from './form-scalars.js';
import { FieldView } from './form.js';
import { NumberInput } from './inputs.js';
import { Button, CodeBlock, Dialog, Failure, Switch, useBusy } from './parts.js';

/** Why controls cannot be used now; `undefined` when they can. */
export function lockedBy(): string | undefined {
  if (!may('operator')) return 'You may look, not switch: ask an admin for the role operator.';
  if (!current.value) return 'The home is out of reach: nothing can be switched from here.';
  return undefined;
}

interface Target {
  readonly server: string;
  readonly device: string;
}

/** Sends a command that sets values; under a lease when a time is given. */
function useSet({ server, device }: Target, control: ValueControl) {
  return async (value: Json, forMs: number | undefined): Promise<void> => {
    const args = { [control.name]: value };
    if (forMs !== undefined) {
      await setFor({ server, device, maxLeaseMs: control.maxLeaseMs }, args, forMs);
      return;
    }
    await runCommand({ server, device }, 'set', args);
    forget(server, device);
  };
}

/** Whether the value is what its output has when it is at rest. */
const isOff = (value: Json): boolean => value === false || value === 0;

/** The control of a value that can be set: what is shown is what the device says, not what was asked for. */
export function ValueControlView({ server, device, control }: Target & { readonly control: ValueControl }) {
  const now = reading(server, device, control.name).value;
  const [forMs, setForMs] = useState<number | undefined>(control.leaseRequired ? OVERRIDES_MS[1] : undefined);
  const [busy, run] = useBusy();
  const set = useSet({ server, device }, control);
  const locked = lockedBy() !== undefined || busy;
  const hold = holdOf(server, device);
  const change = (value: Json): void => void run(() => set(value, isOff(value) ? undefined : forMs));
  return (
    <div class="control" data-kind={control.kind}>
      <div class="control-main">
        <span class="control-title">{control.title}</span>
        <ControlInput control={control} value={now?.value ?? null} disabled={locked} onChange={change} />
      </div>
      {control.guarded && (
        <div class="override">
          {hold === undefined ? (
            <label>
              <span>{control.leaseRequired ? 'When on, for' : 'Override for'}</span>
              <select
                value={String(forMs ?? '')}
                disabled={locked}
                onChange={({ currentTarget: { value } }) =>
                  setForMs(value === '' ? undefined : Number(value))
                }
              >
                {!control.leaseRequired && <option value="">no time-out</option>}
                {OVERRIDES_MS.map((ms) => (
                  <option key={ms} value={String(ms)}>
                    {formatSpan(ms)}
                  </option>
                ))}
              </select>
            </label>
          ) : (
            <>
              <span>
                Held by this page for {formatSpan(hold.until - seconds.value)}
                {hold.leaseMs < hold.until - hold.renewedAt && '; closing the page ends it'}
              </span>
              <Button kind="quiet" small onClick={() => release(server, device)}>
                End now
              </Button>
            </>
          )}
        </div>
      )}
    </div>
  );
}

interface InputProps {
  readonly control: ValueControl;
  readonly value: Json;
  readonly disabled: boolean;
  readonly onChange: (value: Json) => void;
}

function ControlInput({ control, value, disabled, onChange }: InputProps) {
  const { field, title } = control;
  switch (control.kind) {
    case 'switch':
      return (
        <Switch label={title} hideLabel checked={value === true} disabled={disabled} onChange={onChange} />
      );
    case 'slider':
      return <Slider control={control} value={value} disabled={disabled} onChange={onChange} />;
    case 'segments':
    case 'select':
      return field.kind === 'enum' ? (
        <Options
          control={control}
          options={field.options}
          value={value}
          disabled={disabled}
          onChange={onChange}
        />
      ) : null;
    default:
      return <SetForm control={control} value={value} disabled={disabled} onChange={onChange} />;
  }
}

/** Follows the finger at once, and is sent when it rests. */
function Slider({ control, value, disabled, onChange }: InputProps) {
  const field = control.field as NumberField;
  const [drag, setDrag] = useState<number | undefined>(undefined);
  const shown = drag ?? (typeof value === 'number' ? value : (field.min ?? 0));
  useEffect(() => setDrag(undefined), [value]);
  return (
    <div class="slider">
      <input
        type="range"
        aria-label={control.title}
        aria-valuetext={`${formatValue(shown)}${unitText(control.unit)}`}
        min={field.min}
        max={field.max}
        step={stepOf(field)}
        value={shown}
        disabled={disabled}
        onInput={({ currentTarget }) => setDrag(currentTarget.valueAsNumber)}
        onChange={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
      <label class="slider-number">
        <span class="visually-hidden">{control.title}, number</span>
        <input
          type="number"
          inputMode="decimal"
          min={field.min}
          max={field.max}
          step="any"
          value={Number(shown.toFixed(2))}
          disabled={disabled}
          onChange={({ currentTarget }) => {
            const number = currentTarget.valueAsNumber;
            if (mistakesIn(field, number).length === 0) onChange(number);
            else currentTarget.value = String(shown);
          }}
        />
        {control.unit !== undefined && <span aria-hidden="true">{control.unit}</span>}
      </label>
    </div>
  );
}

function Options({
  control,
  options,
  value,
  disabled,
  onChange,
}: InputProps & { readonly options: readonly Json[] }) {
  if (control.kind === 'select') {
    return (
      <select
        aria-label={control.title}
        value={String(options.indexOf(value))}
        disabled={disabled}
        onChange={({ currentTarget }) => onChange(options[Number(currentTarget.value)]!)}
      >
        {!options.includes(value) && <option value="-1">–</option>}
        {options.map((option, index) => (
          <option key={index} value={String(index)}>
            {optionText(option)}
          </option>
        ))}
      </select>
    );
  }
  return (
    <div class="segments" role="group" aria-label={control.title}>
      {options.map((option, index) => (
        <button
          key={index}
          type="button"
          aria-pressed={option === value}
          disabled={disabled}
          onClick={() => onChange(option)}
        >
          {optionText(option)}
        </button>
      ))}
    </div>
  );
}

/** A value that is entered first, and then set. */
function SetForm({ control, value, disabled, onChange }: InputProps) {
  const [draft, setDraft] = useState<Draft>(undefined);
  const { field } = control;
  const shown = draft ?? value ?? undefined;
  const wrong = mistakesIn(field, shown);
  return (
    <form
      class="set-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (shown === undefined || wrong.length > 0) return;
        onChange(shown);
        setDraft(undefined);
      }}
    >
      {field.kind === 'number' ? (
        <NumberInput
          label={control.title}
          value={typeof shown === 'number' ? shown : undefined}
          step={field.integer ? 1 : 'any'}
          min={field.min}
          max={field.max}
          disabled={disabled}
          onChange={setDraft}
        />
      ) : (
        <FieldView
          field={field}
          draft={shown}
          mistakes={[]}
          path=""
          disabled={disabled}
          onChange={setDraft}
        />
      )}
      <Button type="submit" small disabled={disabled || draft === undefined || wrong.length > 0}>
        Set
      </Button>
    </form>
  );
}

export function runCommand(
  { server, device }: Target,
  name: string,
  args: Json,
  leaseMs?: number,
): Promise<{ result: Json }> {
  return call('POST /devices/{server}/{device}/commands/{command}', {
    params: { server, device, command: name },
    body: { args, ...(leaseMs !== undefined && { leaseMs }) },
  });
}

/** A command at hand: a button, with its one number before it if it asks for one. */
export function CommandButton({ server, device, command }: Target & { readonly command: Command }) {
  const { field } = command;
  const asked = field.kind === 'object' ? field.members[0] : undefined;
  const [value, setValue] = useState<number | undefined>(
    typeof asked?.field.default === 'number' ? asked.field.default : undefined,
  );
  const locked = lockedBy() !== undefined;
  const run = async (): Promise<void> => {
    await runCommand(
      { server, device },
      command.name,
      asked === undefined ? {} : { [asked.name]: value ?? null },
    );
    tellDone(`${command.title}: done`);
  };
  if (asked === undefined) {
    return (
      <Button small disabled={locked} onClick={run}>
        {command.title}
      </Button>
    );
  }
  const wrong = mistakesIn(asked.field, value).length > 0;
  const unit = asked.field.unit;
  return (
    <form class="set-form" onSubmit={(event) => event.preventDefault()}>
      <NumberInput
        label={`${command.title}: ${asked.field.title}`}
        value={value}
        placeholder={asked.field.title}
        step="any"
        disabled={locked}
        onChange={setValue}
      />
      {unit !== undefined && <span class="unit">{unit}</span>}
      <Button type="submit" small disabled={locked || wrong} onClick={run}>
        {command.title}
      </Button>
    </form>
  );
}

/** A command with all its arguments in a window, its answer below. */
export function CommandDialog(props: Target & { readonly command: Command; readonly onClose: () => void }) {
  const { server, device, command, onClose } = props;
  const [draft, setDraft] = useState<Draft>(() => initial(command.field, undefined));
  const [answer, setAnswer] = useState<{ readonly result?: Json; readonly error?: unknown } | undefined>(
    undefined,
  );
  const wrong = mistakesIn(command.field, draft);
  const told: readonly Mistake[] = answer?.error === undefined ? [] : mistakesOf(answer.error);
  const locked = lockedBy();
  return (
    <Dialog title={command.title} onClose={onClose}>
      <form onSubmit={(event) => event.preventDefault()}>
        {command.immediate ? (
          <p class="note">It asks for nothing.</p>
        ) : (
          <FieldView field={command.field} draft={draft} mistakes={told} path="" onChange={setDraft} />
        )}
        {locked !== undefined && <p class="note mistake">{locked}</p>}
        <div class="row row-end">
          <Button onClick={onClose}>Close</Button>
          <Button
            kind="primary"
            type="submit"
            disabled={wrong.length > 0 || locked !== undefined}
            onClick={async () => {
              try {
                setAnswer(await runCommand({ server, device }, command.name, draft ?? {}));
              } catch (error) {
                setAnswer({ error });
              }
            }}
          >
            Run
          </Button>
        </div>
      </form>
      {answer?.error !== undefined && <Failure error={answer.error} />}
      {answer !== undefined && answer.error === undefined && (
        <div role="status">
          <h3>Answer</h3>
          <CodeBlock>{JSON.stringify(answer.result ?? null, null, 2)}</CodeBlock>
        </div>
      )}
    </Dialog>
  );
}

/** The picture of a camera: a new one when it is asked for. */
export function Picture({ server, device, title }: Target & { readonly title: string }) {
  const [url, setUrl] = useState<string | undefined>(undefined);
  const [turn, setTurn] = useState(0);
  const [failed, setFailed] = useState(false);
  const locked = lockedBy();
  useEffect(() => {
    const path = [server, device].map(encodeURIComponent).join('/');
    if (turn > 0) setUrl(`/api/v1/devices/${path}/photo?turn=${turn}`);
  }, [turn, server, device]);
  return (
    <div class="picture">
      {url !== undefined && !failed ? (
        <img
          src={url}
          alt={`What ${title} sees`}
          onError={() => {
            setFailed(true);
            tellError(new Error(`${title} gave no picture`));
          }}
        />
      ) : (
        <p class="picture-empty">{failed ? 'No picture came' : 'No picture yet'}</p>
      )}
      <Button
        small
        icon="camera"
        disabled={locked !== undefined}
        onClick={() => {
          setFailed(false);
          setTurn((last) => last + 1);
        }}
      >
        {url === undefined ? 'Take a picture' : 'Take another'}
      </Button>
    </div>
  );
}
