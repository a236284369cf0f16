import type { PlanCounts } from '../../src/contract/plan-endpoints.ts';
import { full, percent } from '../format/number.ts';
import { totalOf } from './facts.ts';

const parts = [
  { name: 'valid', label: 'valid' },
  { name: 'violating', label: 'do not fit' },
  { name: 'quarantined', label: 'in quarantine' },
  { name: 'unplanned', label: 'unplanned' },
  { name: 'unchecked', label: 'from before the plan' },
] as const;

/** Shares of what the plan says, and the one that matters in words. */
export function StatusBar({ counts }: { readonly counts: PlanCounts }) {
  const total = totalOf(counts);
  if (total === 0) return <span className="muted">none</span>;
  const present = parts.filter(({ name }) => counts[name] > 0);
  const title = present.map(({ name, label }) => `${full(counts[name])} ${label}`).join(', ');
  // of what is wrong the worst is said, else what most are
  const said =
    present.find(({ name }) => name === 'quarantined' || name === 'violating') ??
    present.toSorted((a, b) => counts[b.name] - counts[a.name])[0];
  return (
    <span className="plan-status" title={title}>
      <span className="plan-bar" aria-hidden="true">
        {present.map(({ name }) => (
          <span key={name} data-part={name} style={{ flexGrow: counts[name] }} />
        ))}
      </span>
      {said ? (
        <span className="plan-said">
          {percent(counts[said.name] / total)} {said.label}
        </span>
      ) : null}
    </span>
  );
}
