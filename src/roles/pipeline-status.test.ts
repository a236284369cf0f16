import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PipelineResult } from '../contract/result.ts';
import { type LogReader, openLogReader, openLogWriter } from '../log/log.ts';
import { fakeClock } from '../runtime/clock.ts';
import { silentLogger } from '../runtime/logger.ts';
import { Metrics } from '../runtime/metrics.ts';
import { type PipelineProgress, startPipeline } from '../warehouse/load.ts';
import { migrate } from '../warehouse/migrate.ts';
import {
  decodeTest,
  enrichTest,
  memoryState,
  request,
  type TestWarehouse,
  testWarehouse,
} from '../warehouse/pipeline-fixture.ts';
import { stagedState } from '../warehouse/staged-state.ts';
import { connect } from '../warehouse/warehouse.ts';
import { pipelineStatus } from './pipeline-status.ts';

const at = Date.UTC(2026, 9, 1, 12, 0, 30);
const clock = fakeClock(at + 10 * 60_000);
let warehouse: TestWarehouse;
let folder: string;
let reader: LogReader;
let progress: PipelineProgress;

beforeAll(async () => {
  warehouse = await testWarehouse();
  await migrate(warehouse.client);
  folder = mkdtempSync(join(tmpdir(), 'tributary-status-'));
  await write([
    request([{ id: 'a' }, { id: 'b' }, { event: 'bad' }]),
    request([{ id: 'a' }, { event: 'dropped' }]),
    request('{{'),
    request([{ id: 'a' }], { project: 'p2' }),
    request([{ log: { id: 'a' } }, { log: { body: 'b' } }, { id: 'e' }], {
      protocol: 'otlp',
      project: 'lines',
    }),
    request(counted('first', 1, 2), { project: 'counting', receivedAt: at - 2 * 86_400_000 }),
    request([...counted('first', 5, 6, 9), ...counted('second', 1, 2, 3), { anonymousId: 'none', id: 'n' }], {
      project: 'counting',
    }),
    request(counted('third', 1, 4_000_000_000), { project: 'reset' }),
  ]);
  reader = openLogReader(join(folder, 'log.db'));
  await load(reader.head());
});
afterAll(async () => {
  reader.close();
  await warehouse.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Events that their tracker numbered. */
function counted(anonymousId: string, ...numbers: number[]) {
  return numbers.map((sequence) => ({ anonymousId, sequence, id: `${anonymousId} ${sequence}` }));
}

async function write(requests: readonly ReturnType<typeof request>[]): Promise<void> {
  const writer = await openLogWriter(join(folder, 'log.db'));
  await Promise.all(requests.map((one) => writer.append(one)));
  await writer.close();
}

async function load(until: number): Promise<void> {
  const done = new AbortController();
  const state = stagedState(memoryState());
  await startPipeline({
    log: reader,
    state,
    decode: decodeTest,
    enrich: enrichTest(state),
    warehouse: warehouse.client,
    clock,
    logger: silentLogger,
    metrics: new Metrics(),
    signal: done.signal,
    logDays: 7,
    onProgress: (said) => {
      progress = said;
      if (said.lastOffset >= until) done.abort();
    },
  });
}

const status = (over: Partial<Parameters<typeof pipelineStatus>[0]> = {}): Promise<PipelineResult> =>
  pipelineStatus({
    log: reader,
    warehouse: warehouse.client,
    clock,
    project: 'p1',
    minutes: 60,
    process: { at: clock.now(), detail: { progress } },
    ...over,
  });

test('the ledger of a project balances per minute, and sources, stages and quarantine say what happened', async () => {
  const result = await status();
  expect(result.ledger).toEqual([
    {
      minute: at - 30_000,
      accepted: 3,
      processed: 3,
      decoded: 6,
      loaded: 2,
      quarantined: 2,
      duplicates: 1,
      dropped: { 'on purpose': 1 },
      stored: 2,
      removed: 0,
      state: 'balanced',
    },
  ]);
  expect(result.sources).toEqual([
    {
      name: 'test · test/1',
      protocol: 'test',
      library: 'test/1',
      lastEvent: at,
      rate: 0,
      day: 2,
      quarantinedDay: 2,
      state: 'ok',
    },
  ]);
  expect(result.stages.map(({ name, state, last }) => [name, state, last])).toEqual([
    ['collect', 'ok', at - 30_000],
    ['log', 'ok', at],
    ['process', 'ok', at],
    ['warehouse', 'ok', at],
  ]);
  expect(
    result.quarantine
      .map(({ stage, reason, count, sample }) => [stage, reason, count, sample].join(' | '))
      .toSorted((a, b) => a.localeCompare(b)),
  ).toEqual(['decode | bad event | 1 | {"event":"bad"}', 'decode | not JSON | 1 | {{']);
});

test('log lines are stored rows of the ledger, and their senders are sources', async () => {
  const { ledger, sources } = await status({ project: 'lines' });
  expect(ledger).toMatchObject([{ decoded: 3, loaded: 3, stored: 3, state: 'balanced' }]);
  expect(sources.map(({ name, day }) => [name, day])).toEqual([
    ['otlp', 2],
    ['otlp · test/1', 1],
  ]);
});

test('numbers that trackers counted and that did not come are missing, of the last day, per visitor', async () => {
  expect((await status()).missing).toBeNull();
  expect((await status({ project: 'counting' })).missing).toBe(2);
  expect((await status({ project: 'reset' })).missing).toBe(10_000);
});

test('a source that is silent for longer than usual is stale, and idle after a day', async () => {
  const later = (ms: number): Promise<PipelineResult> => status({ clock: fakeClock(at + ms) });
  expect((await later(20 * 60_000)).sources[0]?.state).toBe('stale');
  expect((await later(25 * 3_600_000)).sources[0]?.state).toBe('idle');
});

test('what waits in the log is pending, what is missing without a reason is unbalanced', async () => {
  await write([request([{ id: 'c' }])]);
  expect((await status()).ledger[0]).toMatchObject({ accepted: 4, processed: 3, state: 'pending' });
  const caughtUp = { at: clock.now(), detail: { progress: { ...progress, lastOffset: reader.head() } } };
  expect((await status({ process: caughtUp })).ledger[0]).toMatchObject({ state: 'unbalanced' });
  expect((await status({ process: undefined })).stages[2]).toMatchObject({ name: 'process', state: 'down' });
});

test('a warehouse that is away leaves the accepted counts, pending, and is called down', async () => {
  const away = connect({ url: 'http://127.0.0.1:9', user: 'tributary', password: '' });
  const result = await status({ warehouse: away });
  await away.close();
  expect(result.ledger[0]).toMatchObject({ accepted: 4, stored: 0, state: 'pending' });
  expect(result.stages[3]).toMatchObject({ name: 'warehouse', state: 'down' });
});
