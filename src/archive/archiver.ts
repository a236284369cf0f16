import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRecord } from '../contract/request.ts';
import type { LogReader } from '../log/log.ts';
import type { Clock } from '../runtime/clock.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { type ArchiveCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { writeLines } from './file.ts';
import { daysOf, fileName, hourFolder, hourMs, projectFolder, projectsIn, rawFolder } from './layout.ts';
import { toLine } from './line.ts';
import { withArchiveLock } from './lock.ts';
import { mergeHour } from './merge.ts';

export interface ArchiverOptions {
  readonly log: Pick<LogReader, 'read' | 'head'>;
  /** The lake folder. */
  readonly lake: string;
  /** Days of receipt that are kept. */
  readonly days: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** A record waits so long at most, milliseconds: many that wait together make few files. */
  readonly delay?: number;
  /** Bytes that the disk has left for others; what `statfs` says. */
  readonly freeBytes?: (folder: string) => { readonly free: number; readonly total: number };
}

/** What an operator wants to know of the archive. */
export interface ArchiverStatus {
  /** Every record before this offset is in the archive. */
  readonly next: number;
  readonly waiting: number;
  readonly writtenAt: number | null;
  /** Why nothing is written now; null when all is well. */
  readonly problem: string | null;
}

/** A range: as many records and bytes as fit into memory several times over. */
const maxRecords = 20_000;
const maxBytes = 16 * 2 ** 20;
const pollMs = 1_000;
const housekeepingMs = 600_000;
/** The archive leaves so much of the disk to the collector and the warehouse, or a twentieth where that is less. */
const reserveBytes = 2 ** 30;
const reserveShare = 0.05;
/** While a failure lasts, it is said so often. */
const sayAgainMs = 60_000;

/** Writes what the log takes in to the lake folder, each record once, until the signal is aborted. Failures are said loudly and tried again. */
export class Archiver {
  readonly #options: ArchiverOptions;
  /** Folders of hours that got files since they were last merged. */
  readonly #touched = new Map<string, number>();
  #asked = false;
  #keptAt = 0;
  #saidAt = -Infinity;
  #status: ArchiverStatus = { next: 1, waiting: 0, writtenAt: null, problem: null };

  constructor(options: ArchiverOptions) {
    this.#options = options;
  }

  status(): ArchiverStatus {
    return { ...this.#status, waiting: Math.max(0, this.#options.log.head() - this.#status.next + 1) };
  }

  /** What waits is written at the next look at the log. */
  writeNow(): void {
    this.#asked = true;
  }

  async run(): Promise<void> {
    const { signal, logger, lake, clock } = this.#options;
    for (let pause = pollMs; !signal.aborted; ) {
      try {
        mkdirSync(rawFolder(lake), { recursive: true, mode: 0o700 });
        await this.turn();
        this.#status = { ...this.#status, problem: null };
        pause = pollMs;
      } catch (error) {
        if (signal.aborted) return;
        this.#status = { ...this.#status, problem: messageOf(error) };
        if (clock.now() - this.#saidAt >= sayAgainMs) {
          this.#saidAt = clock.now();
          logger.error('THE ARCHIVE IS STOPPED; the log keeps every record until it goes on', { error });
        }
        pause = Math.min(30_000, pause * 2);
      }
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }

  /** Archives what is due, merges what is small, forgets what is old. */
  async turn(): Promise<void> {
    const { clock } = this.#options;
    const asked = this.#asked;
    while (!this.#options.signal.aborted && (await this.#archiveRange(asked)));
    if (asked) this.#asked = false;
    if (clock.now() - this.#keptAt >= housekeepingMs) {
      await this.#forgetOld();
      this.#keptAt = clock.now();
    }
    await this.#merge();
  }

  /** One range, when there is one that is due. False when nothing more is. */
  async #archiveRange(asked: boolean): Promise<boolean> {
    const { lake, signal, clock } = this.#options;
    return withArchiveLock(
      lake,
      async () => {
        const checkpoint = readCheckpoint(lake) ?? { next: 1, deleted: {} };
        this.#status = { ...this.#status, next: checkpoint.next };
        if (checkpoint.intentTo === undefined && !this.#isDue(checkpoint.next, asked)) return false;
        this.#leaveRoom();
        const { next, records, to } = await this.#intend(checkpoint);
        for (const [path, lines] of this.#filesOf(records, next, to, checkpoint.deleted))
          await writeLines(path, lines);
        await writeCheckpoint(lake, { next: to, deleted: checkpoint.deleted });
        this.#status = { ...this.#status, next: to, writtenAt: clock.now() };
        return true;
      },
      signal,
    );
  }

  #isDue(next: number, asked: boolean): boolean {
    const { log, clock, delay = 60_000 } = this.#options;
    const waiting = log.head() - next + 1;
    if (waiting <= 0) return false;
    if (asked || waiting >= maxRecords) return true;
    const [oldest] = log.read(next, 1, 1);
    return oldest !== undefined && clock.now() - oldest.receivedAt >= delay;
  }

  /** The range that is to be written, written down before it is begun; after a crash the same one. */
  async #intend(checkpoint: ArchiveCheckpoint): Promise<{ next: number; to: number; records: LogRecord[] }> {
    const { lake, log, logger } = this.#options;
    const { next, intentTo } = checkpoint;
    if (intentTo !== undefined) return { next, to: intentTo, records: this.#read(next, intentTo) };
    const records = log.read(next, maxRecords, maxBytes);
    const first = records[0]?.offset ?? next;
    const to = (records.at(-1)?.offset ?? next - 1) + 1;
    if (first > next)
      logger.warn('records left the log before they were archived: the archive was off then', {
        from: next,
        to: first - 1,
      });
    await writeCheckpoint(lake, { ...checkpoint, next: first, intentTo: to });
    return { next: first, to, records };
  }

  #read(from: number, to: number): LogRecord[] {
    const records: LogRecord[] = [];
    for (let at = from; at < to; ) {
      const some = this.#options.log.read(at, to - at, maxBytes).filter(({ offset }) => offset < to);
      const last = some.at(-1);
      if (!last) break;
      for (const record of some) records.push(record);
      at = last.offset + 1;
    }
    return records;
  }

  /** Path and lines of every file that the range becomes. */
  #filesOf(
    records: readonly LogRecord[],
    from: number,
    to: number,
    deleted: ArchiveCheckpoint['deleted'],
  ): Map<string, string[]> {
    const files = new Map<string, string[]>();
    for (const record of records) {
      if (record.offset <= (deleted[record.project] ?? 0)) continue;
      const hour = Math.floor(record.receivedAt / hourMs) * hourMs;
      const folder = hourFolder(this.#options.lake, record.project, hour);
      const path = join(folder, fileName(from, to));
      const lines = files.get(path);
      if (lines) lines.push(toLine(record));
      else files.set(path, [toLine(record)]);
      this.#touched.set(folder, hour);
    }
    return files;
  }

  /** A disk that the archive filled would stop the collector. */
  #leaveRoom(): void {
    const { lake, freeBytes = freeOf } = this.#options;
    const { free, total } = freeBytes(lake);
    const reserve = Math.min(reserveBytes, total * reserveShare);
    if (free >= reserve) return;
    throw new TributaryError(
      'disk-full',
      `the disk of ${lake} has ${mebibytes(free)} MB left, and the archive leaves the last ${mebibytes(reserve)} MB to the collector`,
    );
  }

  async #merge(): Promise<void> {
    const { lake, signal, clock } = this.#options;
    // an hour is over when nothing that is not archived yet can have been received in it
    const current = Math.floor((clock.now() - (this.#options.delay ?? 60_000)) / hourMs) * hourMs;
    for (const [folder, hour] of this.#touched) {
      if (signal.aborted) return;
      const isOver = hour < current;
      await withArchiveLock(lake, () => mergeHour(folder, isOver), signal);
      if (isOver) this.#touched.delete(folder);
    }
  }

  /** Days that are over their time go; hours that a process before this one left in pieces are merged. */
  async #forgetOld(): Promise<void> {
    const { lake, days, clock, logger, signal } = this.#options;
    const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
    const oldest = dayOf(clock.now() - days * 24 * hourMs);
    for (const project of projectsIn(lake)) {
      const gone = daysOf(lake, project).filter((day) => day < oldest);
      if (gone.length === 0) continue;
      await withArchiveLock(
        lake,
        async () => {
          for (const day of gone)
            rmSync(join(projectFolder(lake, project), `date=${day}`), { recursive: true, force: true });
        },
        signal,
      );
      logger.info('days left the archive', { project, days: gone.length, before: oldest });
    }
    if (this.#keptAt === 0) this.#touchLately(dayOf(clock.now() - 24 * hourMs));
  }

  #touchLately(since: string): void {
    const { lake } = this.#options;
    for (const project of projectsIn(lake)) {
      for (const day of daysOf(lake, project).filter((one) => one >= since)) {
        const start = Date.parse(`${day}T00:00:00Z`);
        for (let hour = start; hour < start + 24 * hourMs; hour += hourMs)
          this.#touched.set(hourFolder(lake, project, hour), hour);
      }
    }
  }
}

function freeOf(folder: string): { free: number; total: number } {
  const { bavail, bsize, blocks } = statfsSync(folder);
  return { free: bavail * bsize, total: blocks * bsize };
}

const mebibytes = (bytes: number): number => Math.floor(bytes / 2 ** 20);
