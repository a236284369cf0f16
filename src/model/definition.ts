import type { ModelFile } from './files.ts';
import type { Header } from './header.ts';
import type { Reference } from './sql.ts';

/** A model of the workspace, understood: the table `mart.<name>`. */
export interface Model<H extends Header = Header> extends Omit<ModelFile, 'header'> {
  readonly header: H;
  /** The query in the engine's own layout. */
  readonly query: string;
  readonly parameters: ReadonlySet<string>;
  readonly reads: readonly Reference[];
  /** The SQL tests of the header in the engine's layout, by their place in the list. */
  readonly testQueries: ReadonlyMap<number, string>;
}

/** All that decides what is in a model's table: when it changes, the table is built anew. */
export interface Definition {
  readonly kind: string;
  readonly query: string;
  /** Keys of the header that shape the table, as JSON. */
  readonly shape: string;
}

/** Keys that say when something is done or how it is watched, not what is in the table. */
const notShape: ReadonlySet<string> = new Set([
  'kind',
  'description',
  'tests',
  'start',
  'lookback',
  'delay',
  'partial',
  'sources',
  'settle',
]);

export function definitionOf({ header, query }: Pick<Model, 'header' | 'query'>): Definition {
  const entries = Object.entries(header).filter(([key, value]) => !notShape.has(key) && value !== undefined);
  return {
    kind: header.kind,
    query,
    shape: JSON.stringify(Object.fromEntries(entries.toSorted(([a], [b]) => a.localeCompare(b)))),
  };
}

export interface Column {
  readonly name: string;
  readonly type: string;
}
