import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Input, Output } from '../contract/endpoints.ts';
import { endpoints } from '../contract/endpoints.ts';
import type { OverviewMetrics } from '../contract/result.ts';
import type { EventRow, SessionRow } from '../contract/row.ts';
import { fakeClock } from '../runtime/clock.ts';
import { type AnalyzeHandlers, analyzeHandlers } from './analyze.ts';
import { currentSessions, makeProduct } from './test-product.ts';
import { defaultRules, eventRow, startTestWarehouse, type TestWarehouse } from './test-warehouse.ts';

const project = 'shop';
const product = makeProduct(project, 1);
const other = makeProduct('neighbour', 2);
const now = Date.UTC(2026, 3, 3, 12);
const clock = fakeClock(now);
let warehouse: TestWarehouse;
let handlers: AnalyzeHandlers;

beforeAll(async () => {
  warehouse = await startTestWarehouse();
  handlers = analyzeHandlers(warehouse.client, { reader: warehouse.reader, rulesOf: defaultRules, clock });
  for (const { events, sessions, joined } of [product, other]) {
    await warehouse.insertEvents(events);
    await warehouse.insertSessions(sessions);
    for (const [from, to] of joined) await warehouse.identify(project, from, to);
  }
}, 60_000);
afterAll(() => warehouse.stop());

type Asked = 'overview' | 'breakdown' | 'trend' | 'eventNames' | 'propertyNames' | 'propertyValues' | 'live';
/** Through the schema of the endpoint, as the API does. */
async function ask<Name extends Asked>(name: Name, input: Input<Name>): Promise<Output<Name>> {
  const handler = handlers[name] as (parsed: unknown) => Promise<Output<Name>>;
  const answer = await handler(endpoints[name].input.parse(input));
  return endpoints[name].output.parse(answer) as Output<Name>;
}

const timezone = 'Europe/Berlin';
const range = { from: '2026-03-27', to: '2026-04-02', timezone };
const scope = { project, range };
const berlin = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone });
const dayIn = (at: number): string => berlin.format(at);
const days = ['03-27', '03-28', '03-29', '03-30', '03-31', '04-01', '04-02'].map((day) => `2026-${day}`);
const daysBefore = ['03-20', '03-21', '03-22', '03-23', '03-24', '03-25', '03-26'].map(
  (day) => `2026-${day}`,
);

const isHuman = (row: { bot_score: number }): boolean => row.bot_score < 50;
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
const seconds = (session: SessionRow): number => (session.ended_at - session.started_at) / 1_000;
const people = (rows: readonly { person_key: bigint }[]): number =>
  new Set(rows.map((row) => product.personOf(row))).size;

function metricsOf(events: readonly EventRow[], sessions: readonly SessionRow[]): OverviewMetrics {
  const pageViews = events.filter((event) => event.type === 'page').length;
  return {
    visitors: people(events),
    sessions: sessions.length,
    pageViews,
    bounceRate: mean(sessions.map((session) => (session.page_views <= 1 && seconds(session) < 10 ? 1 : 0))),
    duration: mean(sessions.map(seconds)),
    depth: sessions.length === 0 ? 0 : pageViews / sessions.length,
  };
}

const closeTo = (metrics: OverviewMetrics): unknown =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, expect.closeTo(value, 6)]));

function expectedOverview(
  ofEvent: (event: EventRow) => boolean,
  ofSession: (session: SessionRow) => boolean,
  list: readonly string[],
): { total: unknown; points: unknown[] } {
  const events = product.events.filter((event) => list.includes(dayIn(event.timestamp)) && ofEvent(event));
  const sessions = currentSessions(product).filter(
    (session) => list.includes(dayIn(session.started_at)) && ofSession(session),
  );
  return {
    total: closeTo(metricsOf(events, sessions)),
    points: list.map((day) =>
      closeTo(
        metricsOf(
          events.filter((event) => dayIn(event.timestamp) === day),
          sessions.filter((session) => dayIn(session.started_at) === day),
        ),
      ),
    ),
  };
}

const pointsOf = (points: readonly ({ at: number } & OverviewMetrics)[]): unknown[] =>
  points.map(({ visitors, sessions, pageViews, bounceRate, duration, depth }) => ({
    visitors,
    sessions,
    pageViews,
    bounceRate,
    duration,
    depth,
  }));

describe('overview', () => {
  test('counts people once across their ids, and compares with the days before', async () => {
    const answer = await ask('overview', scope);
    const current = expectedOverview(isHuman, isHuman, days);
    const previous = expectedOverview(isHuman, isHuman, daysBefore);
    expect(answer.total).toEqual(current.total);
    expect(pointsOf(answer.points)).toEqual(current.points);
    expect(answer.previous).toEqual(previous.total);
    expect(pointsOf(answer.previousPoints)).toEqual(previous.points);
    expect(answer.points.map(({ at }) => dayIn(at))).toEqual(days);
    expect(answer.total.visitors).toBeGreaterThan(10);
  });

  test('bots count only when asked for', async () => {
    const all = await ask('overview', { ...scope, includeBots: true });
    expect(all.total).toEqual(
      expectedOverview(
        () => true,
        () => true,
        days,
      ).total,
    );
    expect(all.total.visitors).toBeGreaterThan((await ask('overview', scope)).total.visitors);
  });

  test('a filter on a session column holds for sessions, one on a page for sessions that saw it', async () => {
    const source = await ask('overview', {
      ...scope,
      filters: [{ property: 'source', op: 'is', values: ['google'] }],
    });
    const isGoogle = (row: EventRow | SessionRow): boolean => isHuman(row) && row.source === 'google';
    expect(source.total).toEqual(expectedOverview(isGoogle, isGoogle, days).total);

    const page = await ask('overview', {
      ...scope,
      filters: [{ property: 'path', op: 'is', values: ['/pricing'] }],
    });
    const isPricing = (event: EventRow): boolean => isHuman(event) && event.path === '/pricing';
    const saw = new Set(product.events.filter(isPricing).map((event) => event.session_key));
    expect(page.total).toEqual(
      expectedOverview(isPricing, (session) => saw.has(session.session_id), days).total,
    );
  });

  test('a filter on the entry page holds for the events of such sessions', async () => {
    const answer = await ask('overview', {
      ...scope,
      filters: [{ property: 'entry_path', op: 'is', values: ['/docs'] }],
    });
    const entered = currentSessions(product).filter(
      (session) => isHuman(session) && session.entry_path === '/docs',
    );
    const ids = new Set(entered.map((session) => session.session_id));
    expect(answer.total).toEqual(
      expectedOverview(
        (event) => ids.has(event.session_key),
        (session) => ids.has(session.session_id),
        days,
      ).total,
    );
  });

  test('people of now are those of the last five minutes', async () => {
    await warehouse.insertEvents([
      eventRow({ project: 'busy', person: 'a', event: 'x', timestamp: now - 299_000 }),
      eventRow({ project: 'busy', person: 'a', event: 'x', timestamp: now - 10_000 }),
      eventRow({ project: 'busy', person: 'b', event: 'x', timestamp: now - 301_000 }),
    ]);
    expect((await ask('overview', { ...scope, project: 'busy' })).current).toBe(1);
  });
});

describe('breakdown', () => {
  const inRange = (at: number): boolean => days.includes(dayIn(at));
  const order = (a: { value: string; visitors: number }, b: { value: string; visitors: number }): number =>
    b.visitors - a.visitors || (a.value < b.value ? -1 : 1);
  const group = <T>(rows: readonly T[], key: (row: T) => string): [string, T[]][] =>
    Object.entries(Object.groupBy(rows, key)).map(([value, list]) => [value, list ?? []]);

  test('a session column is counted over sessions', async () => {
    const sessions = currentSessions(product).filter(
      (session) => isHuman(session) && inRange(session.started_at),
    );
    const expected = group(sessions, (session) => session.country).map(([value, list]) => ({
      value,
      visitors: people(list),
      sessions: list.length,
      pageViews: list.reduce((sum, session) => sum + session.page_views, 0),
      bounceRate: expect.closeTo(metricsOf([], list).bounceRate, 6),
      duration: expect.closeTo(metricsOf([], list).duration, 6),
    }));
    const answer = await ask('breakdown', { ...scope, property: 'country' });
    expect(answer).toEqual({ property: 'country', rows: expected.toSorted(order), total: expected.length });
  });

  test.each([
    ['path', (event: EventRow) => event.path],
    ['properties.plan', (event: EventRow) => String(JSON.parse(event.properties).plan ?? '')],
    ['properties.cart.size', (event: EventRow) => String(JSON.parse(event.properties).cart?.size ?? '')],
  ])('%s is counted over events, with the sessions that have such an event', async (property, textOf) => {
    const events = product.events.filter((event) => isHuman(event) && inRange(event.timestamp));
    const expected = group(events, textOf).map(([value, list]) => {
      const ids = new Set(list.map((event) => event.session_key));
      const sessions = currentSessions(product).filter((session) => ids.has(session.session_id));
      return {
        value,
        visitors: people(list),
        sessions: sessions.length,
        pageViews: list.filter((event) => event.type === 'page').length,
        bounceRate: expect.closeTo(metricsOf([], sessions).bounceRate, 6),
        duration: expect.closeTo(metricsOf([], sessions).duration, 6),
      };
    });
    const answer = await ask('breakdown', { ...scope, property });
    expect(answer).toEqual({ property, rows: expected.toSorted(order), total: expected.length });
  });

  test('search narrows the values and their number, the limit only the list', async () => {
    const answer = await ask('breakdown', { ...scope, property: 'path', search: 'APP', limit: 1 });
    expect(answer.total).toBe(2);
    expect(answer.rows).toHaveLength(1);
  });
});

describe('trend', () => {
  const paid = product.events.filter((event) => isHuman(event) && event.event === 'paid');
  const ofDay = (day: string): EventRow[] => paid.filter((event) => dayIn(event.timestamp) === day);
  const inDays = paid.filter((event) => days.includes(dayIn(event.timestamp)));
  const amount = (event: EventRow): number => Number(JSON.parse(event.properties).amount);
  const quantile = (values: readonly number[], level: number): number => {
    const sorted = values.toSorted((a, b) => a - b);
    const at = level * (sorted.length - 1);
    const [low = 0, high = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
    return sorted.length === 0 ? 0 : low + (high - low) * (at - Math.floor(at));
  };
  const sum = (rows: readonly EventRow[]): number => rows.reduce((all, row) => all + amount(row), 0);
  const property = 'properties.amount';
  const measures = [
    [{ kind: 'count' }, (rows: readonly EventRow[]) => rows.length],
    [{ kind: 'users' }, people],
    [
      { kind: 'per_user' },
      (rows: readonly EventRow[]) => (rows.length === 0 ? 0 : rows.length / people(rows)),
    ],
    [{ kind: 'sum', property }, sum],
    [{ kind: 'avg', property }, (rows: readonly EventRow[]) => mean(rows.map(amount))],
    [
      { kind: 'min', property },
      (rows: readonly EventRow[]) => (rows.length ? Math.min(...rows.map(amount)) : 0),
    ],
    [{ kind: 'max', property: 'revenue' }, (rows: readonly EventRow[]) => Math.max(0, ...rows.map(amount))],
    [{ kind: 'p90', property }, (rows: readonly EventRow[]) => quantile(rows.map(amount), 0.9)],
  ] as const;

  test.each(measures)('%o per day and over the whole range', async (measure, compute) => {
    const answer = await ask('trend', { ...scope, series: [{ event: 'paid', measure }], compare: true });
    expect(answer.times.map(dayIn)).toEqual(days);
    const [line] = answer.lines;
    expect(line?.points).toEqual(days.map((day) => expect.closeTo(compute(ofDay(day)), 6)));
    expect(line?.total).toBeCloseTo(compute(inDays), 6);
    expect(line?.previousPoints).toEqual(daysBefore.map((day) => expect.closeTo(compute(ofDay(day)), 6)));
  });

  test('the values beyond the limit add up to one line where they can, and to none where not', async () => {
    const events = product.events.filter((event) => isHuman(event) && days.includes(dayIn(event.timestamp)));
    const counts = Object.entries(Object.groupBy(events, (event) => event.path))
      .map(([value, list]) => ({ value, total: list?.length ?? 0 }))
      .toSorted((a, b) => b.total - a.total || (a.value < b.value ? -1 : 1));
    const rest = counts.slice(2).reduce((all, { total }) => all + total, 0);
    const count = await ask('trend', { ...scope, series: [{ event: '*' }], breakdown: 'path', limit: 2 });
    expect(count.lines.map(({ value, total, other: rests }) => ({ value, total, rests }))).toEqual([
      { ...counts[0], rests: undefined },
      { ...counts[1], rests: undefined },
      { value: 'other', total: rest, rests: true },
    ]);
    const users = await ask('trend', {
      ...scope,
      series: [{ event: '*', measure: { kind: 'users' } }],
      breakdown: 'path',
      limit: 2,
    });
    expect(users.lines).toHaveLength(2);
  });

  test('a breakdown by entry page takes it from the session of the event', async () => {
    const entry = new Map(
      currentSessions(product).map((session) => [session.session_id, session.entry_path]),
    );
    const answer = await ask('trend', {
      ...scope,
      series: [{ event: 'paid' }],
      breakdown: 'entry_path',
      limit: 50,
    });
    for (const { value, total } of answer.lines) {
      expect(total).toBe(inDays.filter((event) => entry.get(event.session_key) === value).length);
    }
    expect(answer.lines.reduce((all, { total }) => all + total, 0)).toBe(inDays.length);
  });

  test.each(['hour', 'week', 'month'] as const)(
    'every event is in one bucket of one %s',
    async (interval) => {
      const answer = await ask('trend', { ...scope, series: [{ event: 'paid' }], interval, compare: true });
      const [line] = answer.lines;
      expect(line?.total).toBe(inDays.length);
      const expected = answer.times.map((time, index) => {
        const end = answer.times[index + 1] ?? Number.POSITIVE_INFINITY;
        return inDays.filter((event) => event.timestamp >= time && event.timestamp < end).length;
      });
      expect(line?.points).toEqual(expected);
      const before = paid.filter((event) => daysBefore.includes(dayIn(event.timestamp)));
      expect(line?.previousTotal).toBe(before.length);
      if (interval !== 'hour')
        expect(line?.previousPoints?.reduce((all, point) => all + point, 0)).toBe(before.length);
    },
  );

  test('the last bucket is incomplete until it is over', async () => {
    const until = (to: string) =>
      ask('trend', { project, range: { from: '2026-04-01', to, timezone }, series: [{ event: 'paid' }] });
    expect((await until('2026-04-02')).incomplete).toBe(false);
    expect((await until('2026-04-03')).incomplete).toBe(true);
  });

  test('buckets are those of the calendar where clocks are difficult', async () => {
    for (const [zone, from, to] of [
      ['America/Sao_Paulo', '2018-11-02', '2018-11-06'],
      ['Asia/Kathmandu', '2026-01-30', '2026-02-02'],
      ['Australia/Lord_Howe', '2026-04-03', '2026-04-07'],
      ['Pacific/Apia', '2026-04-02', '2026-04-07'],
    ] as const) {
      const name = `zone of ${zone}`;
      const begin = Date.parse(`${from}T00:00:00Z`) - 86_400_000;
      const times = Array.from({ length: 650 }, (_, index) => begin + index * 1_200_000);
      await warehouse.insertEvents(
        times.map((timestamp) => eventRow({ project: name, person: 'a', event: 'x', timestamp })),
      );
      for (const interval of ['hour', 'day', 'week', 'month'] as const) {
        const answer = await ask('trend', {
          project: name,
          range: { from, to, timezone: zone },
          series: [{ event: 'x' }],
          interval,
        });
        const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone });
        const inside = times.filter((time) => format.format(time) >= from && format.format(time) <= to);
        expect(answer.lines[0]?.total, `${zone} ${interval}`).toBe(inside.length);
        expect(
          answer.lines[0]?.points.reduce((all, point) => all + point, 0),
          `${zone} ${interval}`,
        ).toBe(inside.length);
        if (interval === 'day') {
          const perDay = Object.values(Object.groupBy(inside, (time) => format.format(time))).map(
            (list) => list?.length,
          );
          expect(answer.lines[0]?.points).toEqual(perDay);
        }
      }
    }
  });
});
