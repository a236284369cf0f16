import { afterAll, beforeAll, expect, test } from 'vitest';
import { discard, quarantineGroups, quarantineItems } from '../quarantine/quarantine.ts';
import { systemClock } from '../runtime/clock.ts';
import { migrate } from '../warehouse/migrate.ts';
import { type TestWarehouse, testWarehouse } from '../warehouse/pipeline-fixture.ts';
import { pipelineStatus } from './pipeline-status.ts';
import { broken, minute, receivedAt, type Scene, scene, segment } from './quarantine.fixture.ts';
import { withOutcomes } from './quarantine.ts';

let warehouse: TestWarehouse;

beforeAll(async () => {
  warehouse = await testWarehouse();
  await migrate(warehouse.client);
});
afterAll(() => warehouse.stop());

const groupsOf = async ({ project }: Scene, state: 'waiting' | 'replayed' | 'discarded' = 'waiting') =>
  (await quarantineGroups(warehouse.client, { project, state }, Date.now())).groups;

const events = ({
  project,
}: Scene): Promise<{ event: string; event_id: string; at: number; received: number }[]> =>
  warehouse.query(
    `SELECT event, event_id, toInt32(toUnixTimestamp64Milli(timestamp) - ${receivedAt}) AS at, toInt32(toUnixTimestamp64Milli(received_at) - ${receivedAt}) AS received
     FROM tributary.events WHERE project = '${project}' ORDER BY event, event_id`,
  );

async function expectBalanced({ project, reader, progress }: Scene): Promise<void> {
  if (!progress) throw new Error('nothing was processed');
  const status = await pipelineStatus({
    log: reader,
    warehouse: warehouse.client,
    clock: systemClock,
    project,
    minutes: 60,
    process: { at: Date.now(), detail: { progress } },
  });
  expect(status.ledger.map(({ state }) => state)).toEqual(status.ledger.map(() => 'balanced'));
  expect(status.ledger.length).toBeGreaterThan(0);
}

const mend = `$merge([$, {"type": "track"}])`;

test('a group is tried, replayed and marked; its events are as if they had never failed, and a second replay adds nothing', async () => {
  const one = await scene(warehouse);
  await broken(one);
  await one.process();
  const [group, ...others] = await groupsOf(one);
  expect(others).toEqual([]);
  expect(group).toMatchObject({
    stage: 'decode',
    reason: 'unknown type',
    protocol: 'segment',
    count: 20,
    share: 1,
  });
  expect(group?.trend.reduce((sum, count) => sum + count, 0)).toBe(20);
  const cause = group?.cause ?? '';

  const dry = await one.dryRun(mend, [cause]);
  expect(dry).toMatchObject({ state: 'done', total: 20, checked: 20, passed: 20, failed: 0, reasons: [] });
  expect(JSON.parse(dry.examples[0]?.before ?? '')).toMatchObject({ type: 'purchase' });
  expect(JSON.parse(dry.examples[0]?.after ?? '')).toMatchObject({ type: 'track' });
  expect(JSON.parse(dry.examples[0]?.decoded[0] ?? '')).toMatchObject({
    event: 'Paid',
    sentAt: receivedAt - 60 * minute,
  });
  expect(await one.dryRun(null, [cause])).toMatchObject({
    passed: 0,
    failed: 20,
    reasons: [{ reason: 'unknown type', count: 20 }],
  });
  expect(await one.dryRun('userId = "u3" ? $merge([$, {"type": "track"}])', [cause])).toMatchObject({
    passed: 2,
    failed: 18,
    reasons: [{ reason: 'the fix made nothing', count: 18 }],
  });
  expect(await events(one)).toHaveLength(10);

  await one.start(mend, [cause]);
  await expect(one.start(mend, [cause])).rejects.toMatchObject({ code: 'conflict' });
  await one.replay();
  await one.process();
  const found = await events(one);
  expect(found.map(({ event }) => event)).toEqual([...Array(20).fill('Paid'), ...Array(10).fill('Seen')]);
  expect(new Set(found.map(({ event_id }) => event_id)).size).toBe(30);
  // corrected by the clocks of the first arrival
  expect(new Set(found.map(({ at, received }) => `${at} ${received}`))).toEqual(new Set(['-1000 0']));
  await expectBalanced(one);

  const [replay] = await withOutcomes(
    warehouse.client,
    one.project,
    await one.store.replays.list(one.project, 5),
  );
  expect(replay).toMatchObject({
    state: 'done',
    total: 20,
    sent: 20,
    left: 0,
    by: 'Ada',
    outcomes: { loaded: 20 },
  });
  expect((await one.store.replays.fixes(one.project)).map(({ name, causes }) => [name, causes])).toEqual([
    ['mended', [cause]],
  ]);
  expect(await groupsOf(one)).toEqual([]);
  expect(await groupsOf(one, 'replayed')).toMatchObject([{ count: 20 }]);
  const page = { project: one.project, state: 'replayed', cause, limit: 15 } as const;
  const first = await quarantineItems(warehouse.client, page);
  const rest = await quarantineItems(warehouse.client, { ...page, cursor: first.cursor ?? '' });
  expect([first.items.length, rest.items.length, rest.cursor]).toEqual([15, 5, null]);
  expect(rest.items[0]?.outcome).toMatchObject({
    outcome: 'loaded',
    by: 'Ada',
    fix: 'mended',
    replay: replay?.id,
  });
  await expect(one.start(mend, [cause])).rejects.toMatchObject({ code: 'conflict' });
});

test('whoever is killed at whatever step, each item is there once', async () => {
  const one = await scene(warehouse);
  await broken(one);
  await one.process();
  const cause = (await groupsOf(one))[0]?.cause ?? '';
  await one.start(mend, [cause]);
  // the replayer: with a part of a page in the log, and with all of it but nothing remembered
  await one.replay({ before: 'append', step: 7 });
  await one.process({ step: 6, when: 'after' });
  await one.replay({ before: 'progress', step: 1 });
  for (const step of [1, 5, 6, 8, 10, 12])
    await one.process({ step, when: step % 2 === 0 ? 'after' : 'before' });
  await one.replay({ before: 'progress', step: 2 });
  await one.replay();
  await one.process();
  const found = await events(one);
  expect(found).toHaveLength(30);
  expect(new Set(found.map(({ event_id }) => event_id)).size).toBe(30);
  expect(new Set(found.map(({ at }) => at))).toEqual(new Set([-1_000]));
  await expectBalanced(one);
  const outcomes = await warehouse.query<{ outcome: string; n: number }>(
    `SELECT outcome, toInt32(count()) AS n FROM tributary.quarantine_outcomes WHERE project = '${one.project}' GROUP BY outcome`,
  );
  expect(outcomes).toEqual([{ outcome: 'loaded', n: 20 }]);
});

test('what fails again is in quarantine again, of the same first arrival; what came meanwhile waits for the next replay', async () => {
  const one = await scene(warehouse);
  await broken(one);
  await one.process();
  const cause = (await groupsOf(one))[0]?.cause ?? '';
  const replay = await one.start(
    '$merge([$, {"type": properties.n < 5 ? "track" : "sale"}])',
    [cause],
    'half',
  );
  await broken(one);
  await one.process();
  await one.replay();
  await one.process();
  const groups = await groupsOf(one);
  // ten that failed again beside twenty that came later: the value of the type is of the cause
  expect(groups.map(({ count }) => count).toSorted((a, b) => a - b)).toEqual([10, 20]);
  const again = groups.find(({ count }) => count === 10)?.cause ?? '';
  const { items } = await quarantineItems(warehouse.client, {
    project: one.project,
    state: 'waiting',
    cause: again,
    limit: 50,
  });
  expect(new Set(items.map(({ replayed }) => replayed))).toEqual(new Set([replay.id]));
  await one.start(mend, [again, cause], 'all');
  await one.replay();
  await one.process();
  const found = await events(one);
  // ten of the second round are known by their ids, ten have none; all good ones of it have none either
  expect(found).toHaveLength(20 + 10 + 10 + 10);
  expect(new Set(found.map(({ event_id }) => event_id)).size).toBe(50);
  await expectBalanced(one);
});

test('whole requests, log lines and what the warehouse refused are replayed as well', async () => {
  const one = await scene(warehouse);
  const { project } = one;
  const good = { type: 'track', event: 'Paid', userId: 'u', timestamp: new Date(receivedAt).toISOString() };
  await one.append(segment(project, `${JSON.stringify({ batch: [good] })}}`));
  await one.append(
    segment(project, 'x'.repeat(1_100_000), { protocol: 'lines', path: '/lines/v1', query: 'file=app.log' }),
  );
  await one.process();
  const decoded = { type: 'track', event: 'Loaded', userId: 'u', properties: { a: 1 } };
  await warehouse.client.insert({
    table: 'tributary.quarantine',
    values: [
      {
        ...rowOf(one),
        log_offset: 1,
        item: 8,
        stage: 'load',
        reason: 'incorrect data',
        payload: JSON.stringify(decoded),
      },
      {
        ...rowOf(one),
        log_offset: 1,
        item: 9,
        stage: 'enrich',
        reason: 'line refused',
        payload: JSON.stringify({ body: 'a line', attributes: {} }),
      },
      {
        ...rowOf(one),
        log_offset: 99,
        item: 0,
        protocol: 'operator',
        reason: 'not JSON',
        payload: '{"by":"x"}',
      },
    ],
    format: 'JSONEachRow',
  });
  const groups = await groupsOf(one);
  const causeOf = (reason: string, protocol = ''): string =>
    groups.find((group) => group.reason === reason && group.protocol.includes(protocol))?.cause ?? '';
  const operator = causeOf('not JSON', 'operator');
  expect(await one.dryRun(null, [operator])).toMatchObject({
    failed: 1,
    reasons: [{ reason: 'not replayable' }],
  });
  const decided = { project, selection: { causes: [operator] }, by: 'Ada', now: Date.now() };
  expect(await discard(warehouse.client, { ...decided, restore: false })).toBe(1);
  await one.start(
    '{"body": $substring(body, 0, $length(body) - 1)}',
    [causeOf('not JSON', 'segment')],
    'cut',
  );
  await one.start('$substring($, 0, 20)', [causeOf('line too long')], 'short');
  await one.start(null, [causeOf('incorrect data'), causeOf('line refused')]);
  await one.replay();
  await one.process();
  expect((await events(one)).map(({ event }) => event)).toEqual(['Loaded', 'Paid']);
  const lines = await warehouse.query(
    `SELECT body, stream FROM tributary.logs WHERE project = '${project}' ORDER BY body`,
  );
  expect(lines).toEqual([
    { body: 'a line', stream: '' },
    { body: 'x'.repeat(20), stream: 'app.log' },
  ]);
  await expectBalanced(one);
  expect(await groupsOf(one)).toEqual([]);
  expect(await groupsOf(one, 'discarded')).toMatchObject([{ cause: operator, count: 1 }]);
  expect(await discard(warehouse.client, { ...decided, restore: true, now: Date.now() + 1 })).toBe(1);
  expect(await groupsOf(one)).toHaveLength(1);
});

test('causes differ by what is wrong, and not by what was sent', async () => {
  const one = await scene(warehouse);
  const details = [
    `Unexpected token '<', "<html><bo"... is not valid JSON`,
    `Unexpected token '<', "<!DOCTYPE "... is not valid JSON`,
    'Unterminated string in JSON at position 8 (line 1 column 9)',
    'Unterminated string in JSON at position 1200 (line 3 column 77)',
    'the body has no array "batch"',
    'the body has no array "events"',
    'session 0193b5c0-7f3a-7000-8000-000000000001 is over, order 42',
    'session 0193b5c0-7f3a-7000-8000-000000000002 is over, order 43.5',
    '"type" is "a value of somebody: 1"',
    '"type" is "another value of somebody: 2"',
  ];
  await warehouse.client.insert({
    table: 'tributary.quarantine',
    values: details.map((detail, item) => ({ ...rowOf(one), item, detail })),
    format: 'JSONEachRow',
  });
  expect((await groupsOf(one)).map(({ detail, count }) => `${detail} ${count}`).toSorted()).toEqual([
    '"type" is "…" 2',
    `Unexpected token '<', … is not valid JSON 2`,
    'Unterminated string in JSON at position # (line # column #) 2',
    'session … is over, order # 2',
    'the body has no array "batch" 1',
    'the body has no array "events" 1',
  ]);
});

const rowOf = ({ project }: Scene): object => ({
  project,
  received_at: new Date(receivedAt).toISOString().slice(0, 19).replace('T', ' '),
  log_offset: 1,
  protocol: 'segment',
  stage: 'decode',
  reason: 'r',
  detail: 'd',
  payload_encoding: 'text',
  method: 'POST',
  path: '/v1/batch',
  headers: '{}',
});
