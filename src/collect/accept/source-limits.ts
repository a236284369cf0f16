import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../runtime/clock.ts';
import type { ErrorCode } from '../../runtime/errors.ts';
import type { SourceKey } from '../protocol.ts';
import { allowsOrigin, pageOrigin } from './origins.ts';
import { RateLimit } from './rate-limit.ts';

/** Why a request may not come in. */
export interface Excess {
  /** Label of the metric. */
  readonly outcome: 'wrong-door' | 'origin' | 'rate-limit';
  readonly status: 401 | 403 | 503;
  readonly code: ErrorCode;
  readonly message: string;
  /** The origin, or the limit. */
  readonly detail: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** Doors of clients that sign nothing. A key of another door would let events in without the signature that it demands. */
const open = new Set(['tracker', 'logs', 'import']);
/** Protocols that know the doors of their own keys and check what is signed. */
const checksItself = new Set(['hook', 'email']);

/** What the owners of keys set: from which pages, and how much. */
export class SourceLimits {
  readonly #rates: RateLimit;

  constructor(clock: Clock) {
    this.#rates = new RateLimit(clock);
  }

  /** Undefined when the request may come in. */
  check(
    { id, door, origins, requestsPerSecond }: SourceKey,
    headers: IncomingHttpHeaders,
    protocol: string,
  ): Excess | undefined {
    if (!open.has(door) && !checksItself.has(protocol)) {
      const message = `this key is of a source for "${door}", not of a tracker; make a source for it under Sources`;
      return { outcome: 'wrong-door', status: 401, code: 'unknown-key', message, detail: protocol };
    }
    const origin = origins && pageOrigin(headers);
    if (origins && origin !== undefined && !allowsOrigin(origins, origin)) {
      const detail = origin.slice(0, 200);
      const message = `the source of this write key takes no events from pages of ${detail}`;
      return { outcome: 'origin', status: 403, code: 'origin-refused', message, detail };
    }
    const wait = requestsPerSecond === undefined ? 0 : this.#rates.take(id, requestsPerSecond);
    if (wait === 0) return undefined;
    return {
      outcome: 'rate-limit',
      status: 503,
      code: 'source-limit',
      message: `the source of this write key takes ${requestsPerSecond} requests per second`,
      detail: `${requestsPerSecond}/s`,
      retryAfter: wait,
    };
  }
}
