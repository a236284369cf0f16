import { UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { ReceivedDelivery } from '../../src/contract/door-endpoints.ts';
import { ago } from '../format/duration.ts';
import { pretty } from '../format/json.ts';
import { moment } from '../format/time.ts';
import { CopyButton } from '../snippet/copy-button.tsx';

interface DeliveriesProps {
  readonly items: readonly ReceivedDelivery[];
  readonly now: number;
  readonly timezone: string;
}

/** The last requests of a webhook, each with its headers and its body. */
export function Deliveries({ items, now, timezone }: DeliveriesProps) {
  return (
    <ul className="quarantine" data-testid="deliveries">
      {items.map((item) => (
        <li key={item.offset}>
          <Delivery item={item} now={now} timezone={timezone} />
        </li>
      ))}
    </ul>
  );
}

/** Headers that say nothing of a delivery. */
const general = new Set(['user-agent', 'content-type', 'accept-language', 'origin', 'referer', 'dnt']);

interface DeliveryProps extends Omit<DeliveriesProps, 'items'> {
  readonly item: ReceivedDelivery;
}

function Delivery({ item, now, timezone }: DeliveryProps) {
  const [opened, setOpened] = useState(false);
  const told = Object.entries(item.headers).filter(([name]) => !general.has(name));
  return (
    <>
      <UnstyledButton className="quarantine-row" aria-expanded={opened} onClick={() => setOpened(!opened)}>
        <IconChevronRight size={14} stroke={1.8} className="live-chevron" aria-hidden="true" />
        <span className="quarantine-reason">{ago(item.receivedAt, now)}</span>
        <span className="muted mono webhook-preview">{item.body.replaceAll(/\s+/g, ' ').slice(0, 120)}</span>
      </UnstyledButton>
      {opened ? (
        <div className="quarantine-detail">
          <div className="snippet-head">
            <span className="panel-note">
              {[
                moment(item.receivedAt, timezone),
                ...told.map(([name, value]) => `${name}: ${value}`),
                ...(item.query === '' ? [] : [`?${item.query}`]),
                ...(item.cut ? ['only its beginning is shown'] : []),
                ...(item.encoding === 'base64' ? ['base64'] : []),
              ].join(' · ')}
            </span>
            <CopyButton text={item.body} />
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <pre className="code" tabIndex={0}>
            {pretty(item.body)}
          </pre>
        </div>
      ) : null}
    </>
  );
}
