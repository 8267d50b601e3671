import type { ScenarioFile } from '../export-scenario.js';
import { AUTO_TOP_OFF } from './auto-top-off.js';
import { THERMOSTAT } from './thermostat.js';

/** The scenarios that come with RasPy: files to import, and examples to read and copy. */
export const SHIPPED_SCENARIOS: readonly ScenarioFile[] = [THERMOSTAT, AUTO_TOP_OFF];
