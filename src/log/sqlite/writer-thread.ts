import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { headQuery, openDatabase } from './database.ts';

/** One group commit: everything that arrived while the commit before was under way. */
export interface CommitMessage {
  /** Five per record: received_at, project, protocol, head, length of the body. */
  readonly fields: readonly (string | number)[];
  /** The bodies, one after the other. */
  readonly bodies: Uint8Array;
}

/** `undefined` = committed; else why not, and nothing of it was kept. */
export type CommitAnswer = { readonly failed: 'disk-full' | 'broken'; readonly reason: string } | undefined;

/** Bytes written between two checkpoints: 16 MB cost ~15 ms of writing back, and restart replays no more than this. */
const checkpointBytes = 16 * 1024 * 1024;
/** Above this the checkpoint waits for readers to step aside, so that the write-ahead log starts over and stays bounded. */
const walLimit = 64 * 1024 * 1024;

const port = parentPort;
if (port) serve(openDatabase((workerData as { path: string }).path), port);

function serve(db: DatabaseSync, answerTo: NonNullable<typeof parentPort>): void {
  const commit = createCommit(db);
  const checkpoint = createCheckpoint(db);
  answerTo.postMessage('ready');
  answerTo.on('message', (message: CommitMessage | 'close') => {
    if (message === 'close') {
      db.close();
      answerTo.close();
      return;
    }
    answerTo.postMessage(commit(message));
    // After the answer: no acknowledgement waits for a checkpoint.
    checkpoint(message.bodies.length + message.fields.length * 50);
  });
}

function createCommit(db: DatabaseSync): (message: CommitMessage) => CommitAnswer {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const end = db.prepare('COMMIT');
  const insert = db.prepare('INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?)');
  const count = db.prepare(
    'INSERT INTO accepted VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET requests = requests + excluded.requests',
  );
  let head = db.prepare(headQuery).get()?.head as number;

  return ({ fields, bodies }) => {
    let offset = head;
    try {
      begin.run();
      const counts = new Map<string, [number, string, string, number]>();
      let at = 0;
      for (let index = 0; index < fields.length; index += 5) {
        const receivedAt = fields[index] as number;
        const project = fields[index + 1] as string;
        const protocol = fields[index + 2] as string;
        const length = fields[index + 4] as number;
        insert.run(
          ++offset,
          receivedAt,
          project,
          protocol,
          fields[index + 3] as string,
          bodies.subarray(at, at + length),
        );
        at += length;
        const minute = receivedAt - (receivedAt % 60_000);
        const key = `${minute} ${protocol} ${project}`;
        const known = counts.get(key);
        if (known) known[3]++;
        else counts.set(key, [minute, project, protocol, 1]);
      }
      for (const row of counts.values()) count.run(...row);
      end.run();
      head = offset;
      return undefined;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      return failureOf(error);
    }
  };
}

/** SQLite result codes that a disk causes: IOERR, FULL, CANTOPEN (no room for a file). BUSY passes by itself too. */
function failureOf(error: unknown): CommitAnswer {
  const code = (error as { errcode?: number }).errcode ?? 0;
  const reason = error instanceof Error ? error.message : String(error);
  return { failed: [10, 13, 14].includes(code & 0xff) ? 'disk-full' : 'broken', reason };
}

function createCheckpoint(db: DatabaseSync): (written: number) => void {
  const passive = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  const restart = db.prepare('PRAGMA wal_checkpoint(RESTART)');
  const pageSize = db.prepare('PRAGMA page_size').get()?.page_size as number;
  db.exec('PRAGMA wal_autocheckpoint = 0');
  let since = 0;
  return (written) => {
    since += written;
    if (since < checkpointBytes) return;
    try {
      const { log } = passive.get() as { log: number };
      if (log * pageSize > walLimit) restart.get();
      since = 0;
    } catch {
      // a full disk or a busy reader: the log stays as it is and the next commit tries again
    }
  };
}
