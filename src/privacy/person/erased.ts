import { createHmac } from 'node:crypto';
import type { Decoded } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';

/** The ids of a project that were erased, as hashes, with the offsets between which their records are dropped. */
export interface ErasedIds {
  /** Base64url. */
  readonly key: string;
  readonly ranges: ReadonlyMap<string, readonly { readonly from: number; readonly to: number | null }[]>;
}

/** By which an erased id is known again, and nobody can tell the id. */
export function erasedHash(key: string, id: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64url')).update(id).digest().toString('base64url', 0, 16);
}

type Decode = (record: LogRecord) => Decoded | Promise<Decoded>;

/** Drops what erased ids send again, with the reason `erased`. What another user sends from a device that was theirs loses the device's id. */
export function withoutErased(decode: Decode, erased: ReadonlyMap<string, ErasedIds>): Decode {
  if (erased.size === 0) return decode;
  return (record) => {
    const list = erased.get(record.project);
    const decoded = decode(record);
    if (list === undefined) return decoded;
    const isErased = judgeOf(list, record.offset);
    return decoded instanceof Promise
      ? decoded.then((one) => filtered(one, isErased))
      : filtered(decoded, isErased);
  };
}

type IsErased = (id: string | undefined) => boolean;

function judgeOf({ key, ranges }: ErasedIds, offset: number): IsErased {
  return (id) => {
    if (id === undefined) return false;
    const found = ranges.get(erasedHash(key, id));
    return found?.some(({ from, to }) => offset >= from && (to === null || offset < to)) ?? false;
  };
}

interface Named {
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
}

function filtered(decoded: Decoded, isErased: IsErased): Decoded {
  let dropped = 0;
  const keep = <One extends Named>(one: One): One[] => {
    if (isErased(one.userId) || (one.userId === undefined && isErased(one.anonymousId))) {
      dropped++;
      return [];
    }
    return [isErased(one.anonymousId) ? { ...one, anonymousId: undefined } : one];
  };
  const events = decoded.events
    .flatMap(keep)
    .map((event) => (isErased(event.previousId) ? { ...event, previousId: undefined } : event));
  const logs = decoded.logs?.flatMap(keep);
  const reasons = dropped > 0 ? { dropped: { ...decoded.dropped, erased: dropped } } : undefined;
  return { ...decoded, events, ...(logs && { logs }), ...reasons };
}
