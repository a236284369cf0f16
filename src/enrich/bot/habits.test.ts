import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explained } from '../../contract/bots.ts';
import type { DecodedEvent } from '../../contract/event.ts';
import type { PipelineItem } from '../../contract/pipeline.ts';
import type { EventRow } from '../../contract/row.ts';
import { chrome, itemOf, noon, pageView } from '../items.fixture.ts';
import { enricherInMemory } from '../memory.fixture.ts';

const second = 1_000;
const minute = 60 * second;
const start = noon - 120 * minute;

/** A page view of a visitor, so long after the start. */
function view(after: number, more: Partial<DecodedEvent> = {}): PipelineItem {
  return itemOf(pageView({ anonymousId: 'v1', trueAt: start + after, ...more }));
}

function did(after: number, event: string, more: Partial<DecodedEvent> = {}): PipelineItem {
  return view(after, { type: 'track', event, ...more });
}

/** Of the last event in time. */
function last(rows: readonly EventRow[]) {
  const [row] = rows.toSorted((a, b) => b.timestamp - a.timestamp);
  return row ? explained(row.bot_layers, row.bot_reason) : [];
}

async function judged(items: readonly PipelineItem[]) {
  const { run } = enricherInMemory();
  return last((await run(items)).events);
}

/** Distances that no clock keeps: the golden ratio never comes round. */
const uneven = (index: number, mean: number): number => index * mean + ((index * 0.618) % 1) * mean * 0.9;
const many = (count: number, make: (index: number) => PipelineItem): PipelineItem[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('the rate', () => {
  test.each<[string, PipelineItem[], number]>([
    ['29 pages in a minute are a hurry', many(29, (at) => view(uneven(at, 2 * second))), 0],
    ['31 are suspect', many(34, (at) => view(uneven(at, 1.75 * second))), 30],
    ['61 are a program', many(75, (at) => view(uneven(at, 0.8 * second))), 60],
    ['200 are more so', many(200, (at) => view(uneven(at, 0.3 * second))), 80],
    [
      '100 clicks in a minute are somebody at a game',
      many(100, (at) => did(uneven(at, 0.6 * second), 'hit')),
      0,
    ],
    ['320 are nobody', many(340, (at) => did(uneven(at, 0.175 * second), 'hit')), 60],
  ])('%s', async (_, items, score) => {
    expect((await judged(items)).find(({ layer }) => layer === 'rate')?.score ?? 0).toBe(score);
  });

  test('stays with the visitor for the events that follow, until a pause', async () => {
    const { run } = enricherInMemory();
    await run(many(75, (at) => view(uneven(at, 0.8 * second))));
    expect(last((await run([view(10 * minute)])).events)).toMatchObject([{ layer: 'rate', score: 60 }]);
    const { sessions } = await run([view(20 * minute)]);
    expect(sessions.at(-1)?.bot_score).toBe(60);
    expect(last((await run([view(60 * minute)])).events)).toEqual([]);
  });

  test('is of one visitor: many people behind one address and agent are nobody’s', async () => {
    const items = many(200, (at) => {
      const item = view(at * 100, { anonymousId: 'hash-of-the-day', consent: 'anonymous' });
      return { ...item, record: { ...item.record, visitor: 'hash-of-the-day' } };
    });
    expect(await judged(items)).toEqual([]);
    expect(await judged(many(200, (at) => view(at * 100, { anonymousId: `visitor ${at}` })))).toEqual([]);
  });

  test('servers may be as fast as they like', async () => {
    const items = many(700, (at) =>
      did(at * 10, 'synced', { userAgent: undefined, url: undefined, userId: 'u1' }),
    );
    expect(await judged(items)).toEqual([]);
  });
});

describe('behaviour', () => {
  const library = 'tributary-js/0.1.0';

  test.each<[string, PipelineItem[], number]>([
    ['six pages at the same distance', many(8, (at) => view(at * 10 * second)), 30],
    ['twelve', many(14, (at) => view(at * 10 * second + (at % 2) * 90)), 60],
    ['twelve at any distance', many(14, (at) => view(uneven(at, 10 * second))), 0],
    [
      'ten pages that our tracker says nobody looked at',
      many(10, (at) => view(uneven(at, 20 * second), { library })),
      20,
    ],
    ['thirty', many(30, (at) => view(uneven(at, 20 * second), { library })), 40],
    [
      'thirty of a tracker that does not tell',
      many(30, (at) => view(uneven(at, 20 * second), { library: 'js/4.1' })),
      0,
    ],
    [
      'thirty with a sign of somebody on one',
      [
        ...many(30, (at) => view(uneven(at, 20 * second), { library })),
        did(460 * second, '$engagement', { library }),
      ],
      0,
    ],
    [
      'thirty with what a page sends by itself',
      [
        ...many(30, (at) => view(uneven(at, 20 * second), { library })),
        did(460 * second, '$web_vitals', { library }),
      ],
      40,
    ],
  ])('%s', async (_, items, score) => {
    expect((await judged(items)).find(({ layer }) => layer === 'behaviour')?.score ?? 0).toBe(score);
  });

  test('says what it saw', async () => {
    const found = await judged(many(30, (at) => view(at * 10 * second, { library })));
    expect(found).toEqual([
      {
        layer: 'behaviour',
        score: 100,
        words: 'pages at the same distance, 12 and more, 25 and more pages that nobody looked at',
      },
    ]);
  });
});

describe('the same events give the same scores', () => {
  const event = fc.record({
    after: fc.oneof(
      fc.nat(20 * minute),
      fc.nat(60).map((at) => at * 5 * second),
    ),
    page: fc.boolean(),
    visitor: fc.constantFrom('v1', 'v2'),
    library: fc.constantFrom('tributary-js/0.1.0', 'js/4.1'),
  });
  const history = fc.array(event, { minLength: 1, maxLength: 120 });
  const itemsOf = (events: readonly { after: number; page: boolean; visitor: string; library: string }[]) =>
    events.map(({ after, library, page, visitor }, index) => {
      const more = { anonymousId: visitor, library, userAgent: chrome };
      const made = page ? view(after, more) : did(after, '$engagement', more);
      return { ...made, eventId: `e${index}`, record: { ...made.record, offset: index + 1 } };
    });
  const scores = (rows: readonly EventRow[]) => new Map(rows.map((row) => [row.event_id, row.bot_reason]));

  test('in whatever order they lie in a batch, and again', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.infiniteStream(fc.nat()), async (events, random) => {
        const items = itemsOf(events);
        const keyed = items.map((item) => ({ item, key: random.next().value as number }));
        const shuffled = keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
        const [one, other] = [enricherInMemory(), enricherInMemory()];
        const first = scores((await one.enrich(items)).events);
        expect(scores((await one.run(items)).events)).toEqual(first);
        expect(scores((await other.run(shuffled)).events)).toEqual(first);
      }),
      { numRuns: 60 },
    );
  });

  test('however they are cut into batches, as long as these follow each other in time', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(fc.nat(120), { maxLength: 4 }), async (events, cuts) => {
        const items = itemsOf(events.toSorted((a, b) => a.after - b.after));
        const whole = scores((await enricherInMemory().run(items)).events);
        const { run } = enricherInMemory();
        const parts = new Map<string, string>();
        let from = 0;
        for (const to of [...cuts.toSorted((a, b) => a - b), items.length]) {
          if (to <= from || from >= items.length) continue;
          for (const [id, reason] of scores((await run(items.slice(from, to))).events)) parts.set(id, reason);
          from = to;
        }
        expect(parts).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });
});
