import type { IncomingHttpHeaders } from 'node:http';

/**
 * Where a page that sends stands: its Origin, or for an image, which has none, the origin of its Referer. Undefined for
 * programs, which say neither and could say anything.
 */
export function pageOrigin(headers: IncomingHttpHeaders): string | undefined {
  const { origin, referer } = headers;
  if (origin !== undefined) return origin.toLowerCase();
  if (referer === undefined) return undefined;
  const path = referer.indexOf('/', referer.indexOf('://') + 3);
  return (path < 0 ? referer : referer.slice(0, path)).toLowerCase();
}

/**
 * Whether one of the patterns allows the origin: `https://app.example.com` as it is; `https://*.example.com` any
 * subdomain, not the domain itself; `http://localhost:*` any port, and none.
 */
export function allowsOrigin(patterns: readonly string[], origin: string): boolean {
  return patterns.some(
    (pattern) => pattern === origin || (pattern.includes('*') && matches(pattern, origin)),
  );
}

function matches(pattern: string, origin: string): boolean {
  const anyPort = pattern.endsWith(':*');
  const wanted = anyPort ? pattern.slice(0, -2) : pattern;
  const given = anyPort ? withoutPort(origin) : origin;
  const star = wanted.indexOf('://*.');
  if (star < 0) return given === wanted;
  const [scheme, domain] = [wanted.slice(0, star + 3), wanted.slice(star + 4)];
  if (!given.startsWith(scheme) || !given.endsWith(domain)) return false;
  return /^[a-z0-9._-]+$/.test(given.slice(scheme.length, -domain.length));
}

function withoutPort(origin: string): string {
  const colon = origin.lastIndexOf(':');
  return /^\d+$/.test(origin.slice(colon + 1)) ? origin.slice(0, colon) : origin;
}
