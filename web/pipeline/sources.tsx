import type { PipelineResult } from '../../src/contract/result.ts';
import { ago } from '../format/duration.ts';
import { full, rate } from '../format/number.ts';
import { moment } from '../format/time.ts';
import { StateMark } from '../panel/state.tsx';
import { sourceTones } from './tone.ts';

interface SourcesProps {
  readonly sources: PipelineResult['sources'];
  readonly now: number;
  readonly timezone: string;
}

/** Who sends events, and since when not any more. */
export function Sources({ sources, now, timezone }: SourcesProps) {
  return (
    <div className="table-scroll">
      <table className="data" aria-label="Sources">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">State</th>
            <th scope="col" className="number">
              Last event
            </th>
            <th scope="col" className="number">
              Rate
            </th>
            <th scope="col" className="number">
              Events, 24 h
            </th>
            <th scope="col" className="number">
              Quarantined, 24 h
            </th>
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => {
            const { tone, word } = sourceTones[source.state];
            return (
              <tr key={source.name} data-tone={tone}>
                <td>
                  {source.library || source.name} <span className="muted">{source.protocol}</span>
                </td>
                <td>
                  <StateMark tone={tone} word={word} />
                </td>
                <td
                  className={source.state === 'stale' ? 'number stage-errors' : 'number'}
                  title={
                    source.lastEvent === null
                      ? undefined
                      : `${moment(source.lastEvent, timezone)} ${timezone}`
                  }
                >
                  {source.lastEvent === null ? 'never' : ago(source.lastEvent, now)}
                </td>
                <td className="number">{rate(source.rate)}</td>
                <td className="number">{full(source.day)}</td>
                <td className={source.quarantinedDay > 0 ? 'number stage-errors' : 'number'}>
                  {full(source.quarantinedDay)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
