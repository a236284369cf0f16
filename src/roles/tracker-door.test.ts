import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { openTrackerDoor } from './tracker-door.ts';

const code = `console.log(${JSON.stringify('tracker '.repeat(200))})`;
const folder = mkdtempSync(join(tmpdir(), 'tributary-door-'));
writeFileSync(join(folder, 't.js'), code);
writeFileSync(join(folder, 't-more.js'), '1');
afterAll(() => rmSync(folder, { recursive: true }));

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

/** A server with the door before everything else; what the door leaves is answered with its path. */
async function serve(path: string, from = folder) {
  const door = openTrackerDoor(path, from);
  const server = createServer((incoming, response) => {
    if (!door(incoming, response)) response.end(`left: ${incoming.url}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return (url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
    new Promise((resolve) => {
      request({ port, host: '127.0.0.1', path: url, method, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
        );
      }).end();
    });
}

test('the script comes as small as the browser takes it, once an hour, and not at all when it is known', async () => {
  const ask = await serve('/t');
  const plain = await ask('/t.js');
  expect([plain.status, plain.body.toString(), plain.headers['content-type']]).toEqual([
    200,
    code,
    'text/javascript; charset=utf-8',
  ]);
  expect(plain.headers['cache-control']).toContain('max-age=3600');
  const brotli = await ask('/t.js?v=1', { 'accept-encoding': 'gzip, deflate, br' });
  expect([brotli.headers['content-encoding'], brotliDecompressSync(brotli.body).toString()]).toEqual([
    'br',
    code,
  ]);
  const gzip = await ask('/t.js', { 'accept-encoding': 'gzip, br;q=0' });
  expect([gzip.headers['content-encoding'], gunzipSync(gzip.body).toString()]).toEqual(['gzip', code]);
  const etag = String(plain.headers.etag);
  const known = await ask('/t.js', { 'if-none-match': `W/"x", ${etag}` });
  expect([known.status, known.body.length, known.headers.etag]).toEqual([304, 0, etag]);
  const head = await ask('/t.js', {}, 'HEAD');
  expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, `${code.length}`, 0]);
  expect((await ask('/t.js', {}, 'POST')).status).toBe(405);
});

test('the operator’s own path leads to the script and to the events; everything else is left alone', async () => {
  const ask = await serve('/stats/a');
  expect((await ask('/stats/a.js')).body.toString()).toBe(code);
  expect((await ask('/stats/a-more.js')).body.toString()).toBe('1');
  expect((await ask('/t.js')).body.toString()).toBe(code);
  expect((await ask('/stats/a?k=1')).body.toString()).toBe('left: /t?k=1');
  expect((await ask('/stats/b')).body.toString()).toBe('left: /stats/b');
});

test('a script that is not built says what to do', async () => {
  const ask = await serve('/t', join(folder, 'none'));
  const answer = await ask('/t.js');
  expect([answer.status, answer.body.toString()]).toEqual([404, expect.stringContaining('npm start')]);
});
