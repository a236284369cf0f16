import type { ClickHouseClient } from '@clickhouse/client';
import type { Decoded } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { namingRows } from './erase-warehouse.ts';
import { max_query_size, type PersonIds } from './ids.ts';
import { recordEraser } from './records.ts';
import { personTables, type Scope } from './tables.ts';

export interface ExportParts {
  readonly warehouse: ClickHouseClient;
  /** The project's records of raw log and archive, each once. */
  readonly records: AsyncIterable<LogRecord>;
  readonly decode: (record: LogRecord) => Decoded | Promise<Decoded>;
}

/**
 * Everything about a person, one JSON object per line: `{"from": table or "raw", "row": …}`, the ids first. It is read as it is written, so
 * that any amount passes through little memory. `ownTables`: of tables that say of which project a row is alone. What was left out or could
 * not be searched by id is in the first line, as `notIncluded`.
 */
export async function* exportPerson(
  { warehouse, records, decode }: ExportParts,
  { project, isOnly, ownTables }: Scope & { readonly ownTables: boolean },
  person: PersonIds,
): AsyncGenerator<string> {
  const found = await personTables(warehouse, { project, isOnly }, person);
  const tables = found.tables.filter(({ hasProject }) => hasProject || !ownTables);
  const shared = found.tables
    .filter((one) => !tables.includes(one))
    .map(({ name }) => name.replaceAll('`', ''));
  const notIncluded = [...new Set([...shared, ...found.unsearched])];
  yield line('person', { project, keys: person.keys, ids: person.ids, notIncluded });
  for (const { name, where } of tables) {
    const from = name.replaceAll('`', '');
    yield* rowsOf(warehouse, from, `SELECT * FROM ${name} WHERE ${where}`);
  }
  for (const { table, where } of await namingRows(warehouse, project, person))
    yield* rowsOf(warehouse, table, `SELECT * FROM ${table} WHERE ${where}`);
  const eraser = recordEraser(project, person, decode);
  for await (const record of records) {
    if (!(await eraser.isTheirs(record))) continue;
    const { body, ...head } = record;
    yield line('raw', { ...head, body: textOf(body) });
  }
}

async function* rowsOf(warehouse: ClickHouseClient, from: string, query: string): AsyncGenerator<string> {
  const result = await warehouse.query({
    query,
    format: 'JSONEachRow',
    clickhouse_settings: { max_query_size },
  });
  for await (const rows of result.stream())
    for (const row of rows) yield `{"from":${JSON.stringify(from)},"row":${row.text}}\n`;
}

function line(from: string, row: unknown): string {
  return `${JSON.stringify({ from, row })}\n`;
}

function textOf(body: Uint8Array): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : `base64:${bytes.toString('base64')}`;
}
