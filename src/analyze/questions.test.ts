import { ClickHouseError } from '@clickhouse/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fakeClock } from '../runtime/clock.ts';
import { connect } from '../warehouse/warehouse.ts';
import { type AnalyzeHandlers, analyzeHandlers } from './analyze.ts';
import { defaultRules, eventRow, startTestWarehouse, type TestWarehouse } from './test-warehouse.ts';
import { cleanMessage, warehouseError } from './warehouse-error.ts';

const now = Date.UTC(2026, 5, 15, 12);
const clock = fakeClock(now);
const project = 'app';
let warehouse: TestWarehouse;
let handlers: AnalyzeHandlers;
const asked: { query: string; project: unknown }[] = [];

beforeAll(async () => {
  warehouse = await startTestWarehouse();
  const { client } = warehouse;
  const query = client.query.bind(client);
  // every SQL text that an analysis sends passes here
  client.query = ((params: Parameters<typeof query>[0]) => {
    asked.push({ query: params.query, project: params.query_params?.project });
    return query(params);
  }) as typeof client.query;
  handlers = analyzeHandlers(client, { reader: warehouse.reader, rulesOf: defaultRules, clock });
  const nasty = { "it's": 'a\\b', 'x`y': '"quoted"', deep: { er: { list: [1, 2] } }, price: 5, mixed: 1 };
  await warehouse.insertEvents([
    ...Array.from({ length: 6 }, (_, index) =>
      eventRow({
        project,
        person: `p${index % 2}`,
        event: 'bought',
        timestamp: now - (6 - index) * 20_000,
        log_offset: 1_000 + Math.floor(index / 2),
        path: ['/a', '/b'][index % 2] ?? '',
        properties: JSON.stringify(index === 5 ? { ...nasty, mixed: 'one' } : nasty),
      }),
    ),
    eventRow({ project, person: 'p9', event: 'page', timestamp: now - 40 * 86_400_000, log_offset: 10 }),
    eventRow({
      project: 'other',
      person: 'p1',
      event: 'secret',
      timestamp: now - 1_000,
      path: '/secret',
      log_offset: 5_000,
    }),
  ]);
}, 60_000);
afterAll(() => warehouse.stop());

const live = (more: { after?: string; limit?: number; event?: string } = {}) =>
  handlers.live({ project, limit: 50, ...more });

test('Live shows the newest events first and counts what has just come', async () => {
  const result = await live();
  expect(result.events.map(({ event }) => event)).toEqual(
    [1, 2, 3, 4, 5, 6].map(() => 'bought').concat('page'),
  );
  expect(result.events[0]).toMatchObject({
    path: expect.stringMatching(/^\/[ab]$/),
    properties: { price: 5, deep: { er: { list: [1, 2] } } },
  });
  expect([result.lastMinute, result.peopleNow]).toEqual([3, 2]);
});

test('a cursor continues inside a request that held several events, without gap or repetition', async () => {
  const all = (await live()).events.map(({ eventId }) => eventId);
  for (const [index, { cursor }] of (await live()).events.entries()) {
    expect(cursor.length).toBeLessThanOrEqual(40);
    expect((await live({ after: cursor })).events.map(({ eventId }) => eventId)).toEqual(all.slice(0, index));
  }
});

test('Live can be of one event, and refuses a cursor it has not given', async () => {
  expect((await live({ event: 'page' })).events).toHaveLength(1);
  await expect(live({ after: '1; DROP TABLE x' })).rejects.toMatchObject({ code: 'bad-request' });
});

test('the catalog knows the names of events of 90 days, most frequent first', async () => {
  expect(await handlers.eventNames({ project })).toEqual({
    events: [
      { event: 'bought', type: 'track', count: 6 },
      { event: 'page', type: 'page', count: 1 },
    ],
  });
});

test('the catalog learns property paths and their kind, whatever characters they have', async () => {
  const { properties } = await handlers.propertyNames({ project, event: 'bought' });
  expect(Object.fromEntries(properties.map(({ path, kind }) => [path, kind]))).toEqual({
    "properties.it's": 'text',
    'properties.x`y': 'text',
    'properties.deep.er.list': 'text',
    'properties.price': 'number',
    'properties.mixed': 'text',
  });
});

test('every path the catalog names has values that a filter finds again', async () => {
  const { properties } = await handlers.propertyNames({ project });
  for (const { path } of properties) {
    const { values } = await handlers.propertyValues({ project, property: path, search: '' });
    const [first] = values;
    expect(first, path).toBeDefined();
    const range = { from: '2026-06-15', to: '2026-06-15', timezone: 'UTC' };
    const filters = [{ property: path, op: 'is' as const, values: [first?.value ?? ''] }];
    const trend = await handlers.trend({
      project,
      range,
      filters,
      includeBots: false,
      series: [{ event: '*', filters: [], measure: { kind: 'count' } }],
      interval: 'day',
      limit: 5,
      compare: false,
    });
    expect(trend.lines[0]?.total, path).toBe(first?.count);
  }
});

test('values can be searched without regard to case', async () => {
  const { values } = await handlers.propertyValues({
    project,
    property: 'path',
    search: 'A',
    event: 'bought',
  });
  expect(values).toEqual([{ value: '/a', count: 3 }]);
});

test.each([
  ['is', ['/a'], 3],
  ['is', ['/a', '/b'], 6],
  ['is', [], 6],
  ['is_not', ['/a'], 3],
  ['contains', ['A'], 3],
  ['contains', ["' OR 1=1 --"], 0],
  ['not_contains', ['/a', '/b'], 0],
  ['is_set', [], 6],
  ['is_not_set', [], 0],
] as const)('path %s %j keeps %d events', async (op, values, expected) => {
  expect(await countWhere({ property: 'path', op, values: [...values] })).toBe(expected);
});

test.each([
  ['properties.price', 'gt', ['4'], 6],
  ['properties.price', 'gt', ['5'], 0],
  ['properties.price', 'lt', ['5.5'], 6],
  ['properties.price', 'lt', ['no number'], 0],
  ["properties.it's", 'is', ['a\\b'], 6],
  ['properties.mixed', 'is', ['one'], 1],
  ['properties.missing', 'is_not_set', [], 6],
  ['bot_score', 'is', ['0'], 6],
  ['revenue', 'is_set', [], 0],
  ['revenue', 'lt', ['1'], 0],
] as const)('%s %s %j keeps %d events', async (property, op, values, expected) => {
  expect(await countWhere({ property, op, values: [...values] })).toBe(expected);
});

async function countWhere(filter: {
  property: string;
  op: 'is' | 'gt' | 'lt' | 'is_not' | 'contains' | 'not_contains' | 'is_set' | 'is_not_set';
  values: string[];
}): Promise<number> {
  const trend = await handlers.trend({
    project,
    range: { from: '2026-06-15', to: '2026-06-15', timezone: 'UTC' },
    filters: [filter],
    includeBots: false,
    series: [{ event: 'bought', filters: [], measure: { kind: 'count' } }],
    interval: 'day',
    limit: 5,
    compare: false,
  });
  return trend.lines[0]?.total ?? -1;
}

test('a name that is neither column nor property is refused', async () => {
  await expect(countWhere({ property: 'person_key) OR (1', op: 'is', values: ['1'] })).rejects.toMatchObject({
    code: 'bad-request',
  });
});

test('every SQL of every analysis names its project, and nothing of another project is ever seen', async () => {
  asked.length = 0;
  const scope = {
    project,
    range: { from: '2026-06-01', to: '2026-06-20', timezone: 'UTC' },
    filters: [],
    includeBots: true,
  };
  const series = [{ event: '*', filters: [], measure: { kind: 'users' as const } }];
  const answers = await Promise.all([
    handlers.overview({ ...scope, interval: 'day', compare: true }),
    handlers.overview({
      ...scope,
      interval: 'day',
      compare: false,
      filters: [{ property: 'path', op: 'is_set', values: [] }],
    }),
    handlers.overview({
      ...scope,
      interval: 'day',
      compare: false,
      filters: [{ property: 'entry_path', op: 'is_set', values: [] }],
    }),
    handlers.breakdown({ ...scope, property: 'path', limit: 10, search: '' }),
    handlers.breakdown({ ...scope, property: 'entry_path', limit: 10, search: '' }),
    handlers.trend({ ...scope, series, interval: 'day', limit: 8, compare: true, breakdown: 'path' }),
    handlers.trend({ ...scope, series, interval: 'day', limit: 8, compare: true, breakdown: 'exit_path' }),
    handlers.funnel({
      ...scope,
      steps: [
        { event: '*', filters: [] },
        { event: '*', filters: [] },
      ],
      windowSeconds: 60,
      limit: 5,
      breakdown: 'path',
    }),
    live(),
    handlers.eventNames({ project }),
    handlers.propertyNames({ project }),
    handlers.propertyValues({ project, property: 'path', search: '' }),
  ]);
  expect(JSON.stringify(answers)).not.toContain('secret');
  expect(asked.length).toBeGreaterThan(15);
  for (const { query, project: said } of asked) {
    expect(said).toBe(project);
    // one condition for every table read
    const tables = query.match(/tributary\.(events|sessions)\b/g) ?? [];
    expect(query.match(/project = \{project:String\}/g)?.length ?? 0).toBeGreaterThanOrEqual(tables.length);
  }
});

test('SQL of a user gives columns, rows and exact integers', async () => {
  const result = await handlers.query({
    sql: `SELECT count() AS n, toUInt64(18446744073709551615) AS big, 'a"b 12345678901234567890' AS text FROM tributary.events FORMAT JSON ;`,
  });
  expect(result).toMatchObject({
    columns: [
      { name: 'n', type: 'UInt64' },
      { name: 'big', type: 'UInt64' },
      { name: 'text', type: 'String' },
    ],
    rows: [[8, '18446744073709551615', 'a"b 12345678901234567890']],
    truncated: false,
  });
});

test('SQL of a user gives at most 10,000 rows and says when there were more', async () => {
  const many = await handlers.query({ sql: 'SELECT number FROM numbers(100000000)' });
  expect([many.rows.length, many.truncated]).toEqual([10_000, true]);
  const exactly = await handlers.query({ sql: 'SELECT number FROM numbers(10000) -- all of them' });
  expect([exactly.rows.length, exactly.truncated]).toEqual([10_000, false]);
});

test.each([
  ['SELECT nope FROM tributary.events', 'bad-query', /nope/],
  ['SELEC 1', 'bad-query', /Syntax error: failed at position 1 .*Expected one of/s],
  ['DROP TABLE tributary.events', 'bad-query', /./],
  [`SELECT throwIf(number = 5, 'at five') FROM numbers(10)`, 'bad-query', /at five/],
])('%s ends with %s and the words of the engine', async (sql, code, message) => {
  const error = await handlers.query({ sql }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  expect(String(error)).toMatch(message);
  expect(String(error)).not.toMatch(/DB::Exception|version \d|Stack trace/);
});

test('a warehouse that does not answer is unavailable, not a fault of the question', async () => {
  const nobody = connect({ url: 'http://127.0.0.1:1', user: 'x', password: 'y' });
  const lost = analyzeHandlers(nobody, { reader: nobody, rulesOf: defaultRules, clock });
  await expect(lost.eventNames({ project })).rejects.toMatchObject({
    code: 'warehouse-unavailable',
    retryAfter: 1,
  });
  await expect(lost.query({ sql: 'SELECT 1' })).rejects.toMatchObject({ code: 'warehouse-unavailable' });
  await nobody.close();
});

test.each([
  ['241', 'user', 'query-too-expensive'],
  ['159', 'ours', 'query-too-expensive'],
  ['396', 'user', 'query-too-expensive'],
  ['202', 'user', 'overloaded'],
  ['62', 'user', 'bad-query'],
  ['62', 'ours', 'internal'],
] as const)('engine code %s in SQL of %s is %s', (code, whose, expected) => {
  const error = new ClickHouseError({ message: 'it went wrong', code, type: 'X' });
  expect(warehouseError(error, whose)).toMatchObject({ code: expected, message: 'it went wrong' });
});

test('messages of the engine lose their wrapping only', () => {
  expect(
    cleanMessage(
      'Code: 62. DB::Exception: Syntax error: failed at position 1 (SELEC). (SYNTAX_ERROR) (version 26.7.2.1)',
    ),
  ).toBe('Syntax error: failed at position 1 (SELEC)');
});
