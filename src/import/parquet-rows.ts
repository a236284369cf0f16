import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { JsonObject, JsonValue } from '../contract/event.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Row } from './rows.ts';

const rowsAtOnce = 5_000;

/** Row group by row group, so that a file larger than memory can be read. */
export async function* parquetRows(path: string, onRead: (fraction: number) => void): AsyncGenerator<Row> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file).catch((error: unknown) => {
    throw new TributaryError('bad-request', `${path} is no readable Parquet file: ${String(error)}`, {
      cause: error,
    });
  });
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const groupEnd = rowStart + Number(group.num_rows);
    while (rowStart < groupEnd) {
      const rowEnd = Math.min(groupEnd, rowStart + rowsAtOnce);
      const rows = await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd });
      for (const [index, row] of rows.entries()) {
        yield { number: rowStart + index + 1, row: plain(row) as JsonObject };
      }
      rowStart = rowEnd;
      onRead(rowStart / Number(metadata.num_rows));
    }
  }
}

/** Parquet's types as JSON has them: 64-bit integers as numbers where they fit, times as ISO text, bytes as text. */
function plain(value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : String(value);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, plain(held)]));
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'boolean' || typeof value === 'string' ? value : null;
}
