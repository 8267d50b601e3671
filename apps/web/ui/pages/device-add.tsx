import { useMemo, useState } from 'preact/hooks';
import { fieldOf } from '../model/fields.js';
import { initial, mistakesIn, type Draft } from '../model/form.js';
import type { Mistake } from '../model/types.js';
import { call, mistakesOf } from '../state/api.js';
import { devices, loadDevices, presence } from '../state/live.js';
import { navigate } from '../state/router.js';
import { tellDone } from '../state/toasts.js';
import { typesOf } from '../state/types.js';
import { FieldView } from '../view/form.js';
import { Button, Failure, Labelled, PageHead } from '../view/parts.js';

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
  const told: readonly Mistake[] = mistakesOf(error).map(({ path: at, message }) => ({
    path: at.replace(/^config\.?/, ''),
    message,
  }));
  const ready = name !== '' && field !== undefined && mistakesIn(field, config).length === 0;
  return (
    <>
      <PageHead
        title="Add a device"
        lead="What it asks for comes from its type; nothing is switched before you do."
        back={{ href: '/devices', label: 'Devices' }}
      />
      <form class="panel stack" onSubmit={(event) => event.preventDefault()}>
        <div class="form-grid">
          <Labelled label="Server">
            {(id) => (
              <select
                id={id}
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
          <Labelled label="Type">
            {(id) => (
              <select
                id={id}
                value={oid}
                onChange={({ currentTarget }) => {
                  setOid(currentTarget.value);
                  setDraft(undefined);
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
          <Labelled label="Name" help="Letters, digits, “-”, “_” and “.”; it is part of keys, and stays.">
            {(id, note) => (
              <input
                id={id}
                type="text"
                aria-describedby={note}
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
            <FieldView field={field} draft={config} mistakes={told} path="" onChange={setDraft} />
          </fieldset>
        )}
        {error !== undefined && <Failure error={error} />}
        <div class="row row-end">
          <Button
            kind="primary"
            type="submit"
            disabled={!ready}
            onClick={async () => {
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
