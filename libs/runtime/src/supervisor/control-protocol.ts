import type { SettingProblem } from '../config/settings-error.js';

/** What a home can be asked by its control socket. */
export const CONTROL_REQUESTS = ['status', 'stop', 'reload'] as const;
/** One of {@link CONTROL_REQUESTS}. */
export type ControlRequest = (typeof CONTROL_REQUESTS)[number];

/** Why a home did not do what it was asked. */
export interface ControlFailure {
  readonly code: string;
  readonly message: string;
  /** All mistakes, when it was one in the settings. */
  readonly problems?: readonly SettingProblem[];
}

/** The one answer to a request. */
export type ControlAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: ControlFailure };

/** The longest line that is taken as a request. */
export const MAX_REQUEST_BYTES = 1_024;
/** The longest line that is taken as an answer: a thousand servers fit. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** A request as the line that is sent. */
export function encodeRequest(request: ControlRequest): string {
  return `${JSON.stringify({ request })}\n`;
}

/** @returns `undefined` for what is no request */
export function decodeRequest(line: string): ControlRequest | undefined {
  const { request } = objectOf(line);
  return CONTROL_REQUESTS.find((known) => known === request);
}

/** An answer as the line that is sent. */
export function encodeAnswer(answer: ControlAnswer): string {
  return `${JSON.stringify(answer)}\n`;
}

/** @returns `undefined` for what is no answer */
export function decodeAnswer(line: string): ControlAnswer | undefined {
  const { ok, result, error } = objectOf(line);
  if (ok === true) return { ok, result };
  return ok === false && isFailure(error) ? { ok, error } : undefined;
}

/** Whether something is a failure as it travels. */
export function isFailure(value: unknown): value is ControlFailure {
  const { code, message, problems } = (value ?? {}) as Record<string, unknown>;
  if (typeof code !== 'string' || typeof message !== 'string') return false;
  return problems === undefined || (Array.isArray(problems) && problems.every(isProblem));
}

/** An error as it travels; the trace stays in the log. */
export function failureOf(error: unknown): ControlFailure {
  if (!(error instanceof Error)) return { code: 'FAILED', message: String(error) };
  const { code, message, problems } = error as Error & { code?: unknown; problems?: unknown };
  return {
    code: typeof code === 'string' ? code : 'FAILED',
    message,
    ...(Array.isArray(problems) && { problems: problems.filter(isProblem) }),
  };
}

function objectOf(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isProblem(value: unknown): value is SettingProblem {
  const { where, problem } = (value ?? {}) as Record<string, unknown>;
  return typeof where === 'string' && typeof problem === 'string';
}
