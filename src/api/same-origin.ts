import type { FastifyRequest } from 'fastify';
import { TributaryError } from '../runtime/errors.ts';

/**
 * Refuses what another site made a browser send. Browsers say where a request comes from (Sec-Fetch-Site; older ones and
 * plain http: Origin); programs that are no browser say neither and have no cookie that they did not choose to send.
 */
export function refuseOtherSites(request: FastifyRequest, publicUrl: string): void {
  const site = request.headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return;
  const { origin } = request.headers;
  if (site === undefined && origin === undefined) return;
  const own = [request.host, hostOf(publicUrl)];
  if (site === undefined && own.includes(hostOf(origin) ?? 'none')) return;
  throw new TributaryError('forbidden', 'this request was sent by a page of another site');
}

function hostOf(url = ''): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
