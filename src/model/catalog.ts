import { nameOf, parseTree, walk } from '../warehouse/warehouse.ts';
import type { Reference } from './sql.ts';
import type { Statements } from './statements.ts';

interface Table {
  readonly engine: string;
  readonly uuid: string;
  readonly select: string;
  readonly version: string;
}

/**
 * The tables of the warehouse and their versions. A version is another one after every insert, delete or dropped partition, and the same
 * after a merge: it is made of the numbers that the engine gives to inserts and to mutations, so asking costs no read of data.
 */
export class Catalog {
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #behind = new Map<string, readonly string[]>();
  readonly #statements: Statements;

  private constructor(statements: Statements, tables: ReadonlyMap<string, Table>) {
    this.#statements = statements;
    this.#tables = tables;
  }

  static async read(statements: Statements): Promise<Catalog> {
    const tables = await statements.rows<{
      name: string;
      engine: string;
      uuid: string;
      select: string;
      version: string;
    }>(
      `SELECT concat(database, '.', name) AS name, engine, toString(uuid) AS uuid, as_select AS select, version
      FROM system.tables LEFT JOIN (
        SELECT database, table, toString(cityHash64(arraySort(groupArray((partition_id, block, mutation))))) AS version
        FROM (
          SELECT database, table, partition_id, max(max_block_number) AS block,
            max(toUInt64OrZero(splitByChar('_', name)[5])) AS mutation
          FROM system.parts WHERE active GROUP BY database, table, partition_id
        ) GROUP BY database, table
      ) AS parts ON parts.database = system.tables.database AND parts.table = system.tables.name
      WHERE database IN ('tributary', 'app', 'app_raw', 'app_history', 'raw', 'mart')
      SETTINGS join_use_nulls = 0`,
    );
    return new Catalog(statements, new Map(tables.map(({ name, ...table }) => [name, table])));
  }

  has({ database, table }: Pick<Reference, 'database' | 'table'>): boolean {
    return this.#tables.has(`${database}.${table}`);
  }

  /** Undefined when it cannot be told: such a table counts as changed every time. */
  async version(name: string, depth = 0): Promise<string | undefined> {
    const table = this.#tables.get(name);
    if (!table || depth > 20) return undefined;
    // a dictionary is looked up, not read: what it says changes for rows of before, too
    if (table.engine === 'Dictionary') return '';
    if (table.engine.endsWith('MergeTree')) return `${table.uuid}:${table.version}`;
    if (!isView(table.engine)) return undefined;
    const versions = await Promise.all(
      (await this.#readBy(name, table.select)).map((behind) => this.version(behind, depth + 1)),
    );
    return versions.includes(undefined) ? undefined : [table.uuid, ...versions].join(' ');
  }

  async #readBy(name: string, select: string): Promise<readonly string[]> {
    const known = this.#behind.get(name);
    if (known) return known;
    const rows = await this.#statements.rows<{ explain: string }>(
      `SELECT explain FROM (EXPLAIN AST ${select})`,
    );
    const tree = parseTree(rows.map(({ explain }) => explain).join('\n'));
    const found = [
      ...new Set(
        Array.from(walk(tree))
          .filter(({ node }) => node.kind === 'TableIdentifier' && nameOf(node).includes('.'))
          .map(({ node }) => nameOf(node)),
      ),
    ];
    this.#behind.set(name, found);
    return found;
  }
}

export function isView(engine: string): boolean {
  return engine === 'View';
}
