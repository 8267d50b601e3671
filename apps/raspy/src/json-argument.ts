import { UsageError } from '@raspy/runtime';

/** An argument that has to be JSON. @throws UsageError */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(
      `the arguments are no JSON (${(error as Error).message}): give e.g. '{"percent":80}'`,
      {
        cause: error,
      },
    );
  }
}
