import type { Logger } from '../runtime/logger.ts';
import type { ReplicationState } from './state.ts';
import type { Position, TableState } from './table.ts';
import type { TableLocks } from './table-locks.ts';
import type { Sink } from './target/sink.ts';
import type { TableWriter } from './target/writer.ts';

/** Some rows of a table, in the order of its key. */
export interface Chunk {
  readonly rows: number;
  readonly bytes: number;
  /** Key of the last row as text; null when there was none. */
  readonly last: readonly string[] | null;
}

/** What a copier needs of a source. */
export interface ChunkReader {
  /**
   * Appends the next `limit` rows after the key `table.copied` to `writer`. Undefined when the table is not at the source what it is
   * here: the copier then waits until somebody has changed that.
   */
  read(table: TableState, limit: number, writer: TableWriter): Promise<Chunk | undefined>;
  /** Resolves when everything that the log said before `table.base` is seen by who reads the table. */
  settled(table: TableState): Promise<void>;
  /** The end of the log: whatever was read before is what the log said up to here at most. */
  end(): Promise<Position>;
}

export interface CopierOptions {
  readonly reader: ChunkReader;
  readonly state: ReplicationState;
  readonly locks: TableLocks;
  /** Its own, since its rows become durable apart from those of the stream. */
  readonly newSink: () => Sink;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Between looks at what is to be copied; a table that changes is left alone for as long. */
  readonly pause: () => Promise<void>;
}

const chunkBytes = 12 * 2 ** 20;
const [fewestRows, firstRows, mostRows] = [100, 2_000, 100_000];

/**
 * Copies tables chunk by chunk while the stream runs. A chunk is read in a short transaction of its own and written with the version
 * `table.base`, below that of every change which it may not contain; after each one its key is remembered, so that a copy goes on
 * after a crash where it was.
 */
export async function copyTables(options: CopierOptions): Promise<never> {
  const { state, signal, pause } = options;
  for (;;) {
    signal.throwIfAborted();
    const next = [...state.tables.values()].find(({ phase }) => phase === 'copy');
    if (!next || !(await copyTable(options, next))) await pause();
  }
}

/** False when the table cannot be copied now. */
async function copyTable(options: CopierOptions, table: TableState): Promise<boolean> {
  const { reader, state, locks, logger, newSink, signal } = options;
  const epoch = locks.epoch(table.id);
  await reader.settled(table);
  if (table.copied) logger.info(`the copy of ${table.name} goes on`, { rows: table.copiedRows });
  for (let limit = firstRows; ; ) {
    signal.throwIfAborted();
    if (locks.epoch(table.id) !== epoch) return true;
    const sink = newSink();
    const chunk = await reader.read(table, limit, sink.writer(table));
    if (!chunk) return false;
    const isLast = chunk.rows < limit;
    const watermark = isLast ? await reader.end() : undefined;
    const written = await locks.during(table.id, async () => {
      if (locks.epoch(table.id) !== epoch) return false;
      await sink.flush();
      table.copied = chunk.last === null ? table.copied : [...chunk.last];
      table.copiedRows += chunk.rows;
      if (watermark !== undefined) {
        table.phase = 'catch up';
        table.watermark = String(watermark);
      }
      await state.saveTable(table);
      return true;
    });
    if (!written || isLast) return true;
    limit = nextLimit(chunk);
  }
}

/** As many rows as make a chunk of the usual size. */
function nextLimit({ rows, bytes }: Chunk): number {
  const size = Math.max(1, bytes / Math.max(1, rows));
  return Math.round(Math.min(mostRows, Math.max(fewestRows, chunkBytes / size)));
}
