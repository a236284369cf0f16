import type { IncomingHttpHeaders } from 'node:http';

/**
 * Pages of any origin send events, some with credentials, for which `*` is not allowed; so the origin is echoed. On errors
 * too: without it a browser hides the reason behind "CORS error".
 */
export function corsHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const { origin } = headers;
  if (origin === undefined) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    // how long to wait is of use only to who may read it
    'access-control-expose-headers': 'retry-after',
    vary: 'origin',
  };
}

/** Asked-for headers are mirrored: SDKs and other scripts of the page add their own, and a fixed list blocks them all. */
export function preflightHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return {
    ...corsHeaders(headers),
    'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
    'access-control-allow-headers':
      headers['access-control-request-headers'] ?? 'content-type, authorization, sp-anonymous',
    'access-control-max-age': '3600',
  };
}
