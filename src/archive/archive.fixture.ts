import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcceptedRequest, LogRecord } from '../contract/request.ts';
import { type LogReader, type LogWriter, openLogReader, openLogWriter } from '../log/log.ts';
import { type Clock, fakeClock } from '../runtime/clock.ts';
import { createLogger } from '../runtime/logger.ts';
import { Archiver, type ArchiverOptions } from './archiver.ts';
import { recordsOf } from './file.ts';
import { filesOf } from './layout.ts';
import { readRecords } from './read.ts';

/** A time in the middle of an hour. */
export const noon = Date.UTC(2026, 9, 1, 12, 30);

export interface ArchiveScene {
  readonly folder: string;
  readonly lake: string;
  readonly writer: LogWriter;
  readonly log: LogReader;
  readonly clock: Clock & { advance(ms: number): void };
  archiver(over?: Partial<ArchiverOptions>): Archiver;
  /** What the project has, from archive and log together. */
  read(project: string, from?: number, to?: number): Promise<LogRecord[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function archiveScene(): Promise<ArchiveScene> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-archive-'));
  const lake = join(folder, 'lake');
  const writer = await openLogWriter(join(folder, 'log'));
  const log = openLogReader(join(folder, 'log'));
  const clock = fakeClock(noon);
  return {
    folder,
    lake,
    writer,
    log,
    clock,
    archiver: (over = {}) =>
      new Archiver({
        log,
        lake,
        days: 30,
        clock,
        logger: createLogger('archive', 'error'),
        signal: new AbortController().signal,
        ...over,
      }),
    read: async (project, from, to) => {
      const records: LogRecord[] = [];
      for await (const record of readRecords({ lake, log, project, from, to })) records.push(record);
      return records;
    },
    async [Symbol.asyncDispose]() {
      await writer.close();
      log.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function requestOf(body: string | Uint8Array, over: Partial<AcceptedRequest> = {}): AcceptedRequest {
  return {
    receivedAt: noon,
    project: 'p1',
    key: 'k1',
    visitor: '',
    protocol: 'segment',
    method: 'POST',
    path: '/v1/track',
    query: 'a=%20',
    headers: { 'content-type': 'application/json', 'user-agent': 'Tëst "1"' },
    address: '192.0.2.0',
    body: typeof body === 'string' ? Buffer.from(body) : body,
    ...over,
  };
}

/** One text per record in which every byte of it counts. */
export function printOf(record: LogRecord): string {
  const { body, ...rest } = record;
  return `${JSON.stringify(Object.entries(rest).toSorted(([one], [other]) => (one < other ? -1 : 1)))} ${createHash('sha256').update(body).digest('hex')}`;
}

/** What lies in the files of a project. */
export async function recordsIn(lake: string, project: string): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for (const { path } of filesOf(lake, project))
    for await (const record of recordsOf(path)) records.push(record);
  return records;
}
