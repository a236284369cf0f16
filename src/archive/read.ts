import type { LogRecord } from '../contract/request.ts';
import type { LogReader } from '../log/log.ts';
import { readCheckpoint } from './checkpoint.ts';
import { isGone, recordsOf } from './file.ts';
import { type ArchiveFile, filesOf } from './layout.ts';

export interface ReadOptions {
  readonly lake: string;
  readonly log: Pick<LogReader, 'read' | 'head'>;
  readonly project: string;
  /** Only records received in [from, to), milliseconds. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Only offsets in [fromOffset, toOffset). */
  readonly fromOffset?: number | undefined;
  readonly toOffset?: number | undefined;
}

const logRecords = 2_000;
const logBytes = 8 * 2 ** 20;
const hourMs = 3_600_000;

/**
 * The records of a project in the order of their offsets, each once, wherever they are: in the archive, in the log, or in both. Files may be
 * merged, and the log may be archived and trimmed, while this reads.
 */
export async function* readRecords(options: ReadOptions): AsyncGenerator<LogRecord> {
  const { project, from = -Infinity, to = Infinity } = options;
  for await (const record of everyRecord(options)) {
    const { receivedAt } = record;
    if (record.project === project && receivedAt >= from && receivedAt < to) yield record;
  }
}

/** The project's records of the archive, then all records of the log. */
async function* everyRecord(options: ReadOptions): AsyncGenerator<LogRecord> {
  const { lake, log, project, toOffset = Infinity } = options;
  let at = options.fromOffset ?? 1;
  while (at < toOffset) {
    const checkpoint = readCheckpoint(lake);
    at = Math.max(at, (checkpoint?.deleted[project] ?? 0) + 1);
    const archived = Math.min(checkpoint?.next ?? 1, toOffset);
    if (at < archived) {
      for await (const record of fromArchive(options, at, archived)) {
        at = record.offset + 1;
        yield record;
      }
      at = archived;
    }
    const portion = log.read(at, logRecords, logBytes);
    const first = portion[0]?.offset ?? Infinity;
    // trimmed just now: then it is in the archive by now
    if (first > at && archivedSince(lake, at, archived)) continue;
    if (first === Infinity) return;
    for (const record of portion) {
      if (record.offset >= toOffset) return;
      at = record.offset + 1;
      yield record;
    }
  }
}

function archivedSince(lake: string, at: number, archived: number): boolean {
  return (readCheckpoint(lake)?.next ?? 1) > Math.max(at, archived);
}

/** Records of the archive with offsets in [from, to). When files are merged meanwhile, it goes on in the ones that took their place. */
async function* fromArchive(options: ReadOptions, from: number, to: number): AsyncGenerator<LogRecord> {
  for (let at = from; ; ) {
    try {
      for await (const record of merged(options, at, to)) {
        at = record.offset + 1;
        yield record;
      }
      return;
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

/** The files' records in order of offset: a clock that was set back mixes the hours. */
async function* merged(options: ReadOptions, from: number, to: number): AsyncGenerator<LogRecord> {
  // an hour more on each side costs nothing; the records decide
  const hours = {
    from: options.from === undefined ? undefined : options.from - hourMs,
    to: options.to === undefined ? undefined : options.to + hourMs,
  };
  const files = filesOf(options.lake, options.project, hours).filter(
    (file) => file.to > from && file.from < to,
  );
  const open: Cursor[] = [];
  try {
    for (;;) {
      let next = least(open);
      // a file whose range begins behind the smallest offset at hand cannot have the next record
      while (files[0] && (next === undefined || files[0].from <= next.record.offset)) {
        const cursor = await openCursor(files.shift() as ArchiveFile, from);
        if (cursor) open.push(cursor);
        next = least(open);
      }
      if (!next || next.record.offset >= to) return;
      yield next.record;
      const step = await next.rest.next();
      if (step.done) open.splice(open.indexOf(next), 1);
      else next.record = step.value;
    }
  } finally {
    for (const { rest } of open) await rest.return(undefined);
  }
}

interface Cursor {
  record: LogRecord;
  readonly rest: AsyncGenerator<LogRecord>;
}

/** At the first record from `from` on; undefined when the file has none. */
async function openCursor(file: ArchiveFile, from: number): Promise<Cursor | undefined> {
  const rest = recordsOf(file.path);
  for (;;) {
    const step = await rest.next();
    if (step.done) return undefined;
    if (step.value.offset >= from) return { record: step.value, rest };
  }
}

function least(cursors: readonly Cursor[]): Cursor | undefined {
  let found: Cursor | undefined;
  for (const cursor of cursors)
    if (found === undefined || cursor.record.offset < found.record.offset) found = cursor;
  return found;
}
