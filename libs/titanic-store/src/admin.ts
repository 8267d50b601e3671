import { action, bytes, defineService, json, optional, rest, text } from '@raspy/mdp-protocol';

/** Where a request stands, as people are told. */
export type RequestState = 'waiting' | 'held' | 'running' | 'done' | 'expired' | 'dead';

/** A request, as `titanic.admin` tells of it. Times are milliseconds since 1970. */
export interface RequestReport {
  readonly id: string;
  readonly service: string;
  readonly state: RequestState;
  readonly acceptedAt: number;
  /** Since when it is in this state. */
  readonly at: number;
  /** How often it may have been executed. */
  readonly attempts: number;
  /** Of its last failure, or of its end. */
  readonly reason?: string;
  readonly notBefore?: number;
  readonly expiresAt?: number;
  readonly key?: string;
  readonly bodyBytes: number;
  readonly replyBytes?: number;
}

/** `titanic.admin`: what people do with requests, our addition. Statuses are the last frame; `404`: there is no such request. */
export const titanicAdmin = defineService({
  list: action('list', {
    title:
      'Requests, the oldest first: all, or those of a state or a service; at most 1,000, or as many as are asked for',
    params: [optional(json('filter'))],
    result: [json('requests')],
  }),
  show: action('show', {
    title: 'One request, with the frames of its body as far as they are kept',
    params: [text('id')],
    result: [json('request'), rest(bytes('body'))],
  }),
  reply: action('reply', {
    title: 'The frames of the reply of a request that is done',
    params: [text('id')],
    result: [rest(bytes('reply'))],
  }),
  retry: action('retry', {
    title: 'Gives a dead letter its attempts anew, at the end of the line',
    params: [text('id')],
  }),
  drop: action('drop', { title: 'Ends a request, whatever its state, for good', params: [text('id')] }),
  statistics: action('statistics', {
    title: 'Counters of this Titanic since it started',
    result: [json('statistics')],
  }),
});
