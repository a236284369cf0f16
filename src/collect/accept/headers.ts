import type { IncomingHttpHeaders } from 'node:http';

/** What decoding can need; never Authorization, never the cookies of the site. */
const kept = [
  'user-agent',
  'content-type',
  'origin',
  'referer',
  'accept-language',
  'sec-ch-ua',
  'sec-ch-ua-full-version-list',
  'sec-ch-ua-mobile',
  'sec-ch-ua-model',
  'sec-ch-ua-platform',
  'sec-ch-ua-platform-version',
  'dnt',
  'sec-gpc',
] as const;

/** No real one is longer; what is, is cut so that 64 KB of header are not kept with every event. */
const maxLength = 2_048;

export function keptHeaders(
  headers: IncomingHttpHeaders,
  more: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of kept) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') {
      result[name] = value.length > maxLength ? value.slice(0, maxLength) : value;
    }
  }
  return more ? { ...result, ...more } : result;
}
