import { useEffect, useMemo, useState } from 'preact/hooks';
import { jobSchema } from '../model/automation-schemas.js';
import { fieldOf } from '../model/fields.js';
import { formatSpan } from '../model/format.js';
import { asObject, asText, initial, mistakesIn, titleAt, type Draft } from '../model/form.js';
import type { JobInfo, JobPreview, Json } from '../model/types.js';
import { call, mistakesOf } from '../state/api.js';
import { devices } from '../state/live.js';
import { navigate } from '../state/router.js';
import { may } from '../state/session.js';
import { after, seconds } from '../state/time.js';
import { tellDone } from '../state/toasts.js';
import { MistakeSummary, useAttempt } from '../view/attempt.js';
import type { Hints } from '../view/form-scalars.js';
import { FieldView } from '../view/form.js';
import { Icon } from '../view/icons.js';
import {
  Ago,
  Badge,
  Button,
  Clock,
  ConfirmButton,
  Empty,
  Failure,
  Loads,
  PageHead,
  Switch,
  useBusy,
  useLoad,
} from '../view/parts.js';
import type { PageProps } from './page.js';

/** The list, a new job (`/jobs/new`), or one of them (`/jobs/edit/<name>`). */
export function Jobs({ parts }: PageProps) {
  const [what, name] = parts;
  if (what === 'new') return <JobEditor job={START} />;
  return what === 'edit' && name !== undefined ? <EditJob name={name} /> : <JobList />;
}

/** When it runs, in words. */
export function whenText(when: Json | undefined): string {
  const of = asObject(when);
  if (typeof of['cron'] === 'string') return of['cron'];
  if (typeof of['everySeconds'] === 'number') return `every ${formatSpan(of['everySeconds'] * 1000)}`;
  if (typeof of['sun'] === 'string') {
    const minutes = Number(of['offsetMinutes'] ?? 0);
    const offset = minutes === 0 ? '' : `${Math.abs(minutes)} min ${minutes < 0 ? 'before' : 'after'} `;
    return `${offset}${of['sun']}`;
  }
  return typeof of['at'] === 'string' ? `once, ${of['at']}` : 'unknown';
}

function JobList() {
  const jobs = useLoad(() => call('GET /jobs'));
  return (
    <>
      <PageHead title="Jobs" lead="What happens at which time.">
        {may('admin') && (
          <a class="button button-primary" href="/jobs/new">
            <Icon name="plus" />
            Add a job
          </a>
        )}
      </PageHead>
      <Loads of={jobs}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon="jobs" title="No jobs yet">
              <p>
                A job commands a device at its time: lights at eight, food at noon, the pump an hour before
                sunset.
              </p>
            </Empty>
          ) : (
            <ul class="rows">
              {list.map((job) => (
                <JobRow key={job.name} info={job} onChanged={jobs.reload} />
              ))}
            </ul>
          )
        }
      </Loads>
    </>
  );
}

function JobRow({ info, onChanged }: { readonly info: JobInfo; readonly onChanged: () => void }) {
  const { name } = info;
  const job = asObject(info.job);
  const unreadable = 'unreadable' in info ? info.unreadable : undefined;
  const { next, held, last, running = 0 } = 'unreadable' in info ? {} : info;
  const [busy, run] = useBusy();
  const enabled = job['enabled'] !== false;
  const title = typeof job['title'] === 'string' ? job['title'] : name;
  return (
    <li class="row-card">
      <div>
        <h2>
          <a href={`/jobs/edit/${encodeURIComponent(name)}`}>{title}</a>
          {running > 0 && <Badge tone="accent">Running</Badge>}
          {held !== undefined && held !== 'disabled' && <Badge tone="warn">{held}</Badge>}
          {unreadable !== undefined && <Badge tone="bad">Cannot be read</Badge>}
          {last?.outcome === 'failed' && <Badge tone="bad">Failed last time</Badge>}
        </h2>
        <p>
          {whenText(job['when'])}
          {next !== undefined && (
            <>
              {' · next in '}
              {formatSpan(next - seconds.value)}
            </>
          )}
          {last?.at !== undefined && (
            <>
              {` · ${last.outcome} `}
              <Ago at={last.at} />
            </>
          )}
        </p>
        {(unreadable ?? last?.reason) !== undefined && <p class="mistake">{unreadable ?? last?.reason}</p>}
      </div>
      <div class="row">
        {may('operator') && unreadable === undefined && (
          <Button
            small
            icon="play"
            label={`Run ${title} now`}
            onClick={async () => {
              await call('POST /jobs/{name}/run', { params: { name } });
              tellDone(`${title} was begun`);
              onChanged();
            }}
          >
            Run
          </Button>
        )}
        {may('admin') && unreadable === undefined && (
          <Switch
            label={`${title} is enabled`}
            hideLabel
            checked={enabled}
            disabled={busy}
            onChange={(wanted) =>
              void run(async () => {
                await call('PUT /jobs/{name}/enabled', { params: { name }, body: { enabled: wanted } });
                onChanged();
              })
            }
          />
        )}
      </div>
    </li>
  );
}

function EditJob({ name }: { readonly name: string }) {
  const jobs = useLoad(() => call('GET /jobs'));
  return (
    <Loads of={jobs}>
      {(list) => {
        const found = list.find((job) => job.name === name);
        if (found !== undefined) return <JobEditor key={name} saved={name} job={asObject(found.job)} />;
        return (
          <>
            <PageHead title={name} back={{ href: '/jobs', label: 'Jobs' }} />
            <Empty icon="jobs" title="There is no such job">
              <p>It may have been removed.</p>
            </Empty>
          </>
        );
      }}
    </Loads>
  );
}

/** Services, devices and the like, to choose from. */
export const hints: Hints = (at) => {
  const list = devices.value ?? [];
  const last = at.split('.').at(-1);
  if (last === 'service') return [...new Set(list.map(({ server }) => `${server}.devices`))];
  if (last === 'device') return [...new Set(list.map(({ name }) => name))];
  if (last === 'key') {
    return list.flatMap(({ server, name, values }) =>
      Object.keys(values).map((value) => `/device/${server}/${name}/${value}`),
    );
  }
  return [];
};

const START = { name: '', when: { cron: '0 8 * * *' }, enabled: true };

/** @param props.saved - its name, of a job that there is */
function JobEditor({ saved, job }: { readonly saved?: string; readonly job: Json }) {
  const field = useMemo(() => fieldOf(jobSchema), []);
  const [draft, setDraft] = useState<Draft>(() => initial(field, job));
  const [error, setError] = useState<unknown>(undefined);
  const { fields, shown, attempt } = useAttempt(mistakesIn(field, draft), error);
  const name = asText(asObject(draft)['name']);
  const title = asObject(draft)['title'];
  const readOnly = !may('admin');
  return (
    <>
      <PageHead
        title={saved === undefined ? 'Add a job' : typeof title === 'string' ? title : name}
        back={{ href: '/jobs', label: 'Jobs' }}
      >
        {saved !== undefined && !readOnly && (
          <ConfirmButton
            question={`${name} does not run any more. A run that goes on is not ended.`}
            done="The job was removed"
            onConfirm={async () => {
              await call('DELETE /jobs/{name}', { params: { name: saved } });
              navigate('/jobs');
            }}
          >
            Remove
          </ConfirmButton>
        )}
      </PageHead>
      <div class="split">
        <form class="panel stack" ref={fields} noValidate onSubmit={(event) => event.preventDefault()}>
          <FieldView
            field={field}
            draft={draft}
            mistakes={[...mistakesOf(error), ...shown]}
            path=""
            hints={hints}
            disabled={readOnly}
            onChange={(next) => {
              setDraft(next);
              setError(undefined);
            }}
          />
          {error !== undefined && <Failure error={error} />}
          <MistakeSummary mistakes={shown} titleOf={(path) => titleAt(field, draft, path)} />
          {!readOnly && (
            <div class="row row-end">
              <Button
                kind="primary"
                type="submit"
                onClick={async () => {
                  if (!attempt()) return;
                  try {
                    const body = asObject(draft);
                    if (saved === undefined) await call('POST /jobs', { body });
                    else await call('PUT /jobs/{name}', { params: { name: saved }, body });
                  } catch (reason) {
                    setError(reason);
                    return;
                  }
                  tellDone('The job was saved');
                  navigate('/jobs');
                }}
              >
                Save
              </Button>
            </div>
          )}
        </form>
        <Preview when={asObject(draft)['when']} />
      </div>
    </>
  );
}

const REST_MS = 300;

/** The next runs, as soon as nobody types. */
function Preview({ when }: { readonly when: Json | undefined }) {
  const text = JSON.stringify(when ?? null);
  const [told, setTold] = useState<{ readonly preview?: JobPreview; readonly error?: unknown }>({});
  useEffect(() => {
    let wanted = true;
    const cancel = after(REST_MS, () => {
      call('POST /jobs/preview', { body: { when: JSON.parse(text) as Json, count: 8 } }).then(
        (preview) => wanted && setTold({ preview }),
        (error: unknown) => wanted && setTold({ error }),
      );
    });
    return () => {
      wanted = false;
      cancel();
    };
  }, [text]);
  return (
    <section class="panel stack" aria-live="polite">
      <h2>Next runs</h2>
      {told.error !== undefined && <Failure error={told.error} />}
      {told.preview !== undefined && (
        <>
          <ol class="runs">
            {told.preview.runs.map(({ at, local, remarks }) => (
              <li key={at}>
                <span>{local.replace('T', ' ').replace(/([+-]\d\d:\d\d|Z)$/, '')}</span>
                <span class="soft">in {formatSpan(at - seconds.value)}</span>
                {remarks.map((remark) => (
                  <p class="note" key={remark}>
                    {remark}
                  </p>
                ))}
              </li>
            ))}
          </ol>
          {told.preview.notes.map((note) => (
            <p class="card-notice card-notice-warn" key={note}>
              {note}
            </p>
          ))}
          {told.preview.runs[0] !== undefined && (
            <p class="note">
              The first is <Clock at={told.preview.runs[0].at} /> by the clock of this browser.
            </p>
          )}
        </>
      )}
    </section>
  );
}
