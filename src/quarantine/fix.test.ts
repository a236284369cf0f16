import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../contract/event.ts';
import { type FixParts, fixedItem, formOf, inputOf, type Problem, type Sendable } from './fix.ts';
import type { KeptItem } from './items.ts';
import { markOf } from './mark.ts';
import { Reasons } from './reasons.ts';

const kept = (over: Partial<KeptItem> = {}): KeptItem => ({
  project: 'p',
  receivedAt: 1_790_000_000_000,
  offset: 7,
  item: 0,
  protocol: 'segment',
  key: 'k',
  stage: 'decode',
  payload: '{"batch": []}',
  encoding: 'text',
  envelope: '',
  method: 'POST',
  path: '/v1/batch',
  query: 'a=1',
  headers: '{"content-type":"text/plain","x-tributary-door":"stripe"}',
  address: '192.0.2.0',
  visitor: 'v',
  originOffset: 0,
  originItem: 0,
  ...over,
});

/** Fixes are functions here: how JSONata is evaluated has tests of its own. */
const parts = (fix: (input: JsonValue) => JsonValue | undefined | Problem = (input) => input): FixParts => ({
  evaluate: async ({ body }) => {
    const made = fix(JSON.parse(body) as JsonValue);
    return typeof made === 'object' && made !== null && 'reason' in made
      ? (made as Problem)
      : { json: made as JsonValue };
  },
  requestOfItem: ({ query }, item, envelope) => ({
    query,
    body: Buffer.from(`${envelope} ${JSON.stringify(item)}`),
  }),
  original: () => undefined,
  decode: () => ({ events: [], failures: [] }),
});

async function sent(item: KeptItem, fix?: (input: JsonValue) => JsonValue | undefined): Promise<Sendable> {
  const made = await fixedItem(item, fix ? 'text' : null, parts(fix));
  if ('reason' in made) throw new Error(`${made.reason}: ${made.detail}`);
  return made;
}

const bodyOf = ({ request }: Sendable): string => Buffer.from(request.body).toString();

describe('a whole request', () => {
  test('as it is keeps every byte and what came with it', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x7b]);
    const made = await sent(kept({ payload: bytes.toString('base64'), encoding: 'base64' }));
    expect(made.request).toEqual({
      receivedAt: 1_790_000_000_000,
      project: 'p',
      key: 'k',
      protocol: 'segment',
      method: 'POST',
      path: '/v1/batch',
      query: 'a=1',
      headers: { 'content-type': 'text/plain', 'x-tributary-door': 'stripe' },
      address: '192.0.2.0',
      visitor: 'v',
      body: bytes,
    });
    expect(made.read).toBeUndefined();
  });

  test('is given with its body as JSON, as text or as base64, without what we know of it ourselves', () => {
    const shown = {
      method: 'POST',
      path: '/v1/batch',
      query: 'a=1',
      headers: { 'content-type': 'text/plain' },
    };
    expect(inputOf(kept())).toEqual({ ...shown, body: { batch: [] } });
    expect(inputOf(kept({ payload: '<html>' }))).toEqual({ ...shown, body: '<html>' });
    expect(inputOf(kept({ payload: '/wB7', encoding: 'base64' }))).toEqual({
      ...shown,
      body: '/wB7',
      encoding: 'base64',
    });
  });

  test('takes what the fix gives and keeps the rest', async () => {
    const made = await sent(kept(), () => ({
      body: { batch: [1] },
      headers: { 'Content-Type': 'application/json', 'x-tributary-door': 'forged' },
    }));
    expect(bodyOf(made)).toBe('{"batch":[1]}');
    expect(made.request.headers).toEqual({
      'content-type': 'application/json',
      'x-tributary-door': 'stripe',
    });
    expect(made.request).toMatchObject({ path: '/v1/batch', protocol: 'segment', project: 'p', key: 'k' });
    expect(bodyOf(await sent(kept(), () => ({ body: '/wB7', encoding: 'base64' })))).toBe(
      Buffer.from('/wB7', 'base64').toString(),
    );
  });

  test.each([
    ['a list', [1], 'gives an object'],
    ['another project', { project: 'q' }, '"project" is none of'],
    ['a path that is no text', { path: 7 }, '"path" must be a text'],
    ['headers that are no texts', { headers: { a: 1 } }, '"headers" must be'],
  ])('is not sent when the fix gives %s', async (_, made, detail) => {
    const problem = await fixedItem(
      kept(),
      'text',
      parts(() => made as JsonValue),
    );
    expect(problem).toMatchObject({ reason: 'not a request', detail: expect.stringContaining(detail) });
  });
});

describe('an item', () => {
  const one = kept({ item: 3, payload: '{"type":"purchase"}', envelope: '{"batch":[]}' });

  test('is sent in its envelope', async () => {
    expect(bodyOf(await sent(one))).toBe('{"batch":[]} {"type":"purchase"}');
    expect(bodyOf(await sent(one, () => ({ type: 'track' })))).toBe('{"batch":[]} {"type":"track"}');
    expect(bodyOf(await sent(kept({ ...one, payload: 'a line' }), (text) => `${text as string}!`))).toBe(
      '{"batch":[]} "a line!"',
    );
  });

  test('that looks like a problem is none', async () => {
    expect(bodyOf(await sent(kept({ ...one, payload: '{"reason":"r","detail":"d"}' })))).toBe(
      '{"batch":[]} {"reason":"r","detail":"d"}',
    );
  });

  test('stays where the fix fails or gives nothing', async () => {
    expect(
      await fixedItem(
        one,
        'text',
        parts(() => undefined),
      ),
    ).toMatchObject({ reason: 'the fix made nothing' });
    const failed = parts(() => ({ reason: 'mapping too slow', detail: 'the mapping took too long' }));
    expect(await fixedItem(one, 'text', failed)).toEqual({
      reason: 'fix too slow',
      detail: 'the fix took too long',
    });
  });

  test('that was cut is not sent as if it were whole', async () => {
    const cut = kept({ item: 0, payload: 'x'.repeat(8_000_000) });
    expect(await fixedItem(cut, null, parts())).toMatchObject({ reason: 'too large' });
    const original = { ...(await sent(kept())).request, offset: 7, body: Buffer.from('all of it') };
    const made = await fixedItem(cut, null, { ...parts(), original: () => original });
    expect(bodyOf(made as Sendable)).toBe('all of it');
  });

  test('of an operator is never sent: commands need who may give them', async () => {
    expect(await fixedItem(kept({ protocol: 'operator' }), null, parts())).toMatchObject({
      reason: 'not replayable',
    });
  });
});

describe('what had been decoded', () => {
  test.each([
    [
      'an event',
      { stage: 'enrich', item: 2, payload: '{"properties":{},"event":"Paid","type":"track"}' },
      'event',
    ],
    ['a log line', { stage: 'load', item: 2, payload: '{"body":"a","attributes":{"type":"x"}}' }, 'line'],
    ['an event whose fix was wrong', { item: 1, payload: '{', envelope: '"decoded event"' }, 'event'],
    ['an item', { item: 1, payload: '{"type":"track","event":"Paid"}' }, 'item'],
    ['a request', { item: 0 }, 'request'],
  ] as const)('%s is known', async (_, over, form) => {
    expect(formOf(kept(over))).toBe(form);
    if (form !== 'event' && form !== 'line') return;
    expect((await sent(kept(over))).read).toEqual({ kind: form });
  });
});

test('ids are derived from the first arrival, however often an item is replayed', () => {
  const marking = { id: 'r', at: 1, by: 'Ada', fix: '', read: undefined };
  expect(markOf(kept({ item: 3 }), marking)).toMatchObject({
    offset: 7,
    item: 3,
    origin: { offset: 7, item: 3 },
  });
  const again = kept({ offset: 90, item: 1, originOffset: 7, originItem: 3 });
  expect(markOf(again, marking)).toMatchObject({ offset: 90, item: 1, origin: { offset: 7, item: 3 } });
});

test('reasons are counted, and there is an end to how many', () => {
  const reasons = new Reasons([{ reason: 'a', detail: 'first', count: 2 }]);
  reasons.add('a', 'second');
  for (let n = 0; n < 100; n++) reasons.add(`r${n}`, 'd');
  expect(reasons.list()).toHaveLength(51);
  expect(reasons.list().slice(0, 2)).toEqual([
    { reason: 'others', detail: 'd', count: 51 },
    { reason: 'a', detail: 'first', count: 3 },
  ]);
});
