import { Button, Tabs } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { ColumnName } from '../../src/contract/columns.ts';
import type { View } from '../address/use-view.ts';
import { full } from '../format/number.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { useCall } from '../query.ts';
import { BreakdownDrawer } from './breakdown-drawer.tsx';
import { BreakdownRows } from './breakdown-rows.tsx';

interface BreakdownPanelProps {
  readonly title: string;
  readonly tabs: readonly { readonly property: ColumnName; readonly label: string }[];
  readonly view: View;
  readonly visitors: number;
}

const shown = 9;

export function BreakdownPanel({ title, tabs, view, visitors }: BreakdownPanelProps) {
  const [property, setProperty] = useState<string>(tabs[0]?.property ?? '');
  const [opened, drawer] = useDisclosure(false);
  const { project, range, filters, includeBots } = view;
  const query = useCall(
    'breakdown',
    { project, range, filters, includeBots, property, limit: shown },
    { keep: true },
  );
  const current = query.data?.property === property ? query : { ...query, isPlaceholderData: true };
  const choose = (value: string) => {
    drawer.close();
    view.addFilter(
      value === '' ? { property, op: 'is_not_set', values: [] } : { property, op: 'is', values: [value] },
    );
  };
  const label = tabs.find((tab) => tab.property === property)?.label ?? '';
  return (
    <section className="panel breakdown-panel" aria-label={title}>
      <header className="panel-head">
        <h2 className="panel-title">{title}</h2>
        <Tabs value={property} onChange={(next) => next !== null && setProperty(next)} variant="none">
          <Tabs.List className="plain-tabs" aria-label={`${title} by`}>
            {tabs.map((tab) => (
              <Tabs.Tab key={tab.property} value={tab.property} className="plain-tab">
                {tab.label}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </Tabs>
      </header>
      <div className="breakdown-body">
        <Answer query={current as typeof query} height={312}>
          {(result) =>
            result.rows.length === 0 ? (
              <EmptyPanel title="Nothing in this range">Choose more days or take a filter away.</EmptyPanel>
            ) : (
              <BreakdownRows result={result} visitors={visitors} onChoose={choose} />
            )
          }
        </Answer>
      </div>
      <footer className="breakdown-foot">
        {query.data && query.data.total > query.data.rows.length ? (
          <Button variant="subtle" color="gray" onClick={drawer.open} aria-label={`More ${title}`}>
            All {full(query.data.total)}
          </Button>
        ) : null}
      </footer>
      <BreakdownDrawer
        opened={opened}
        onClose={drawer.close}
        title={`${title}: ${label}`}
        property={property}
        view={view}
        visitors={visitors}
        onChoose={choose}
      />
    </section>
  );
}
