import { createHmac } from 'node:crypto';
import type { Decoded, DecodedEvent, Failure } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { type IsErased, mailId, namesErased } from './erased-text.ts';
import type { PersonIds } from './ids.ts';

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

/** Everything by which somebody who was erased is known when they come again. */
export function rearrivalIds({ ids, marks }: Pick<PersonIds, 'ids' | 'marks'>): string[] {
  return [
    ...new Set([...ids.map(({ id }) => id), ...marks.filter((mark) => mark.includes('@')).map(mailId)]),
  ];
}

type Decode = (record: LogRecord) => Decoded | Promise<Decoded>;

/**
 * Drops what erased ids send again, with the reason `erased`: also what knows but their e-mail address, and what cannot be decoded and names
 * them, which would be kept in quarantine. What another user sends from a device that was theirs loses the device's id.
 */
export function withoutErased(decode: Decode, erased: ReadonlyMap<string, ErasedIds>): Decode {
  if (erased.size === 0) return decode;
  return (record) => {
    const list = erased.get(record.project);
    const decoded = decode(record);
    if (list === undefined) return decoded;
    const isErased = judgeOf(list, record.offset);
    return decoded instanceof Promise
      ? decoded.then((one) => filtered(one, record, isErased))
      : filtered(decoded, record, isErased);
  };
}

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

function filtered(decoded: Decoded, record: LogRecord, isErased: IsErased): Decoded {
  let dropped = 0;
  const keep = <One extends Named>(one: One, mail?: string): One[] => {
    if (isErased(one.userId) || (one.userId === undefined && (isErased(one.anonymousId) || isErased(mail)))) {
      dropped++;
      return [];
    }
    return [isErased(one.anonymousId) ? { ...one, anonymousId: undefined } : one];
  };
  const events = decoded.events
    .flatMap((event) => keep(event, mailOf(event)))
    .map((event) => (isErased(event.previousId) ? { ...event, previousId: undefined } : event));
  const logs = decoded.logs?.flatMap((line) => keep(line));
  const failures = decoded.failures.filter((failure) => !isTheirs(failure, record, isErased));
  dropped += decoded.failures.length - failures.length;
  const before = decoded.dropped?.erased ?? 0;
  const reasons = dropped > 0 ? { dropped: { ...decoded.dropped, erased: before + dropped } } : undefined;
  return { ...decoded, events, failures, ...(logs && { logs }), ...reasons };
}

/** How decoders name somebody of whom they know nothing but an address. */
const stranger = 'email:';

/** By which an event that names no user is known all the same. */
export function mailOf({ person, anonymousId }: DecodedEvent): string | undefined {
  const said = person?.set?.email;
  if (typeof said === 'string') return mailId(said);
  return anonymousId?.startsWith(stranger) ? mailId(anonymousId.slice(stranger.length)) : undefined;
}

/** Whether what would be kept of a failure names somebody who was erased. */
function isTheirs({ payload, envelope }: Failure, record: LogRecord, isErased: IsErased): boolean {
  const { body } = record;
  const kept = [
    payload ?? Buffer.from(body.buffer, body.byteOffset, body.length).toString(),
    envelope ?? '',
    record.query,
  ];
  return kept.some((text) => text !== '' && namesErased(text, isErased));
}
