import { Button, SegmentedControl, Skeleton } from '@mantine/core';
import { IconDownload, IconPlus } from '@tabler/icons-react';
import { Suspense, useMemo, useState } from 'react';
import type { Series } from '../../src/contract/query.ts';
import type { SeriesResult } from '../../src/contract/result.ts';
import { decodeSeries, encodeSeries } from '../address/series.ts';
import { useAddress } from '../address/use-address.ts';
import { useView } from '../address/use-view.ts';
import { seriesChartKind, seriesCharts } from '../charts/charts.ts';
import { csvOf, download } from '../explore/csv.ts';
import { seriesLabel } from '../explore/measures.ts';
import { type AskedTrend, plotOf } from '../explore/plot.ts';
import { SeriesEditor } from '../explore/series-editor.tsx';
import { TotalsTable } from '../explore/totals-table.tsx';
import { FilterList } from '../filter/filter-list.tsx';
import { PropertyPicker } from '../filter/property-picker.tsx';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Page } from '../panel/page.tsx';
import { useCall } from '../query.ts';
import { BotsSwitch } from '../range/bots-switch.tsx';
import { CompareSwitch } from '../range/compare-switch.tsx';
import { IntervalSelect } from '../range/interval-select.tsx';
import { RangePicker } from '../range/range-picker.tsx';
import { GetStarted, useHasEvents } from '../snippet/get-started.tsx';

const mostSeries = 8;

export function ExplorePage() {
  const view = useView();
  const [search, change] = useAddress();
  const started = useHasEvents();
  const catalog = useCall('eventNames', { project: view.project });
  const series = useMemo((): Series[] => {
    const asked = (search.s ?? []).map(decodeSeries).filter((one) => one !== undefined);
    if (asked.length > 0) return asked.slice(0, mostSeries);
    const first = catalog.data?.events[0]?.event;
    return first === undefined ? [] : [{ event: first, measure: { kind: 'users' }, filters: [] }];
  }, [search.s, catalog.data]);
  const setSeries = (next: readonly Series[]) => change({ s: next.map(encodeSeries) });
  const { project, range, filters, includeBots, interval, compare } = view;
  const breakdown = search.by;
  const asked = useMemo(
    (): AskedTrend => ({ series, interval, range, breakdown }),
    [series, interval, range, breakdown],
  );
  const query = useCall(
    'trend',
    { project, range, filters, includeBots, interval, compare, series, ...(breakdown ? { breakdown } : {}) },
    { enabled: series.length > 0 && started !== false, keep: true },
  );
  // The question that the shown answer belongs to, while the next answer is on its way.
  const [answered, setAnswered] = useState(asked);
  if (!query.isPlaceholderData && answered !== asked) setAnswered(asked);

  return (
    <Page
      title="Explore"
      tools={
        started === false ? undefined : (
          <>
            <CompareSwitch view={view} />
            <BotsSwitch view={view} />
            <IntervalSelect view={view} />
            <RangePicker view={view} />
          </>
        )
      }
    >
      {started === false ? (
        <GetStarted />
      ) : (
        <>
          <section className="panel builder" aria-label="Question">
            {series.map((one, index) => (
              <SeriesEditor
                // biome-ignore lint/suspicious/noArrayIndexKey: the letter of the place is the identity
                key={index}
                series={one}
                index={index}
                range={range}
                onChange={(next) => setSeries(series.with(index, next))}
                onCopy={
                  series.length < mostSeries ? () => setSeries(series.toSpliced(index, 0, one)) : undefined
                }
                onRemove={series.length > 1 ? () => setSeries(series.toSpliced(index, 1)) : undefined}
              />
            ))}
            <div className="builder-foot">
              <Button
                variant="subtle"
                leftSection={<IconPlus size={14} />}
                disabled={series.length >= mostSeries}
                onClick={() =>
                  setSeries([...series, { event: '*', measure: { kind: 'count' }, filters: [] }])
                }
              >
                Add series
              </Button>
              <span className="builder-label">Break down by</span>
              <PropertyPicker
                label="Break down by"
                placeholder="Nothing"
                value={breakdown}
                onChange={(by) => change({ by })}
                event={series.length === 1 ? series[0]?.event : undefined}
                clearable
              />
              <span className="builder-label">Only</span>
              <FilterList filters={filters} onChange={view.setFilters} range={range} hotkey />
            </div>
          </section>
          <Answer query={query} height={420}>
            {(result) => <TrendResult result={result} asked={query.isPlaceholderData ? answered : asked} />}
          </Answer>
        </>
      )}
    </Page>
  );
}

function TrendResult({ result, asked }: { result: SeriesResult; asked: AskedTrend }) {
  const [search, change] = useAddress();
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const kind = seriesChartKind(search.chart);
  const labels = useMemo(() => asked.series.map(seriesLabel), [asked]);
  const plot = useMemo(() => plotOf(result, asked, labels), [result, asked, labels]);
  const visible = useMemo(
    () => ({ ...plot, lines: plot.lines.filter(({ slot }) => !hidden.has(slot)) }),
    [plot, hidden],
  );
  const Chart = seriesCharts[kind].component;
  const toggle = (slot: number) =>
    setHidden((was) =>
      was.has(slot) ? new Set([...was].filter((one) => one !== slot)) : new Set([...was, slot]),
    );
  return (
    <section className="panel" aria-label="Result" data-testid="trend-result">
      <header className="panel-head">
        <h2 className="panel-title">{labels.length === 1 ? labels[0] : `${labels.length} series`}</h2>
        <div className="page-tools">
          <SegmentedControl
            size="xs"
            aria-label="Kind of chart"
            value={kind}
            onChange={(chart) => change({ chart: chart === 'line' ? undefined : chart }, { replace: true })}
            data={Object.entries(seriesCharts).map(([value, { label }]) => ({ value, label }))}
          />
          <Button
            variant="default"
            leftSection={<IconDownload size={14} />}
            onClick={() => download(`tributary-${asked.range.from}-${asked.range.to}.csv`, csvOf(plot))}
          >
            CSV
          </Button>
        </div>
      </header>
      <div className="panel-body">
        {plot.lines.length === 0 ? (
          <EmptyPanel title="No such events in this range">
            Choose more days or take a filter away.
          </EmptyPanel>
        ) : (
          <>
            <Suspense fallback={<Skeleton height={320} />}>
              <Chart plot={visible} />
            </Suspense>
            {kind === 'number' ? null : (
              <p className="panel-note zone-note">Times in {asked.range.timezone}</p>
            )}
          </>
        )}
      </div>
      {plot.lines.length === 0 ? null : (
        <TotalsTable
          plot={plot}
          measures={asked.series.map(({ measure }) => measure.kind)}
          hidden={hidden}
          onToggle={toggle}
        />
      )}
    </section>
  );
}
