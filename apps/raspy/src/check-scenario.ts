// Loaded on demand: the sandbox costs commands that know nothing of scenarios their time.
export { mistakesInScenario } from '@raspy/runtime/core-server';
