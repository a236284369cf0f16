import { Skeleton, UnstyledButton } from '@mantine/core';
import type { OverviewResult } from '../../src/contract/result.ts';
import { Change } from '../panel/change.tsx';
import { type MetricName, metrics } from './metrics.ts';

interface MetricCardsProps {
  readonly result: OverviewResult | undefined;
  readonly chosen: MetricName;
  readonly onChoose: (name: MetricName) => void;
}

/** The six numbers; the chosen one is on the chart below. */
export function MetricCards({ result, chosen, onChoose }: MetricCardsProps) {
  return (
    <fieldset className="metrics" aria-label="Metric on the chart">
      {metrics.map(({ name, label, format, exact, lessIsBetter, meaning }) => (
        <UnstyledButton
          key={name}
          className="metric"
          aria-pressed={chosen === name}
          onClick={() => onChoose(name)}
          data-testid={`metric-${name}`}
          title={meaning}
        >
          <span className="metric-label">{label}</span>
          {result ? (
            <span className="metric-line">
              <span className="metric-value" title={exact(result.total[name])}>
                {format(result.total[name])}
              </span>
              <Change
                now={result.total[name]}
                before={result.previous?.[name]}
                lessIsBetter={lessIsBetter ?? false}
                format={exact}
              />
            </span>
          ) : (
            <Skeleton height={24} width={72} mt={4} aria-label="Loading" />
          )}
        </UnstyledButton>
      ))}
    </fieldset>
  );
}
