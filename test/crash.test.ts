import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Analytics } from '@segment/analytics-node';
import { expect, test } from 'vitest';
import { createDecoder } from '../src/collect/collect.ts';
import type { PipelineItem } from '../src/contract/pipeline.ts';
import type { LedgerRow, PipelineResult } from '../src/contract/result.ts';
import { createEnricher, openState } from '../src/enrich/enrich.ts';
import { openLogReader } from '../src/log/log.ts';
import { batchOf, type Program, post, type RoleName, startProgram, writeKey } from './program.ts';

const kills = 24;

test('every acknowledged event is there exactly once after web, pipeline and warehouse were killed 24 times under load', async () => {
  await using program = await startProgram();
  const sent = new Set<string>();
  const acknowledged = new Set<string>();
  let loading = true;

  const raw = async (worker: number): Promise<void> => {
    for (let batch = 0; loading; batch++) {
      const prefix = `raw-${worker}-${batch}`;
      const ids = Array.from({ length: 20 }, (_, index) => `${prefix}-${index}`);
      for (const id of ids) sent.add(id);
      const answer = await post(`${program.url}/v1/batch`, batchOf(prefix, 20)).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      if (answer?.status === 200) for (const id of ids) acknowledged.add(id);
      else await sleep(20);
    }
  };
  const client = new Analytics({
    writeKey,
    host: program.url,
    flushAt: 10,
    flushInterval: 50,
    maxRetries: 1_000,
  });
  client.on('error', () => {});
  const viaClient = async (): Promise<void> => {
    for (let index = 0; loading; index++) {
      const messageId = `client-${index}`;
      sent.add(messageId);
      client.track(
        { userId: `u${index % 50}`, event: 'From the client', messageId, properties: { index } },
        (error) => {
          if (!error) acknowledged.add(messageId);
        },
      );
      await sleep(5);
    }
  };
  /** Visitors who sign in, get another name, and whose older events come later than that. */
  const visitors = async (): Promise<void> => {
    for (let visitor = 0; loading; visitor++) {
      for (const batch of visitOf(visitor, Date.now())) {
        for (const { messageId } of batch) sent.add(messageId);
        const answer = await post(`${program.url}/v1/batch`, JSON.stringify({ batch })).catch(
          () => undefined,
        );
        await answer?.arrayBuffer().catch(() => undefined);
        if (answer?.status === 200) for (const { messageId } of batch) acknowledged.add(messageId);
        else await sleep(20);
      }
    }
  };
  const load = Promise.all([raw(1), raw(2), viaClient(), visitors()]);
  await killAtRandom(program);
  // a busy machine needs longer for as much
  await expect.poll(() => acknowledged.size, { timeout: 120_000 }).toBeGreaterThan(1_000);
  loading = false;
  await load;
  await client.closeAndFlush({ timeout: 60_000 });

  await drained(program);
  const rows = await program.rows<{ event_id: string; times: number }>(
    'SELECT event_id, count() AS times FROM tributary.events GROUP BY event_id',
  );
  const found = new Set(rows.map((row) => row.event_id));
  expect([...acknowledged].filter((id) => !found.has(id))).toEqual([]);
  expect(rows.filter((row) => !sent.has(row.event_id))).toEqual([]);
  expect(rows.filter((row) => row.times !== 1)).toEqual([]);
  const ledger = await ledgerOf(program);
  expect(ledger.filter((row) => row.state !== 'balanced')).toEqual([]);
  expect(sum(ledger, (row) => row.stored)).toBe(rows.length);

  const { edges, persons, sessions } = await replayed(program);
  expect(edges.length).toBeGreaterThan(3);
  expect(
    await program.rows(
      `SELECT alias_id, target_id, toString(person_key) AS person FROM tributary.identities FINAL WHERE removed = 0 ORDER BY alias_id`,
    ),
  ).toEqual(edges);
  expect(
    await program.rows(
      `SELECT toString(person_key) AS person, user_id, toString(traits) AS traits, toUnixTimestamp64Milli(first_seen) AS first_seen
      FROM tributary.persons FINAL WHERE startsWith(user_id, 'crash-new') ORDER BY user_id`,
    ),
  ).toEqual(persons);
  expect(
    await program.rows(
      `SELECT toString(session_id) AS session, events, page_views FROM tributary.sessions FINAL ORDER BY session`,
    ),
  ).toEqual(sessions);
}, 300_000);

/** What the same log gives without any crash: all of it as one batch over an empty state. */
async function replayed(program: Program) {
  const log = openLogReader(join(program.data, 'log'));
  const decode = createDecoder();
  const seen = new Set<string>();
  const items: PipelineItem[] = [];
  for (const record of log.read(1, 1e6, 1e9)) {
    const { events } = await decode(record);
    for (const [index, event] of events.entries()) {
      const eventId = event.id ?? '';
      if (seen.has(eventId)) continue;
      seen.add(eventId);
      items.push({ record, index, eventId, event });
    }
  }
  log.close();
  const state = openState(':memory:');
  const { identities, persons, sessions } = await createEnricher({ state }).enrich(items);
  await state.close();
  return {
    edges: identities
      .map(({ alias_id, target_id, person_key }) => ({ alias_id, target_id, person: String(person_key) }))
      .toSorted((a, b) => (a.alias_id < b.alias_id ? -1 : 1)),
    persons: persons
      .filter(({ user_id }) => user_id.startsWith('crash-new'))
      .map(({ person_key, user_id, traits, first_seen }) => ({
        person: String(person_key),
        user_id,
        traits,
        first_seen,
      }))
      .toSorted((a, b) => (a.user_id < b.user_id ? -1 : 1)),
    sessions: sessions
      .map(({ session_id, events, page_views }) => ({ session: String(session_id), events, page_views }))
      .toSorted((a, b) => (a.session < b.session ? -1 : 1)),
  };
}

/** The requests of one visitor: a device that signs in, a new name for the user, and pages of before that come last. */
function visitOf(visitor: number, now: number) {
  const [device, old, name] = [`crash-device-${visitor}`, `crash-old-${visitor}`, `crash-new-${visitor}`];
  const page = (step: string, minutesAgo: number) => ({
    type: 'page',
    messageId: `${device}-${step}`,
    anonymousId: device,
    timestamp: new Date(now - minutesAgo * 60_000).toISOString(),
    properties: { url: `https://shop.example/${step}` },
  });
  const of = (step: string, more: object) => ({
    messageId: `${device}-${step}`,
    timestamp: new Date(now).toISOString(),
    ...more,
  });
  return [
    [page('home', 2)],
    [of('in', { type: 'identify', anonymousId: device, userId: old, traits: { plan: `plan ${visitor}` } })],
    [of('alias', { type: 'alias', previousId: old, userId: name }), page('prices', 1)],
    // half an hour and more before: other sessions, one of which bridges to the first
    [page('late', 28), page('later', 90)],
  ];
}

test('the collector keeps answering 200 while the warehouse is down for 30 seconds, and everything arrives afterwards', async () => {
  await using program = await startProgram();
  const until = Date.now() + 30_000;
  const statuses = new Map<number, number>();
  let sent = 0;
  while (Date.now() < until) {
    for (const pid of program.pids('warehouse')) kill(pid);
    const answer = await post(`${program.url}/v1/batch`, batchOf(`down-${sent}`, 10));
    await answer.arrayBuffer();
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    sent++;
    await sleep(25);
  }
  expect([...statuses.keys()]).toEqual([200]);
  await program.until('SELECT count() FROM tributary.events', sent * 10, 60);
  await drained(program);
  const [counts] = await program.rows<{ all: number; ids: number }>(
    'SELECT count() AS all, uniqExact(event_id) AS ids FROM tributary.events',
  );
  expect(counts).toEqual({ all: sent * 10, ids: sent * 10 });
  expect((await ledgerOf(program)).filter((row) => row.state !== 'balanced')).toEqual([]);
});

/** Kills one of the three roles at a time, at random moments, waiting for each to come back before its next turn. */
async function killAtRandom(program: Program): Promise<void> {
  const roles: RoleName[] = ['web', 'process', 'warehouse'];
  for (let done = 0; done < kills; ) {
    const role = roles[Math.floor(Math.random() * roles.length)] ?? 'web';
    const [pid] = program.pids(role);
    if (pid && kill(pid)) done++;
    await sleep(100 + Math.random() * 1_200);
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

/** Waits until everything accepted has been processed. */
async function drained(program: Program): Promise<void> {
  for (let round = 0; round < 600; round++) {
    const rows = await ledgerOf(program).catch(() => undefined);
    if (rows && rows.length > 0 && rows.every((row) => row.accepted === row.processed)) return;
    await sleep(200);
  }
  throw new Error(`the pipeline did not drain\n${program.output().slice(-3_000)}`);
}

async function ledgerOf(program: Program): Promise<LedgerRow[]> {
  const { ledger } = await program.call<PipelineResult>('GET', '/api/pipeline?project=main&minutes=60');
  return ledger.filter((row) => row.accepted > 0 || row.processed > 0);
}

function sum<T>(rows: readonly T[], of: (row: T) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}
