import { useMemo, useState } from 'preact/hooks';
import { entrySchema } from '../model/automation-schemas.js';
import { fieldOf, type Field } from '../model/fields.js';
import { asObject, asText, mistakesIn, type Draft } from '../model/form.js';
import type { Json, Mistake, ScenarioFile } from '../model/types.js';
import { call, messageOf, mistakesOf } from '../state/api.js';
import { navigate } from '../state/router.js';
import { tellDone } from '../state/toasts.js';
import { FieldView } from '../view/form.js';
import { Badge, Button, Failure, Labelled, Loads, PageHead, Switch, useLoad } from '../view/parts.js';
import { hints } from './jobs.js';

/** A file of somebody else, or one that comes with RasPy: what its entries are in this home is asked for. */
export function ImportScenario() {
  const shipped = useLoad(() => call('GET /scenarios/shipped'));
  const [file, setFile] = useState<ScenarioFile | undefined>(undefined);
  const [wrong, setWrong] = useState('');
  if (file !== undefined) return <MapEntries file={file} onBack={() => setFile(undefined)} />;
  const read = async (chosen: File | undefined): Promise<void> => {
    setWrong('');
    if (chosen === undefined) return;
    try {
      const json = JSON.parse(await chosen.text()) as Partial<ScenarioFile> | null;
      if (typeof json?.scenario !== 'object' || typeof json.entries !== 'object')
        throw new Error('it is no scenario');
      setFile(json as ScenarioFile);
    } catch (error) {
      setWrong(`${chosen.name} cannot be read: ${messageOf(error)}`);
    }
  };
  return (
    <>
      <PageHead
        title="Import a scenario"
        lead="A scenario from a file knows no names of this home: you say what is what."
        back={{ href: '/scenarios', label: 'Scenarios' }}
      />
      <section class="panel stack">
        <Labelled label="From a file" mistakes={wrong === '' ? [] : [wrong]}>
          {(id, note) => (
            <input
              id={id}
              type="file"
              accept=".json,application/json"
              aria-describedby={note}
              onChange={({ currentTarget }) => void read(currentTarget.files?.[0])}
            />
          )}
        </Labelled>
      </section>
      <section class="panel">
        <h2>Those that come with RasPy</h2>
        <Loads of={shipped}>
          {(files) => (
            <ul class="rows">
              {files.map((of) => (
                <li class="row-card" key={of.scenario.name}>
                  <div>
                    <h2>{of.scenario.title ?? of.scenario.name}</h2>
                    <p>{of.scenario.description}</p>
                  </div>
                  <div class="row">
                    <Button
                      label={`Use ${of.scenario.title ?? of.scenario.name}`}
                      onClick={() => setFile(of)}
                    >
                      Use
                    </Button>
                  </div>
                </li>
              ))}
            </ul>
          )}
        </Loads>
      </section>
    </>
  );
}

/** What of an entry is local, by its kind; the same as the home asks for. */
const LOCAL: Readonly<Record<string, readonly string[]>> = {
  value: ['key'],
  variable: ['key'],
  device: ['service', 'device'],
  service: ['service'],
  scenario: ['name'],
  setting: ['value'],
  cron: ['when'],
  sun: ['when'],
};

function localField(kind: string, said: Json | undefined): Field | undefined {
  const whole = fieldOf(entrySchema);
  if (whole.kind !== 'choice') return undefined;
  const of = whole.choices.find(
    ({ field }) =>
      field.kind === 'object' &&
      field.members.some(({ field: member }) => member.kind === 'constant' && member.value === kind),
  )?.field;
  if (of?.kind !== 'object') return undefined;
  const members = of.members
    .filter(({ name }) => LOCAL[kind]?.includes(name))
    .map(({ field, ...member }) => ({
      ...member,
      field: kind === 'setting' ? narrowed(field, said) : field,
    }));
  return { ...of, title: '', members };
}

/** A setting stays of the kind that the file says. */
function narrowed(field: Field, said: Json | undefined): Field {
  if (field.kind !== 'choice' || said === undefined) return field;
  const fits = field.choices.find(({ field: of }) => mistakesIn(of, said).length === 0);
  return fits === undefined ? field : { ...fits.field, title: field.title };
}

function MapEntries({ file, onBack }: { readonly file: ScenarioFile; readonly onBack: () => void }) {
  const [name, setName] = useState(file.scenario.name);
  const [typed, setTyped] = useState<string | undefined>(undefined);
  // Under another name it is another one, which should not look the same in the list.
  const title = typed ?? (name === file.scenario.name ? (file.scenario.title ?? '') : name);
  const [enabled, setEnabled] = useState(false);
  const [mapping, setMapping] = useState<Readonly<Record<string, Draft>>>({});
  const [error, setError] = useState<unknown>(undefined);
  const told = mistakesOf(error);
  return (
    <>
      <PageHead
        title={file.scenario.title ?? file.scenario.name}
        lead={file.scenario.description}
        back={{ href: '/scenarios', label: 'Scenarios' }}
      >
        <Button onClick={onBack}>Another file</Button>
      </PageHead>
      <form class="stack" onSubmit={(event) => event.preventDefault()}>
        <section class="panel form-grid">
          <Labelled label="Name here">
            {(id) => (
              <input
                id={id}
                type="text"
                autocomplete="off"
                value={name}
                onInput={({ currentTarget }) => setName(currentTarget.value)}
              />
            )}
          </Labelled>
          <Labelled label="Title here">
            {(id) => (
              <input
                id={id}
                type="text"
                autocomplete="off"
                maxLength={200}
                value={title}
                onInput={({ currentTarget }) => setTyped(currentTarget.value)}
              />
            )}
          </Labelled>
          <Switch label="Enable it at once" checked={enabled} onChange={setEnabled} />
        </section>
        {Object.entries(file.entries).map(([entry, of]) => (
          <EntryMapping
            key={entry}
            entry={entry}
            of={of}
            draft={mapping[entry]}
            mistakes={told}
            onChange={(draft) => setMapping({ ...mapping, [entry]: draft })}
          />
        ))}
        {error !== undefined && <Failure error={error} />}
        <div class="row row-end">
          <Button
            kind="primary"
            type="submit"
            icon="upload"
            onClick={async () => {
              const entries = Object.fromEntries(
                Object.entries(mapping).filter(([, draft]) => Object.keys(asObject(draft)).length > 0),
              );
              const { title: _, ...scenario } = file.scenario;
              const titled = { ...file, scenario: { ...scenario, ...(title !== '' && { title }) } };
              try {
                await call('POST /scenarios/import', {
                  body: { file: titled, mapping: { name, enabled, entries } },
                });
              } catch (reason) {
                setError(reason);
                return;
              }
              tellDone(`${name} was imported`);
              navigate(`/scenarios/edit/${encodeURIComponent(name)}`);
            }}
          >
            Import
          </Button>
        </div>
      </form>
    </>
  );
}

function EntryMapping(props: {
  readonly entry: string;
  readonly of: Readonly<Record<string, Json>>;
  readonly draft: Draft;
  readonly mistakes: readonly Mistake[];
  readonly onChange: (draft: Draft) => void;
}) {
  const { entry, of, draft, mistakes, onChange } = props;
  const kind = asText(of['kind']);
  const field = useMemo(() => localField(kind, of['value']), [kind, of]);
  const said = Object.fromEntries(
    (LOCAL[kind] ?? []).flatMap((name) => (name in of ? [[name, of[name]!]] : [])),
  );
  const at = `entries.${entry}`;
  return (
    <fieldset class="nested panel">
      <legend>
        {typeof of['title'] === 'string' ? of['title'] : entry}{' '}
        {of['optional'] === true && <Badge>optional</Badge>}
      </legend>
      {field !== undefined && (
        <FieldView
          field={field}
          draft={draft ?? said}
          mistakes={mistakes
            .filter(({ path }) => path === at || path.startsWith(`${at}.`))
            .map(({ path, message }) => ({ path: path.slice(at.length + 1), message }))}
          path=""
          hints={hints}
          onChange={onChange}
        />
      )}
    </fieldset>
  );
}
