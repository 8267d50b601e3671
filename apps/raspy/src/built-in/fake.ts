// Loaded on demand, as device types cost start-up time and memory.
export { exampleDevices, plugin } from 'raspy-plugin-fake';
