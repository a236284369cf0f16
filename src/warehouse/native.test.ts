import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventRow } from '../contract/row.ts';
import { Inserter, storableJson } from './insert.ts';
import { migrate, splitStatements } from './migrate.ts';
import { encodeNative, type NativeColumns } from './native.ts';
import {
  decodeTest,
  enrichTest,
  memoryState,
  request,
  type TestWarehouse,
  testWarehouse,
} from './pipeline-fixture.ts';
import { propertySql } from './property.ts';

let warehouse: TestWarehouse;
beforeAll(async () => {
  warehouse = await testWarehouse();
  await migrate(warehouse.client);
});
afterAll(() => warehouse.stop());

interface Everything {
  n: number;
  text: string;
  low: string;
  small: number;
  wide: number;
  key: bigint;
  real: number;
  maybe: number | null;
  second: number;
  at: number;
  exact: number;
  seldom: string;
  count: number;
  texts: Readonly<Record<string, string>>;
  parts: readonly Part[];
}

interface Part {
  readonly name: string;
  readonly kind: string;
  readonly price: number | null;
}

const columns: NativeColumns<Everything> = {
  n: 'UInt32',
  text: 'String',
  low: 'LowCardinality(String)',
  small: 'UInt8',
  wide: 'UInt64',
  key: 'UInt64',
  real: 'Float64',
  maybe: 'Nullable(Float64)',
  second: 'DateTime',
  at: 'DateTime64(3)',
  exact: 'DateTime64(6)',
  seldom: { rare: 'LowCardinality(String)' },
  count: { rare: 'UInt32' },
  texts: 'Map(String, String)',
  parts: { nested: { name: 'String', kind: 'String', price: 'Nullable(Float64)' } },
};

const everything: Everything = {
  n: 0,
  text: '',
  low: '',
  small: 0,
  wide: 0,
  key: 0n,
  real: 0,
  maybe: null,
  second: 0,
  at: 0,
  exact: 0,
  seldom: '',
  count: 0,
  texts: {},
  parts: [],
};

async function roundTrip(rows: readonly Everything[]): Promise<Everything[]> {
  await warehouse.client.command({ query: 'DROP TABLE IF EXISTS tributary.native' });
  await warehouse.client.command({
    query: `CREATE TABLE tributary.native (n UInt32, text String, low LowCardinality(String), small UInt8, wide UInt64, key UInt64,
      real Float64, maybe Nullable(Float64), second DateTime('UTC'), at DateTime64(3, 'UTC'), exact DateTime64(6, 'UTC'),
      seldom LowCardinality(String), count UInt32, texts Map(String, String),
      parts Array(Tuple(name String, kind String, price Nullable(Float64)))) ENGINE = Memory`,
  });
  const block = encodeNative(columns, rows);
  const { stream } = await warehouse.client.exec({
    query: `INSERT INTO tributary.native (${block.columns.join(', ')}) FORMAT Native`,
    values: (await import('node:stream')).Readable.from([block.bytes], { objectMode: false }),
  });
  for await (const _ of stream);
  const found = await warehouse.query<Omit<Everything, 'key'> & { key: string }>(
    `SELECT n, text, low, small, wide, toString(key) AS key, real, maybe, toUnixTimestamp(second) * 1000 AS second,
       toUnixTimestamp64Milli(at) AS at, toUnixTimestamp64Micro(native.exact) / 1000 AS exact, seldom, count, texts, parts
     FROM tributary.native ORDER BY n`,
  );
  return found.map((row) => ({ ...row, key: BigInt(row.key) }));
}

test('any rows come back from the warehouse as they were written', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ maxLength: 300 }),
    fc.constantFrom('', 'ü', 'x'.repeat(200), '😀'.repeat(20)),
  );
  const row = fc.record({
    text,
    low: text,
    small: fc.nat(255),
    wide: fc.nat(Number.MAX_SAFE_INTEGER),
    key: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    real: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    maybe: fc.option(fc.integer()),
    second: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
    at: fc.integer({ min: -2_000_000_000_000, max: 9_000_000_000_000 }),
    exact: fc.integer({ min: 0, max: 4_000_000_000_000_000 }).map((micros) => micros / 1_000),
    seldom: fc.oneof({ weight: 9, arbitrary: fc.constant('') }, text),
    count: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat(2 ** 32 - 1)),
    texts: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      // A map of the engine keeps no order of integers, as an object would.
      fc.dictionary(
        fc.string({ minLength: 1, maxLength: 4 }).map((key) => `k${key}`),
        text,
        { maxKeys: 3 },
      ),
    ),
    parts: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      fc.array(fc.record({ name: text, kind: text, price: fc.option(fc.integer()) }), { maxLength: 4 }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 400 }), async (list) => {
      const rows = list.map((one, n) => ({ n, ...one }));
      expect(await roundTrip(rows)).toEqual(rows);
    }),
    { numRuns: 6 },
  );
});

test('texts whose length takes more bytes in UTF-8 than in characters come back whole', async () => {
  const texts = ['ü'.repeat(49), 'ü'.repeat(64), `a${'€'.repeat(63)}`, '€'.repeat(5_462), '😀'.repeat(8_191)];
  const rows = texts.map((text, n) => ({ ...everything, n, text, low: text }));
  const read = await roundTrip(rows);
  expect(read.map(({ text, low }) => [text, low])).toEqual(texts.map((text) => [text, text]));
});

test('a dictionary of more than 255 and of more than 65,535 texts is read back', async () => {
  const rows = Array.from({ length: 70_000 }, (_, n) => ({
    ...everything,
    n,
    low: `value ${n}`,
    wide: n,
    key: BigInt(n),
  }));
  expect((await roundTrip(rows.slice(0, 300))).at(-1)?.low).toBe('value 299');
  expect((await roundTrip(rows)).at(-1)?.low).toBe('value 69999');
});

test('a block without any value of a rare column goes without it, and the rows have the default', async () => {
  const rows = [everything, { ...everything, n: 1 }];
  expect(encodeNative(columns, rows).columns).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(seldom|count|texts|parts)/)]),
  );
  expect(await roundTrip(rows)).toEqual(rows);
  const one = { ...everything, n: 2, count: 7, parts: [{ name: 'a', kind: '', price: null }] };
  expect(encodeNative(columns, [...rows, one]).columns.slice(-2)).toEqual(['count', 'parts']);
  expect(await roundTrip([...rows, one])).toEqual([...rows, one]);
});

test('properties of any JSON reach the warehouse, and any path of them is read as text and as number', async () => {
  const key = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    fc.constantFrom('plan', 'we`ird', 'a\\b', "q'uote", 'ünï', '{x:y}'),
  );
  const inserter = new Inserter({
    warehouse: warehouse.client,
    signal: AbortSignal.timeout(15_000),
    onFailure: () => {},
  });
  const stored = async (list: readonly Record<string, unknown>[], id: string): Promise<void> => {
    const rows = (await Promise.all(list.map((properties) => enriched(properties, id)))).flat();
    expect(await inserter.insert('events', rows, `native:${id}`)).toBeUndefined();
  };
  let n = 0;
  const properties = fc.dictionary(key, fc.jsonValue(), { maxKeys: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(properties, { minLength: 30, maxLength: 60 }), (list) =>
      stored(list, `any ${n++}`),
    ),
    { numRuns: 4 },
  );
  const odd = {
    'we`ird': 'x',
    'a\\b': 2,
    "q'uote": '3.5',
    ünï: true,
    'cart.total': 7,
    nested: { deep: { er: 'down' } },
    list: [1, 'b'],
  };
  await stored([odd], 'odd');
  const read = async (name: string): Promise<unknown> => {
    const [row] = await warehouse.query<{ v: unknown[] }>(
      `SELECT [${propertySql(`properties.${name}`, 'text')}, toString(${propertySql(`properties.${name}`, 'number')})] AS v
       FROM tributary.events WHERE event_id = 'odd'`,
    );
    return row?.v;
  };
  expect(await read('we`ird')).toEqual(['x', null]);
  expect(await read('a\\b')).toEqual(['2', '2']);
  expect(await read("q'uote")).toEqual(['3.5', '3.5']);
  expect(await read('ünï')).toEqual(['true', '1']);
  expect(await read('cart.total')).toEqual(['7', '7']);
  expect(await read('nested.deep.er')).toEqual(['down', null]);
  expect(await read('nobody')).toEqual(['', null]);
  expect((await read('list')) as unknown[]).toEqual(["[1,'b']", null]);
});

test('a column is read by its own name, as text and as number', async () => {
  const one = async (sql: string): Promise<unknown> =>
    (
      await warehouse.query<{ v: unknown }>(`SELECT ${sql} AS v FROM tributary.events WHERE event_id = 'odd'`)
    )[0]?.v;
  expect(await one(propertySql('event', 'text'))).toBe('tested');
  expect(await one(propertySql('revenue', 'text'))).toBe('');
  expect(await one(propertySql('revenue', 'number'))).toBeNull();
  expect(await one(propertySql('bot_score', 'number'))).toBe(0);
  expect(await one(propertySql('event', 'number'))).toBeNull();
});

async function enriched(properties: Record<string, unknown>, id: string): Promise<EventRow[]> {
  const record = { ...request([]), offset: 1 };
  const [event] = decodeTest({ ...record, body: Buffer.from(JSON.stringify([{ id }])) }).events;
  if (!event) throw new Error('the fixture decodes its own request');
  const batch = await enrichTest(memoryState())([
    { record, index: 0, eventId: id, event: { ...event, properties: properties as never } },
  ]);
  return batch.events.map((row) => ({ ...row, properties: storableJson(row.properties) }));
}

test('half a surrogate pair becomes the replacement character, and a backslash before u stays one', () => {
  expect(storableJson(JSON.stringify({ a: '\ud83d', b: '\\ud800', c: '\ud800\ud800', d: '😀' }))).toBe(
    '{"a":"\\ufffd","b":"\\\\ud800","c":"\\ufffd\\ufffd","d":"😀"}',
  );
});

test('whole numbers beyond 64 bits take the exponent form, digits in texts stay', () => {
  expect(
    storableJson(
      '{"a":18446744073709552000,"b":-9223372036854776000,"c":"18446744073709552000","d":0.0005353207788244098}',
    ),
  ).toBe(
    '{"a":1.8446744073709552e+19,"b":-9.223372036854776e+18,"c":"18446744073709552000","d":0.0005353207788244098}',
  );
});

test('statements end at semicolons outside of quotes and comments', () => {
  expect(
    splitStatements(
      `-- one; two\nSELECT ';' AS "a;b", \`c;d\`, 'it''s; \\'x;' /* ; */ - 1;\n\n;SELECT 2 / 3`,
    ),
  ).toEqual([`SELECT ';' AS "a;b", \`c;d\`, 'it''s; \\'x;'   - 1`, 'SELECT 2 / 3']);
});

test('a second start applies nothing, and a file that changed after it was applied is an error in words', async () => {
  expect(await migrate(warehouse.client)).toEqual([]);
  const one = {
    name: '900-test.sql',
    sql: 'CREATE TABLE IF NOT EXISTS tributary.nine (a UInt8) ENGINE = Memory; -- a comment',
  };
  expect(await migrate(warehouse.client, [one])).toEqual(['900-test.sql']);
  expect(await migrate(warehouse.client, [{ ...one, sql: one.sql.replace('a comment', 'another') }])).toEqual(
    [],
  );
  await expect(
    migrate(warehouse.client, [{ ...one, sql: one.sql.replace('UInt8', 'UInt16') }]),
  ).rejects.toThrow(/900-test\.sql was applied .* has changed since/);
});
