import type { Statistics } from '@raspy/runtime';
import type { RequestReport, RequestState } from '@raspy/titanic-store';
import { z } from 'zod';
import type { FrameOutput } from '../../home/frames.js';
import type { EntryJson } from '../../live/entry-json.js';
import type { Point } from '../../live/history-ring.js';
import type { TreeStatus } from '../../live/live-tree.js';
import { declared, instant, json } from './json.js';

export const service = z
  .object({ name: z.string(), workers: z.number(), busy: z.number(), waiting: z.number() })
  .meta({ id: 'Service' });

/** Values by their oid. */
export const statistics = declared<Statistics>()(z.record(z.string(), z.union([z.number(), z.string()])));

/** A frame as it is shown: text where it is that, else its bytes. */
export const frame = declared<FrameOutput>()(
  z.union([z.object({ text: z.string() }), z.object({ base64: z.string() })]),
).meta({ id: 'Frame' });

export const entry = declared<EntryJson>()(
  z.object({
    key: z.string(),
    value: json.optional(),
    text: z.string().optional(),
    base64: z.string().optional(),
    seq: z.string().meta({ description: 'A whole number of up to 64 bits' }),
    restored: z.boolean(),
  }),
).meta({ id: 'Entry' });

export const treeStatus = declared<TreeStatus>()(z.enum(['synced', 'syncing', 'stale'])).meta({
  id: 'TreeStatus',
});

/** When, and what it was. */
export const point = declared<Point>()(z.tuple([instant, z.number()])).meta({ id: 'Point' });

export const requestState = declared<RequestState>()(
  z.enum(['waiting', 'held', 'running', 'done', 'expired', 'dead']),
);
export const durableRequest = declared<RequestReport>()(
  z.object({
    id: z.string(),
    service: z.string(),
    state: requestState,
    acceptedAt: instant,
    at: z.number().meta({ description: 'Since when it is in this state, unix milliseconds' }),
    attempts: z.number(),
    reason: z.string().optional(),
    notBefore: instant.optional(),
    expiresAt: instant.optional(),
    key: z.string().optional(),
    bodyBytes: z.number(),
    replyBytes: z.number().optional(),
  }),
).meta({ id: 'DurableRequest' });
