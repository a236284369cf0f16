import type pg from 'pg';
import type { Chunk, ChunkReader } from '../../copier.ts';
import { planTable } from '../../reconcile.ts';
import type { SourceFile } from '../../source-file.ts';
import type { TableState } from '../../table.ts';
import type { Change } from '../../target/batch.ts';
import type { TableWriter } from '../../target/writer.ts';
import { type CatalogTable, qualified, readTables } from './catalog.ts';
import { identifier, literal } from './connect.ts';
import { appendLine, copyRows, fieldTexts } from './copy-rows.ts';
import { endOfLog, olderTransactionsEnded } from './slot.ts';
import type { TypeCatalog } from './types.ts';
import { wantedTable } from './wanted.ts';

export interface SnapshotOptions {
  /** A connection of its own. */
  readonly client: pg.Client;
  readonly file: SourceFile;
  readonly types: () => TypeCatalog;
  /** Where the slot begins: everything before is in the tables for whoever reads them. */
  readonly began: bigint;
  readonly pause: () => Promise<void>;
}

/** Reads tables in chunks of their key, each in a short transaction that keeps the table's columns as they are. */
export function snapshotReader(options: SnapshotOptions): ChunkReader {
  const { client } = options;
  return {
    read: (table, limit, writer) => readChunk(options, table, limit, writer),
    settled: async (table) => {
      if (BigInt(table.base.position) !== options.began) await olderTransactionsEnded(client, options.pause);
    },
    end: () => endOfLog(client),
  };
}

async function readChunk(
  { client, file, types }: SnapshotOptions,
  table: TableState,
  limit: number,
  writer: TableWriter,
): Promise<Chunk | undefined> {
  await client.query('BEGIN READ ONLY');
  try {
    const [before] = await readTables(client, [table.id]);
    if (!before?.isReadable) return undefined;
    // a policy that hides rows is an error instead of a silent gap; a change of the table is not waited for
    await client.query("SET LOCAL row_security = off; SET LOCAL lock_timeout = '3s'");
    await client.query(`LOCK TABLE ${qualified(before)} IN ACCESS SHARE MODE`);
    const [current] = await readTables(client, [table.id]);
    if (!current || !isSame(table, current, file, types())) return undefined;
    return await copyChunk(client, chunkQuery(table, current, limit), table, writer);
  } finally {
    await client.query('ROLLBACK');
  }
}

function isSame(table: TableState, current: CatalogTable, file: SourceFile, types: TypeCatalog): boolean {
  const wanted = wantedTable(file, current, types);
  return planTable(table, wanted) === undefined;
}

function chunkQuery(table: TableState, current: CatalogTable, limit: number): string {
  const columns = table.columns.map(({ name }) => identifier(name)).join(', ');
  const key = table.key.map(identifier).join(', ');
  const after = table.copied ? `WHERE (${key}) > (${table.copied.map(literal).join(', ')}) ` : '';
  const from = current.isPartitioned ? qualified(current) : `ONLY ${qualified(current)}`;
  return `COPY (SELECT ${columns} FROM ${from} ${after}ORDER BY ${key} LIMIT ${limit}) TO STDOUT`;
}

async function copyChunk(
  client: pg.Client,
  query: string,
  table: TableState,
  writer: TableWriter,
): Promise<Chunk> {
  const position = BigInt(table.base.position);
  const change: Change = {
    positionHigh: Number(position >> 32n),
    positionLow: Number(position & 0xffff_ffffn),
    ordinal: table.base.ordinal,
    committedAt: 0,
    transaction: 0,
  };
  let rows = 0;
  let bytes = 0;
  let last: Buffer | undefined;
  await copyRows(client, query, (line) => {
    appendLine(writer, line);
    writer.rows.end(change, 'snapshot');
    rows++;
    bytes += line.length;
    last = line;
  });
  const line = last;
  const places = table.key.map((name) => table.columns.findIndex((column) => column.name === name));
  return { rows, bytes, last: line ? fieldTexts(line, places) : null };
}
