// Loaded on demand, as device types cost start-up time and memory.
export { plugin } from 'raspy-plugin-onewire';
export { examineOnewire } from 'raspy-plugin-onewire/doctor';
