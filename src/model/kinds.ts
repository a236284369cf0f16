import type { HeaderOf, KindName } from './header.ts';
import type { Kind } from './kind.ts';
import { byKey } from './kinds/by-key.ts';
import { dimension } from './kinds/dimension.ts';
import { fact } from './kinds/fact.ts';
import { full } from './kinds/full.ts';
import { timeRange } from './kinds/time-range.ts';
import { view } from './kinds/view.ts';

/** THE table of kinds. */
const kinds: Readonly<{ [K in KindName]: Kind<HeaderOf<K>> }> = {
  view,
  full,
  'incremental by time range': timeRange,
  'incremental by key': byKey,
  dimension,
  fact,
};

export function kindOf(name: KindName): Kind {
  return kinds[name];
}
