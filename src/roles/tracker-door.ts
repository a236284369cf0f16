import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** Where our tracker's script is and sends when nothing else is configured. */
const usualPath = '/t';
/** A new version is in all browsers after an hour; until it is fetched, the old one is used. */
const caching = 'public, max-age=3600, stale-while-revalidate=86400';

/** Takes the request when it asks for the script (then true), and leads the operator's own path to the tracker's. */
export type TrackerDoor = (request: IncomingMessage, response: ServerResponse) => boolean;

/** `path`: where events go; the script's files are beside it, `<path>.js` and `<path>-more.js`. `folder`: where they are built. */
export function openTrackerDoor(path: string, folder: string): TrackerDoor {
  const scripts = new Map<string, Script | undefined>();
  for (const ending of ['.js', '-more.js']) {
    const file = join(folder, usualPath + ending);
    const script = existsSync(file) ? new Script(readFileSync(file)) : undefined;
    for (const name of [usualPath, path]) scripts.set(name + ending, script);
  }
  return (request, response) => {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const asked = mark < 0 ? url : url.slice(0, mark);
    if (asked === path) request.url = mark < 0 ? usualPath : usualPath + url.slice(mark);
    if (!scripts.has(asked)) return false;
    request.resume();
    const script = scripts.get(asked);
    if (script && (request.method === 'GET' || request.method === 'HEAD')) script.serve(request, response);
    else {
      const [status, text] = script
        ? [405, 'the script is fetched by GET']
        : [404, 'the script is not built: stop Tributary and start it with `npm start`'];
      response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
    }
    return true;
  };
}

class Script {
  readonly #etag: string;
  /** By encoding, the smallest first; made once, since every visitor of every customer asks for it. */
  readonly #forms: readonly (readonly [encoding: string, bytes: Buffer])[];

  constructor(code: Buffer) {
    this.#etag = `"${createHash('sha256').update(code).digest('base64url').slice(0, 22)}"`;
    this.#forms = [
      ['br', brotliCompressSync(code)],
      ['gzip', gzipSync(code, { level: 9 })],
      ['identity', code],
    ];
  }

  serve({ method, headers }: IncomingMessage, response: ServerResponse): void {
    const about = {
      etag: this.#etag,
      'cache-control': caching,
      vary: 'accept-encoding',
      // pages that ask for CORS or isolate themselves may use it too
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
    };
    if (headers['if-none-match']?.includes(this.#etag)) {
      response.writeHead(304, about).end();
      return;
    }
    const accepted = String(headers['accept-encoding'] ?? '');
    const [encoding, bytes] =
      this.#forms.find(([name]) => new RegExp(`\\b${name}\\b(?!;q=0(?:\\.0*)?(?:,|$))`).test(accepted)) ??
      this.#forms.at(-1)!;
    response.writeHead(200, {
      ...about,
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
      'content-type': 'text/javascript; charset=utf-8',
      'content-length': bytes.length,
    });
    response.end(method === 'HEAD' ? undefined : bytes);
  }
}
