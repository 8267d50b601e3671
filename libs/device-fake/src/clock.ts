import type { DriverContext } from '@raspy/devices';

/** The clock that drivers get. */
export type Clock = DriverContext['clock'];
