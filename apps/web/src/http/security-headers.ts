/** What every answer tells the browser. */
const ALWAYS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** Nothing from elsewhere, no inline scripts or styles, no frames. */
const OF_PAGES = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');
/** What is no page can do nothing at all, whatever it holds. */
const OF_DATA = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** @param isData - whether it is an answer of the API. */
export function securityHeaders(isData: boolean): Readonly<Record<string, string>> {
  return { ...ALWAYS, 'content-security-policy': isData ? OF_DATA : OF_PAGES };
}
