import { useEffect, useState } from 'preact/hooks';
import type { ApiResponse } from '../../src/client.js';
import { call } from '../state/api.js';
import { after } from '../state/time.js';
import { FramesView, StandBadge } from '../view/frames.js';
import { Failure } from '../view/parts.js';

/** It is looked at so often while it is not at its end, milliseconds. */
const LOOK_MS = 1000;
const ENDS: readonly string[] = ['done', 'expired', 'dead'];

/** A durable request that was just submitted: where it stands, and its reply as soon as there is one. */
export function DurableAnswer({ id }: { readonly id: string }) {
  const [told, setTold] = useState<ApiResponse<'GET /titanic/{id}'> | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    let cancel: () => void = () => undefined;
    const look = async (): Promise<void> => {
      try {
        const answer = await call('GET /titanic/{id}', { params: { id } });
        if (!wanted) return;
        setTold(answer);
        if (!ENDS.includes(answer.request.state)) cancel = after(LOOK_MS, () => void look());
      } catch (reason) {
        if (wanted) setError(reason);
      }
    };
    void look();
    return () => {
      wanted = false;
      cancel();
    };
  }, [id, turn]);
  const again = (): void => {
    setError(undefined);
    setTurn(turn + 1);
  };
  return (
    <>
      <dl class="facts">
        <dt>Id</dt>
        <dd>
          <code class="break">{id}</code>
        </dd>
        <dt>State</dt>
        <dd>
          {told === undefined ? (
            'Kept on disk'
          ) : (
            <>
              <StandBadge state={told.request.state} /> {told.request.reason}
            </>
          )}
        </dd>
      </dl>
      {error !== undefined && <Failure error={error} retry={again} />}
      {told?.reply === undefined ? (
        <p class="soft">
          {told !== undefined && ENDS.includes(told.request.state)
            ? 'There is no reply.'
            : 'The reply stands here when it comes. The request is done also when you leave this page.'}
        </p>
      ) : (
        <FramesView frames={told.reply} />
      )}
      <a href={`/titanic?id=${encodeURIComponent(id)}`}>Look at it in the queue</a>
    </>
  );
}
