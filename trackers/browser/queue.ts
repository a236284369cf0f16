import { type Memory, random } from './memory.ts';
import type { Options } from './types.ts';
import { version } from './version.ts';

const prefix = '_tbq';
/** Events that wait; the oldest goes first, and its number is missing in the ledger. */
const maxEvents = 400;
/** Characters of one request, at most three bytes each: browsers let 64 KB outlive a page. */
const maxLength = 20_000;
const pause = 300;
const longestPause = 300_000;

export interface Queue {
  add: (event: object) => void;
  /** `leaving`: the page may be gone before the answer. */
  flush: (leaving?: boolean) => void;
}

/**
 * Each event is an entry of its own in memory until a server has taken it, so tabs do not overwrite each other's, and
 * what is left of a closed tab is sent by the next page. One tab sends at a time, where the browser has locks; where it has
 * none the ids tell the server what came twice.
 */
export function createQueue(memory: Memory, { key, endpoint }: Options, maySend: () => boolean): Queue {
  const flying: Record<string, boolean> = {};
  let made = 1e6;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let sending = false;

  const waiting = (): string[] => memory.names(prefix).filter((name) => !flying[name]);

  const later = (delay: number): void => {
    if (timer === undefined) timer = setTimeout(flush, delay);
  };

  const send = (names: string[]): Promise<void> => {
    const events = names
      .map((name) => {
        flying[name] = true;
        return memory.get(name);
      })
      .filter(Boolean);
    const { language: locale } = navigator;
    const context = JSON.stringify({
      locale,
      tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
      screen: `${screen.width}x${screen.height}`,
    });
    const body = `{"k":${JSON.stringify(key)},"s":${Date.now()},"l":"tributary-js/${version}","d":${context},"e":[${events.join()}]}`;
    const settle = (taken: boolean, wait = 0): void => {
      for (const name of names) {
        delete flying[name];
        if (taken) memory.drop(name);
      }
      failures = taken ? 0 : failures + 1;
      if (waiting().length > 0)
        later(
          taken
            ? 0
            : Math.max(wait * 1e3, Math.min(longestPause, 500 * 2 ** failures) * (0.5 + Math.random() / 2)),
        );
    };
    // a beacon says nothing of what became of it, so its events stay until a request has
    const sent =
      document.hidden && !('keepalive' in Request.prototype)
        ? Promise.reject(navigator.sendBeacon(endpoint, body))
        : fetch(endpoint, { method: 'POST', body, keepalive: true, credentials: 'omit' });
    return sent.then(
      // what is refused for good is refused again tomorrow
      ({ status, headers }) =>
        settle(status < 500 && status !== 429 && status !== 408, Number(headers.get('retry-after'))),
      () => settle(false),
    );
  };

  const batch = (): string[] => {
    let length = 0;
    return waiting().filter((name, at) => {
      length += (memory.get(name) || '').length;
      return at === 0 || length < maxLength;
    });
  };

  function flush(leaving?: boolean): void {
    clearTimeout(timer);
    timer = undefined;
    if (!maySend() || waiting().length === 0) return;
    if (leaving) {
      void send(batch());
      return;
    }
    if (sending) return;
    sending = true;
    const run = (lock: unknown): Promise<void> | undefined => {
      if (lock) return send(batch());
      // another tab is at it, and may have taken these along
      later(1e3);
      return;
    };
    const { locks } = navigator as { locks?: LockManager };
    const done = (): void => {
      sending = false;
    };
    (locks ? locks.request(prefix, { ifAvailable: true }, run) : Promise.reject())
      .catch(() => run(true))
      .then(done, done);
  }

  return {
    add: (event) => {
      const id = Date.now().toString(36) + (made++).toString(36) + random().slice(0, 12);
      const text = JSON.stringify(Object.assign({ i: id }, event));
      if (text.length > maxLength) return;
      memory.put(prefix + id, text);
      const names = waiting();
      if (names.length > maxEvents) memory.drop(names[0] as string);
      later(pause);
    },
    flush,
  };
}
