import { randomUUID } from 'node:crypto';
import { Queue } from './queue.ts';
import type { AnyEvents, Details, Options, ProfileChanges, Properties, Rest, Who } from './types.ts';

export type * from './types.ts';

type Wire = Record<string, unknown>;

/** Marks what trackers have put on signals, those of another copy of this package too. */
const ours = Symbol.for('tributary.tracker');

/**
 * Sends events of a server to Tributary. No call waits and none throws: what was called is kept in memory until Tributary
 * has it on disk. Each call answers whether there was room; when there was none, `await tracker.drained()` and call again.
 * `Events`: the properties of each event by its name.
 */
export class Tracker<Events extends object = AnyEvents> {
  readonly #queue: Queue;
  readonly #patience: number;
  readonly #listeners: (readonly [event: string, listener: () => void])[] = [];
  #closed = false;
  #ending = false;

  constructor(options: Options) {
    this.#queue = new Queue(options);
    this.#patience = options.exitTimeout ?? 5_000;
    this.#listen('beforeExit', () => {
      // once: what cannot be sent in that time must not bring the process back to life for ever
      if (this.#queue.length === 0 || this.#ending) return;
      this.#ending = true;
      void this.#queue.flush(this.#patience, true);
    });
    if (options.signals === false) return;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      this.#listen(signal, () => this.#end(signal));
  }

  track<Name extends keyof Events & string>(
    name: Name,
    who: Who & Details,
    ...[properties]: Rest<Events[Name]>
  ): boolean {
    return this.#add({ n: name, p: properties }, who);
  }

  page(who: Who & Details, properties?: Properties): boolean {
    return this.#add({ t: 'page', p: properties }, who);
  }

  screen(name: string, who: Who & Details, properties?: Properties): boolean {
    return this.#add({ t: 'screen', n: name, p: properties }, who);
  }

  /** Who a user is. A trait that is null is taken away. */
  identify(who: Who & Details, traits: Properties = {}): boolean {
    return this.#add({ t: 'identify', person: { set: traits } }, who);
  }

  /** Changes of a user's profile beyond setting: counting up, lists, only the first time. */
  person(who: Who & Details, changes: ProfileChanges): boolean {
    return this.#add({ t: 'identify', person: changes }, who);
  }

  /** The account a user belongs to. `kind` is `company` when left out. */
  group(id: string, who: Who & Details, traits: Properties = {}, kind = 'company'): boolean {
    return this.#add({ t: 'group', account: { set: traits } }, { ...who, groups: { [kind]: id } });
  }

  /** Joins an earlier id to a user. */
  alias(previousId: string, userId: string): boolean {
    return this.#add({ t: 'alias', previousId }, { userId });
  }

  /** Resolves when there is room for an event; rejects when the tracker is closed. */
  drained(): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the tracker is closed'));
    return this.#queue.drained();
  }

  /** Events that Tributary does not have yet. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Sends what is queued; resolves with the number of events that could not be sent within `patience` milliseconds. */
  flush(patience = 30_000): Promise<number> {
    return this.#queue.flush(patience);
  }

  /** The same, once and for all: afterwards nothing is taken. */
  async close(patience = this.#patience): Promise<number> {
    this.#closed = true;
    const left = await this.#queue.flush(patience, true);
    this.#queue.release();
    for (const [event, listener] of this.#listeners.splice(0)) process.removeListener(event, listener);
    return left;
  }

  #listen(event: string, listener: () => void): void {
    this.#listeners.push([event, Object.assign(listener, { [ours]: true })]);
    process.on(event, listener);
  }

  /** Having a listener keeps the signal from ending the process, so that the last tracker to close does it, unless the program has its own. */
  #end(signal: NodeJS.Signals): void {
    const alone = process.listeners(signal).every((listener) => ours in listener);
    void this.close().then(() => {
      if (alone && process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  }

  #add(event: Wire, who: Who & Details): boolean {
    if (this.#closed) return false;
    const { timestamp, ip, userAgent, url, referrer, title, locale, timezone, appVersion } = who;
    const wire: Wire = {
      i: who.id ?? randomUUID(),
      ...(timestamp === undefined ? { o: Date.now() } : { trueAt: timestamp }),
      u: who.userId,
      a: who.anonymousId,
      g: who.groups ?? who.accountId,
      c: who.consent,
      sessionId: who.sessionId,
      d: present({ ip, ua: userAgent, url, ref: referrer, title, locale, tz: timezone, app: appVersion }),
      revenue: who.revenue,
      currency: who.currency,
      orderId: who.orderId,
      items: who.items,
      ...event,
    };
    let text: string;
    try {
      text = JSON.stringify(wire);
    } catch {
      // circular, or a BigInt: what cannot be sent is not worth an exception in the program
      text = JSON.stringify({ ...wire, p: undefined, person: undefined, account: undefined });
    }
    return this.#queue.add(text);
  }
}

function present(facts: Wire): Wire | undefined {
  for (const name in facts) if (facts[name] !== undefined) return facts;
  return undefined;
}
