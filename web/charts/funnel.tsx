import { eventLabel } from '../catalog/event-picker.tsx';
import { duration } from '../format/duration.ts';
import { compact, counted, full, percent } from '../format/number.ts';
import { dropOff, groupName } from '../plot/funnel-plot.ts';
import { seriesColour, usePlotColours } from '../plot/palette.ts';
import type { FunnelChartProps } from '../plot/shape.ts';

/** Steps from top to bottom; each bar is the share of those who took the first step. */
export default function FunnelChart({ result, label, valueName }: FunnelChartProps) {
  const colours = usePlotColours();
  const first = result.groups[0];
  if (!first) return null;
  const several = result.groups.length > 1;
  return (
    <ol className="funnel" aria-label={label}>
      {first.steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same event may be two steps
        <li key={index} className="funnel-step" data-testid="funnel-step">
          {index === 0 ? null : (
            <div className="funnel-between">
              <span className="funnel-arrow" aria-hidden="true">
                ↓
              </span>
              <span>
                <strong>{percent(step.stepConversion)}</strong> went on
              </span>
              <span>{counted(dropOff(first, index), 'person', 'people')} dropped off</span>
              {step.medianSeconds === null ? null : <span>median {duration(step.medianSeconds)}</span>}
            </div>
          )}
          <div className="funnel-head">
            <span className="builder-letter" aria-hidden="true">
              {index + 1}
            </span>
            <span className="funnel-name">{eventLabel(step.event)}</span>
            <span className="funnel-people" title={full(step.people)}>
              {compact(step.people)} {step.people === 1 ? 'person' : 'people'}
            </span>
            <span className="funnel-share">{percent(step.conversion)}</span>
          </div>
          {result.groups.map((group, slot) => {
            const own = group.steps[index];
            if (!own) return null;
            const name = groupName(group, valueName);
            return (
              <div
                key={group.value ?? ''}
                className={several ? 'funnel-bar funnel-bar-thin' : 'funnel-bar'}
                title={`${name}: ${counted(own.people, 'person', 'people')}, ${percent(own.conversion)} of the first step`}
              >
                <span
                  style={{ width: `${own.conversion * 100}%`, background: seriesColour(colours, slot) }}
                />
              </div>
            );
          })}
        </li>
      ))}
    </ol>
  );
}
