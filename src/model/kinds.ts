import type { HeaderOf, KindName } from './header.ts';
import type { Kind } from './kind.ts';
import { full } from './kinds/full.ts';
import { view } from './kinds/view.ts';

/** THE table of kinds. */
export const kinds: Readonly<Partial<{ [K in KindName]: Kind<HeaderOf<K>> }>> = {
  view,
  full,
};

export function kindOf(name: KindName): Kind {
  const kind: Kind | undefined = kinds[name];
  if (!kind) throw new Error(`the kind ${name} is not there yet`);
  return kind;
}
