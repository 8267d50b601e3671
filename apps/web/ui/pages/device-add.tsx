import { useMemo, useState } from 'preact/hooks';
import { fieldOf } from '../model/fields.js';
import { initial, mistakesAt, mistakesIn, titleAt, type Draft } from '../model/form.js';
import type { Mistake } from '../model/types.js';
import { call, mistakesOf } from '../state/api.js';
import { devices, loadDevices, presence } from '../state/live.js';
import { navigate } from '../state/router.js';
import { tellDone } from '../state/toasts.js';
import { typesOf } from '../state/types.js';
import { MistakeSummary, useAttempt } from '../view/attempt.js';
import { FieldView } from '../view/form.js';
import { Button, Failure, Labelled, PageHead } from '../view/parts.js';

const TITLES: Readonly<Record<string, string>> = { server: 'Server', oid: 'Type', name: 'Name' };

/** A new device: server, type, name, and the form that the type asks for. */
export function AddDevice({ query }: { readonly query: URLSearchParams }) {
  const servers = useMemo(
    () => [...new Set([...presence.value, ...(devices.value ?? []).map(({ server }) => server)])].sort(),
    [presence.value, devices.value],
  );
  const [server, setServer] = useState(query.get('server') ?? '');
  const chosen = server === '' ? (servers[0] ?? '') : server;
  const types = chosen === '' ? undefined : typesOf(chosen).value;
  const [oid, setOid] = useState('');
  const [name, setName] = useState('');
  const [draft, setDraft] = useState<Draft>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const type = types?.get(oid);
  const field = useMemo(() => type && fieldOf(type.config), [type]);
  const config = draft ?? (field && initial(field, undefined));
  const needed = (path: string, missing: boolean): readonly Mistake[] =>
    missing ? [{ path, message: 'is needed' }] : [];
  const { fields, shown, attempt, forget } = useAttempt(
    [
      ...needed('server', chosen === ''),
      ...needed('oid', field === undefined),
      ...needed('name', name === ''),
      ...(field === undefined ? [] : mistakesIn(field, config, 'config')),
    ],
    error,
  );
  const told: readonly Mistake[] = [...mistakesOf(error), ...shown];
  const inner = told
    .filter(({ path }) => path.startsWith('config'))
    .map(({ path, message }) => ({ path: path.replace(/^config\.?/, ''), message }));
  const titleOf = (path: string): string =>
    TITLES[path] ?? (field === undefined ? path : titleAt(field, config, path.replace(/^config\.?/, '')));
  return (
    <>
      <PageHead
        title="Add a device"
        lead="What it asks for comes from its type; nothing is switched before you do."
        back={{ href: '/devices', label: 'Devices' }}
      />
      <form class="panel stack" ref={fields} noValidate onSubmit={(event) => event.preventDefault()}>
        <div class="form-grid">
          <Labelled label="Server" mistakes={mistakesAt(told, 'server')}>
            {(id, note, wrong) => (
              <select
                id={id}
                aria-describedby={note}
                aria-invalid={wrong}
                value={chosen}
                onChange={({ currentTarget }) => {
                  setServer(currentTarget.value);
                  setOid('');
                }}
              >
                {servers.map((of) => (
                  <option key={of}>{of}</option>
                ))}
              </select>
            )}
          </Labelled>
          <Labelled label="Type" mistakes={mistakesAt(told, 'oid')}>
            {(id, note, wrong) => (
              <select
                id={id}
                aria-describedby={note}
                aria-invalid={wrong}
                value={oid}
                onChange={({ currentTarget }) => {
                  setOid(currentTarget.value);
                  setDraft(undefined);
                  forget();
                }}
              >
                <option value="">Choose…</option>
                {[...(types?.values() ?? [])].map((of) => (
                  <option key={of.oid} value={of.oid}>
                    {of.title} ({of.oid})
                  </option>
                ))}
              </select>
            )}
          </Labelled>
          <Labelled
            label="Name"
            help="Letters, digits, “-”, “_” and “.”; it is part of keys, and stays."
            mistakes={mistakesAt(told, 'name')}
          >
            {(id, note, wrong) => (
              <input
                id={id}
                type="text"
                aria-describedby={note}
                aria-invalid={wrong}
                autocomplete="off"
                spellcheck={false}
                maxLength={64}
                value={name}
                onInput={({ currentTarget }) => setName(currentTarget.value)}
              />
            )}
          </Labelled>
        </div>
        {field !== undefined && field.kind === 'object' && field.members.length > 0 && (
          <fieldset class="nested">
            <legend>Configuration</legend>
            <FieldView field={field} draft={config} mistakes={inner} path="" onChange={setDraft} />
          </fieldset>
        )}
        {error !== undefined && <Failure error={error} />}
        <MistakeSummary mistakes={shown} titleOf={titleOf} />
        <div class="row row-end">
          <Button
            kind="primary"
            type="submit"
            onClick={async () => {
              if (!attempt()) return;
              try {
                await call('POST /devices/{server}', {
                  params: { server: chosen },
                  body: { name, oid, config: config ?? {} },
                });
              } catch (reason) {
                setError(reason);
                return;
              }
              await loadDevices();
              tellDone(`${name} was added`);
              navigate(`/devices/${encodeURIComponent(chosen)}/${encodeURIComponent(name)}`);
            }}
          >
            Add
          </Button>
        </div>
      </form>
    </>
  );
}
