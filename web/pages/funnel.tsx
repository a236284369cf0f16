import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { FunnelResult } from '../../src/contract/result.ts';
import {
  decodeStep,
  decodeWindow,
  encodeStep,
  encodeWindow,
  type FunnelStep,
  windowSeconds,
} from '../address/step.ts';
import { useAddress } from '../address/use-address.ts';
import { useView } from '../address/use-view.ts';
import { funnelCharts } from '../charts/charts.ts';
import { propertyLabel, valueLabel } from '../filter/describe.ts';
import { FilterList } from '../filter/filter-list.tsx';
import { PropertyPicker } from '../filter/property-picker.tsx';
import { duration } from '../format/duration.ts';
import { percent } from '../format/number.ts';
import { FunnelTable } from '../funnel/funnel-table.tsx';
import { StepEditor } from '../funnel/step-editor.tsx';
import { WindowInput } from '../funnel/window-input.tsx';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Page } from '../panel/page.tsx';
import { useCall } from '../query.ts';
import { BotsSwitch } from '../range/bots-switch.tsx';
import { RangePicker } from '../range/range-picker.tsx';
import { GetStarted, useHasEvents } from '../snippet/get-started.tsx';

const mostSteps = 10;
const emptyStep: FunnelStep = { event: '', filters: [] };

export function FunnelPage() {
  const view = useView();
  const [search, change] = useAddress();
  const started = useHasEvents();
  const named = (search.step ?? []).slice(0, mostSteps).map(decodeStep);
  const steps = [...named, emptyStep, emptyStep].slice(0, Math.max(2, named.length));
  const window = decodeWindow(search.window);
  const setSteps = (next: readonly FunnelStep[]) => change({ step: next.map(encodeStep) });
  const chosen = steps.filter(({ event }) => event !== '');
  const { project, range, filters, includeBots } = view;
  const breakdown = search.by;
  const query = useCall(
    'funnel',
    {
      project,
      range,
      filters,
      includeBots,
      steps: chosen,
      windowSeconds: windowSeconds(window),
      ...(breakdown ? { breakdown } : {}),
    },
    { enabled: chosen.length >= 2, keep: true },
  );
  const move = (index: number, by: -1 | 1) => {
    const moved = steps[index];
    if (moved) setSteps(steps.toSpliced(index, 1).toSpliced(index + by, 0, moved));
  };
  return (
    <Page
      title="Funnel"
      tools={
        started === false ? undefined : (
          <>
            <BotsSwitch view={view} />
            <RangePicker view={view} />
          </>
        )
      }
    >
      {started === false ? (
        <GetStarted />
      ) : (
        <>
          <section className="panel builder" aria-label="Steps">
            {steps.map((step, index) => (
              <StepEditor
                // biome-ignore lint/suspicious/noArrayIndexKey: the number of the place is the identity
                key={index}
                step={step}
                index={index}
                count={steps.length}
                range={range}
                onChange={(next) => setSteps(steps.with(index, next))}
                onMove={(by) => move(index, by)}
                onRemove={steps.length > 2 ? () => setSteps(steps.toSpliced(index, 1)) : undefined}
              />
            ))}
            <div className="builder-foot">
              <Button
                variant="subtle"
                leftSection={<IconPlus size={14} />}
                disabled={steps.length >= mostSteps}
                onClick={() => setSteps([...steps, emptyStep])}
              >
                Add step
              </Button>
              <span className="builder-label">Within</span>
              <WindowInput value={window} onChange={(next) => change({ window: encodeWindow(next) })} />
              <span className="builder-label">Break down by</span>
              <PropertyPicker
                label="Break down by"
                placeholder="Nothing"
                value={breakdown}
                onChange={(by) => change({ by })}
                clearable
              />
              <span className="builder-label">Only</span>
              <FilterList filters={filters} onChange={view.setFilters} range={range} hotkey />
            </div>
          </section>
          {chosen.length < 2 ? (
            <section className="panel">
              <EmptyPanel title="Choose at least two events">
                People are counted when they do the first and then the next ones, in this order, within the
                window.
              </EmptyPanel>
            </section>
          ) : (
            <Answer query={query} height={420}>
              {(result) => <Result result={result} breakdown={breakdown ?? ''} />}
            </Answer>
          )}
        </>
      )}
    </Page>
  );
}

function Result({ result, breakdown }: { result: FunnelResult; breakdown: string }) {
  const Chart = funnelCharts.funnel.component;
  const first = result.groups[0];
  const entered = first?.steps[0]?.people ?? 0;
  const conversion = first?.steps.at(-1)?.conversion ?? 0;
  const valueName = (value: string) => valueLabel(breakdown, value);
  return (
    <section className="panel" aria-label="Result" data-testid="funnel-result">
      <header className="panel-head">
        <h2 className="panel-title">Conversion</h2>
        {result.groups.length > 1 ? (
          <span className="funnel-total">by {propertyLabel(breakdown)}</span>
        ) : (
          <span className="funnel-total">
            <strong data-testid="funnel-conversion">{percent(conversion)}</strong> from first to last step
            {first === undefined || first.medianSeconds === null
              ? null
              : `, median ${duration(first.medianSeconds)}`}
          </span>
        )}
      </header>
      <div className="panel-body">
        {entered === 0 ? (
          <EmptyPanel title="Nobody took the first step in this range">
            Choose more days, or another first event.
          </EmptyPanel>
        ) : (
          <Chart
            result={result}
            valueName={valueName}
            label={`Funnel of ${result.groups[0]?.steps.length ?? 0} steps; the table below has its numbers`}
          />
        )}
      </div>
      {entered === 0 ? null : <FunnelTable result={result} valueName={valueName} />}
    </section>
  );
}
