import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRecords } from '../archive/archive.ts';
import type { Decoded, DecodedEvent } from '../contract/event.ts';
import type { LogRecord } from '../contract/request.ts';
import type { RewindJob } from '../contract/rewind.ts';
import { newReport } from './erasures.ts';
import { type Decode, requestOf, rewindScene, rightly, type RewindScene as Scene } from './rewind.fixture.ts';

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 9, 1, 12);
const agent =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36';

/** A step that was wrong: revenue is lost, an event has another name, one is dated by its arrival, and some fail. */
const wrongly: Decode = async (record) => wronged(await rightly(record));

function wronged(decoded: Decoded): Decoded {
  const fails = decoded.events.filter(({ anonymousId }) => anonymousId?.startsWith('v3-'));
  return {
    ...decoded,
    events: decoded.events.filter((event) => !fails.includes(event)).map(wrong),
    failures: [
      ...decoded.failures,
      ...fails.map((event) => ({
        stage: 'decode' as const,
        reason: 'old fault',
        detail: '',
        payload: JSON.stringify(event),
      })),
    ],
  };
}

function wrong(event: DecodedEvent): DecodedEvent {
  const { revenue: _, properties, ...others } = event;
  const { revenue: __, ...left } = properties;
  const rest = { ...others, properties: left };
  if (event.event === 'Moved') return { ...rest, occurredAt: undefined, sentAt: undefined };
  return event.event === 'Order Completed' ? { ...rest, event: 'order' } : rest;
}

/** Visits, orders, sign-ins, repetitions and faults, from 12:00 on: 12 visitors, a request every minute. */
function requests(count: number, start = 0): ReturnType<typeof requestOf>[] {
  return Array.from({ length: count }, (_, index) => {
    const number = start + index;
    const at = noon + number * minute;
    const common = {
      // others come every hour
      anonymousId: `v${number % 12}-${Math.floor(number / 60)}`,
      timestamp: new Date(at - 5_000).toISOString(),
      context: { userAgent: agent, page: { url: `https://example.test/${number % 5}` } },
    };
    const events: object[] = [
      { ...common, type: 'page', messageId: `page-${number}` },
      { ...common, type: 'track', event: 'Clicked', properties: { number } },
    ];
    if (number % 3 === 0)
      events.push({
        ...common,
        type: 'track',
        event: 'Order Completed',
        messageId: `order-${number}`,
        properties: { revenue: 10 + number, currency: 'EUR' },
      });
    if (number % 7 === 0)
      events.push({ ...common, type: 'identify', userId: `u${number % 12}`, traits: { plan: `p${number}` } });
    if (number % 10 === 0) events.push({ ...common, type: 'page', messageId: `page-${number - 5}` });
    if (number % 25 === 0) events.push({ type: 'nonsense' });
    if (number === 30)
      events.push({
        ...common,
        type: 'track',
        event: 'Moved',
        messageId: 'moved',
        timestamp: '2026-08-20T10:00:00Z',
      });
    return requestOf(at, events);
  });
}

async function send(scene: Scene, from: number, to: number): Promise<void> {
  for (const request of requests(to - from, from)) await scene.writer.append(request);
}

async function jobOf(scene: Scene): Promise<RewindJob> {
  const job = await scene.desk.job('p1');
  if (!job) throw new Error('there is no rewind');
  return job;
}

type Dump = Awaited<ReturnType<Scene['dump']>>;

/** Rows that one has and the other has not, by table: empty when both are the same. */
function unlike(one: Dump, other: Dump, tables = Object.keys(one)): Record<string, object> {
  return Object.fromEntries(
    tables.flatMap((table) => {
      const [here, there] = [one[table] ?? [], other[table] ?? []];
      const gone = there.filter((row) => !here.includes(row));
      const more = here.filter((row) => !there.includes(row));
      if (gone.length + more.length === 0 && here.length === there.length) return [];
      return [[table, { rows: [here.length, there.length], gone: gone.slice(0, 2), more: more.slice(0, 2) }]];
    }),
  );
}

/** What the log of a scene becomes when everything of it is processed once, rightly. */
async function fresh(from: Scene): Promise<Dump> {
  await using scene = await rewindScene();
  const { log, places } = from;
  const all: LogRecord[] = [];
  for (const project of ['p1', 'p2'])
    for await (const record of readRecords({ log, lake: places.lake, project })) all.push(record);
  for (const { offset: _, ...request } of all.toSorted((one, other) => one.offset - other.offset))
    await scene.writer.append(request);
  await scene.process(rightly);
  return await scene.dump();
}

test('a mended step: the difference is told, and after the swap everything is as if it had never been wrong', async () => {
  await using scene = await rewindScene();
  await send(scene, 0, 120);
  await scene.writer.append(requestOf(noon, [{ type: 'track', event: 'Other', userId: 'x' }], 'p2'));
  await scene.process(wrongly);
  // the mended program runs, and its visitors go on coming
  const live = scene.pipeline(rightly);
  await send(scene, 120, 130);
  await scene.caughtUp();

  await scene.begin();
  const first = await scene.rewinder(rightly);
  await first.run();
  await first.close();
  const ready = await jobOf(scene);
  expect(ready).toMatchObject({ state: 'ready', mode: 'whole', progress: 1, problem: null, records: 130 });
  const difference = await scene.desk.difference('p1');
  const orders = Array.from({ length: 120 }, (_, index) => index).filter((index) => index % 3 === 0);
  const revenueOf = (numbers: number[]): number => numbers.reduce((sum, number) => sum + 10 + number, 0);
  expect(difference?.total.revenue).toEqual({
    before: revenueOf([120, 123, 126, 129]),
    after: revenueOf([...orders, 120, 123, 126, 129]),
  });
  expect(difference?.total.quarantined.before).toBeGreaterThan(difference?.total.quarantined.after ?? 0);
  expect(difference?.names).toContainEqual({
    event: 'order',
    before: orders.filter((number) => number % 12 !== 3).length,
    after: 0,
  });
  expect(difference?.quarantine).toContainEqual(expect.objectContaining({ reason: 'old fault', after: 0 }));
  expect(difference?.columns.map(({ column }) => column)).toEqual(
    expect.arrayContaining(['revenue', 'event', 'timestamp']),
  );
  expect(difference?.rows.removed).toBe(0);
  expect(difference?.rows.added).toBeGreaterThan(10);
  const example = difference?.examples.find(
    ({ change, event }) => change === 'changed' && event === 'Order Completed',
  );
  expect(example?.columns).toContainEqual({ column: 'event', before: 'order', after: 'Order Completed' });
  expect(difference?.days.map(({ day }) => day)).toEqual(['2026-08-20', '2026-10-01']);

  // what comes between the run and the swap, and during the swap
  await send(scene, 130, 140);
  const sending = send(scene, 140, 160);
  const second = await scene.rewinder(rightly);
  await second.swap();
  await sending;
  await send(scene, 160, 170);
  await scene.caughtUp();
  await live.stop();
  expect(await jobOf(scene)).toMatchObject({ state: 'swapped' });
  expect(unlike(await scene.dump(), await fresh(scene))).toEqual({});
  expect(await scene.rows(`SELECT name FROM system.databases WHERE name LIKE 'tributary_rewind%'`)).toEqual(
    [],
  );
});

test('killed in the middle of the run and of the swap, with live traffic in between, it ends the same', async () => {
  await using scene = await rewindScene();
  await send(scene, 0, 60);
  await scene.process(wrongly);
  await scene.begin();
  for (let round = 0; round < 2; round++) {
    const stop = new AbortController();
    let batches = 0;
    const dying = await scene.rewinder(
      rightly,
      {
        rest: async () => {
          if (++batches > round) stop.abort(new Error('killed'));
        },
      },
      stop.signal,
    );
    await dying.run().catch(() => {});
    await dying.close();
  }
  const run = await scene.rewinder(rightly);
  await run.run();
  await run.close();

  let sent = 60;
  const steps: string[] = [];
  for (let round = 0; ; round++) {
    let step = 0;
    const swapping = await scene.rewinder(rightly, {
      onSwapStep: (name) => {
        // each time a little further than the time before
        if (step++ === round * 11) {
          steps.push(name);
          throw new Error('killed');
        }
      },
    });
    const died = await swapping.swap().then(
      () => false,
      () => true,
    );
    await swapping.close();
    if (!died) break;
    await send(scene, sent, sent + 3);
    sent += 3;
    if (round % 2 === 0) await scene.process(rightly);
  }
  expect(steps.length).toBeGreaterThan(3);
  await scene.process(rightly);
  await send(scene, sent, sent + 10);
  await scene.process(rightly);
  expect(unlike(await scene.dump(), await fresh(scene))).toEqual({});
});

test('a stretch that was wrong is mended, and everything around it stays', async () => {
  await using scene = await rewindScene();
  const [from, to] = [noon + hour, noon + 2 * hour];
  await send(scene, 0, 180);
  const sometimes: Decode = (record) =>
    record.receivedAt >= from && record.receivedAt < to ? wrongly(record) : rightly(record);
  await scene.process(sometimes);
  // most of it has left the log since
  await scene.archive();
  scene.log.trim(150);
  const glob = join(scene.places.lake, 'raw/project=p1/*/*/*.ndjson.zst');
  expect(
    await scene.rows(
      `SELECT count() AS lines, countIf(encoding = 'text' AND isValidJSON(body)) AS bodies FROM file('${glob}', JSONEachRow) SETTINGS output_format_json_quote_64bit_integers = 0`,
    ),
  ).toEqual([{ lines: 180, bodies: 180 }]);
  await scene.begin({ from, to });
  const rewinder = await scene.rewinder(rightly);
  await rewinder.run();
  expect(rewinder.job).toMatchObject({ state: 'ready', mode: 'part', from, to, first: 61, end: 121 });
  await send(scene, 180, 190);
  await scene.process(rightly);
  await rewinder.swap();
  await send(scene, 190, 200);
  await scene.process(rightly);
  const [now, wanted] = [await scene.dump(), await fresh(scene)];
  for (const table of ['events', 'sessions', 'logs', 'quarantine', 'ledger'])
    expect(now[table], table).toEqual(wanted[table]);
});

test('discarded, it leaves nothing; another can begin, and only one at a time', async () => {
  await using scene = await rewindScene();
  await send(scene, 0, 20);
  await scene.process(wrongly);
  const before = await scene.dump();
  await scene.begin();
  await expect(scene.begin()).rejects.toMatchObject({ code: 'conflict' });
  const rewinder = await scene.rewinder(rightly);
  await rewinder.run();
  await rewinder.discard();
  expect(unlike(await scene.dump(), before)).toEqual({});
  expect(await scene.rows(`SELECT name FROM system.databases WHERE name LIKE 'tributary_rewind%'`)).toEqual(
    [],
  );
  expect(await scene.begin()).toMatchObject({ state: 'waiting' });
});

test('what is planned: visits at the ends are read as a whole, nothing without a record goes, and who is being erased does not come back', async () => {
  await using scene = await rewindScene();
  await scene.writer.append(requestOf(noon - 30 * hour, [{ type: 'track', event: 'Early', userId: 'x' }]));
  await send(scene, 0, 5);
  await scene.process(rightly);
  const plan = (from: number | null) => scene.desk.plan('p1', { from, to: null });
  expect(await plan(noon)).toMatchObject({ mode: 'part', first: 2, warmFrom: 2 });
  await scene.store.settings.set('project:p1', JSON.stringify({ sessions: { maxHours: 48 } }));
  expect(await plan(noon)).toMatchObject({ mode: 'part', first: 2, warmFrom: 1 });

  expect(await plan(null)).toMatchObject({ mode: 'whole', outOfReach: 0 });
  for (const [table, columns, values] of [
    ['persons', 'person_key, version', '7, 0'],
    ['identities', 'alias_key, version', '7, 0'],
    ['profile_history', 'key, version', '7, 0'],
    ['ledger', 'minute, count', `${(noon - 40 * hour) / 1_000}, 3`],
  ]) {
    await scene.warehouse.command({
      query: `INSERT INTO tributary.${table} (project, ${columns}) VALUES ('p1', ${values})`,
    });
    expect(await plan(null), table).toMatchObject({ mode: 'part', outOfReach: 1 });
    await scene.warehouse.command({ query: `TRUNCATE TABLE tributary.${table}` });
  }

  const job = await scene.begin();
  await scene.desk.saveJob({ ...job, state: 'ready' });
  const report = newReport('x', 1);
  await scene.store.privacy.addErasure({
    id: 'er1',
    project: 'p1',
    createdAt: noon,
    by: 'tests',
    rearrival: 'drop',
    target: '{}',
    report,
  });
  await expect(scene.desk.order('p1', job.id, 'swap')).rejects.toMatchObject({ code: 'conflict' });
  await scene.desk.saveJob({ ...job, state: 'discarded' });
  await expect(scene.begin()).rejects.toThrow('a person of this project is being erased');
  await scene.store.privacy.finish('er1', report, noon);
  expect(await scene.begin()).toMatchObject({ state: 'waiting' });
});
