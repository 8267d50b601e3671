import { useState } from 'preact/hooks';
import { formatBytes } from '../model/format.js';
import type { DurableRequest } from '../model/types.js';
import { call } from '../state/api.js';
import { may } from '../state/session.js';
import { tellDone } from '../state/toasts.js';
import { FramesView, StandBadge } from '../view/frames.js';
import {
  Ago,
  Button,
  Clock,
  ConfirmButton,
  Dialog,
  Empty,
  Loads,
  PageHead,
  Tabs,
  useLoad,
} from '../view/parts.js';
import type { PageProps } from './page.js';

type Tab = 'all' | 'waiting' | 'dead' | 'done';

/** Durable requests, and those that failed too often; with `?id=` one of them is open. */
export function Titanic({ query }: PageProps) {
  const [tab, setTab] = useState<Tab>('all');
  const [open, setOpen] = useState(query.get('id') ?? undefined);
  const list = useLoad(
    () => call('GET /titanic', { query: { limit: 200, ...(tab !== 'all' && { state: tab }) } }),
    [tab],
  );
  return (
    <>
      <PageHead title="Queue" lead="Durable requests: kept on disk until somebody has done them.">
        <Button icon="reload" onClick={list.reload}>
          Look again
        </Button>
      </PageHead>
      <Tabs<Tab>
        label="States"
        value={tab}
        onChange={setTab}
        tabs={[
          ['all', 'All'],
          ['waiting', 'Waiting'],
          ['dead', 'Dead letters'],
          ['done', 'Done'],
        ]}
      />
      <Loads of={list}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon="titanic" title={tab === 'dead' ? 'No dead letters' : 'Nothing is kept'}>
              <p>
                {tab === 'dead'
                  ? 'Nothing has failed for good.'
                  : 'Requests that must outlive a power cut stand here.'}
              </p>
            </Empty>
          ) : (
            <ul class="rows">
              {rows.map((request) => (
                <Row key={request.id} request={request} onOpen={setOpen} onChanged={list.reload} />
              ))}
            </ul>
          )
        }
      </Loads>
      {open !== undefined && <Details id={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

interface RowProps {
  readonly request: DurableRequest;
  readonly onOpen: (id: string) => void;
  readonly onChanged: () => void;
}

function Row({ request, onOpen, onChanged }: RowProps) {
  const { id, service, state, at, attempts, reason, bodyBytes } = request;
  return (
    <li class="row-card">
      <div>
        <h2>
          {service} <StandBadge state={state} />
        </h2>
        <p>
          <Ago at={at} /> · {attempts} {attempts === 1 ? 'attempt' : 'attempts'} · {formatBytes(bodyBytes)}
          {reason !== undefined && ` · ${reason}`}
        </p>
      </div>
      <div class="row">
        {may('admin') && (
          <Button small label={`Look at ${service} ${id}`} onClick={() => onOpen(id)}>
            Look
          </Button>
        )}
        {state === 'dead' && may('admin') && (
          <Button
            small
            onClick={async () => {
              await call('POST /titanic/{id}/retry', { params: { id } });
              tellDone('It is tried again');
              onChanged();
            }}
          >
            Try again
          </Button>
        )}
        {state !== 'running' && may('admin') && (
          <ConfirmButton
            small
            question="It is forgotten, and not done any more."
            done="The request was dropped"
            onConfirm={async () => {
              await call('DELETE /titanic/{id}', { params: { id } });
              onChanged();
            }}
          >
            Drop
          </ConfirmButton>
        )}
      </div>
    </li>
  );
}

function Details({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const request = useLoad(() => call('GET /titanic/{id}', { params: { id } }), [id]);
  return (
    <Dialog title="Request" onClose={onClose}>
      <Loads of={request}>
        {({
          request: { service, state, acceptedAt, attempts, reason, expiresAt, notBefore, key },
          frames,
          reply,
        }) => (
          <>
            <dl class="facts">
              <dt>Id</dt>
              <dd>
                <code>{id}</code>
              </dd>
              <dt>Service</dt>
              <dd>{service}</dd>
              <dt>State</dt>
              <dd>
                <StandBadge state={state} /> {reason}
              </dd>
              <dt>Accepted</dt>
              <dd>
                <Clock at={acceptedAt} />
              </dd>
              <dt>Attempts</dt>
              <dd>{attempts}</dd>
              {notBefore !== undefined && (
                <>
                  <dt>Not before</dt>
                  <dd>
                    <Clock at={notBefore} />
                  </dd>
                </>
              )}
              {expiresAt !== undefined && (
                <>
                  <dt>Expires</dt>
                  <dd>
                    <Clock at={expiresAt} />
                  </dd>
                </>
              )}
              {key !== undefined && (
                <>
                  <dt>Key</dt>
                  <dd>{key}</dd>
                </>
              )}
            </dl>
            <h3>Frames</h3>
            <FramesView frames={frames} />
            {reply !== undefined && (
              <>
                <h3>Reply</h3>
                <FramesView frames={reply} />
              </>
            )}
          </>
        )}
      </Loads>
    </Dialog>
  );
}
