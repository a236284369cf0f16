import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { useAddress } from '../address/use-address.ts';
import { useView } from '../address/use-view.ts';
import { FilterList } from '../filter/filter-list.tsx';
import { counted } from '../format/number.ts';
import { BreakdownPanel } from '../overview/breakdown-panel.tsx';
import { Elsewhere } from '../overview/elsewhere.tsx';
import { breakdownLists } from '../overview/lists.ts';
import { MetricCards } from '../overview/metric-cards.tsx';
import { metricOf } from '../overview/metrics.ts';
import { OverviewChart } from '../overview/overview-chart.tsx';
import { Answer } from '../panel/answer.tsx';
import { Page } from '../panel/page.tsx';
import { useCall } from '../query.ts';
import { BotsSwitch } from '../range/bots-switch.tsx';
import { CompareSwitch } from '../range/compare-switch.tsx';
import { IntervalSelect } from '../range/interval-select.tsx';
import { RangePicker } from '../range/range-picker.tsx';
import { GetStarted, useHasEvents } from '../snippet/get-started.tsx';

export function OverviewPage() {
  const view = useView(true);
  const [search, change] = useAddress();
  const [shape, setShape] = useState('chart');
  const metric = metricOf(search.metric);
  const { project, range, filters, includeBots, interval, compare } = view;
  const query = useCall(
    'overview',
    { project, range, filters, includeBots, interval, compare },
    { keep: true, every: 30_000 },
  );
  const started = useHasEvents();
  const current = query.data?.current ?? 0;
  return (
    <Page
      title="Overview"
      note={
        query.data && started ? (
          <span data-testid="people-now">
            <span className="pulse" data-quiet={current === 0 || undefined} aria-hidden="true" />
            {counted(current, 'person', 'people')} now
          </span>
        ) : null
      }
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
          <FilterList filters={filters} onChange={view.setFilters} range={range} hotkey />
          {query.data ? <Elsewhere result={query.data} view={view} /> : null}
          <section className="panel" aria-label="Metrics">
            <MetricCards
              result={query.data}
              chosen={metric.name}
              onChoose={(name) =>
                change({ metric: name === 'visitors' ? undefined : name }, { replace: true })
              }
            />
            <header className="panel-head">
              <h2 className="panel-title">{metric.label} over time</h2>
              <SegmentedControl
                size="xs"
                value={shape}
                onChange={setShape}
                aria-label="Shape"
                data={[
                  { value: 'chart', label: 'Chart' },
                  { value: 'table', label: 'Table' },
                ]}
              />
            </header>
            <div className="panel-body">
              <Answer query={query} height={292}>
                {(result) => (
                  <OverviewChart
                    result={result}
                    metric={metric.name}
                    view={view}
                    asTable={shape === 'table'}
                  />
                )}
              </Answer>
            </div>
          </section>
          <div className="grid-2">
            {breakdownLists.map(({ title, tabs }) => (
              <BreakdownPanel
                key={title}
                title={title}
                tabs={tabs}
                view={view}
                visitors={query.data?.total.visitors ?? 0}
              />
            ))}
          </div>
          {/* the licence of the places' database asks for this link where places are shown */}
          <p className="attribution">
            <a href="https://db-ip.com" target="_blank" rel="noreferrer">
              IP Geolocation by DB-IP
            </a>
          </p>
        </>
      )}
    </Page>
  );
}
