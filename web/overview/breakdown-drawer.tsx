import { Drawer, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { View } from '../address/use-view.ts';
import { full } from '../format/number.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { useCall } from '../query.ts';
import { BreakdownRows } from './breakdown-rows.tsx';

interface BreakdownDrawerProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly property: string;
  readonly view: View;
  readonly visitors: number;
  readonly onChoose: (value: string) => void;
}

const most = 200;

/** The whole list of one panel, with more columns and a search. */
export function BreakdownDrawer({ opened, onClose, title, ...list }: BreakdownDrawerProps) {
  return (
    <Drawer opened={opened} onClose={onClose} title={title} position="right" size="xl">
      <DrawerList {...list} />
    </Drawer>
  );
}

type DrawerListProps = Pick<BreakdownDrawerProps, 'property' | 'view' | 'visitors' | 'onChoose'>;

function DrawerList({ property, view, visitors, onChoose }: DrawerListProps) {
  const [search, setSearch] = useState('');
  const [settled] = useDebouncedValue(search, 250);
  const { project, range, filters, includeBots } = view;
  const query = useCall(
    'breakdown',
    { project, range, filters, includeBots, property, limit: most, search: settled },
    { keep: true },
  );
  return (
    <div className="drawer-list">
      <TextInput
        size="sm"
        placeholder="Search"
        aria-label="Search in the list"
        leftSection={<IconSearch size={15} stroke={1.6} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        data-autofocus
      />
      <Answer query={query} height={480}>
        {(result) =>
          result.rows.length === 0 ? (
            <EmptyPanel title={settled === '' ? 'Nothing in this range' : `Nothing contains «${settled}»`} />
          ) : (
            <>
              <div className="table-scroll">
                <BreakdownRows result={result} visitors={visitors} detailed onChoose={onChoose} />
              </div>
              {result.total > result.rows.length ? (
                <p className="panel-note">
                  The first {full(result.rows.length)} of {full(result.total)}. Search to find the others.
                </p>
              ) : null}
            </>
          )
        }
      </Answer>
    </div>
  );
}
