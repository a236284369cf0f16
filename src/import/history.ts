import type { Decoded, JsonValue } from '../contract/event.ts';
import type { LogRecord } from '../contract/request.ts';
import { DayCounts } from './counts.ts';
import { requestOf, type WireRequest } from './doors.ts';
import type { DoorName, Format } from './format.ts';
import { Positions, signatureOf } from './position.ts';
import { HistoryFile } from './rows.ts';
import { send } from './send.ts';

export interface HistoryOptions {
  readonly files: readonly string[];
  readonly format: Format;
  /** Write key of the project that gets the events. */
  readonly key: string;
  /** Where Tributary answers. */
  readonly url: string;
  /** Folder in which positions are remembered, so that an interrupted import goes on where it was. */
  readonly positions: string;
  /** `send`; or `read`: only count what would be sent. */
  readonly mode: 'send' | 'read';
  /** The collector's own decoder: what it cannot read is told before it is sent, and the counts are of the names it gives. */
  readonly decode: (record: LogRecord) => Decoded | Promise<Decoded>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (progress: HistoryProgress) => void;
}

export interface HistoryProgress {
  readonly file: string;
  readonly rows: number;
  readonly events: number;
  /** How much of the file is read, 0 to 1. */
  readonly fraction: number;
  /** Why nothing moves at the moment. */
  readonly waiting?: string | undefined;
}

export interface HistoryReport {
  readonly rows: number;
  readonly events: number;
  /** Rows that hold no event, by reason, with the place of the first of each. */
  readonly skipped: ReadonlyMap<string, { readonly count: number; readonly first: string }>;
  /** Rows that an earlier run has sent already. */
  readonly resumed: number;
  readonly counts: DayCounts;
}

/** Events per request: large enough that a request costs little, small enough that its body stays below the limit. */
const perRequest = 500;
const maxRequestBytes = 2 * 1024 * 1024;

/** Sends the history in files, each event once however often it is run. Rejects when Tributary refuses it. */
export async function importHistory(options: HistoryOptions): Promise<HistoryReport> {
  const run = new Run(options);
  for (const file of options.files) await run.file(file);
  return run.report;
}

class Run {
  readonly #options: HistoryOptions;
  readonly #positions: Positions;
  readonly #skipped = new Map<string, { count: number; first: string }>();
  readonly #counts = new DayCounts();
  #rows = 0;
  #events = 0;
  #resumed = 0;
  #answered = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#positions = new Positions(options.positions);
  }

  get report(): HistoryReport {
    return {
      rows: this.#rows,
      events: this.#events,
      skipped: this.#skipped,
      resumed: this.#resumed,
      counts: this.#counts,
    };
  }

  async file(file: string): Promise<void> {
    const { format, mode, key, signal } = this.#options;
    const signature = await signatureOf(file);
    const name = `${signature}-${format.name}-${key.slice(-6).replace(/\W/g, '_')}`;
    let sentRows = mode === 'send' ? this.#positions.read(name) : 0;
    const opened = await HistoryFile.open(file);
    let batch = new Batch();
    const flush = async (rows: number): Promise<void> => {
      await this.#flush(batch, rows > sentRows, opened);
      if (mode === 'send' && rows > sentRows) {
        sentRows = rows;
        this.#positions.write(name, rows);
      }
      batch = new Batch();
    };
    let last = 0;
    for await (const row of opened.rows()) {
      signal?.throwIfAborted();
      last = row.number;
      this.#rows++;
      const done = row.number <= sentRows;
      if (done) this.#resumed++;
      const converted = 'problem' in row ? { skip: row.problem } : format.convert(row.row, row.number);
      if ('skip' in converted) this.#skip(converted.skip, `${file}, row ${row.number}`);
      else for (const { door, item } of converted) batch.add(door, item);
      // A batch never mixes rows that are sent with rows that are not.
      if (batch.full || row.number === sentRows) await flush(row.number);
    }
    await flush(last);
  }

  async #flush(batch: Batch, unsent: boolean, file: HistoryFile): Promise<void> {
    const { key, mode, url, signal, onProgress } = this.#options;
    for (const [door, items] of batch.items) {
      const request = requestOf(door, items, key);
      await this.#count(request, file.path);
      if (mode === 'send' && unsent) {
        const onWait = (waiting: string): void => onProgress({ ...this.#progress(file), waiting });
        await send(request, { url, signal, onWait }, this.#answered);
        this.#answered = true;
      }
    }
    onProgress(this.#progress(file));
  }

  #progress({ path, fraction }: HistoryFile): HistoryProgress {
    return { file: path, rows: this.#rows, events: this.#events, fraction };
  }

  /** Decodes the request as the collector will, so that the report names what becomes of it. */
  async #count({ protocol, path, headers, body }: WireRequest, file: string): Promise<void> {
    const now = Date.now();
    const decoded = await this.#options.decode({
      offset: 0,
      receivedAt: now,
      project: '',
      key: '',
      visitor: '',
      protocol,
      method: 'POST',
      path,
      query: '',
      headers: { 'content-type': headers['content-type'] ?? '' },
      address: '',
      body: Buffer.from(body),
    });
    for (const event of decoded.events) {
      this.#counts.add(event.trueAt ?? event.occurredAt ?? now, event.event);
      this.#events++;
    }
    for (const { reason, detail } of decoded.failures) this.#skip(`${reason}: ${detail}`, file);
  }

  #skip(reason: string, place: string): void {
    const known = this.#skipped.get(reason);
    if (known) known.count++;
    else if (this.#skipped.size < 100) this.#skipped.set(reason, { count: 1, first: place });
  }
}

class Batch {
  readonly items = new Map<DoorName, JsonValue[]>();
  #count = 0;
  #bytes = 0;

  add(door: DoorName, item: JsonValue): void {
    const list = this.items.get(door) ?? [];
    list.push(item);
    this.items.set(door, list);
    this.#count++;
    this.#bytes += JSON.stringify(item).length;
  }

  get full(): boolean {
    return this.#count >= perRequest || this.#bytes >= maxRequestBytes;
  }
}
