import type { ClickHouseClient } from '@clickhouse/client';
import type { Parameters } from './parameters.ts';
import { warehouseError } from './warehouse-error.ts';

/**
 * Runs one query of ours and returns its rows. Counts come as numbers; what is not a number (NaN, infinity) as null.
 * Refuses SQL that does not say which project it is about.
 */
export async function ask<Row>(
  warehouse: ClickHouseClient,
  sql: string,
  parameters: Parameters,
): Promise<Row[]> {
  if (!sql.includes(parameters.project)) throw new Error('an analysis must be about one project');
  try {
    const result = await warehouse.query({
      query: sql,
      query_params: { ...parameters.values },
      format: 'JSONEachRow',
      clickhouse_settings: {
        output_format_json_quote_64bit_integers: 0,
        output_format_json_quote_denormals: 0,
      },
    });
    return await result.json<Row>();
  } catch (thrown) {
    throw warehouseError(thrown, 'ours');
  }
}

/** A number from a column that may be NULL or NaN; absent counts as 0. */
export function numberOr0(value: number | string | null | undefined): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? number : 0;
}
