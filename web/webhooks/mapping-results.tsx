import type { Mapped, ReceivedDelivery } from '../../src/contract/door-endpoints.ts';
import { ago } from '../format/duration.ts';

interface MappingResultsProps {
  readonly results: readonly Mapped[];
  /** The deliveries that were mapped, in the order of the results. */
  readonly deliveries: readonly ReceivedDelivery[];
  readonly now: number;
}

/** What a mapping would make of each of the last deliveries. */
export function MappingResults({ results, deliveries, now }: MappingResultsProps) {
  return (
    <div className="webhook-results" data-testid="mapping-results">
      {results.map((result, index) => {
        const delivery = deliveries[index];
        return (
          <div className="webhook-result" key={delivery?.offset ?? `given-${index}`}>
            <span className="panel-note">
              {delivery ? ago(delivery.receivedAt, now) : 'now'} · {countOf(result)}
            </span>
            {result.failures.map(({ reason, detail }) => (
              <p className="webhook-failure" key={`${reason} ${detail}`}>
                {reason}: {detail}
              </p>
            ))}
            {result.events.length > 0 ? (
              // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
              <pre className="code" tabIndex={0}>
                {result.events.map((event) => JSON.stringify(event, null, 2)).join('\n')}
              </pre>
            ) : null}
          </div>
        );
      })}
    </div>
  );
}

function countOf({ events, failures }: Mapped): string {
  if (events.length === 0) return failures.length > 0 ? 'goes to quarantine' : 'no event, on purpose';
  return events.length === 1 ? '1 event' : `${events.length} events`;
}
