import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller, DataHandlers } from '../api/api.ts';
import { createDecoder } from '../collect/collect.ts';
import { personEndpoints } from '../contract/person-endpoints.ts';
import { createEnricher } from '../enrich/enrich.ts';
import { openSqliteState } from '../enrich/state/sqlite.ts';
import { openLogReader, openLogWriter } from '../log/log.ts';
import { systemClock } from '../runtime/clock.ts';
import { hash64 } from '../runtime/ids.ts';
import { silentLogger } from '../runtime/logger.ts';
import { Metrics } from '../runtime/metrics.ts';
import { openStore } from '../store/store.ts';
import { startPipeline } from '../warehouse/load.ts';
import { migrate } from '../warehouse/migrate.ts';
import { type TestWarehouse, testWarehouse } from '../warehouse/pipeline-fixture.ts';
import { stagedState } from '../warehouse/staged-state.ts';
import { peopleHandlers } from './people.ts';

const project = 'shop';
const at = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
const iso = (minutes: number): string => new Date(at + minutes * 60_000).toISOString();
const keyOf = (kind: 'a' | 'u', id: string): string => String(hash64(project, kind, id));

let warehouse: TestWarehouse;
let stop: () => Promise<void>;
let send: (items: readonly object[]) => Promise<void>;
let people: ReturnType<typeof peopleHandlers>;
let caller: Caller;

/** Log, pipeline and warehouse as in the program, without its processes. */
beforeAll(async () => {
  warehouse = await testWarehouse();
  await migrate(warehouse.client);
  const folder = mkdtempSync(join(tmpdir(), 'tributary-people-'));
  const store = openStore({ url: 'embedded', data: folder });
  const user = await store.users.create({
    email: 'op@example.com',
    name: 'Olga',
    role: 'editor',
    password: 'long enough',
  });
  caller = { kind: 'user', user, role: 'editor', session: 's' };
  const writer = await openLogWriter(join(folder, 'log.db'));
  const log = openLogReader(join(folder, 'log.db'));
  const state = stagedState(openSqliteState(join(folder, 'state.db')));
  const done = new AbortController();
  let processed = 0;
  const running = startPipeline({
    log,
    state,
    decode: createDecoder(),
    enrich: createEnricher({ state }).enrich,
    warehouse: warehouse.client,
    clock: systemClock,
    logger: silentLogger,
    metrics: new Metrics(),
    signal: done.signal,
    logDays: 7,
    onProgress: ({ lastOffset }) => {
      processed = lastOffset;
    },
  });
  people = peopleHandlers({
    store,
    warehouse: warehouse.client,
    log: writer,
    head: () => log.head(),
    clock: systemClock,
    processed: async () => processed,
  });
  send = async (items) => {
    await writer.append({
      receivedAt: Date.now(),
      project,
      key: '',
      protocol: 'segment',
      method: 'POST',
      path: '/v1/batch',
      query: '',
      headers: { 'content-type': 'application/json' },
      address: '',
      visitor: '',
      body: Buffer.from(JSON.stringify({ batch: items })),
    });
    await expect.poll(() => processed, { timeout: 20_000 }).toBe(log.head());
    await warehouse.client.command({ query: 'SYSTEM RELOAD DICTIONARY tributary.identity' });
  };
  stop = async () => {
    done.abort();
    await running;
    log.close();
    await Promise.all([writer.close(), state.close(), store.close()]);
    rmSync(folder, { recursive: true, force: true });
    await warehouse.stop();
  };
});
afterAll(() => stop());

type Name = keyof ReturnType<typeof peopleHandlers>;
/** As a request would: with defaults, and answers that are what the contract says. */
async function call<N extends Name>(name: N, input: Record<string, unknown>) {
  const endpoint = personEndpoints[name];
  const handler = people[name] as (input: unknown, context: { caller: Caller }) => Promise<unknown>;
  const answer = await handler(endpoint.input.parse({ project, ...input }), { caller });
  return endpoint.output.parse(answer) as Awaited<ReturnType<DataHandlers[N]>>;
}

const page = (anonymousId: string, minutes: number, more: object = {}) => ({
  type: 'page',
  anonymousId,
  timestamp: iso(minutes),
  context: {
    page: { url: 'https://shop.example/p' },
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0.0.0 Safari/537.36',
  },
  ...more,
});
const personIds = async () =>
  (
    await warehouse.query(
      `SELECT toString(person_id) AS id FROM tributary.events WHERE project = '${project}' GROUP BY id ORDER BY id`,
    )
  ).map((row) => (row as { id: string }).id);

test('an operator finds two persons, sees what a merge moves, merges, and takes it back to the event', async () => {
  await send([
    page('dev1', 0),
    {
      type: 'identify',
      userId: 'ann',
      anonymousId: 'dev1',
      timestamp: iso(1),
      traits: { name: 'Ann A', plan: 'free', email: 'Ann@shop.example' },
    },
    { type: 'group', userId: 'ann', groupId: 'acme', timestamp: iso(2) },
    page('dev2', 5),
    { type: 'identify', userId: 'bob', anonymousId: 'dev2', timestamp: iso(6), traits: { plan: 'pro' } },
    {
      type: 'track',
      event: 'Paid',
      userId: 'bob',
      timestamp: iso(7),
      properties: { revenue: 12.5, currency: 'USD' },
    },
    { type: 'identify', userId: 'bob', timestamp: iso(8), traits: { email: 'ann@shop.example ' } },
  ]);
  const [ann, bob] = [keyOf('u', 'ann'), keyOf('u', 'bob')];
  const before = await personIds();
  expect(before).toEqual([ann, bob].toSorted());

  for (const search of ['ann', 'dev1', 'ANN@shop', 'Ann A']) {
    const found = await call('searchPeople', { search });
    expect(
      found.people.map(({ person }) => person),
      search,
    ).toContain(ann);
  }
  expect((await call('searchPeople', {})).people).toMatchObject([
    { userId: 'bob', ids: 2, email: 'ann@shop.example ' },
    { userId: 'ann', name: 'Ann A', ids: 3 },
  ]);
  expect((await call('searchPeople', { kind: 'anonymous' })).people).toEqual([]);
  expect((await call('searchPeople', { search: `no'body` })).people).toEqual([]);

  // any of its keys names the person
  const shown = await call('person', { person: keyOf('a', 'dev1') });
  expect(shown).toMatchObject({
    person: ann,
    id: { kind: 'user', id: 'ann' },
    events: 3,
    sessions: 1,
    revenue: [],
    accounts: [{ kind: 'company', id: 'acme', events: 1 }],
    suggestions: [{ person: bob, id: { kind: 'user', id: 'bob' }, reason: 'e-mail address of another user' }],
  });
  expect(
    shown.known
      .map(({ kind, joined, events }) => `${kind} ${joined?.reason ?? 'names'} ${events}`)
      .toSorted(),
  ).toEqual(['anonymous identify 1', 'email email 0', 'user names 2']);
  expect((await call('personEvents', { person: ann })).events.map(({ event }) => event)).toEqual([
    'group',
    'identify',
    'page',
  ]);

  expect(await call('previewMerge', { person: bob, into: ann })).toMatchObject({
    from: { id: { id: 'bob' }, events: 4, sessions: 1, revenue: [{ currency: 'USD', amount: 12.5 }] },
    into: { id: { id: 'ann' }, events: 3 },
    firstSeen: at,
    lastSeen: at + 8 * 60_000,
    conflicts: [
      { trait: 'email', from: 'ann@shop.example ', into: 'Ann@shop.example' },
      { trait: 'plan', from: 'pro', into: 'free' },
    ],
  });

  const merged = await call('mergePersons', { person: bob, into: ann, note: 'same address' });
  expect(merged).toMatchObject({
    applied: true,
    changes: [{ action: 'merged', alias: { id: 'bob' }, by: { name: 'Olga' }, note: 'same address' }],
  });
  expect(await personIds()).toEqual([ann]);
  expect(await call('person', { person: bob })).toMatchObject({
    person: ann,
    ids: 5,
    events: 7,
    sessions: 2,
    revenue: [{ currency: 'USD', amount: 12.5 }],
    traits: { name: 'Ann A', plan: 'pro' },
    suggestions: [],
  });
  await expect(call('mergePersons', { person: bob, into: ann })).rejects.toThrow('one person already');

  const undone = await call('undoEdge', {
    person: ann,
    alias: { kind: 'user', id: 'bob' },
    note: 'brothers',
  });
  expect(undone.changes).toMatchObject([{ action: 'undone', note: 'brothers' }]);
  expect(await personIds()).toEqual(before);
  expect(await call('person', { person: ann })).toEqual(shown);
  // the same undo again changes nothing
  expect(await call('undoEdge', { person: ann, alias: { kind: 'user', id: 'bob' } })).toEqual({
    applied: true,
    changes: [],
  });
});

test('an id that is split off stays apart when both come again; the history tells who, when and why', async () => {
  const cat = keyOf('u', 'cat');
  const kiosk = [page('kiosk', 20), page('kiosk', 21, { userId: 'cat' })];
  await send(kiosk);
  expect((await call('person', { person: cat })).ids).toBe(2);
  const ids = [{ kind: 'anonymous', id: 'kiosk' }];
  await expect(call('splitPerson', { person: cat, ids: [{ kind: 'user', id: 'ann' }] })).rejects.toThrow(
    'no id of this person',
  );
  await expect(
    call('splitPerson', { person: cat, ids: [...ids, { kind: 'user', id: 'cat' }] }),
  ).rejects.toThrow('at least one');
  await call('splitPerson', { person: cat, ids, note: 'a kiosk' });
  await send([page('kiosk', 30, { userId: 'cat' })]);
  expect((await call('person', { person: cat })).ids).toBe(1);
  const { changes } = await call('identityHistory', { person: cat });
  expect(changes.map(({ action, reason, by, note }) => [action, reason, by?.name, note])).toEqual([
    ['split', 'operator', 'Olga', 'a kiosk'],
    ['refused', 'parted by an operator', undefined, ''],
    ['linked', 'identify', undefined, ''],
  ]);
  const decided = await call('identityHistory', { who: 'operators' });
  expect(decided.changes.map(({ action }) => action)).toEqual(['split', 'undone', 'merged']);
  await expect(call('person', { person: '12345' })).rejects.toThrow('nobody in this project');
});
