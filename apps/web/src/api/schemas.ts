import { z } from 'zod';

/** `<hostname>.<service>` */
export const serverName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{1,64}$/, 'give <hostname>.<service>, e.g. pi.fake')
  .meta({ description: '<hostname>.<service>', examples: ['pi.fake'] });
/** Names of devices, jobs and scenarios; what they may be says whoever has them. */
export const thingName = z
  .string()
  .min(1)
  .max(200)
  // eslint-disable-next-line no-control-regex -- these are what is refused
  .regex(/^[^\u0000-\u001f]*$/, 'has characters that cannot be shown');
export const server = z.object({ server: serverName });
export const device = z.object({ server: serverName, device: thingName });
export const named = z.object({ name: thingName });

/** JSON of any form: whoever it is for knows which is right. */
export const anyJson = z.unknown();
export const anyObject = z.record(z.string(), z.unknown());
/** Milliseconds of a lease. */
export const leaseMs = z.number().positive().max(86_400_000);
export const count = (max: number) => z.coerce.number().int().min(1).max(max).optional();

const base64 = z.base64();
export const frameInput = z.union([z.string(), z.object({ base64 })]);
export const framesInput = z.array(frameInput).min(1).max(1_000);

export const serviceName = z.string().min(1).max(200);

export const mistake = z
  .object({
    path: z.string().meta({ description: 'Dotted, e.g. config.percent; empty for the whole' }),
    message: z.string(),
  })
  .meta({ id: 'Mistake' });
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    code: z.string(),
    mistakes: z.array(mistake).optional(),
  })
  .meta({ id: 'Problem' });
