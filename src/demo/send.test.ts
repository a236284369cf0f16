import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { continueDemo, generateDemo, sendDemo } from './demo.ts';
import type { Message } from './message.ts';

interface Received {
  readonly batch: readonly Message[];
  readonly sentAt: string;
}
type Answer = (request: number, response: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const fine: Answer = (_, response) => void response.end('{"success":true}');

/** A collector that remembers every body it acknowledged with 200. */
async function collector(answer: Answer, onBatch?: (all: Received[]) => void) {
  const accepted: Received[] = [];
  const seen: { key: string | undefined; path: string | undefined }[] = [];
  const read = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    seen.push({ key: request.headers.authorization, path: request.url });
    answer(seen.length, response);
    if (response.statusCode !== 200) return;
    accepted.push(JSON.parse(Buffer.concat(parts).toString()) as Received);
    onBatch?.(accepted);
  };
  const server = createServer((request, response) => void read(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close().closeAllConnections());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, accepted, seen };
}

const story = { seed: 5, now: Date.parse('2026-03-18T15:20:00Z'), days: 4 };
const idsOf = (bodies: readonly Received[]) => bodies.flatMap(({ batch }) => batch.map((m) => m.messageId));
const all = [...generateDemo(story)].flat().map((message) => message.messageId);

test('the whole history arrives at the Segment endpoint with the key, the time of sending and the events’ own times', async () => {
  const { url, accepted, seen } = await collector(fine);
  const progress: number[] = [];
  const began = Date.now();
  const { sent } = await sendDemo({
    ...story,
    url,
    writeKey: 'wk_demo',
    onProgress: (part) => progress.push(part),
  });
  expect(sent).toBe(all.length);
  expect(idsOf(accepted).sort()).toEqual([...all].sort());
  expect(new Set(seen.map(({ path }) => path))).toEqual(new Set(['/v1/batch']));
  expect(new Set(seen.map(({ key }) => key))).toEqual(new Set([`Basic ${btoa('wk_demo:')}`]));
  expect(accepted.every(({ sentAt }) => Date.parse(sentAt) >= began)).toBe(true);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(progress.at(-1)).toBe(1);
});

test('refusals with Retry-After and broken connections are tried again until everything is there', async () => {
  const { url, accepted } = await collector((request, response) => {
    if (request === 2) response.writeHead(503, { 'retry-after': '1' }).end('{}');
    else if (request === 4) response.writeHead(500).destroy();
    else fine(request, response);
  });
  const { sent } = await sendDemo({ ...story, url, writeKey: 'wk_demo' });
  expect(sent).toBe(all.length);
  expect(idsOf(accepted).sort()).toEqual([...all].sort());
});

test('a key that is refused ends the sending with what the collector said', async () => {
  const { url } = await collector((_, response) => void response.writeHead(401).end('unknown write key'));
  await expect(sendDemo({ ...story, url, writeKey: 'wk_wrong' })).rejects.toThrow('unknown write key');
});

test('after an interruption the sending goes on where the acknowledged events end', async () => {
  const stop = new AbortController();
  let kept = 0;
  const first = await collector(fine);
  const interrupted = sendDemo({
    ...story,
    url: first.url,
    writeKey: 'wk_demo',
    signal: stop.signal,
    onProgress: (_, sent) => {
      kept = sent;
      if (sent >= all.length / 2) stop.abort(new Error('stopped'));
    },
  });
  await expect(interrupted).rejects.toThrow('stopped');
  const second = await collector(fine);
  const { sent } = await sendDemo({ ...story, url: second.url, writeKey: 'wk_demo', resumeFrom: kept });
  expect(sent).toBe(all.length);
  expect(idsOf(second.accepted).length).toBe(all.length - kept);
  expect(new Set([...idsOf(first.accepted), ...idsOf(second.accepted)])).toEqual(new Set(all));
});

test('after the history the product lives on with new ids and times that are not in the future', async () => {
  const stop = new AbortController();
  const now = Date.now();
  const recent = { seed: 5, now, days: 3 };
  const { url, accepted } = await collector(fine, () => stop.abort());
  const history = new Set([...generateDemo(recent)].flat().map((message) => message.messageId));
  await continueDemo({ ...recent, url, writeKey: 'wk_demo', signal: stop.signal });
  const live = accepted.flatMap(({ batch }) => batch);
  expect(live.length).toBeGreaterThan(10);
  expect(live.filter(({ messageId }) => history.has(messageId))).toEqual([]);
  expect(live.filter(({ timestamp }) => Date.parse(timestamp) > Date.now())).toEqual([]);
});

test('days on which nobody ran the program are filled when the story is continued', async () => {
  const stop = new AbortController();
  const gap = 3 * 86_400_000;
  const old = { seed: 5, now: Date.now() - gap, days: 3 };
  let until = 0;
  const { url, accepted } = await collector(fine);
  await continueDemo({
    ...old,
    url,
    writeKey: 'wk_demo',
    signal: stop.signal,
    onSent: (time) => {
      until = time;
      if (time >= old.now + gap) stop.abort();
    },
  });
  const times = accepted.flatMap(({ batch }) => batch).map(({ timestamp }) => Date.parse(timestamp));
  expect(until).toBeGreaterThanOrEqual(old.now + gap);
  const days = new Set(times.map((time) => Math.floor((time - old.now) / 86_400_000)));
  expect([...days].sort((a, b) => a - b)).toEqual([0, 1, 2, ...(days.has(3) ? [3] : [])]);
});
