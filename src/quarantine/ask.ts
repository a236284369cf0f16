import { messageOf, TributaryError } from '../runtime/errors.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';

/** Rows of one of our queries; numbers of 64 bits come as numbers. */
export async function ask<Row>(
  warehouse: ClickHouseClient,
  query: string,
  params: Readonly<Record<string, unknown>>,
): Promise<Row[]> {
  try {
    const result = await warehouse.query({
      query,
      query_params: { ...params },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return await result.json<Row>();
  } catch (cause) {
    throw new TributaryError('warehouse-unavailable', `quarantine cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}
