import { z } from 'zod';
import { cyclicValue, type CyclicConfig } from './cyclic.js';
import { linearValue, type LinearConfig } from './linear.js';
import { moderate } from './sensor-config.js';

/** What a sensor of one kind does when it is told nothing else. */
interface UsualCourse {
  readonly min: number;
  readonly max: number;
  readonly cycleSeconds: number;
}

/** How the value of a fake sensor goes on: to and fro, or steadily. */
export function courseConfig({ min, max, cycleSeconds }: UsualCourse) {
  return {
    course: z
      .enum(['cyclic', 'linear'])
      .default('cyclic')
      .meta({ title: 'Course', description: 'cyclic: from min to max and back; linear: steadily' }),
    min: moderate.default(min).meta({ title: 'Lowest value' }),
    max: moderate.default(max).meta({ title: 'Highest value' }),
    cycleSeconds: z
      .number()
      .min(0.001)
      .max(31_536_000)
      .default(cycleSeconds)
      .meta({ title: 'cyclic: seconds from min to max and back' }),
    start: moderate.default(max).meta({ title: 'linear: value at the start' }),
    slopePerSecond: moderate.default(0).meta({ title: 'linear: change a second' }),
    atBound: z.enum(['hold', 'wrap']).default('hold').meta({
      title: 'linear: at the lowest and highest value',
      description: 'wrap: begin again at the other end',
    }),
  };
}

/** A checked {@link courseConfig}. */
export interface Course extends CyclicConfig, LinearConfig {
  readonly course: 'cyclic' | 'linear';
  readonly min: number;
  readonly max: number;
}

/** Whether there is room between the bounds of a course. */
export function hasRoom({ min, max }: Pick<Course, 'min' | 'max'>): boolean {
  return min < max;
}

/** The mistake when there is none. */
export const noRoom = { path: ['max'], message: 'must be more than min' };

/** The value at the instant `t` of the monotonic clock, in milliseconds. */
export function courseValue(t: number, course: Course): number {
  return course.course === 'cyclic' ? cyclicValue(t, course) : linearValue(t, course);
}
