import type pg from 'pg';
import { TributaryError } from '../../../runtime/errors.ts';
import { type CatalogTable, qualified } from './catalog.ts';
import { identifier, rowsOf } from './connect.ts';

export interface Publication {
  readonly id: string;
  readonly hasAllTables: boolean;
  /** Partitions are published as the table that they are parts of. */
  readonly viaRoot: boolean;
  /** Inserts, updates, deletions and truncations. */
  readonly isWhole: boolean;
  /** Numbers of the tables. */
  readonly tables: ReadonlySet<string>;
}

export async function readPublication(client: pg.Client, name: string): Promise<Publication | undefined> {
  const [row] = await rowsOf(
    client,
    `SELECT p.oid AS id, puballtables AS everything, pubviaroot AS root, pubinsert AND pubupdate AND pubdelete AND pubtruncate AS whole,
       (SELECT string_agg(r.prrelid::text, ' ') FROM pg_publication_rel r WHERE r.prpubid = p.oid) AS tables
     FROM pg_publication p WHERE pubname = $1`,
    [name],
  );
  if (!row) return undefined;
  return {
    id: row.id ?? '',
    hasAllTables: row.everything === 't',
    viaRoot: row.root === 't',
    isWhole: row.whole === 't',
    tables: new Set((row.tables ?? '').split(' ').filter(Boolean)),
  };
}

/** Makes our publication, or brings it to the tables that are wanted; returns it. */
export async function ensurePublication(
  client: pg.Client,
  name: string,
  tables: readonly CatalogTable[],
): Promise<Publication> {
  const known = await readPublication(client, name);
  const quoted = identifier(name);
  if (!known) {
    const list = tables.length > 0 ? `FOR TABLE ${tables.map(onlyName).join(', ')} ` : '';
    await client.query(`CREATE PUBLICATION ${quoted} ${list}WITH (publish_via_partition_root = true)`);
  } else if (!known.hasAllTables) {
    const missing = tables.filter(({ id }) => !known.tables.has(id));
    if (missing.length > 0)
      await client.query(`ALTER PUBLICATION ${quoted} ADD TABLE ${missing.map(onlyName).join(', ')}`);
    await dropOthers(client, quoted, known, tables);
  }
  const made = await readPublication(client, name);
  if (!made) throw new TributaryError('source-unavailable', `the publication ${name} was dropped just now`);
  return made;
}

/** What is published and not wanted makes the server work for nothing. */
async function dropOthers(
  client: pg.Client,
  quoted: string,
  known: Publication,
  tables: readonly CatalogTable[],
): Promise<void> {
  const wanted = new Set(tables.map(({ id }) => id));
  const others = [...known.tables].filter((id) => !wanted.has(id));
  if (others.length === 0) return;
  const rows = await rowsOf<{ name: string }>(
    client,
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.oid = ANY ($1::oid[])`,
    [others],
  );
  if (rows.length > 0)
    await client.query(`ALTER PUBLICATION ${quoted} DROP TABLE ${rows.map(({ name }) => name).join(', ')}`);
}

/** Tables that inherit from it are tables of their own; partitions come with it. */
function onlyName(table: CatalogTable): string {
  return table.isPartitioned ? qualified(table) : `ONLY ${qualified(table)}`;
}
