import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Options } from './types.ts';
import { version } from './version.ts';

const compress = promisify(gzip);
/** Below this a packed body is no faster. */
const packFrom = 4_096;
/** Of one request; Tributary takes four times this. */
const maxBody = 1_000_000;
const firstPause = 500;
const longestPause = 60_000;
/** What a server may ask for; a timer of more than 24 days would not wait at all. */
const longestAsked = 3_600;

/**
 * Events in memory, in order, until Tributary has them. One request is under way at a time; what fails is tried again for as
 * long as the process lives, and a full queue says so instead of growing.
 */
export class Queue {
  readonly #options: Required<Omit<Options, 'onError'>> & Pick<Options, 'onError'>;
  readonly #endpoint: string;
  #events: string[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #pausing: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #failures = 0;
  #batchSize: number;
  #deadline = Number.POSITIVE_INFINITY;
  #wake: (() => void) | undefined;
  #waiting: (() => void)[] = [];
  /** Bytes of the event that found no room last: who waits needs as many. */
  #refused = 0;

  constructor(options: Options) {
    this.#options = {
      maxEvents: 10_000,
      maxBytes: 32 * 1024 * 1024,
      flushInterval: 1_000,
      batchSize: 200,
      timeout: 10_000,
      exitTimeout: 5_000,
      signals: true,
      ...present(options),
    };
    this.#batchSize = this.#options.batchSize;
    const { pathname, href } = new URL(options.host);
    this.#endpoint = pathname === '/' ? new URL('/t', href).href : href.replace(/\/$/, '');
  }

  get length(): number {
    return this.#events.length;
  }

  /** False when there is no room: the event is not kept. */
  add(event: string): boolean {
    const bytes = Buffer.byteLength(event);
    if (bytes > maxBody / 2) {
      this.#tell(new Error(`an event of ${bytes} bytes is too large to send`), 1);
      return true;
    }
    if (!this.#hasRoom(bytes)) {
      this.#refused = bytes;
      return false;
    }
    this.#events.push(event);
    this.#bytes += bytes;
    if (this.#events.length >= this.#batchSize) this.#start();
    else this.#later();
    return true;
  }

  /** Resolves when a call of `add` will find room. */
  drained(): Promise<void> {
    if (this.#hasRoom(this.#refused)) return Promise.resolve();
    this.#start();
    // who waits keeps the process alive
    this.#pausing?.ref();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Sends all that is queued now; resolves with how many events are left when `patience` milliseconds are over. They are tried
   * again later unless this was the `last` time.
   */
  async flush(patience: number, last = false): Promise<number> {
    this.#deadline = Date.now() + patience;
    this.#wake?.();
    this.#start();
    await this.#sending;
    this.#deadline = Number.POSITIVE_INFINITY;
    if (!last && this.#events.length > 0) this.#later();
    return this.#events.length;
  }

  /** Lets everybody who waits for room look again. */
  release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #later(): void {
    if (this.#waiting.length > 0) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), this.#options.flushInterval).unref();
  }

  /** An empty queue has room for any event, or one above `maxBytes` would be waited for without end. */
  #hasRoom(bytes: number): boolean {
    const { maxEvents, maxBytes } = this.#options;
    if (this.#events.length === 0) return true;
    return this.#events.length < maxEvents && this.#bytes + bytes <= maxBytes;
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
      if (this.#events.length > 0 && this.#deadline === Number.POSITIVE_INFINITY) this.#start();
    });
  }

  async #send(): Promise<void> {
    while (this.#events.length > 0 && Date.now() < this.#deadline) {
      const batch = this.#batch();
      const wait = await this.#try(batch);
      if (wait === undefined) this.#forget(batch);
      else await this.#pause(wait);
    }
  }

  #batch(): number {
    let bytes = 0;
    let count = 0;
    for (const event of this.#events) {
      bytes += event.length * 3;
      if (count >= Math.max(1, this.#batchSize) || (count > 0 && bytes > maxBody * 3)) break;
      count++;
    }
    return count;
  }

  #forget(count: number): void {
    for (const event of this.#events.splice(0, count)) this.#bytes -= Buffer.byteLength(event);
    this.release();
  }

  /** Undefined when the first `count` events are done with; else the milliseconds to wait. */
  async #try(count: number): Promise<number | undefined> {
    try {
      const answer = await this.#post(this.#events.slice(0, count));
      await answer.arrayBuffer();
      if (answer.ok) {
        this.#failures = 0;
        this.#batchSize = this.#options.batchSize;
        return undefined;
      }
      const error = new Error(`${this.#endpoint} answered ${answer.status}`);
      if (answer.status === 413 && count > 1) {
        this.#batchSize = Math.ceil(count / 2);
        return 0;
      }
      if (answer.status < 500 && answer.status !== 429 && answer.status !== 408) {
        this.#tell(error, count);
        return undefined;
      }
      this.#tell(error, 0);
      return this.#backOff(Number(answer.headers.get('retry-after')) || 0);
    } catch (error) {
      this.#tell(error instanceof Error ? error : new Error(String(error)), 0);
      return this.#backOff(0);
    }
  }

  async #post(events: readonly string[]): Promise<Response> {
    const { key, timeout } = this.#options;
    const text = `{"k":${JSON.stringify(key)},"s":${Date.now()},"l":"tributary-node/${version}","e":[${events.join()}]}`;
    const packed = text.length >= packFrom;
    const left = Math.max(1, this.#deadline - Date.now());
    return fetch(this.#endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(packed && { 'content-encoding': 'gzip' }) },
      body: packed ? new Uint8Array(await compress(text)) : text,
      signal: AbortSignal.timeout(Math.min(timeout, left)),
    });
  }

  #backOff(seconds: number): number {
    const pause = Math.min(longestPause, firstPause * 2 ** this.#failures++);
    return Math.max(Math.min(longestAsked, seconds) * 1_000, pause * (0.5 + Math.random() / 2));
  }

  /** Ends early when the process is about to end; keeps it alive only then, and while somebody waits for room. */
  #pause(wait: number): Promise<void> {
    const ends = this.#deadline !== Number.POSITIVE_INFINITY;
    const longest = Math.min(wait, ends ? Math.max(0, this.#deadline - Date.now()) : wait);
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#pausing = undefined;
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, longest);
      if (!ends && this.#waiting.length === 0) timer.unref();
      this.#pausing = timer;
      this.#wake = done;
    });
  }

  #tell(error: Error, lost: number): void {
    try {
      this.#options.onError?.(error, lost);
    } catch {
      // what hears of errors must not make more of them
    }
  }
}

/** Options that a program leaves undefined are not given. */
function present(options: Options): Options {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as Options;
}
