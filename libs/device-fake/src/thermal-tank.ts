/** Joules that warm a litre of water by a kelvin. */
const JOULES_PER_LITRE_KELVIN = 4_186;

/** A body of water that is one temperature throughout, in a room. */
export interface ThermalTank {
  readonly volumeLitres: number;
  readonly ambientCelsius: number;
  /** What it loses to the room for each kelvin that it is warmer; more than 0. */
  readonly lossWattsPerKelvin: number;
}

/** Joules that warm the tank by a kelvin. */
export function heatCapacity({ volumeLitres }: ThermalTank): number {
  return volumeLitres * JOULES_PER_LITRE_KELVIN;
}

/** The temperature that the tank approaches under this heating, from either side. */
export function equilibriumCelsius(tank: ThermalTank, watts: number): number {
  return tank.ambientCelsius + watts / tank.lossWattsPerKelvin;
}

/**
 * Temperature of the water after `ms` of steady heating: the exact solution, so that it does not matter into how many
 * steps a time is divided.
 */
export function waterCelsius(tank: ThermalTank, celsius: number, watts: number, ms: number): number {
  const end = equilibriumCelsius(tank, watts);
  // expm1, since a step may be a millisecond and the tank an ocean.
  return celsius - (end - celsius) * Math.expm1(-decayRate(tank) * seconds(ms));
}

/**
 * What a probe shows after `ms` that showed `shown` before, and follows the water as a first-order lag of `lagSeconds`
 * (63 % of a step within that time); exact as {@link waterCelsius}. Without lag it shows the water.
 */
export function probeCelsius(
  tank: ThermalTank,
  { celsius, shown, lagSeconds }: { celsius: number; shown: number; lagSeconds: number },
  watts: number,
  ms: number,
): number {
  if (lagSeconds <= 0) return waterCelsius(tank, celsius, watts, ms);
  const end = equilibriumCelsius(tank, watts);
  const fast = Math.max(decayRate(tank), 1 / lagSeconds);
  const slow = Math.min(decayRate(tank), 1 / lagSeconds);
  const t = seconds(ms);
  // The water's own decay as the probe feels it: (e^-slow·t - e^-fast·t) / (fast - slow), also where both are equal.
  const felt = Math.exp(-slow * t) * t * decayed((fast - slow) * t);
  return end + (shown - end) * Math.exp(-t / lagSeconds) + ((celsius - end) / lagSeconds) * felt;
}

/** How fast a difference to the equilibrium decays, a second. */
function decayRate(tank: ThermalTank): number {
  return tank.lossWattsPerKelvin / heatCapacity(tank);
}

/** (1 - e^-x) / x, which is 1 at 0. */
function decayed(x: number): number {
  return x === 0 ? 1 : -Math.expm1(-x) / x;
}

function seconds(ms: number): number {
  return ms / 1_000;
}
