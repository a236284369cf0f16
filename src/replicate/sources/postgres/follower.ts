import type { Position } from '../../table.ts';
import type { Sink } from '../../target/sink.ts';
import type { Applier } from './applier.ts';
import type { LogStream } from './log-stream.ts';
import { decodeMessage } from './pgoutput.ts';

export interface FollowerOptions {
  readonly stream: LogStream;
  readonly sink: Sink;
  readonly applier: () => Applier;
  /** Everything before it is durable already. */
  readonly from: Position;
  /** Completes rows of which the log left values out, before they are written. */
  readonly complete: () => Promise<void>;
  /** Makes a position durable, after the rows before it. */
  readonly save: (position: Position) => Promise<void>;
}

/** Rows of one insert; more are not decoded before these are written. */
const mostBytes = 12 * 2 ** 20;
/** Between two inserts, milliseconds; an insert that took longer is given as long again. */
const [shortestPause, longestPause] = [120, 1_000];
const tick = 50;
/** How often a position is made durable and acknowledged while rows come, and while nothing comes. */
const [busySave, idleSave] = [1_000, 10_000];
const idleBytes = 16n * 2n ** 20n;

/**
 * Reads the log of a source and writes it to the warehouse: decodes while the last batch is being inserted, holds the stream while
 * there is too much, and acknowledges only the ends of transactions whose rows are durable.
 */
export class Follower {
  readonly #options: FollowerOptions;
  #queue: Buffer[] = [];
  #held: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #boundary: (() => Promise<void>)[] = [];
  /** The end of the last transaction whose rows are all in the sink. */
  #taken: Position;
  /** The end of the last transaction whose rows are all in the warehouse. */
  #durable: Position;
  #saved: Position;
  #lastFlush = 0;
  #flushTime = 0;
  #lastSave = 0;
  #lastTold = 0;
  #saving = false;
  #hasRows = false;
  #fail: (error: unknown) => void = () => {};

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#taken = options.from;
    this.#durable = options.from;
    this.#saved = options.from;
  }

  /** The warehouse has everything before it. */
  get position(): Position {
    return this.#durable;
  }

  /** What was acknowledged. */
  get saved(): Position {
    return this.#saved;
  }

  /** Resolves never; rejects when the stream ends or rows cannot be written. */
  async run(slot: string, publication: string): Promise<never> {
    const { stream } = this.#options;
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    const timer = setInterval(() => this.#tick(), tick);
    try {
      stream.start(slot, publication, this.#options.from, (message) => this.#take(message));
      return await Promise.race([failed, stream.ended]);
    } finally {
      clearInterval(timer);
      this.#fail = () => {};
    }
  }

  /** To be called in the middle of a message: what comes after it waits until `task` is done and all rows before it are durable. */
  hold(task: () => Promise<void>): void {
    this.#options.stream.pause();
    this.#held = this.#flush()
      .then(task)
      .then(
        () => {
          this.#held = undefined;
          this.#drain();
        },
        (error: unknown) => this.#fail(error),
      );
  }

  /** Runs a task between two transactions. */
  atBoundary(task: () => Promise<void>): void {
    this.#boundary.push(task);
    this.#runBoundary();
  }

  committed(end: Position): void {
    this.#taken = end;
    if (this.#boundary.length > 0) this.#runBoundary();
    else if (this.#isDue()) this.#flushSoon();
  }

  /** The server has sent everything before `position`. */
  alive(position: Position): void {
    if (!this.#options.applier().inTransaction && position > this.#taken) this.#taken = position;
  }

  /** Makes the ends of the transactions that are written durable, so that none of them is read again. */
  async save(): Promise<void> {
    const position = this.#durable;
    if (position <= this.#saved) return;
    await this.#options.save(position);
    this.#saved = position;
    this.#lastSave = Date.now();
    this.#hasRows = false;
    this.#options.stream.acknowledge(position);
    this.#lastTold = Date.now();
  }

  #take(message: Buffer): void {
    if (this.#held) {
      this.#queue.push(message);
      return;
    }
    decodeMessage(message, this.#options.applier());
    if (!this.#held && this.#options.applier().waiting > mostBytes) this.hold(async () => {});
  }

  #drain(): void {
    const waiting = this.#queue;
    this.#queue = [];
    for (const [at, message] of waiting.entries()) {
      if (this.#held) {
        // a message of the queue held the stream again; the rest comes before what is read later
        this.#queue = [...waiting.slice(at), ...this.#queue];
        return;
      }
      try {
        this.#take(message);
      } catch (error) {
        this.#fail(error);
        return;
      }
    }
    if (this.#held) return;
    this.#runBoundary();
    if (!this.#held) this.#options.stream.resume();
  }

  #runBoundary(): void {
    if (this.#held || this.#boundary.length === 0 || this.#options.applier().inTransaction) return;
    const tasks = this.#boundary;
    this.#boundary = [];
    this.hold(async () => {
      for (const task of tasks) await task();
    });
  }

  #isDue(): boolean {
    const pause = Math.min(longestPause, Math.max(shortestPause, this.#flushTime));
    return !this.#flushing && this.#options.applier().waiting > 0 && Date.now() - this.#lastFlush >= pause;
  }

  #flushSoon(): void {
    this.#flush().catch((error: unknown) => this.#fail(error));
  }

  async #flush(): Promise<void> {
    while (this.#flushing) await this.#flushing;
    this.#flushing = this.#flushNow();
    try {
      await this.#flushing;
    } finally {
      this.#flushing = undefined;
    }
  }

  async #flushNow(): Promise<void> {
    const { sink, complete } = this.#options;
    const position = this.#taken;
    const began = Date.now();
    await complete();
    if (sink.bytes > 0) {
      this.#hasRows = true;
      await sink.flush();
      this.#flushTime = Date.now() - began;
      this.#lastFlush = Date.now();
    }
    this.#durable = position;
  }

  #tick(): void {
    const { applier, stream } = this.#options;
    const now = Date.now();
    if (!this.#held && !this.#flushing) {
      if (applier().waiting === 0 && !applier().inTransaction) this.#durable = this.#taken;
      // a transaction that takes long is shown while it comes
      else if (this.#isDue() && (!applier().inTransaction || now - this.#lastFlush > longestPause))
        this.#flushSoon();
    }
    if (this.#mustSave(now)) {
      this.#saving = true;
      this.save()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#saving = false;
        });
    }
    if (now - this.#lastTold >= 1_000) {
      this.#lastTold = now;
      stream.acknowledge(this.#saved);
    }
  }

  #mustSave(now: number): boolean {
    const ahead = this.#durable - this.#saved;
    if (this.#saving || ahead <= 0n) return false;
    return now - this.#lastSave >= (this.#hasRows || ahead > idleBytes ? busySave : idleSave);
  }
}
