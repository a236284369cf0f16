import { eventLabel } from '../catalog/event-picker.tsx';
import { duration } from '../format/duration.ts';
import { compact, counted, full, percent } from '../format/number.ts';
import { dropOff, type FunnelGroup, groupName } from '../plot/funnel-plot.ts';
import { type PlotColours, seriesColour, usePlotColours } from '../plot/palette.ts';
import type { FunnelChartProps } from '../plot/shape.ts';

/** Steps from top to bottom; each bar is the share of those who took the first step. */
export default function FunnelChart({ result, label, valueName }: FunnelChartProps) {
  const colours = usePlotColours();
  const first = result.groups[0];
  if (!first) return null;
  const alone = result.groups.length === 1;
  return (
    <ol className="funnel" aria-label={label}>
      {first.steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same event may be two steps
        <li key={index} className="funnel-step" data-testid="funnel-step">
          {alone && index > 0 ? <Between group={first} index={index} /> : null}
          <div className="funnel-head">
            <span className="builder-letter" aria-hidden="true">
              {index + 1}
            </span>
            <span className="funnel-name">{eventLabel(step.event)}</span>
            {alone ? (
              <>
                <span className="funnel-people" title={full(step.people)}>
                  {compact(step.people)} {step.people === 1 ? 'person' : 'people'}
                </span>
                <span className="funnel-share">{percent(step.conversion)}</span>
              </>
            ) : null}
          </div>
          {alone ? (
            <Bar share={step.conversion} colour={seriesColour(colours, 0)} />
          ) : (
            <GroupBars groups={result.groups} index={index} colours={colours} valueName={valueName} />
          )}
        </li>
      ))}
    </ol>
  );
}

/** What happened between a step and the one before. */
function Between({ group, index }: { group: FunnelGroup; index: number }) {
  const step = group.steps[index];
  if (!step) return null;
  return (
    <div className="funnel-between">
      <span className="funnel-arrow" aria-hidden="true">
        ↓
      </span>
      <span>
        <strong>{percent(step.stepConversion)}</strong> went on
      </span>
      <span>{counted(dropOff(group, index), 'person', 'people')} dropped off</span>
      {step.medianSeconds === null ? null : <span>median {duration(step.medianSeconds)}</span>}
    </div>
  );
}

interface GroupBarsProps {
  readonly groups: readonly FunnelGroup[];
  readonly index: number;
  readonly colours: PlotColours;
  readonly valueName: (value: string) => string;
}

/** One thin bar per breakdown value, named and numbered. */
function GroupBars({ groups, index, colours, valueName }: GroupBarsProps) {
  return groups.map((group, slot) => {
    const step = group.steps[index];
    if (!step) return null;
    const name = groupName(group, valueName);
    return (
      <div key={group.value ?? ''} className="funnel-group">
        <span className="funnel-group-name" title={name}>
          {name}
        </span>
        <Bar share={step.conversion} colour={seriesColour(colours, slot)} />
        <span className="funnel-people" title={full(step.people)}>
          {compact(step.people)}
        </span>
        <span className="funnel-share">{percent(step.conversion)}</span>
      </div>
    );
  });
}

function Bar({ share, colour }: { share: number; colour: string }) {
  return (
    <div className="funnel-bar">
      <span style={{ width: share > 0 ? `max(2px, ${share * 100}%)` : 0, background: colour }} />
    </div>
  );
}
