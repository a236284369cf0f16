import type { PlanResult } from '../../src/contract/plan-endpoints.ts';
import { bytes } from '../format/bytes.ts';
import { compact, counted, full, percent } from '../format/number.ts';
import { sumsOf } from './facts.ts';

/** What to look at first. */
export function PlanSums({ plan }: { readonly plan: PlanResult }) {
  const sums = sumsOf(plan.events);
  const disk = (part: number): string =>
    plan.bytes === 0 ? 'nothing on disk' : `${percent(part / plan.bytes)} of the disk, about ${bytes(part)}`;
  const cards = [
    { name: 'Planned events', value: full(plan.schemas), note: 'schemas in files and in here' },
    {
      name: 'Events that do not fit',
      value: compact(sums.wrong),
      note:
        sums.events === 0 ? 'of none in 7 days' : `${percent(sums.wrong / sums.events)} of the last 7 days`,
    },
    { name: 'Unplanned', value: full(sums.unplannedNames), note: disk(sums.unplannedBytes) },
    { name: 'Unused for 7 days', value: full(sums.unusedNames), note: disk(sums.unusedBytes) },
  ];
  return (
    <section className="plan-sums" aria-label={counted(plan.schemas, 'planned event', 'planned events')}>
      {cards.map(({ name, value, note }) => (
        <div key={name} className="plan-sum">
          <span className="number-name">{name}</span>
          <span className="plan-sum-value">{value}</span>
          <span className="panel-note">{note}</span>
        </div>
      ))}
    </section>
  );
}
