import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecodedEvent } from '../../contract/event.ts';
import { defaultSettings, type SessionRules } from '../../contract/project-settings.ts';
import type { EventRow, SessionRow } from '../../contract/row.ts';
import { hour, itemOf, minute, noon, pageView } from '../items.fixture.ts';
import { enricherInMemory } from '../memory.fixture.ts';
import { sessionId } from './key.ts';
import { SeenSessions } from './sessions.fixture.ts';

const visitors = ['ann', 'bob'] as const;
const campaigns = ['', '', 'spring', 'autumn'] as const;

interface Happening {
  readonly visitor: (typeof visitors)[number];
  /** Milliseconds after the beginning. */
  readonly at: number;
  readonly campaign: (typeof campaigns)[number];
  readonly page: number;
  readonly backend: boolean;
  readonly revenue: number;
}

const start = noon - 30 * hour;

const happening: fc.Arbitrary<Happening> = fc.record({
  visitor: fc.constantFrom(...visitors),
  // Dense enough that rules bite, on instants that fall together and on edges of cells.
  at: fc
    .oneof(
      fc.integer({ min: 0, max: 23 * 60 }).map((minutes) => minutes * minute),
      fc.integer({ min: 0, max: 3 * hour }),
      fc.integer({ min: 0, max: 36 }).map((fives) => fives * 5 * minute - 1),
    )
    .map((at) => Math.max(0, at)),
  campaign: fc.constantFrom(...campaigns),
  page: fc.integer({ min: 0, max: 4 }),
  backend: fc.oneof(
    { weight: 4, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  revenue: fc.constantFrom(0, 0, 0.1, 0.2, 19.99),
});

const rules: fc.Arbitrary<SessionRules> = fc.record({
  timeoutMinutes: fc.constantFrom(1, 5, 30, 45),
  maxHours: fc.constantFrom(1, 2, 24),
  newCampaign: fc.boolean(),
  midnight: fc.boolean(),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu'),
});

function eventOf(one: Happening): Partial<DecodedEvent> {
  const occurredAt = start + one.at;
  const revenue = one.revenue === 0 ? {} : { revenue: one.revenue };
  if (one.backend) return { anonymousId: one.visitor, occurredAt, ...revenue };
  const query = one.campaign === '' ? '' : `?utm_source=mail&utm_campaign=${one.campaign}`;
  return pageView({
    anonymousId: one.visitor,
    occurredAt,
    url: `https://notes.example/${one.page}${query}`,
    ...revenue,
  });
}

interface Reference {
  readonly start: number;
  end: number;
  readonly events: Happening[];
  campaign: string;
}

/** The rules in the simplest words: in order of time, one event after the other. */
function referenceOf(all: readonly Happening[], { rules: said }: { readonly rules: SessionRules }) {
  const sessions: Reference[] = [];
  const sorted = all.toSorted((a, b) => a.at - b.at || (a.campaign < b.campaign ? -1 : 1));
  for (const one of sorted.filter(({ backend }) => !backend)) {
    const last = sessions.at(-1);
    // Of several pages of one instant the campaign counts that is first in the alphabet.
    const campaign =
      sorted
        .filter(({ at, backend }) => at === one.at && !backend)
        .map((other) => other.campaign)
        .filter((name) => name !== '')[0] ?? '';
    const time = start + one.at;
    if (
      last === undefined ||
      one.at - last.end > said.timeoutMinutes * minute ||
      time - (time % (5 * minute)) - (start + last.start) >= said.maxHours * hour ||
      (said.midnight && dayIn(time, said.timeZone) !== dayIn(start + last.start, said.timeZone)) ||
      (said.newCampaign && one.at > last.end && campaign !== '' && campaign !== last.campaign)
    ) {
      sessions.push({ start: one.at, end: one.at, events: [one], campaign });
      continue;
    }
    last.end = one.at;
    last.events.push(one);
    last.campaign ||= campaign;
  }
  for (const one of sorted.filter(({ backend }) => backend)) {
    const open = sessions.findLast((session) => session.start <= one.at);
    if (open && one.at <= open.end + said.timeoutMinutes * minute) open.events.push(one);
  }
  return sessions;
}

function dayIn(at: number, timeZone: string): string {
  return new Date(at).toLocaleDateString('en', { timeZone });
}

const comparable = (row: SessionRow): Omit<SessionRow, 'version'> => {
  const { version: _, ...rest } = row;
  return rest;
};

/** Runs the events in that order and cut; answers what readers see, and the session of each event. */
async function seen(order: readonly Happening[], cuts: readonly number[], said: SessionRules) {
  const { run } = enricherInMemory();
  const sessions = new SeenSessions();
  const rows: { readonly one: Happening; readonly row: EventRow }[] = [];
  const settings = { kind: 'settings', settings: { ...defaultSettings, sessions: said } } as const;
  const { record } = itemOf({});
  await run([], [], [{ record, command: settings, by: 'test' }]);
  for (let at = 0, cut = 0; at < order.length; cut++) {
    const size = cuts[cut % cuts.length] ?? 1;
    const some = order.slice(at, at + size);
    const batch = await run(some.map((one) => itemOf(eventOf(one))));
    sessions.take(batch);
    for (const [index, row] of batch.events.entries()) rows.push({ one: some[index] as Happening, row });
    at += size;
  }
  return {
    rows: sessions.rows().map(comparable),
    ids: new Map(rows.map(({ one, row }) => [one, sessions.idOf(row)])),
  };
}

describe('any order of arrival, in any batches, gives the sessions of the events in order', () => {
  test('ids, rows, and the session of every event', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { minLength: 1, maxLength: 40 }),
        rules,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        async (events, said, cuts, luck) => {
          const weights = new Map(events.map((one) => [one, luck.next().value ?? 0]));
          const shuffled = events.toSorted((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0));
          const inOrder = await seen(
            events.toSorted((a, b) => a.at - b.at),
            [events.length],
            said,
          );
          const late = await seen(shuffled, cuts, said);
          expect(late.rows).toEqual(inOrder.rows);
          expect(events.map((one) => late.ids.get(one))).toEqual(events.map((one) => inOrder.ids.get(one)));
          const expected = visitors.flatMap((visitor) =>
            referenceOf(
              events.filter((one) => one.visitor === visitor),
              { rules: said },
            ).map((session) => ({ visitor, ...session })),
          );
          expect(
            new Set(
              late.rows.map((row) => [row.session_id, row.started_at, row.ended_at, row.events].join()),
            ),
          ).toEqual(
            new Set(
              expected.map((session) =>
                [
                  sessionId('p1', `a${session.visitor}`, start + session.start),
                  start + session.start,
                  start + session.end,
                  session.events.length,
                ].join(),
              ),
            ),
          );
          for (const session of expected)
            for (const one of session.events)
              expect(late.ids.get(one)).toBe(sessionId('p1', `a${session.visitor}`, start + session.start));
        },
      ),
      { numRuns: 150 },
    );
  });
});
