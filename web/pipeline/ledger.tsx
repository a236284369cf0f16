import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { LedgerRow } from '../../src/contract/result.ts';
import { counted, full } from '../format/number.ts';
import { minuteTime } from '../format/time.ts';
import { StateMark } from '../panel/state.tsx';
import { LedgerBars } from './ledger-bars.tsx';
import { droppedOf, droppedReasons, type LedgerSum, sumLedger } from './ledger-sum.ts';
import { ledgerTones } from './tone.ts';

interface LedgerProps {
  readonly rows: readonly LedgerRow[];
  readonly timezone: string;
}

const shortList = 10;

/** Accepted = loaded + quarantined + duplicates + dropped, minute by minute: the proof that nothing is lost. */
export function Ledger({ rows, timezone }: LedgerProps) {
  const [all, setAll] = useState(false);
  const newestFirst = useMemo(() => rows.toSorted((a, b) => b.minute - a.minute), [rows]);
  const oldestFirst = useMemo(() => newestFirst.toReversed(), [newestFirst]);
  // What is out of balance is never hidden behind a button.
  const shown = all
    ? newestFirst
    : newestFirst.filter((row, index) => index < shortList || row.state === 'unbalanced');
  return (
    <>
      <Verdict sum={sumLedger(rows)} />
      <LedgerBars rows={oldestFirst} timezone={timezone} />
      <div className="table-scroll">
        <table className="data" aria-label="Ledger per minute">
          <thead>
            <tr>
              <th scope="col">Minute</th>
              <th scope="col" className="number">
                Requests accepted
              </th>
              <th scope="col" className="number">
                Events found
              </th>
              <th scope="col" className="number">
                Loaded
              </th>
              <th scope="col" className="number">
                Quarantined
              </th>
              <th scope="col" className="number">
                Duplicates
              </th>
              <th scope="col" className="number">
                Dropped
              </th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.minute} data-state={row.state} data-testid="ledger-row">
                <td>{minuteTime(row.minute, timezone)}</td>
                <td className="number">{full(row.accepted)}</td>
                <td className="number">{full(row.decoded)}</td>
                <td className="number" title={`${full(row.stored)} in the table now`}>
                  {full(row.loaded)}
                </td>
                <td className="number">{full(row.quarantined)}</td>
                <td className="number">{full(row.duplicates)}</td>
                <td className="number" title={droppedReasons(row)}>
                  {full(droppedOf(row))}
                </td>
                <td title={differences(row)}>
                  <StateMark {...ledgerTones[row.state]} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {newestFirst.length > shortList ? (
        <div className="breakdown-foot">
          <Button variant="subtle" color="gray" onClick={() => setAll(!all)}>
            {all ? 'Fewer minutes' : `All ${newestFirst.length} minutes`}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function Verdict({ sum }: { sum: LedgerSum }) {
  const waiting = sum.pending > 0 ? `, ${full(sum.pending)} on their way` : '';
  return (
    <p className="verdict" data-tone={sum.unbalanced > 0 ? 'bad' : 'good'} data-testid="ledger-verdict">
      <strong>{counted(sum.accepted, 'request', 'requests')} accepted</strong>
      {sum.unbalanced > 0
        ? `, ${counted(sum.unbalanced, 'minute does', 'minutes do')} not balance${waiting}`
        : `, all accounted for${waiting}`}
      <span className="muted">
        {' '}
        {counted(sum.decoded, 'event', 'events')} = {full(sum.loaded)} loaded + {full(sum.quarantined)}{' '}
        quarantined + {full(sum.duplicates)} duplicates + {full(sum.dropped)} dropped
      </span>
    </p>
  );
}

/** Which of the three equations fails, with its numbers. */
function differences(row: LedgerRow): string {
  const outcome = row.loaded + row.quarantined + row.duplicates + droppedOf(row);
  const found: string[] = [];
  if (row.accepted !== row.processed)
    found.push(`${full(row.accepted)} accepted, ${full(row.processed)} processed`);
  if (row.decoded !== outcome) found.push(`${full(row.decoded)} found, ${full(outcome)} accounted for`);
  if (row.loaded !== row.stored) found.push(`${full(row.loaded)} loaded, ${full(row.stored)} in the table`);
  return found.join('; ');
}
