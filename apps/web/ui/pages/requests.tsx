import { useState } from 'preact/hooks';
import type { ApiResponse } from '../../src/client.js';
import { formatNumber } from '../model/format.js';
import { call } from '../state/api.js';
import { wallNow } from '../state/time.js';
import { lockedBy } from '../view/controls.js';
import { FramesView } from '../view/frames.js';
import { NumberInput } from '../view/inputs.js';
import { Badge, Button, Failure, IconButton, Labelled, PageHead, Switch, useLoad } from '../view/parts.js';
import { DurableAnswer } from './durable-request.js';
import type { PageProps } from './page.js';

/** What came of it: a reply, or the id of a durable request. */
type Answer = ApiResponse<'POST /requests'> | ApiResponse<'POST /titanic'>;

/** Any request by hand, frame by frame, as it goes over the bus. */
export function Requests({ query }: PageProps) {
  const services = useLoad(() => call('GET /services'));
  const [service, setService] = useState(query.get('service') ?? '');
  const [frames, setFrames] = useState<readonly string[]>(
    query.has('frame') ? query.getAll('frame') : ['list_keys'],
  );
  const [timeoutMs, setTimeoutMs] = useState<number | undefined>(2000);
  const [durable, setDurable] = useState(false);
  const [expiresAfter, setExpiresAfter] = useState<number | undefined>(undefined);
  const [answer, setAnswer] = useState<Answer | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const locked = lockedBy();
  const send = (): Promise<Answer> =>
    durable
      ? call('POST /titanic', {
          body: {
            ...{ service, frames },
            ...(expiresAfter !== undefined && { options: { expiresAt: wallNow() + expiresAfter * 1000 } }),
          },
        })
      : call('POST /requests', {
          body: { service, frames, ...(timeoutMs !== undefined && { timeoutMs }) },
        });
  return (
    <>
      <PageHead title="Requests" lead="Sends a request as it stands, once, and shows what comes back." />
      <div class="split">
        <form class="panel stack" onSubmit={(event) => event.preventDefault()}>
          <Labelled label="Service">
            {(id) => (
              <>
                <input
                  id={id}
                  type="text"
                  list="known-services"
                  autocomplete="off"
                  spellcheck={false}
                  placeholder="pi.fake.devices"
                  value={service}
                  onInput={({ currentTarget }) => setService(currentTarget.value)}
                />
                <datalist id="known-services">
                  {services.data?.map(({ name }) => (
                    <option key={name} value={name} />
                  ))}
                </datalist>
              </>
            )}
          </Labelled>
          <ol class="frame-list" aria-label="Frames">
            {frames.map((frame, index) => (
              <li key={index}>
                <textarea
                  class="mono"
                  rows={frame.includes('\n') ? 4 : 1}
                  spellcheck={false}
                  aria-label={`Frame ${index + 1}`}
                  placeholder={index === 0 ? 'action' : 'argument, as text or JSON'}
                  value={frame}
                  onInput={({ currentTarget }) =>
                    setFrames(frames.map((of, at) => (at === index ? currentTarget.value : of)))
                  }
                />
                <IconButton
                  icon="bin"
                  label={`Remove frame ${index + 1}`}
                  disabled={frames.length === 1}
                  onClick={() => setFrames(frames.filter((_, at) => at !== index))}
                />
              </li>
            ))}
          </ol>
          <button type="button" class="add-link" onClick={() => setFrames([...frames, ''])}>
            + Add a frame
          </button>
          <Switch
            label="Durable: kept on disk until somebody has done it"
            checked={durable}
            onChange={setDurable}
          />
          {durable ? (
            <Labelled
              label="Expires after (s)"
              help="By the clock of this browser; empty: it waits for as long as it takes."
            >
              {(id, note) => (
                <NumberInput
                  id={id}
                  describedBy={note}
                  label="Expires after"
                  value={expiresAfter}
                  step={1}
                  min={1}
                  onChange={setExpiresAfter}
                />
              )}
            </Labelled>
          ) : (
            <Labelled label="Give up after (ms)">
              {(id) => (
                <NumberInput
                  id={id}
                  label="Give up after"
                  value={timeoutMs}
                  step={1}
                  onChange={setTimeoutMs}
                />
              )}
            </Labelled>
          )}
          {locked !== undefined && <p class="note mistake">{locked}</p>}
          <div class="row row-end">
            <Button
              kind="primary"
              type="submit"
              icon="requests"
              disabled={service === '' || locked !== undefined}
              onClick={async () => {
                setError(undefined);
                setAnswer(undefined);
                try {
                  setAnswer(await send());
                } catch (reason) {
                  setError(reason);
                }
              }}
            >
              Send
            </Button>
          </div>
        </form>
        <section class="panel stack" aria-live="polite">
          <h2>Reply</h2>
          {error !== undefined && <Failure error={error} />}
          {answer === undefined && error === undefined && (
            <p class="soft">The frames of the reply stand here; the last one is the status.</p>
          )}
          {answer !== undefined &&
            ('id' in answer ? <DurableAnswer key={answer.id} id={answer.id} /> : <Reply answer={answer} />)}
        </section>
      </div>
    </>
  );
}

function Reply({ answer: { frames, ms } }: { readonly answer: ApiResponse<'POST /requests'> }) {
  const last = frames.at(-1);
  const status = last !== undefined && 'text' in last ? /^\d{3}/.exec(last.text)?.[0] : undefined;
  return (
    <>
      <p class="row">
        {status !== undefined && <Badge tone={status === '200' ? 'good' : 'bad'}>{status}</Badge>}
        <span class="soft">
          {frames.length} {frames.length === 1 ? 'frame' : 'frames'} after {formatNumber(ms)} ms
        </span>
      </p>
      <FramesView frames={frames} />
    </>
  );
}
