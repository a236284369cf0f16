import { Button, SegmentedControl, UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { QuarantinedItem, QuarantineState } from '../../src/contract/quarantine-endpoints.ts';
import { call } from '../call.ts';
import { ago } from '../format/duration.ts';
import { pretty } from '../format/json.ts';
import { moment } from '../format/time.ts';
import { EmptyPanel } from '../panel/empty.tsx';
import { Failure } from '../panel/failure.tsx';
import { Panel } from '../panel/panel.tsx';
import { useSession } from '../session/session.tsx';
import { CopyButton } from '../snippet/copy-button.tsx';

interface ItemsProps {
  readonly cause: string;
  readonly now: number;
  readonly nameOf: (source: string) => string;
}

const states = [
  { value: 'waiting', label: 'Waiting' },
  { value: 'replayed', label: 'Replayed' },
  { value: 'discarded', label: 'Discarded' },
];

/** The items of a group, newest first, each with all that is known of it. */
export function Items({ cause, now, nameOf }: ItemsProps) {
  const { project } = useSession();
  const [state, setState] = useState<QuarantineState>('waiting');
  const pages = useInfiniteQuery({
    queryKey: ['quarantineItems', project.id, cause, state],
    queryFn: ({ pageParam, signal }) =>
      call('quarantineItems', { project: project.id, cause, state, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.cursor ?? undefined,
  });
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel
      title="Items"
      flush
      tools={
        <SegmentedControl
          size="xs"
          aria-label="State of the items"
          data={states}
          value={state}
          onChange={(next) => setState(next as QuarantineState)}
        />
      }
    >
      {pages.error ? <Failure error={pages.error} onRetry={() => void pages.refetch()} /> : null}
      {pages.isSuccess && items.length === 0 ? <EmptyPanel title={`No item is ${state}`} /> : null}
      <ul className="quarantine" data-testid="quarantine-items">
        {items.map((item) => (
          <li key={`${item.offset}.${item.item}`}>
            <Item item={item} now={now} timezone={project.timezone} nameOf={nameOf} />
          </li>
        ))}
      </ul>
      {pages.hasNextPage ? (
        <div className="builder-foot">
          <Button
            variant="default"
            onClick={() => void pages.fetchNextPage()}
            loading={pages.isFetchingNextPage}
          >
            Show older items
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}

interface ItemProps {
  readonly item: QuarantinedItem;
  readonly now: number;
  readonly timezone: string;
  readonly nameOf: (source: string) => string;
}

function Item({ item, now, timezone, nameOf }: ItemProps) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <UnstyledButton className="quarantine-row" aria-expanded={opened} onClick={() => setOpened(!opened)}>
        <IconChevronRight size={14} stroke={1.8} className="live-chevron" aria-hidden="true" />
        <span className="quarantine-reason">{ago(item.receivedAt, now)}</span>
        <span className="muted mono webhook-preview">
          {(item.payload || item.query).replaceAll(/\s+/g, ' ').slice(0, 160)}
        </span>
        {item.outcome ? <span className="muted">{item.outcome.outcome}</span> : null}
      </UnstyledButton>
      {opened ? <ItemFields item={item} timezone={timezone} nameOf={nameOf} /> : null}
    </>
  );
}

const forms: Readonly<Record<QuarantinedItem['form'], string>> = {
  request: 'a whole request',
  item: 'one item of a request',
  event: 'a decoded event',
  line: 'a decoded log line',
};

function ItemFields({ item, timezone, nameOf }: Omit<ItemProps, 'now'>) {
  const fields: readonly (readonly [string, string])[] = [
    ['What it is', forms[item.form]],
    ['Why', item.detail],
    ['Received', `${moment(item.receivedAt, timezone)} ${timezone}`],
    ['Source', nameOf(item.source)],
    ['Request', `${item.method} ${item.path}`],
    ['Query', item.query],
    ['Sender', item.address],
    ['In the log', `record ${item.offset}${item.item === 0 ? '' : `, item ${item.item}`}`],
    ['Failed again in', item.replayed],
    ['Outcome', outcomeOf(item, timezone)],
    ...Object.entries(item.headers),
  ];
  return (
    <div className="quarantine-detail">
      <dl className="fields quarantine-fields">
        {fields
          .filter(([, value]) => value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      <div className="snippet-head">
        <h3 className="panel-note">
          {item.encoding === 'base64' ? 'Bytes, as base64' : 'Bytes'}
          {item.cut ? ' (only the beginning)' : ''}
        </h3>
        <CopyButton text={item.payload} />
      </div>
      {item.payload === '' ? (
        <p className="panel-note">The request had no body.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <pre className="code quarantine-code" tabIndex={0}>
          {pretty(item.payload)}
        </pre>
      )}
    </div>
  );
}

function outcomeOf({ outcome }: QuarantinedItem, timezone: string): string {
  if (!outcome) return '';
  const how = outcome.fix === '' ? '' : `, with “${outcome.fix}”`;
  return `${outcome.outcome} by ${outcome.by}${how}, ${moment(outcome.at, timezone)}`;
}
