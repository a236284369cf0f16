import type pg from 'pg';
import { identifier, positionOf, rowsOf } from './connect.ts';

/** What the server keeps of its log for us. */
export interface Slot {
  /** Everything before it was acknowledged. */
  readonly confirmed: bigint;
  /** Bytes of the log that the server holds. */
  readonly retained: number;
  /** Bytes that may still be written before the server gives the slot up; null when it never does. */
  readonly budget: number | null;
  /** Why it cannot be read any more; empty while it can. */
  readonly lost: string;
  /** Of the server's log. */
  readonly end: bigint;
}

export async function readSlot(client: pg.Client, name: string): Promise<Slot | undefined> {
  const [row] = await rowsOf(
    client,
    `SELECT confirmed_flush_lsn AS confirmed, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS retained,
       safe_wal_size AS budget, wal_status AS status, to_jsonb(s) ->> 'invalidation_reason' AS reason, plugin,
       database = current_database() AS here, pg_current_wal_lsn() AS end
     FROM pg_replication_slots s WHERE slot_name = $1`,
    [name],
  );
  if (!row) return undefined;
  return {
    confirmed: positionOf(row.confirmed ?? '0/0'),
    retained: Number(row.retained ?? 0),
    budget: row.budget === null || row.budget === undefined ? null : Number(row.budget),
    lost: lossOf(row),
    end: positionOf(row.end ?? '0/0'),
  };
}

function lossOf({ status, reason, plugin, here }: Record<string, string | null>): string {
  if (plugin !== 'pgoutput') return `the slot is one of ${plugin ?? 'physical replication'}`;
  if (here !== 't') return 'the slot belongs to another database of the server';
  if (reason) return `the server gave the slot up: ${reason}`;
  if (status === 'lost')
    return 'the server gave the slot up, because it held more of the log than max_slot_wal_keep_size';
  return '';
}

/** Makes the slot, when all transactions that run now have ended; returns where its changes begin. */
export async function createSlot(stream: pg.Client, name: string): Promise<bigint> {
  const answer = await stream.query<{ consistent_point: string }>(
    `CREATE_REPLICATION_SLOT ${identifier(name)} LOGICAL pgoutput NOEXPORT_SNAPSHOT`,
  );
  return positionOf(answer.rows[0]?.consistent_point ?? '0/0');
}

export async function dropSlot(client: pg.Client, name: string): Promise<void> {
  await client.query(
    'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1',
    [name],
  );
}

export interface System {
  readonly id: string;
  readonly timeline: string;
}

export async function identifySystem(stream: pg.Client): Promise<System> {
  const answer = await stream.query<{ systemid: string; timeline: number }>('IDENTIFY_SYSTEM');
  const [row] = answer.rows;
  return { id: String(row?.systemid), timeline: String(row?.timeline) };
}

/**
 * Resolves when every transaction that was open at the call has ended: a row that is read afterwards contains everything that the log
 * said before. A commit is in the log a moment before other sessions see it.
 */
export async function olderTransactionsEnded(client: pg.Client, pause: () => Promise<void>): Promise<void> {
  const [now] = await rowsOf<{ next: string }>(
    client,
    'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next',
  );
  for (;;) {
    const [row] = await rowsOf<{ done: string }>(
      client,
      'SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 AS done',
      [now?.next],
    );
    if (row?.done === 't') return;
    await pause();
  }
}

/** Writes a record that says nothing, so that the log moves on although nobody writes to our tables. */
export async function nudge(client: pg.Client): Promise<void> {
  // a user without the right to it only waits longer
  await client.query("SELECT pg_logical_emit_message(false, 'tributary', '')").catch(() => {});
}

/** The end of the log: what was read before the call is what the log says up to here at most. The stream will pass it soon. */
export async function endOfLog(client: pg.Client): Promise<bigint> {
  const [row] = await rowsOf<{ end: string }>(client, 'SELECT pg_current_wal_insert_lsn() AS end');
  await nudge(client);
  return positionOf(row?.end ?? '0/0');
}
