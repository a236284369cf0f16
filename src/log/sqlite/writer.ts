import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AcceptedRequest } from '../../contract/request.ts';
import { TributaryError } from '../../runtime/errors.ts';
import type { LogWriter } from '../log.ts';
import { openDatabase } from './database.ts';
import { headOf } from './reader.ts';
import type { CommitAnswer, CommitMessage } from './writer-thread.ts';

export interface LogWriterOptions {
  /** Bytes that may wait for the disk; above it appends are refused as `overloaded`. */
  readonly maxQueuedBytes?: number;
  /** Free bytes that are left to the rest of the program: appends are refused as `disk-full` below it. */
  readonly reserveBytes?: number;
  /**
   * The writing thread died, and whether its last commit is on disk is unknown. The default ends the process with the
   * error, so that clients see a broken connection (and send again) instead of a wrong answer; the supervisor restarts it.
   */
  readonly onCrash?: (error: Error) => void;
}

interface Waiting {
  readonly request: AcceptedRequest;
  readonly head: string;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** One commit takes at most this much, so that the first in line do not wait for the last. */
const commitBytes = 8 * 1024 * 1024;
const commitRecords = 2_000;
/** What one record costs beside its head and body, in the queue. */
const recordOverhead = 200;
const diskCheckInterval = 1_000;

/**
 * Group commit: what arrives while a commit is under way becomes the next commit, so one fsync serves many requests, and
 * the thread that answers HTTP never waits for the disk.
 */
export class SqliteLogWriter implements LogWriter {
  readonly #thread: Worker;
  readonly #folder: string;
  readonly #maxQueued: number;
  readonly #reserve: number;
  readonly #diskTimer: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #committing: Waiting[] | undefined;
  #queued = 0;
  #scheduled = false;
  #diskLow = false;
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  static async open(path: string, options: LogWriterOptions): Promise<SqliteLogWriter> {
    // Here, so that a file that cannot be opened is an error of the caller and not of a thread.
    openDatabase(path).close();
    const thread = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: { path } });
    // Its first message says that it is ready; an error before that is this promise's rejection.
    await once(thread, 'message');
    const writer = new SqliteLogWriter(thread, dirname(path), options);
    await writer.#checkDisk();
    return writer;
  }

  private constructor(thread: Worker, folder: string, options: LogWriterOptions) {
    this.#thread = thread;
    this.#folder = folder;
    this.#maxQueued = options.maxQueuedBytes ?? 64 * 1024 * 1024;
    this.#reserve = options.reserveBytes ?? 64 * 1024 * 1024;
    thread.on('message', (answer: CommitAnswer) => this.#answered(answer));
    thread.on('error', (error: Error) => this.#crashed(error, options.onCrash ?? endProcess));
    this.#diskTimer = setInterval(() => void this.#checkDisk(), diskCheckInterval);
    this.#diskTimer.unref();
  }

  append(request: AcceptedRequest): Promise<void> {
    if (this.#closing) {
      return Promise.reject(new TributaryError('overloaded', 'the log is closing', { retryAfter: 1 }));
    }
    if (this.#diskLow) return Promise.reject(diskFull('less than the reserve of disk space is free'));
    const head = headOf(request);
    const bytes = head.length + request.body.length + recordOverhead;
    if (this.#queued + bytes > this.#maxQueued) {
      return Promise.reject(
        new TributaryError('overloaded', `${this.#waiting.length} requests wait for the disk`, {
          retryAfter: 1,
        }),
      );
    }
    this.#queued += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, head, bytes, resolve, reject });
      this.#schedule();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#diskTimer);
    if (this.#waiting.length > 0 || this.#committing) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    const ended = new Promise((resolve) => this.#thread.once('exit', resolve));
    this.#thread.postMessage('close');
    await ended;
  }

  /** In the check phase of this tick: everything this round of I/O brought goes into one commit. */
  #schedule(): void {
    if (this.#scheduled || this.#committing) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#commit();
    });
  }

  #commit(): void {
    let bytes = 0;
    let count = 0;
    for (const { request } of this.#waiting) {
      bytes += request.body.length;
      count++;
      if (count === commitRecords || bytes > commitBytes) break;
    }
    const group = this.#waiting.splice(0, count);
    const bodies = new Uint8Array(bytes);
    const fields: (string | number)[] = [];
    let at = 0;
    for (const { request, head } of group) {
      bodies.set(request.body, at);
      at += request.body.length;
      fields.push(
        Math.trunc(request.receivedAt),
        request.project,
        request.protocol,
        head,
        request.body.length,
      );
    }
    this.#committing = group;
    const message: CommitMessage = { fields, bodies };
    this.#thread.postMessage(message, [bodies.buffer]);
  }

  #answered(answer: CommitAnswer): void {
    const group = this.#committing ?? [];
    this.#committing = undefined;
    for (const { bytes } of group) this.#queued -= bytes;
    if (this.#waiting.length > 0) this.#schedule();
    if (answer) {
      const error = errorOf(answer);
      for (const { reject } of group) reject(error);
    } else {
      for (const { resolve } of group) resolve();
    }
    if (this.#waiting.length === 0) this.#drained?.();
  }

  #crashed(error: Error, onCrash: (error: Error) => void): void {
    clearInterval(this.#diskTimer);
    const lost = new TributaryError('internal', `the writing thread of the log died: ${error.message}`, {
      cause: error,
    });
    this.#closing ??= Promise.resolve();
    for (const { reject } of [...(this.#committing ?? []), ...this.#waiting]) reject(lost);
    this.#committing = undefined;
    this.#waiting = [];
    this.#drained?.();
    onCrash(lost);
  }

  async #checkDisk(): Promise<void> {
    try {
      const { bavail, bsize } = await statfs(this.#folder);
      this.#diskLow = bavail * bsize < this.#reserve;
    } catch {
      // the folder cannot be asked: the commit itself will say what is wrong
    }
  }
}

function errorOf(answer: NonNullable<CommitAnswer>): TributaryError {
  if (answer.failed === 'disk-full') return diskFull(answer.reason);
  return new TributaryError('overloaded', `the log cannot write: ${answer.reason}`, { retryAfter: 5 });
}

function diskFull(reason: string): TributaryError {
  return new TributaryError('disk-full', `the log cannot write: ${reason}`, { retryAfter: 5 });
}

function endProcess(error: Error): void {
  process.nextTick(() => {
    throw error;
  });
}
