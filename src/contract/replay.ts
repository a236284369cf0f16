/** Says of a request that it failed before and goes through the log again; `receivedAt` and all else stay those of its first arrival. */
export interface ReplayMark {
  /** Id of the replay. */
  readonly id: string;
  /** When it was appended again, milliseconds. */
  readonly at: number;
  /** Which row of quarantine it is. The pipeline takes each row once, however often it is appended. */
  readonly offset: number;
  readonly item: number;
  /** Where it first came: ids that no client gave are derived from that place, however often it is replayed. */
  readonly origin: { readonly offset: number; readonly item: number };
  /** Who replays it, and the name of the fix; empty: as it is. */
  readonly by: string;
  readonly fix: string;
  /** What the body is, when it is no request of its protocol. */
  readonly body?: ReplayedBody | undefined;
}

/**
 * `item`: one item, which the protocol reads together with what stood around it; `event`, `line`: JSON of what decoding had made before enrichment
 * or the warehouse refused it.
 */
export type ReplayedBody =
  | { readonly kind: 'item'; readonly envelope: string }
  | { readonly kind: 'event' | 'line' };

interface Placed {
  readonly offset: number;
  readonly replay?: ReplayMark | undefined;
}

/** More items than a request has, so that what one item becomes has numbers of its own. */
const itemStride = 2 ** 20;

/** Where the item number `index` (from 0) of a request first came: offset, and number from 1. */
export function originOf(
  { offset, replay }: Placed,
  index: number,
): { readonly offset: number; readonly item: number } {
  if (replay === undefined) return { offset, item: index + 1 };
  const { origin } = replay;
  return { offset: origin.offset, item: origin.item === 0 ? index + 1 : origin.item + index * itemStride };
}
