import { columnName, historyName, type TableState } from '../table.ts';
import { operationType } from './batch.ts';
import { quoteName } from './sql.ts';

/** Columns of a history's rows beside those of the table. */
export const historyColumns = `_version UInt128, _operation ${operationType}, _committed_at DateTime64(6, 'UTC'), _transaction UInt64`;

/** Who changed a row, in the columns in which applications write it, the surest first. */
const changers = [
  'last_modified_by',
  'modified_by',
  'updated_by',
  'changed_by',
  'last_updated_by',
  'edited_by',
  'created_by',
];

/**
 * Each version of each row: from when to when it was valid, what made it, and in which transaction. A deletion is a row of its
 * own that was never valid, so that `valid_from <= T AND T < ifNull(valid_to, T + 1)` gives the table as it was at T.
 */
export function historyView(table: TableState): string {
  const own = table.columns.map(({ name }) => quoteName(columnName(name)));
  const key = table.key.map((name) => quoteName(columnName(name))).join(', ');
  const order = `PARTITION BY ${key} ORDER BY _version ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING`;
  return `SELECT ${own.join(', ')}, _committed_at AS valid_from,
      if(_operation = 'delete', _committed_at, _next) AS valid_to, _operation AS operation, _transaction AS transaction_id,
      ${changedBy(table)} AS changed_by
    FROM (SELECT *, leadInFrame(toNullable(_committed_at)) OVER (${order}) AS _next
      FROM app_raw.${quoteName(historyName(table))} FINAL)`;
}

/** NULL when the table does not say. */
function changedBy(table: TableState): string {
  const plain = (name: string): string => name.toLowerCase().replace(/_?id$/, '').replaceAll('_', '');
  const found = changers.flatMap((wanted) =>
    table.columns.filter(({ name }) => plain(name) === wanted.replaceAll('_', '')),
  );
  if (found.length === 0) return "CAST(NULL, 'Nullable(String)')";
  const texts = found.map(({ name }) => `toString(${quoteName(columnName(name))})`);
  return `CAST(coalesce(${texts.join(', ')}), 'Nullable(String)')`;
}
