import type { PipelineResult } from '../../src/contract/result.ts';
import { ago, duration } from '../format/duration.ts';
import { compact, full, rate } from '../format/number.ts';
import { StateMark } from '../panel/state.tsx';
import { stageTones } from './tone.ts';

type Stage = PipelineResult['stages'][number];

const titles: Readonly<Record<Stage['name'], { title: string; does: string }>> = {
  collect: { title: 'Collect', does: 'takes requests from trackers' },
  log: { title: 'Log', does: 'keeps them durably' },
  process: { title: 'Process', does: 'decodes and enriches' },
  warehouse: { title: 'Warehouse', does: 'answers questions' },
};

/** The river: four stages in the order of the flow. */
export function Stages({ stages, now }: { stages: readonly Stage[]; now: number }) {
  return (
    <ol className="stages" aria-label="Stages">
      {stages.map((stage) => {
        const { tone, word } = stageTones[stage.state];
        const { title, does } = titles[stage.name];
        return (
          <li key={stage.name} className="stage" data-tone={tone} data-testid={`stage-${stage.name}`}>
            <div className="stage-head">
              <span className="stage-title">{title}</span>
              <StateMark tone={tone} word={word} />
            </div>
            <p className="panel-note">{does}</p>
            <dl className="stage-facts">
              <div>
                <dt>Rate</dt>
                <dd>{rate(stage.rate)}</dd>
              </div>
              <div>
                <dt>Waiting</dt>
                <dd title={`${full(stage.lag)} records, the oldest for ${duration(stage.lagSeconds)}`}>
                  {stage.lag === 0 ? 'none' : `${compact(stage.lag)} · ${duration(stage.lagSeconds)}`}
                </dd>
              </div>
              <div>
                <dt>Last</dt>
                <dd>{stage.last === null ? 'never' : ago(stage.last, now)}</dd>
              </div>
              <div>
                <dt>Errors, 24 h</dt>
                <dd className={stage.errorsDay > 0 ? 'stage-errors' : undefined}>{full(stage.errorsDay)}</dd>
              </div>
            </dl>
            {stage.message === '' ? null : <p className="stage-message">{stage.message}</p>}
          </li>
        );
      })}
    </ol>
  );
}
