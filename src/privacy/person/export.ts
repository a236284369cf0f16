import type { ClickHouseClient } from '@clickhouse/client';
import type { Decoded } from '../../contract/event.ts';
import type { LogRecord } from '../../contract/request.ts';
import { namingRows } from './erase-warehouse.ts';
import type { PersonIds } from './ids.ts';
import { recordEraser } from './records.ts';
import { personTables } from './tables.ts';

export interface ExportParts {
  readonly warehouse: ClickHouseClient;
  /** The project's records of raw log and archive, each once. */
  readonly records: AsyncIterable<LogRecord>;
  readonly decode: (record: LogRecord) => Decoded | Promise<Decoded>;
}

/**
 * Everything about a person, one JSON object per line: `{"from": table or "raw", "row": …}`, the ids first. It is read as it is written, so
 * that any amount passes through little memory.
 */
export async function* exportPerson(
  { warehouse, records, decode }: ExportParts,
  project: string,
  person: PersonIds,
): AsyncGenerator<string> {
  yield line('person', { project, keys: person.keys, ids: person.ids });
  for (const { name, where } of await personTables(warehouse, project, person)) {
    const from = name.replaceAll('`', '');
    yield* rowsOf(warehouse, from, `SELECT * FROM ${name} WHERE ${where}`);
  }
  for (const { table, where } of await namingRows(warehouse, project, person))
    yield* rowsOf(warehouse, table, `SELECT * FROM ${table} WHERE ${where}`);
  const eraser = recordEraser(project, person, decode);
  for await (const record of records) {
    if (eraser.change(record) === record) continue;
    const { body, ...head } = record;
    yield line('raw', { ...head, body: textOf(body) });
  }
}

async function* rowsOf(warehouse: ClickHouseClient, from: string, query: string): AsyncGenerator<string> {
  const result = await warehouse.query({ query, format: 'JSONEachRow' });
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
