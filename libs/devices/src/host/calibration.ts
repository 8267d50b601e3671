import { z } from 'zod';

const finite = z.number();

/** The form of a {@link Calibration}. */
export const calibrationSchema = z.union(
  [
    z.strictObject({
      points: z
        .array(z.tuple([finite, finite]))
        .min(1)
        .max(16)
        .refine((points) => new Set(points.map(([raw]) => raw)).size === points.length, {
          message: 'each point must have a raw value of its own',
        })
        .meta({ title: 'Points [raw, true]' }),
    }),
    z.strictObject({
      scale: finite
        .refine((scale) => scale !== 0, { message: 'must not be 0' })
        .default(1)
        .meta({ title: 'Scale' }),
      offset: finite.default(0).meta({ title: 'Offset' }),
    }),
  ],
  { error: 'must be { scale, offset } or { points: [[raw, true], …] }' },
);

/**
 * How the true value is made of what a device says: `raw × scale + offset`, or by the points at which both are known, in
 * a straight line from each to the next and on beyond the outer ones; a single point is an offset.
 */
export type Calibration =
  | { readonly scale?: number | undefined; readonly offset?: number | undefined }
  | { readonly points: readonly (readonly [raw: number, real: number])[] };

/** Applies a calibration that has been checked. */
export function calibrated(calibration: Calibration, raw: number): number {
  if (!('points' in calibration)) return raw * (calibration.scale ?? 1) + (calibration.offset ?? 0);
  const points = [...calibration.points].sort(([a], [b]) => a - b);
  if (points.length === 1) return raw + points[0]![1] - points[0]![0];
  const above = points.findIndex(([known]) => known >= raw);
  const upper = above < 0 ? points.length - 1 : Math.max(1, above);
  const [lowRaw, lowTrue] = points[upper - 1]!;
  const [highRaw, highTrue] = points[upper]!;
  return lowTrue + ((raw - lowRaw) * (highTrue - lowTrue)) / (highRaw - lowRaw);
}
