import type { ReplayedBody, ReplayMark } from '../contract/replay.ts';
import type { KeptItem } from './items.ts';

interface Marking extends Pick<ReplayMark, 'id' | 'at' | 'by' | 'fix'> {
  readonly read: ReplayedBody | undefined;
}

/** The mark under which an item goes through the log again. */
export function markOf(
  {
    offset,
    item,
    originOffset,
    originItem,
  }: Pick<KeptItem, 'offset' | 'item' | 'originOffset' | 'originItem'>,
  { id, at, by, fix, read }: Marking,
): ReplayMark {
  const origin = originOffset > 0 ? { offset: originOffset, item: originItem } : { offset, item };
  return { id, at, offset, item, origin, by, fix, ...(read === undefined ? undefined : { body: read }) };
}
