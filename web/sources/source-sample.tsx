import { UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { SourceStatus } from '../../src/contract/source.ts';
import { ago } from '../format/duration.ts';
import { pretty } from '../format/json.ts';
import { moment } from '../format/time.ts';
import { CopyButton } from '../snippet/copy-button.tsx';

interface SampleProps<Item> {
  readonly items: readonly Item[];
  readonly now: number;
  readonly timezone: string;
}

/** The newest events, each with what it carries. */
export function LatestEvents({ items, now, timezone }: SampleProps<SourceStatus['latest'][number]>) {
  return (
    <ul className="quarantine">
      {items.map((item, index) => (
        // the list is short and whole: a place names its item
        // biome-ignore lint/suspicious/noArrayIndexKey: items have no id of their own
        <li key={index}>
          <Expandable
            head={
              <>
                <span className="quarantine-reason">{item.event}</span>
                {item.type === 'log' ? (
                  // what a log line says tells it from the next one
                  <span className="log-line">{item.payload}</span>
                ) : (
                  <span className="muted">
                    {item.type} · {item.protocol}
                  </span>
                )}
                <span className="quarantine-count mono">{item.user}</span>
                <span className="muted">{ago(item.receivedAt, now)}</span>
              </>
            }
            note={moment(item.receivedAt, timezone)}
            payload={pretty(item.payload)}
          />
        </li>
      ))}
    </ul>
  );
}

/** What could not be processed, with the reason and the original bytes. */
export function FailedItems({ items, now, timezone }: SampleProps<SourceStatus['failed'][number]>) {
  return (
    <ul className="quarantine">
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: items have no id of their own
        <li key={index}>
          <Expandable
            head={
              <>
                <span className="quarantine-reason">{item.reason}</span>
                <span className="muted">
                  {item.stage} · {item.protocol}
                </span>
                <span className="quarantine-count muted">{ago(item.receivedAt, now)}</span>
              </>
            }
            note={`${item.detail} · ${moment(item.receivedAt, timezone)}${item.encoding === 'base64' ? ' · base64' : ''}`}
            payload={pretty(item.payload)}
          />
        </li>
      ))}
    </ul>
  );
}

interface ExpandableProps {
  readonly head: ReactNode;
  readonly note: string;
  readonly payload: string;
}

function Expandable({ head, note, payload }: ExpandableProps) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <UnstyledButton className="quarantine-row" aria-expanded={opened} onClick={() => setOpened(!opened)}>
        <IconChevronRight size={14} stroke={1.8} className="live-chevron" aria-hidden="true" />
        {head}
      </UnstyledButton>
      {opened ? (
        <div className="quarantine-detail">
          <div className="snippet-head">
            <span className="panel-note">{note}</span>
            <CopyButton text={payload} />
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <pre className="code" tabIndex={0}>
            {payload}
          </pre>
        </div>
      ) : null}
    </>
  );
}
