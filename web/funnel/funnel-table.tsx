import type { FunnelResult } from '../../src/contract/result.ts';
import { eventLabel } from '../catalog/event-picker.tsx';
import { duration } from '../format/duration.ts';
import { full, percent } from '../format/number.ts';
import { dropOff, type FunnelGroup, groupName } from '../plot/funnel-plot.ts';
import { seriesColour, usePlotColours } from '../plot/palette.ts';

interface FunnelTableProps {
  readonly result: FunnelResult;
  readonly valueName: (value: string) => string;
}

/** All numbers of the funnel, and the table that stands for its drawing. */
export function FunnelTable({ result, valueName }: FunnelTableProps) {
  return result.groups.length > 1 ? (
    <GroupTable result={result} valueName={valueName} />
  ) : (
    <StepTable group={result.groups[0]} />
  );
}

function StepTable({ group }: { group: FunnelGroup | undefined }) {
  return (
    <div className="table-scroll">
      <table className="data" aria-label="Funnel steps" data-testid="funnel-table">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col" className="number">
              People
            </th>
            <th scope="col" className="number">
              Of the first
            </th>
            <th scope="col" className="number">
              Of the step before
            </th>
            <th scope="col" className="number">
              Dropped off
            </th>
            <th scope="col" className="number">
              Median time
            </th>
          </tr>
        </thead>
        <tbody>
          {group?.steps.map((step, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same event may be two steps
            <tr key={index}>
              <td>
                {index + 1}. {eventLabel(step.event)}
              </td>
              <td className="number">{full(step.people)}</td>
              <td className="number">{percent(step.conversion)}</td>
              <td className="number">{index === 0 ? '–' : percent(step.stepConversion)}</td>
              <td className="number">{index === 0 ? '–' : full(dropOff(group, index))}</td>
              <td className="number">{step.medianSeconds === null ? '–' : duration(step.medianSeconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function GroupTable({ result, valueName }: FunnelTableProps) {
  const colours = usePlotColours();
  const steps = result.groups[0]?.steps ?? [];
  return (
    <div className="table-scroll">
      <table className="data" aria-label="Funnel by group" data-testid="funnel-table">
        <thead>
          <tr>
            <th scope="col">Group</th>
            {steps.map((step, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the same event may be two steps
              <th scope="col" className="number" key={index}>
                {index + 1}. {eventLabel(step.event)}
              </th>
            ))}
            <th scope="col" className="number">
              Conversion
            </th>
            <th scope="col" className="number">
              Median time
            </th>
          </tr>
        </thead>
        <tbody>
          {result.groups.map((group, slot) => (
            <tr key={group.value ?? ''}>
              <td>
                <span className="swatch" style={{ background: seriesColour(colours, slot) }} />
                {groupName(group, valueName)}
              </td>
              {group.steps.map((step, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the same event may be two steps
                <td className="number" key={index}>
                  {full(step.people)} <span className="muted">{percent(step.conversion)}</span>
                </td>
              ))}
              <td className="number">{percent(group.steps.at(-1)?.conversion ?? 0)}</td>
              <td className="number">{group.medianSeconds === null ? '–' : duration(group.medianSeconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
