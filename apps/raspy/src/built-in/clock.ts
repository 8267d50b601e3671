// Loaded on demand, as device types cost start-up time and memory.
export { clockDevice, machineClockType, plugin } from 'raspy-plugin-clock';
