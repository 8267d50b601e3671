export { conditionMistakes } from './condition-mistakes.js';
export { safetyConfigSchema } from './config-schema.js';
export { LATCHABLE_RULES, SAFETY_RULES } from './definition.js';
export { safetyDefinitionMistakes } from './definition-mistakes.js';
export { resolveSafety } from './rules.js';
export { SafetyMachine } from './safety-machine.js';
export type { BudgetState, SafetyState } from './safety-state.js';
export type {
  LeaseGrant,
  ReleaseDecision,
  RenewDecision,
  SafetyAsk,
  SafetyDecision,
  SpendDecision,
} from './decisions.js';
export type {
  BootState,
  BudgetLimit,
  Condition,
  DutyLimit,
  OutputValue,
  SafetyConfig,
  SafetyDefinition,
  SafetyRule,
} from './definition.js';
export type { OutputKind, SafetyRules } from './rules.js';
export type { RestoredSafety } from './output-report.js';
export type { SafetyEffect, SafetyEvent, SafetyEventType, SafetyRefusal } from './events.js';
export type { SafetyMachineOptions } from './safety-machine.js';
export type { SafetySubject } from './definition-mistakes.js';
export type { SavedSafety } from './saved.js';
export type { WatchedReading } from './watched-values.js';
