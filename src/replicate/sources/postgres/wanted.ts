import type { WantedTable } from '../../reconcile.ts';
import type { SourceFile } from '../../source-file.ts';
import { type CatalogTable, targetName, wantedColumns, wantsHistory } from './catalog.ts';
import type { TypeCatalog } from './types.ts';

/** A table of the database as the file wants to have it in the warehouse. */
export function wantedTable(file: SourceFile, table: CatalogTable, types: TypeCatalog): WantedTable {
  return {
    id: table.id,
    name: `${table.schema}.${table.name}`,
    target: targetName(file, table),
    columns: wantedColumns(file, table, types),
    key: table.key,
    filled: new Set(table.columns.flatMap(({ id, hasDefault }) => (hasDefault ? [id] : []))),
    history: wantsHistory(file, table),
    ...(table.isPartitioned ? { parts: table.partitions } : {}),
    highest: Math.max(0, ...table.columns.map(({ id }) => id)),
  };
}
