import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { RewindDifference, RewindMetrics } from '../../src/contract/rewind.ts';
import { full } from '../format/number.ts';
import { EmptyPanel } from '../panel/empty.tsx';
import { Panel } from '../panel/panel.tsx';
import { Examples } from './examples.tsx';

type Metric = keyof RewindMetrics;

const labels: Readonly<Record<Metric, string>> = {
  events: 'Events',
  persons: 'Persons',
  sessions: 'Sessions',
  pageViews: 'Page views',
  revenue: 'Revenue',
  quarantined: 'In quarantine',
  logs: 'Log lines',
};

interface Sides {
  readonly before: number;
  readonly after: number;
}

/** What a swap changes, from the totals down to single events. */
export function Difference({ difference }: { readonly difference: RewindDifference }) {
  const { total, names, quarantine, rows, columns, examples } = difference;
  const metrics = (Object.keys(labels) as Metric[]).map((name) => ({ name: labels[name], ...total[name] }));
  const causes = quarantine.map(({ stage, reason, ...sides }) => ({
    name: `${reason} (${stage})`,
    ...sides,
  }));
  const isSame = rows.changed + rows.added + rows.removed === 0;
  return (
    <>
      <Panel title="Before and after" flush>
        <SidesTable label="Totals" what="Metric" rows={metrics} />
      </Panel>
      <Days difference={difference} />
      <Panel title="Events by name" flush>
        <SidesTable
          label="Events by name"
          what="Event"
          rows={names.map(({ event, ...sides }) => ({ name: event, ...sides }))}
        />
      </Panel>
      {causes.length > 0 ? (
        <Panel title="Quarantine" flush>
          <SidesTable label="Quarantine by cause" what="Cause" rows={causes} />
        </Panel>
      ) : null}
      <Panel
        title="Events that change"
        tools={
          <span className="panel-note">
            {full(rows.changed)} change, {full(rows.added)} come, {full(rows.removed)} go, {full(rows.same)}{' '}
            stay the same
          </span>
        }
        flush
      >
        {isSame ? (
          <EmptyPanel title="No event changes">Today’s steps make of them what is there already.</EmptyPanel>
        ) : (
          <>
            <div className="table-scroll">
              <table className="data" aria-label="Columns that change">
                <thead>
                  <tr>
                    <th scope="col">Column</th>
                    <th scope="col" className="number">
                      Events in which it changes
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {columns.map(({ column, events }) => (
                    <tr key={column}>
                      <td>{column}</td>
                      <td className="number">{full(events)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <Examples examples={examples} />
          </>
        )}
      </Panel>
    </>
  );
}

function Days({ difference }: { readonly difference: RewindDifference }) {
  const [metric, setMetric] = useState<Metric>('events');
  const shown = (Object.keys(labels) as Metric[]).filter(
    (name) => difference.total[name].before + difference.total[name].after > 0,
  );
  return (
    <Panel
      title="By day"
      flush
      tools={
        <SegmentedControl
          size="xs"
          aria-label="Metric by day"
          value={metric}
          onChange={(next) => setMetric(next as Metric)}
          data={shown.map((name) => ({ value: name, label: labels[name] }))}
        />
      }
    >
      <SidesTable
        label="By day"
        what="Day (UTC)"
        rows={difference.days.map(({ day, ...metrics }) => ({ name: day, ...metrics[metric] }))}
      />
    </Panel>
  );
}

interface SidesTableProps {
  readonly label: string;
  readonly what: string;
  readonly rows: readonly (Sides & { readonly name: string })[];
}

function SidesTable({ label, what, rows }: SidesTableProps) {
  return (
    <div className="table-scroll">
      <table className="data" aria-label={label}>
        <thead>
          <tr>
            <th scope="col">{what}</th>
            <th scope="col" className="number">
              Before
            </th>
            <th scope="col" className="number">
              After
            </th>
            <th scope="col" className="number">
              Difference
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, before, after }) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="number">{shortened(before)}</td>
              <td className="number">{shortened(after)}</td>
              <td className="number">
                <Delta value={after - before} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Delta({ value }: { readonly value: number }) {
  if (Math.abs(value) < 0.005) return <span className="muted">0</span>;
  return (
    <span className={value > 0 ? 'rewind-more' : 'rewind-less'}>
      {value > 0 ? '+' : '−'}
      {shortened(Math.abs(value))}
    </span>
  );
}

/** Two decimals where there are any: revenue. */
function shortened(value: number): string {
  return full(Math.round(value * 100) / 100);
}
