import type { Model } from './definition.ts';
import type { Graph } from './graph.ts';

/** What goes into a model's rows; views are looked through, since they keep no rows of their own. */
export interface Inputs {
  /** Tables that are no models: `tributary.events`. */
  readonly tables: readonly string[];
  readonly models: readonly string[];
}

export function inputsOf(model: Model, graph: Graph): Inputs {
  const tables = new Set<string>();
  const models = new Set<string>();
  const look = ({ reads }: Model): void => {
    for (const { database, table } of reads) {
      const parent = database === 'mart' ? graph.get(table) : undefined;
      if (!parent) tables.add(`${database}.${table}`);
      else if (!models.has(table)) {
        models.add(table);
        if (parent.header.kind === 'view') look(parent);
      }
    }
  };
  look(model);
  return { tables: [...tables].toSorted(), models: [...models].toSorted() };
}
