import { ClickHouseError } from '@clickhouse/client';
import { messageOf, TributaryError } from '../runtime/errors.ts';

/** MEMORY_LIMIT_EXCEEDED, TIMEOUT_EXCEEDED, TOO_SLOW, TOO_MANY_ROWS, TOO_MANY_BYTES, TOO_MANY_ROWS_OR_BYTES, SET_SIZE_LIMIT_EXCEEDED. */
const expensive: ReadonlySet<string> = new Set(['241', '159', '160', '158', '307', '396', '191']);
/** TOO_MANY_SIMULTANEOUS_QUERIES. */
const busy = '202';

/**
 * What went wrong with the warehouse, in the words of the table of errors: the only place that knows its codes.
 * `whose`: an engine error in the user's SQL is the user's to correct, in ours it is a fault of ours.
 */
export function warehouseError(thrown: unknown, whose: 'user' | 'ours'): TributaryError {
  if (thrown instanceof TributaryError) return thrown;
  if (!(thrown instanceof ClickHouseError)) {
    return new TributaryError('warehouse-unavailable', `the warehouse did not answer: ${messageOf(thrown)}`, {
      cause: thrown,
      retryAfter: 1,
    });
  }
  const message = cleanMessage(thrown.message);
  if (expensive.has(thrown.code))
    return new TributaryError('query-too-expensive', message, { cause: thrown });
  if (thrown.code === busy)
    return new TributaryError('overloaded', message, { cause: thrown, retryAfter: 1 });
  return new TributaryError(whose === 'user' ? 'bad-query' : 'internal', message, { cause: thrown });
}

/** The engine's message without its own wrapping: code, version, name of the error, stack. */
export function cleanMessage(message: string): string {
  return message
    .replace(/\n?Stack trace:[\s\S]*$/, '')
    .replace(/^(Code: \d+\.\s*)?(DB::[A-Za-z]*Exception:\s*)+/, '')
    .replace(/\s*\(version [^)]*\)/g, '')
    .replace(/\.?\s*\([A-Z][A-Z0-9_]+\)\s*$/, '')
    .trim();
}
