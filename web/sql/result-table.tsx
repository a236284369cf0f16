import type { Output } from '../../src/contract/endpoints.ts';
import { compact, full } from '../format/number.ts';
import { cellText, isNumberType } from './cell.ts';

/** More rows than this make a page slow, and nobody reads them. */
const drawn = 1_000;

export function ResultTable({ result }: { result: Output<'query'> }) {
  const shown = result.rows.slice(0, drawn);
  return (
    <>
      <p className="sql-facts" role="status" data-testid="sql-facts">
        {full(result.rows.length)} {result.rows.length === 1 ? 'row' : 'rows'}
        {result.truncated ? ' (cut: add LIMIT or aggregate)' : ''} in {full(Math.round(result.elapsedMs))} ms,{' '}
        <span title={full(result.rowsRead)}>{compact(result.rowsRead)}</span> rows read
        {result.rows.length > drawn ? `, the first ${full(drawn)} shown` : ''}
      </p>
      <div className="table-scroll tall-page">
        <table className="data" aria-label="Result" data-testid="sql-result">
          <thead>
            <tr>
              {result.columns.map(({ name, type }) => (
                <th scope="col" key={name} title={type} className={isNumberType(type) ? 'number' : undefined}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of a query have no identity
              <tr key={index}>
                {result.columns.map(({ name, type }, column) => {
                  const text = cellText(row[column]);
                  const numeric = isNumberType(type);
                  return (
                    <td
                      key={name}
                      className={`${numeric ? 'number' : 'clip'}${row[column] === null ? ' muted' : ''}`}
                      title={text.length > 40 ? text : undefined}
                    >
                      {text}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
