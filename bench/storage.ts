/**
 * What storage choices cost: type of `properties`, type of `event_id`, sort key of `events`. Prints one table per question.
 * Run: `node bench/storage.ts [rows]` (default 5 million for the keys, 2 million for the properties).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';

const rows = Number(process.argv[2] ?? 5_000_000);
const days = 30;
const folder = mkdtempSync(join(tmpdir(), 'tributary-storage-'));
const session = new Session(folder);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

interface Measured {
  readonly seconds: number;
  readonly cpu: number;
  readonly text: string;
}

function run(sql: string): Measured {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const text = session.query(sql, 'TSV').trim();
  const used = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpu: (used.user + used.system) / 1e6, text };
}

/** CPU milliseconds on all cores, best of three: elapsed time would also measure what else this machine does. */
function best(sql: string): string {
  const times = [1, 2, 3].map(() => run(sql).cpu);
  return `${(Math.min(...times) * 1000).toFixed(0)}`;
}

function bytesPerRow(table: string): number {
  return Number(
    run(
      `SELECT round(sum(data_compressed_bytes) / sum(rows), 2) FROM system.parts WHERE active AND table = '${table}'`,
    ).text,
  );
}

function bytesByColumn(table: string): string {
  return run(`SELECT arrayStringConcat(groupArray(concat(column, ' ', toString(b))), ', ') FROM (
    SELECT column, round(sum(column_data_compressed_bytes) / sum(rows), 2) AS b FROM system.parts_columns
    WHERE active AND table = '${table}' GROUP BY column HAVING b >= 0.05 ORDER BY b DESC LIMIT 24)`).text;
}

/** Sessions of 8 events by returning people in order of arrival, as a collector sees them. */
const generated = (count: number): string => `
  WITH intDiv(number, 8) AS s, number % 8 AS i, cityHash64(s) AS sh,
    toUInt32(pow((sh % 1000003) / 1000003, 2) * ${Math.ceil(count / 60)}) AS p, cityHash64(p, 'p') AS ph, cityHash64(number, 'e') AS eh,
    ['page','page','page','page','page','note_created','note_created','note_opened','note_opened','meeting_started','search','comment_added',
     'invite_sent','file_uploaded','export','signup','plan_viewed','checkout_started','payment_succeeded','identify'] AS names
  SELECT 'p1' AS project, toString(generateUUIDv4(number)) AS event_id,
    names[1 + toUInt32(pow((eh % 10007) / 10007, 1.3) * 20)] AS event,
    if(event IN ('page', 'identify'), event, 'track') AS type,
    toDateTime64('2026-10-01 00:00:00', 3, 'UTC') + toIntervalMillisecond(toUInt64(s * (${days} * 86400000. / (${count} / 8))) + i * 25000 + eh % 20000) AS timestamp,
    timestamp + toIntervalMillisecond(eh % 900) AS received_at, intDiv(number, 20) AS log_offset,
    if(ph % 3 = 0, '', concat('user_', toString(p))) AS user_id, concat(hex(ph), '-', hex(cityHash64(ph))) AS anonymous_id,
    halfMD5(toString(p)) AS person_key, if(ph % 3 = 0, '', concat('acc_', toString(ph % 5000))) AS account_id, cityHash64(s, 's') AS session_id,
    concat('https://app.example.com', path, if(i = 0 AND sh % 4 = 0, '?utm_source=google&utm_campaign=autumn', '')) AS url, 'app.example.com' AS host,
    concat('/', ['home','notes','meetings','settings','pricing'][1 + eh % 5], '/', toString(intDiv(eh, 7) % 400)) AS path,
    concat('Page ', toString(eh % 5)) AS title,
    ['', 'https://www.google.com/', 'https://news.ycombinator.com/', 'https://t.co/abc'][1 + sh % 4] AS referrer,
    ['Direct','Organic Search','Referral','Social'][1 + sh % 4] AS channel, ['','google','hackernews','twitter'][1 + sh % 4] AS source,
    ['','cpc',''][1 + sh % 3] AS medium, ['','','autumn'][1 + sh % 3] AS campaign,
    ['US','DE','FR','GB','IN','BR','JP'][1 + ph % 7] AS country, concat('R', toString(ph % 60)) AS region, concat('City ', toString(ph % 900)) AS city,
    ['desktop','mobile','tablet'][1 + ph % 3] AS device_type, ['Apple','Samsung',''][1 + ph % 3] AS device_brand, ['Mac','SM-G991B',''][1 + ph % 3] AS device_model,
    ['macOS','Android','Windows'][1 + ph % 3] AS os, toString(10 + ph % 9) AS os_version, ['Chrome','Safari','Firefox'][1 + intDiv(ph, 5) % 3] AS browser,
    toString(120 + ph % 12) AS browser_version, ['en-US','de-DE','fr-FR'][1 + ph % 3] AS language, ['America/New_York','Europe/Berlin'][1 + ph % 2] AS timezone,
    ['1440x900','390x844','1920x1080'][1 + ph % 3] AS screen, '2.4.1' AS app_version, 'analytics.js/1.84.3' AS library, 'segment' AS protocol,
    toUInt8(0) AS bot_score, if(event = 'payment_succeeded', toFloat64(9 + eh % 90), NULL) AS revenue, if(event = 'payment_succeeded', 'USD', '') AS currency,
    if(event = 'page', '{}', concat('{"plan":"', ['free','pro','team'][1 + ph % 3], '","seats":', toString(ph % 50), ',"source":"', ['web','mobile','bot'][1 + eh % 3],
      '","duration_ms":', toString(eh % 90000), ',"note_id":"n_', toString(intDiv(eh, 11) % 5000000), '","shared":', ['true','false'][1 + eh % 2], '}')) AS properties
  FROM numbers_mt(${count})`;

const lc = 'LowCardinality(String)';
const columns = (over: Record<string, string> = {}): string =>
  Object.entries({
    project: lc,
    event_id: 'String CODEC(ZSTD(1))',
    event: lc,
    type: `Enum8('track' = 1, 'page' = 2, 'screen' = 3, 'identify' = 4, 'group' = 5, 'alias' = 6)`,
    timestamp: `DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))`,
    received_at: `DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1))`,
    log_offset: 'UInt64 CODEC(Delta, ZSTD(1))',
    user_id: 'String CODEC(ZSTD(1))',
    anonymous_id: 'String CODEC(ZSTD(1))',
    person_key: 'UInt64 CODEC(ZSTD(1))',
    account_id: 'String CODEC(ZSTD(1))',
    session_id: 'UInt64 CODEC(ZSTD(1))',
    url: 'String CODEC(ZSTD(1))',
    host: lc,
    path: 'String CODEC(ZSTD(1))',
    title: 'String CODEC(ZSTD(1))',
    referrer: 'String CODEC(ZSTD(1))',
    ...Object.fromEntries(
      'channel source medium campaign country region city device_type device_brand device_model os os_version browser browser_version language timezone screen app_version library protocol currency'
        .split(' ')
        .map((name) => [name, lc]),
    ),
    bot_score: 'UInt8 CODEC(ZSTD(1))',
    revenue: 'Nullable(Float64) CODEC(ZSTD(1))',
    properties: 'String CODEC(ZSTD(1))',
    ...over,
  })
    .map(([name, type]) => `${name} ${type}`)
    .join(', ');

function fill(table: string, order: string, over: Record<string, string>, source: string): Measured {
  run(
    `CREATE TABLE ${table} (${columns(over)}) ENGINE = MergeTree PARTITION BY toYYYYMM(timestamp) ORDER BY ${order}`,
  );
  const names = run(
    `SELECT arrayStringConcat(groupArray(name), ',') FROM system.columns WHERE table = '${table}'`,
  ).text;
  const insert = run(
    `INSERT INTO ${table} (${names}) SELECT ${names} FROM ${source} SETTINGS max_insert_threads = 1, max_threads = 1, use_structure_from_insertion_table_in_table_functions = 0`,
  );
  run(`OPTIMIZE TABLE ${table} FINAL`);
  return insert;
}

const keys: Record<string, string> = {
  'day,event,person,time': '(project, toDate(timestamp), event, person_key, timestamp)',
  'event,day,person,time': '(project, event, toDate(timestamp), person_key, timestamp)',
  'day,person,time': '(project, toDate(timestamp), person_key, timestamp)',
  'week,event,person,time': '(project, toMonday(timestamp), event, person_key, timestamp)',
  'event,person,time (month)': '(project, event, person_key, timestamp)',
  'person,time (month)': '(project, person_key, timestamp)',
};
const range = `timestamp >= toDateTime64('2026-10-01 00:00:00', 3, 'UTC') AND timestamp < toDateTime64('2026-10-31 00:00:00', 3, 'UTC')`;
const queries: Record<string, (t: string) => string> = {
  trend: (t) =>
    `SELECT toDate(timestamp) d, count() FROM ${t} WHERE project = 'p1' AND event = 'note_created' AND ${range} GROUP BY d FORMAT Null`,
  'trend users': (t) =>
    `SELECT toDate(timestamp) d, uniq(person_key) FROM ${t} WHERE project = 'p1' AND event = 'note_created' AND ${range} GROUP BY d FORMAT Null`,
  'one day': (t) =>
    `SELECT toStartOfHour(timestamp) d, count() FROM ${t} WHERE project = 'p1' AND event = 'note_created' AND timestamp >= toDateTime64('2026-10-12 00:00:00', 3, 'UTC') AND timestamp < toDateTime64('2026-10-13 00:00:00', 3, 'UTC') GROUP BY d FORMAT Null`,
  funnel5: (
    t,
  ) => `SELECT level, count() FROM (SELECT person_key, windowFunnel(604800)(toDateTime(timestamp), event = 'signup', event = 'note_created', event = 'invite_sent', event = 'checkout_started', event = 'payment_succeeded') AS level
    FROM ${t} WHERE project = 'p1' AND event IN ('signup','note_created','invite_sent','checkout_started','payment_succeeded') AND ${range} GROUP BY person_key) GROUP BY level FORMAT Null`,
  overview: (t) =>
    `SELECT toDate(timestamp) d, uniq(person_key), uniq(session_id), countIf(event = 'page') FROM ${t} WHERE project = 'p1' AND ${range} GROUP BY d FORMAT Null`,
  countries: (t) =>
    `SELECT country, uniq(person_key) u FROM ${t} WHERE project = 'p1' AND ${range} GROUP BY country ORDER BY u DESC LIMIT 10 FORMAT Null`,
  live: (t) =>
    `SELECT event, timestamp, path FROM ${t} WHERE project = 'p1' AND log_offset > ${Math.floor(rows / 20) - 5} ORDER BY log_offset DESC LIMIT 50 FORMAT Null`,
  'one property': (t) =>
    `SELECT JSONExtractString(properties, 'plan') v, count() FROM ${t} WHERE project = 'p1' AND event = 'note_created' AND ${range} GROUP BY v FORMAT Null`,
};

function sortKeys(): void {
  run(`CREATE TABLE arrived ENGINE = MergeTree ORDER BY tuple() AS ${generated(rows)}`);
  console.log(`\n${rows} events, ${days} days, 20 event names; CPU milliseconds, best of 3`);
  console.log(`| sort key | k rows/CPU-s | B/event | ${Object.keys(queries).join(' | ')} |`);
  Object.entries(keys).forEach(([name, order], index) => {
    const table = `k${index}`;
    const insert = fill(table, order, {}, 'arrived');
    run(`ALTER TABLE ${table} ADD INDEX by_offset log_offset TYPE minmax GRANULARITY 1`);
    run(`ALTER TABLE ${table} MATERIALIZE INDEX by_offset SETTINGS mutations_sync = 2`);
    const times = Object.values(queries).map((query) => best(query(table)));
    console.log(
      `| ${name} | ${(rows / insert.cpu / 1000).toFixed(0)} | ${bytesPerRow(table)} | ${times.join(' | ')} |`,
    );
    console.log(`  ${bytesByColumn(table)}`);
  });
}

function propertyTypes(count: number): void {
  const types: Record<string, { type: string; text: string; number: string }> = {
    'String ZSTD(1)': {
      type: 'String CODEC(ZSTD(1))',
      text: `JSONExtractString(properties, 'plan')`,
      number: `JSONExtractFloat(properties, 'duration_ms')`,
    },
    'String ZSTD(3)': {
      type: 'String CODEC(ZSTD(3))',
      text: `JSONExtractString(properties, 'plan')`,
      number: `JSONExtractFloat(properties, 'duration_ms')`,
    },
    'Map(LC, String)': {
      type: 'Map(LowCardinality(String), String) CODEC(ZSTD(1))',
      text: `properties['plan']`,
      number: `toFloat64OrZero(properties['duration_ms'])`,
    },
    JSON: {
      type: 'JSON(max_dynamic_paths = 64) CODEC(ZSTD(1))',
      text: `properties.plan::String`,
      number: `properties.duration_ms::Nullable(Float64)`,
    },
    'JSON, 1024 paths': {
      type: 'JSON(max_dynamic_paths = 1024) CODEC(ZSTD(1))',
      text: `properties.plan::String`,
      number: `properties.duration_ms::Nullable(Float64)`,
    },
    'JSON, shared only': {
      type: 'JSON(max_dynamic_paths = 0) CODEC(ZSTD(1))',
      text: `properties.plan::String`,
      number: `properties.duration_ms::Nullable(Float64)`,
    },
  };
  run(`CREATE TABLE few ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM arrived LIMIT ${count}`);
  console.log(`\n${count} events; properties alone`);
  console.log(
    '| type | insert k rows/CPU-s (whole row) | B/event | text, all rows CPU ms | number, all rows | text, one event |',
  );
  Object.entries(types).forEach(([name, { type, text, number }], index) => {
    const table = `t${index}`;
    const source = type.startsWith('Map')
      ? `(SELECT * REPLACE (JSONExtractKeysAndValues(properties, 'String')::Map(LowCardinality(String), String) AS properties) FROM few)`
      : 'few';
    const insert = fill(table, keys['day,event,person,time'] as string, { properties: type }, source);
    const size = run(
      `SELECT round(sum(column_data_compressed_bytes) / sum(rows), 2) FROM system.parts_columns WHERE active AND table = '${table}' AND column = 'properties'`,
    ).text;
    const all = (expression: string): string =>
      best(`SELECT ${expression} v, count() FROM ${table} WHERE event != 'page' GROUP BY v FORMAT Null`);
    const one = best(
      `SELECT ${text} v, count() FROM ${table} WHERE event = 'note_created' GROUP BY v FORMAT Null`,
    );
    const sum = best(`SELECT sum(${number}) FROM ${table} WHERE event != 'page' FORMAT Null`);
    console.log(
      `| ${name} | ${(count / insert.cpu / 1000).toFixed(0)} | ${size} | ${all(text)} | ${sum} | ${one} |`,
    );
  });
}

function eventIds(count: number): void {
  console.log(`\nevent_id alone, ${count} random UUIDs`);
  for (const [name, type] of [
    ['String LZ4', 'String'],
    ['String ZSTD(1)', 'String CODEC(ZSTD(1))'],
    ['String ZSTD(3)', 'String CODEC(ZSTD(3))'],
    ['UUID', 'UUID CODEC(NONE)'],
  ] as const) {
    run('DROP TABLE IF EXISTS ids');
    run(`CREATE TABLE ids (event_id ${type}) ENGINE = MergeTree ORDER BY tuple()`);
    const insert = run(`INSERT INTO ids SELECT event_id FROM few`);
    const find = best(
      `SELECT count() FROM ids WHERE event_id IN ('2f0a1c1e-0000-4000-8000-000000000000') FORMAT Null`,
    );
    console.log(
      `| ${name} | ${(count / insert.cpu / 1000).toFixed(0)} k rows/CPU-s | ${bytesPerRow('ids')} B | find among all ${find} CPU ms |`,
    );
  }
}

sortKeys();
propertyTypes(Math.min(rows, 2_000_000));
eventIds(Math.min(rows, 2_000_000));
