import { changeOf, full, signed } from '../format/number.ts';

interface ChangeProps {
  readonly now: number;
  readonly before: number | undefined;
  /** Bounce rate: less is better. */
  readonly lessIsBetter?: boolean;
  readonly format?: (value: number) => string;
}

/** Relative change with its direction as sign and colour. */
export function Change({ now, before, lessIsBetter = false, format = full }: ChangeProps) {
  if (before === undefined) return null;
  const ratio = changeOf(now, before);
  if (ratio === undefined) return now === 0 ? null : <span className="change">new</span>;
  const better = lessIsBetter ? ratio < 0 : ratio > 0;
  const tone = Math.abs(ratio) < 0.0005 ? undefined : better ? 'good' : 'bad';
  return (
    <span className="change" data-tone={tone} title={`${format(before)} in the period before`}>
      {signed(ratio)}
    </span>
  );
}
