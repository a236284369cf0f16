import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EnrichedBatch, PipelineItem } from '../contract/pipeline.ts';
import type { EventRow } from '../contract/row.ts';
import { hash64 } from '../runtime/ids.ts';
import { runBatch } from './batch.ts';
import { createEnricher, enrichmentSteps, openState } from './enrich.ts';
import { openGeo } from './geo/geo.ts';
import { hour, itemOf, minute, noon, pageView } from './items.fixture.ts';
import { enricherInMemory, sessionsInMemory } from './memory.fixture.ts';
import { SeenSessions } from './sessions/sessions.fixture.ts';
import { openSqliteState } from './state/sqlite.ts';

const mixed = (offset: number): PipelineItem[] => [
  itemOf(pageView({ anonymousId: 'anon1', referrer: 'https://www.google.com/', occurredAt: noon - hour }), {
    offset,
  }),
  itemOf(
    {
      type: 'identify',
      event: 'identify',
      anonymousId: 'anon1',
      userId: 'ann',
      person: { set: { plan: 'free' } },
      occurredAt: noon - hour + 1,
    },
    { offset: offset + 1 },
  ),
  itemOf(
    {
      type: 'group',
      event: 'group',
      userId: 'ann',
      accountId: 'acme',
      account: { set: { seats: 3 } },
      occurredAt: noon - hour + 2,
    },
    { offset: offset + 2 },
  ),
  itemOf(pageView({ anonymousId: 'anon2', occurredAt: noon - 10 * minute }), { offset: offset + 3 }),
];

describe('a batch', () => {
  test('the same items over the same state give the same rows, until the commit', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-enrich-'));
    const state = openState(join(folder, 'state.db'));
    const { enrich } = createEnricher({ state });
    await state.commit(10, (await enrich(mixed(1))).changes);
    const items = mixed(10);
    const first = await enrich(items);
    const second = await enrich(items);
    expect(second).toEqual(first);
    expect(first.changes.size).toBeGreaterThan(0);
    await expect(
      state.commit(14, new Map([...first.changes, ['a:bad', Symbol('x') as unknown as string]])),
    ).rejects.toThrow();
    expect(await enrich(items)).toEqual(first);
    await state.commit(14, first.changes);
    const after = await enrich(items);
    expect(after.sessions.map((session) => session.events)).not.toEqual(
      first.sessions.map((session) => session.events),
    );
    await state.close();
    rmSync(folder, { recursive: true });
  });

  test('sessions and persons go on after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tributary-enrich-'));
    const file = join(folder, 'state.db');
    const before = openState(file);
    const first = await createEnricher({ state: before }).enrich(mixed(1));
    await before.commit(5, first.changes);
    await before.close();
    const state = openState(file);
    expect(await state.checkpoint()).toEqual({ next: 5, intentTo: undefined });
    const { sessions, events, persons } = await createEnricher({ state }).enrich([
      itemOf(pageView({ anonymousId: 'anon1', occurredAt: noon - 45 * minute }), { offset: 5 }),
    ]);
    expect(sessions).toEqual([
      {
        ...first.sessions[0],
        events: 4,
        page_views: 2,
        engaged_seconds: 40,
        ended_at: noon - 45 * minute,
        version: 5,
      },
    ]);
    expect(events).toMatchObject([
      { channel: 'Organic Search', account_id: 'acme', person_key: hash64('p1', 'a', 'anon1') },
    ]);
    expect(persons).toEqual([]);
    await state.close();
    rmSync(folder, { recursive: true });
  });

  test('events leave in the order they came in, sessions see them in order of time', async () => {
    const { enrich } = enricherInMemory();
    const items = [3, 1, 2].map((m) =>
      itemOf(
        pageView({
          anonymousId: 'anon1',
          id: `m${m}`,
          occurredAt: noon + m * minute,
          url: `https://a.example/${m}`,
        }),
      ),
    );
    const { events, sessions } = await enrich(items);
    expect(events.map((event) => event.event_id)).toEqual(['m3', 'm1', 'm2']);
    expect(sessions).toMatchObject([{ entry_path: '/1', exit_path: '/3' }]);
  });

  test('what a step throws is the failure of that event, with the step as reason and the event as payload', async () => {
    const { enrich } = enricherInMemory();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const bad = itemOf({ userId: 'ann', properties: circle as never });
    const deep = itemOf({ userId: 'ann', properties: { text: 'x'.repeat(1_200_000) } });
    const batch = await enrich([itemOf({ userId: 'ann' }), bad, deep, itemOf({ userId: 'bob' })]);
    expect(batch.events.map((event) => event.user_id)).toEqual(['ann', 'bob']);
    expect(
      batch.failures.map(({ item, failure }) => [
        item === bad,
        failure.stage,
        failure.reason,
        failure.payload === undefined,
      ]),
    ).toEqual([
      [true, 'enrich', 'properties', true],
      [false, 'enrich', 'properties too large', false],
    ]);
  });

  test('a step can drop an event, with its reason, and later steps do not see it', async () => {
    const geo = openGeo();
    const steps = enrichmentSteps(geo).toSpliced(1, 0, {
      name: 'consent',
      run: ({ row }) => (row.user_id === 'ann' ? { drop: 'no consent' } : undefined),
    });
    const items = [itemOf({ userId: 'ann' }), itemOf({ userId: 'bob' })];
    const batch = await runBatch({ steps, state: openSqliteState(':memory:') }, items);
    expect(batch.dropped).toEqual([{ item: items[0], reason: 'no consent' }]);
    expect(batch.persons.map((person) => person.user_id)).toEqual(['bob']);
  });

  test('an empty batch changes nothing', async () => {
    const { enrich } = enricherInMemory();
    expect(await enrich([])).toEqual({
      events: [],
      sessions: [],
      sessionRepairs: [],
      identities: [],
      identityHistory: [],
      profileHistory: [],
      persons: [],
      accounts: [],
      logs: [],
      failures: [],
      lineFailures: [],
      dropped: [],
      changes: new Map(),
    });
  });

  test('state that was damaged or written by another version is forgotten, not fatal', async () => {
    const { state, run } = enricherInMemory();
    await state.commit(
      1,
      new Map([
        ['a:p1\0anon1', '{"not":"ours"}'],
        ['u:p1\0ann', 'junk'],
        ['g:p1\0acme', '[99]'],
      ]),
    );
    const { failures, events } = await run([
      itemOf(pageView({ anonymousId: 'anon1', userId: 'ann', accountId: 'acme' })),
    ]);
    expect(failures).toEqual([]);
    expect(events).toHaveLength(1);
  });
});

/** Visits of two devices of which one belongs to a user, at distinct moments within three hours. */
const traffic = fc
  .uniqueArray(
    fc.record({
      at: fc.integer({ min: 0, max: 10_800 }),
      who: fc.constantFrom('anon1', 'anon2', 'ann'),
      signedIn: fc.boolean(),
      backend: fc.boolean(),
    }),
    { selector: ({ at }) => at, maxLength: 25 },
  )
  .map((list) =>
    list.map(({ at, who, signedIn, backend }) => ({ at: noon + at * 1000, who, signedIn, backend })),
  );
type Visit = { at: number; who: string; signedIn: boolean; backend: boolean };

function itemsOf(visits: readonly Visit[]): PipelineItem[] {
  return visits.map(({ at, who, signedIn, backend }, index) => {
    const ids =
      who === 'ann'
        ? { userId: 'ann' }
        : { anonymousId: who, ...(signedIn ? { userId: who === 'anon1' ? 'ann' : 'bob' } : {}) };
    const event = backend
      ? { ...ids }
      : pageView({
          ...ids,
          url: `https://a.example/${at}`,
          referrer: at % 2 ? 'https://www.google.com/' : undefined,
        });
    return itemOf(
      { ...event, id: `e${at}`, occurredAt: at },
      { offset: index + 1, receivedAt: noon + 4 * hour },
    );
  });
}

/** What charts see of sessions and events: without offsets, which differ, and without the source, of which an event has what was known when it came. */
function seen(batches: readonly EnrichedBatch[]): unknown {
  const sessions = new SeenSessions();
  for (const batch of batches) sessions.take(batch);
  const events = batches.flatMap((batch) => batch.events);
  return {
    sessions: sessions.rows().map((row) => ({ ...row, version: 0 })),
    events: events
      .map((event) => ({ ...event, ...nowhere, log_offset: 0, session_key: sessions.idOf(event) }))
      .toSorted((a, b) => a.timestamp - b.timestamp),
  };
}

const nowhere = { referrer: '', channel: '', source: '', medium: '', campaign: '', term: '', content: '' };

describe('sessions are a matter of time, not of order', () => {
  test('any order of the events inside a batch gives the same sessions and rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        traffic.chain((visits) =>
          fc.tuple(fc.constant(visits), fc.shuffledSubarray(visits, { minLength: visits.length })),
        ),
        async ([visits, shuffled]) => {
          const one = await enricherInMemory().enrich(itemsOf(visits));
          const other = await enricherInMemory().enrich(itemsOf(shuffled));
          expect(seen([other])).toEqual(seen([one]));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('events in order of time give the same sessions and rows however they are cut into batches', async () => {
    await fc.assert(
      fc.asyncProperty(traffic, fc.integer({ min: 1, max: 6 }), async (visits, size) => {
        const items = itemsOf(visits.toSorted((a, b) => a.at - b.at));
        const whole = await enricherInMemory().enrich(items);
        const { run } = enricherInMemory();
        const parts: EnrichedBatch[] = [];
        for (let at = 0; at < items.length; at += size) parts.push(await run(items.slice(at, at + size)));
        expect(seen(parts)).toEqual(seen([whole]));
      }),
      { numRuns: 100 },
    );
  });

  test('whatever the order of batches, every visit is in exactly one session, and sessions count their events', async () => {
    await fc.assert(
      fc.asyncProperty(traffic, fc.integer({ min: 1, max: 6 }), async (visits, size) => {
        const items = itemsOf(visits);
        const { run, seen } = sessionsInMemory();
        const all: EventRow[] = [];
        for (let at = 0; at < items.length; at += size)
          all.push(...(await run(items.slice(at, at + size))).events);
        const rows = new Map(seen.rows().map((row) => [row.session_id, row]));
        const counted = new Map<bigint, number>();
        for (const event of all) {
          const id = seen.idOf(event);
          if (event.type === 'page') expect(id).not.toBe(0n);
          if (id === 0n) continue;
          counted.set(id, (counted.get(id) ?? 0) + 1);
          expect(event.timestamp).toBeGreaterThanOrEqual(
            rows.get(id)?.started_at ?? Number.POSITIVE_INFINITY,
          );
        }
        expect(new Map([...rows].map(([id, row]) => [id, row.events]))).toEqual(counted);
      }),
      { numRuns: 100 },
    );
  });
});
