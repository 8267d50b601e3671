/**
 * What travels of a command's result; nothing is `null`.
 * @throws TypeError when the result has no JSON form
 */
export function jsonResult(result: unknown): unknown {
  const text = JSON.stringify(result ?? null) as string | undefined;
  if (text === undefined) throw new TypeError('its result has no JSON form');
  return JSON.parse(text);
}
