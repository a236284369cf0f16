import type { ClickHouseClient } from '@clickhouse/client';
import type { Output } from '../contract/endpoints.ts';
import { warehouseError } from './warehouse-error.ts';

type Result = Output<'query'>;

const maxRows = 10_000;

/**
 * Runs SQL that somebody wrote, as the read-only user, and keeps at most 10,000 rows; reading stops there. 64-bit integers
 * come as numbers where a number can hold them exactly, else as text.
 */
export async function userQuery(reader: ClickHouseClient, sql: string): Promise<Result> {
  const started = performance.now();
  const abort = new AbortController();
  try {
    const answer = await reader.query({
      query: statementOf(sql),
      format: 'JSONCompactEachRowWithNamesAndTypes',
      abort_signal: abort.signal,
    });
    const lines: unknown[][] = []; // names, types, then rows
    const enough = maxRows + 3; // names, types, and one more row than fits
    for await (const batch of answer.stream<unknown[]>()) {
      for (const row of batch) {
        if (lines.length < enough) lines.push(JSON.parse(quoteLongIntegers(row.text)) as unknown[]);
      }
      if (lines.length >= enough) break;
    }
    const [names = [], types = [], ...rows] = lines;
    const columns = (names as string[]).map((name, index) => ({
      name,
      type: (types as string[])[index] ?? '',
    }));
    return {
      columns,
      rows: rows.slice(0, maxRows),
      rowsRead: rowsRead(answer.response_headers),
      elapsedMs: Math.round(performance.now() - started),
      truncated: rows.length > maxRows,
    };
  } catch (thrown) {
    throw warehouseError(thrown, 'user');
  } finally {
    abort.abort();
  }
}

/** Without the semicolon and the FORMAT at the end that people copy along: the format is ours to say. */
function statementOf(sql: string): string {
  return sql.trim().replace(/(\s+FORMAT\s+\w+)?[\s;]*$/i, '');
}

/** JSON.parse rounds integers beyond 2^53: as text they stay what they are. Text in quotes is left alone. */
function quoteLongIntegers(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, (token) =>
    token.startsWith('"') || Number.isSafeInteger(Number(token)) ? token : `"${token}"`,
  );
}

function rowsRead(headers: Record<string, string | string[] | undefined>): number {
  const summary = headers['x-clickhouse-summary'];
  if (typeof summary !== 'string') return 0;
  const { read_rows = 0 } = JSON.parse(summary) as { read_rows?: string | number };
  return Number(read_rows);
}
