import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AcceptedRequest } from '../contract/request.ts';
import { openLogReader, openLogWriter } from '../log/log.ts';
import { systemClock } from '../runtime/clock.ts';
import { silentLogger } from '../runtime/logger.ts';
import { Metrics } from '../runtime/metrics.ts';
import { dying, dyingState } from './dying.fixture.ts';
import { startPipeline } from './load.ts';
import { migrate } from './migrate.ts';
import {
  decodeTest,
  enrichTest,
  memoryState,
  request,
  type TestWarehouse,
  testWarehouse,
} from './pipeline-fixture.ts';
import { type PipelineState, stagedState } from './staged-state.ts';
import type { ClickHouseClient } from './warehouse.ts';

let warehouse: TestWarehouse;
let folder: string;

beforeAll(async () => {
  warehouse = await testWarehouse();
  await migrate(warehouse.client);
});
afterAll(() => warehouse.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-load-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

async function write(requests: readonly AcceptedRequest[]): Promise<number> {
  const writer = await openLogWriter(join(folder, 'log.db'));
  await Promise.all(requests.map((one) => writer.append(one)));
  await writer.close();
  const reader = openLogReader(join(folder, 'log.db'));
  const head = reader.head();
  reader.close();
  return head;
}

interface RunOptions {
  readonly state: PipelineState;
  /** Every run of a test has its own project, which is cheaper than emptying the tables. */
  readonly project: string;
  readonly client?: ClickHouseClient;
  /** Ends the run when this offset is processed. */
  readonly until: number;
  readonly signal?: AbortSignal;
  readonly onDecode?: () => void;
}

/** Runs a pipeline until the log is processed, or until `signal` says that the process dies. */
async function run({
  state,
  project,
  client = warehouse.client,
  until,
  signal,
  onDecode,
}: RunOptions): Promise<void> {
  const done = new AbortController();
  const reader = openLogReader(join(folder, 'log.db'));
  const staged = stagedState(state);
  await startPipeline({
    log: {
      head: () => reader.head(),
      newest: (of, limit) => reader.newest(of, limit),
      read: (...range) => reader.read(...range).map((record) => ({ ...record, project })),
      accepted: (since) => reader.accepted(since),
      trim: (before) => reader.trim(before),
      close: () => reader.close(),
    },
    state: staged,
    decode: (record) => {
      onDecode?.();
      return decodeTest(record);
    },
    enrich: enrichTest(staged),
    warehouse: client,
    clock: systemClock,
    logger: silentLogger,
    metrics: new Metrics(),
    signal: signal ? AbortSignal.any([done.signal, signal]) : done.signal,
    logDays: 7,
    onProgress: ({ lastOffset }) => {
      if (lastOffset >= until) done.abort();
    },
  });
  reader.close();
}

const ids = async (project: string): Promise<string[]> =>
  (
    await warehouse.query<{ event_id: string }>(
      `SELECT event_id FROM tributary.events WHERE project = '${project}' ORDER BY event_id`,
    )
  ).map((row) => row.event_id);

async function ledger(project: string): Promise<Record<string, number>> {
  const rows = await warehouse.query<{ hop: string; n: number }>(
    `SELECT hop, sum(count) AS n FROM tributary.ledger WHERE project = '${project}' GROUP BY hop`,
  );
  return Object.fromEntries(rows.map(({ hop, n }) => [hop, Number(n)]));
}

/** Events by visitor as their session counts them, which must be what the events table has. */
async function sessions(project: string): Promise<Record<string, number>> {
  const rows = await warehouse.query<{ id: string; stored: number; counted: number }>(
    `SELECT any(anonymous_id) AS id, count() AS stored, max(s.events) AS counted FROM tributary.events AS e
     JOIN (SELECT session_id, events FROM tributary.sessions FINAL) AS s USING (session_id)
     WHERE project = '${project}' GROUP BY session_id`,
  );
  for (const row of rows) expect(Number(row.stored)).toBe(Number(row.counted));
  return Object.fromEntries(rows.map(({ id, counted }) => [id, Number(counted)]));
}

const quarantine = (project: string): Promise<Record<string, unknown>[]> =>
  warehouse.query(`SELECT log_offset, item, stage, reason, payload, payload_encoding FROM tributary.quarantine
    WHERE project = '${project}' ORDER BY log_offset, item`);

test('every event arrives once, and the ledger says what became of all others', async () => {
  const until = await write([
    request([{ id: 'a', anonymousId: 'x' }, { id: 'b', anonymousId: 'x' }, { event: 'bad' }]),
    request([{ id: 'a', anonymousId: 'x' }, { event: 'dropped' }, { event: 'failed', id: 'f' }]),
    request('{{'),
    request('\u0000', { body: Buffer.from([0xff, 0xfe, 0x00]) }),
    request([
      { anonymousId: 'y', properties: { plan: 'pro', cut: '\ud83d', seats: 3, at: '2026-10-01T10:00:00Z' } },
    ]),
  ]);
  await run({ state: memoryState(), project: 'all', until });
  expect(await ids('all')).toEqual(['01a0f756-6730-7000-8000-000000000005', 'a', 'b'].toSorted());
  expect(await ledger('all')).toEqual({
    processed: 5,
    decoded: 9,
    loaded: 3,
    quarantined: 4,
    duplicate: 1,
    dropped: 1,
  });
  expect(await sessions('all')).toEqual({ x: 2, y: 1 });
  const kept = await quarantine('all');
  expect(kept.map(({ stage, reason, payload_encoding }) => [stage, reason, payload_encoding])).toEqual([
    ['decode', 'bad event', 'text'],
    ['enrich', 'failed on purpose', 'text'],
    ['decode', 'not JSON', 'text'],
    ['decode', 'not JSON', 'base64'],
  ]);
  expect(kept[2]?.payload).toBe('{{');
  expect(Buffer.from(String(kept[3]?.payload), 'base64')).toEqual(Buffer.from([0xff, 0xfe, 0x00]));
  const [properties] = await warehouse.query(
    "SELECT properties.plan::String AS plan, properties.cut::String AS cut, properties.at::String AS at FROM tributary.events WHERE project = 'all' AND anonymous_id = 'y'",
  );
  expect(properties).toEqual({ plan: 'pro', cut: '\ufffd', at: '2026-10-01T10:00:00Z' });
});

const mixed = (): AcceptedRequest[] =>
  Array.from({ length: 40 }, (_, n) =>
    request([
      { id: `e${n}`, anonymousId: `v${n % 3}` },
      { anonymousId: `v${n % 3}` },
      // every fourth request repeats an earlier event
      ...(n % 4 === 3 ? [{ id: `e${n - 2}`, anonymousId: `v${n % 3}` }] : []),
      ...(n % 10 === 9 ? [{ event: 'bad' }, { event: 'dropped' }] : []),
      ...(n % 7 === 6
        ? [
            {
              type: 'identify' as const,
              anonymousId: `v${n % 3}`,
              userId: `u${n % 3}`,
              person: { set: { n } },
            },
          ]
        : []),
    ]),
  );

async function expectMixed(project: string): Promise<void> {
  const found = await ids(project);
  expect(new Set(found).size).toBe(found.length);
  expect(found.length).toBe(85);
  expect(await ledger(project)).toEqual({
    processed: 40,
    decoded: 103,
    loaded: 85,
    quarantined: 4,
    duplicate: 10,
    dropped: 4,
  });
  expect(await sessions(project)).toEqual({ v0: 30, v1: 28, v2: 27 });
  expect(await quarantine(project)).toHaveLength(4);
}

test('a process that dies at any step leaves a range that the next one completes to the same rows', async () => {
  const until = await write(mixed());
  // Requests 1 to 4 rebuild the filter and reload identities; 5 inserts events, 6 to 10 the other tables.
  const points = [
    ...[5, 6, 10].map((step) => ({ of: 'warehouse', step, when: 'before' as const })),
    ...[5, 6, 7, 8, 9, 10].map((step) => ({ of: 'warehouse', step, when: 'after' as const })),
    // Writes of the state: the id of the log, the intent, the commit.
    ...[2, 3].map((step) => ({ of: 'state', step, when: 'before' as const })),
    ...[1, 2, 3].map((step) => ({ of: 'state', step, when: 'after' as const })),
  ];
  let deaths = 0;
  for (const { of, step, when } of points) {
    const project = `${of} ${step} ${when}`;
    const state = memoryState();
    const death = new AbortController();
    const die = (): void => {
      deaths++;
      death.abort(new Error('killed'));
    };
    await run({
      until,
      project,
      signal: death.signal,
      state: of === 'state' ? dyingState(state, step, when, die) : state,
      client: of === 'warehouse' ? dying(warehouse.client, step, when, die) : warehouse.client,
    });
    await run({ state, project, until });
    await expectMixed(project);
  }
  expect(deaths).toBe(points.length);
});

test('an answer that got lost and a warehouse that is away for a while change nothing', async () => {
  const until = await write(mixed());
  const { client } = warehouse;
  let call = 0;
  const flaky = Object.assign(Object.create(client) as ClickHouseClient, {
    exec: async (params: Parameters<ClickHouseClient['exec']>[0]) => {
      call++;
      if (call % 3 === 1) throw new Error('connect ECONNREFUSED');
      const result = await client.exec(params);
      if (call % 3 === 2) throw new Error('socket hang up');
      return result;
    },
  });
  await run({ state: memoryState(), project: 'flaky', client: flaky, until });
  expect(call).toBeGreaterThan(6);
  await expectMixed('flaky');
});

test('an event that the warehouse refuses goes to quarantine alone, also when the process dies while looking for it', async () => {
  const until = await write([
    ...Array.from({ length: 9 }, (_, n) => request([{ id: `g${n}`, anonymousId: 'x' }])),
    request([
      { id: 'g9', anonymousId: 'x' },
      { id: 'r', event: 'refused', anonymousId: 'x' },
      { id: 'g10', anonymousId: 'x' },
    ]),
    request([{ id: 'g11', anonymousId: 'x' }]),
  ]);
  for (const step of [0, 4, 8, 12]) {
    const project = `refused ${step}`;
    const state = memoryState();
    const death = new AbortController();
    if (step > 0) {
      await run({
        state,
        project,
        until,
        signal: death.signal,
        client: dying(warehouse.client, step, 'after', () => death.abort()),
      });
    }
    await run({ state, project, until });
    expect(await ids(project)).toEqual(Array.from({ length: 12 }, (_, n) => `g${n}`).toSorted());
    expect(await ledger(project)).toEqual({ processed: 11, decoded: 13, loaded: 12, quarantined: 1 });
    const kept = await quarantine(project);
    expect(kept).toMatchObject([{ stage: 'load', reason: 'incorrect data', item: 2 }]);
    expect(JSON.parse(String(kept[0]?.payload))).toMatchObject({ id: 'r', event: 'refused' });
    expect(await sessions(project)).toEqual({ x: 12 });
  }
});

const lines = (project: string): Promise<Record<string, unknown>[]> =>
  warehouse.query(
    `SELECT line_id, body FROM tributary.logs WHERE project = '${project}' ORDER BY log_offset, line_id`,
  );

test('log lines arrive once beside events, refused ones go to quarantine, and the ledger counts both', async () => {
  const until = await write([
    request([
      { id: 'same', anonymousId: 'x' },
      { log: { id: 'same', service: 'api', attributes: { status: 500 } } },
    ]),
    request([
      { log: { body: 'no id' } },
      { log: { body: 'no id' } },
      { event: 'bad' },
      { log: { id: 'same' } },
    ]),
    request([{ log: { id: 'r', body: 'refused' } }, { log: { id: 'kept' } }, { log: { body: 'failed' } }]),
    request([{ log: { id: 'same' } }, { id: 'same', anonymousId: 'x' }]),
  ]);
  const loaded = [
    { line_id: 'same', body: 'tested' },
    { line_id: '#2.1', body: 'no id' },
    { line_id: '#2.2', body: 'no id' },
    { line_id: 'kept', body: 'tested' },
  ];
  const expected = { processed: 4, decoded: 11, loaded: 5, quarantined: 3, duplicate: 3 };
  // 5 inserts the event; then the lines, refused as a whole and in pieces; then the other tables.
  for (const step of [0, 5, 6, 7, 8, 9, 10, 12, 14]) {
    const project = `lines ${step}`;
    const state = memoryState();
    const death = new AbortController();
    if (step > 0) {
      const client = dying(warehouse.client, step, 'after', () => death.abort());
      await run({ state, project, until, signal: death.signal, client });
    }
    await run({ state, project, until });
    expect(await lines(project)).toEqual(loaded);
    expect(await ids(project)).toEqual(['same']);
    expect(await ledger(project)).toEqual(expected);
    const kept = await quarantine(project);
    expect(kept.map(({ stage, reason, item }) => [stage, reason, item])).toEqual([
      ['decode', 'bad event', 1],
      ['load', 'incorrect data', 1],
      ['enrich', 'line failed on purpose', 3],
    ]);
    expect(JSON.parse(String(kept[1]?.payload))).toMatchObject({ id: 'r', body: 'refused' });
  }
});

test('a pipeline that starts knows the lines that are stored', async () => {
  const state = memoryState();
  const until = await write([request([{ log: { id: 'a' } }, { log: {} }])]);
  await run({ state, project: 'known lines', until });
  await run({
    state,
    project: 'known lines',
    until: await write([request([{ log: { id: 'a' } }, { log: {} }])]),
  });
  expect(await lines('known lines')).toMatchObject([
    { line_id: '#1.1' },
    { line_id: 'a' },
    { line_id: '#2.1' },
  ]);
  expect(await ledger('known lines')).toMatchObject({ decoded: 4, loaded: 3, duplicate: 1 });
});

test('a range that is prepared while the one before it is being inserted sees its ids and its sessions', async () => {
  // More than one range under load; the second repeats ids of the first, which the warehouse does not have yet.
  const until = await write(
    Array.from({ length: 26_000 }, (_, n) => request([{ id: `e${n % 20_000}`, anonymousId: `v${n % 10}` }])),
  );
  let running = 0;
  let overlapped = false;
  const { client } = warehouse;
  const watched = Object.assign(Object.create(client) as ClickHouseClient, {
    exec: async (params: Parameters<ClickHouseClient['exec']>[0]) => {
      running++;
      const result = await client.exec(params);
      running--;
      return result;
    },
  });
  await run({
    state: memoryState(),
    project: 'ahead',
    client: watched,
    until,
    onDecode: () => {
      overlapped ||= running > 0;
    },
  });
  expect(overlapped).toBe(true);
  expect(await ledger('ahead')).toEqual({
    processed: 26_000,
    decoded: 26_000,
    loaded: 20_000,
    duplicate: 6_000,
  });
  expect(new Set(await ids('ahead')).size).toBe(20_000);
  expect(Object.values(await sessions('ahead'))).toEqual(Array.from({ length: 10 }, () => 2_000));
});

test('person_id is who the visitor is known to be today', async () => {
  const state = memoryState();
  await run({ state, project: 'people', until: await write([request([{ id: 'a', anonymousId: 'x' }])]) });
  await run({
    state,
    project: 'people',
    until: await write([request([{ id: 'b', type: 'identify', anonymousId: 'x', userId: 'u' }])]),
  });
  // A pipeline that starts makes queries see what an earlier one has written.
  await run({ state, project: 'people', until: 2 });
  await expect
    .poll(() =>
      warehouse.query(
        "SELECT uniqExact(person_id) AS people, uniqExact(person_key) AS keys FROM tributary.events WHERE project = 'people'",
      ),
    )
    .toEqual([{ people: 1, keys: 2 }]);
});
