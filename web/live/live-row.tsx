import { UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { memo, useState } from 'react';
import type { LiveEvent } from '../../src/contract/result.ts';
import { ago } from '../format/duration.ts';
import { countryFlag, countryName } from '../format/place.ts';
import { moment } from '../format/time.ts';
import { EventFields } from './event-fields.tsx';

interface LiveRowProps {
  readonly event: LiveEvent;
  readonly now: number;
  readonly timezone: string;
  readonly bot: boolean;
}

/** One event; opens to everything that is known about it. */
export const LiveRow = memo(function LiveRow({ event, now, timezone, bot }: LiveRowProps) {
  const [opened, setOpened] = useState(false);
  const who =
    event.userId || (event.anonymousId === '' ? 'nobody' : `anonymous ${event.anonymousId.slice(0, 8)}`);
  const place = [event.city, event.country === '' ? '' : countryName(event.country)]
    .filter(Boolean)
    .join(', ');
  return (
    <li className="live-item" data-testid="live-row" data-event={event.event}>
      <UnstyledButton className="live-row" onClick={() => setOpened(!opened)} aria-expanded={opened}>
        <IconChevronRight size={14} stroke={1.8} className="live-chevron" aria-hidden="true" />
        <span className="live-event">
          <span className="live-name">{event.event}</span>
          {event.event === event.type ? null : <span className="live-type">{event.type}</span>}
          {bot ? <span className="live-type">bot</span> : null}
        </span>
        <span className={event.userId === '' ? 'live-who muted' : 'live-who'}>{who}</span>
        <span className="live-path muted">{event.path || event.library}</span>
        <span className="live-place muted" title={place}>
          {countryFlag(event.country)} {place}
        </span>
        <time className="live-time" title={`${moment(event.receivedAt, timezone)} ${timezone}`}>
          {ago(event.receivedAt, now)}
        </time>
      </UnstyledButton>
      {opened ? <EventFields event={event} timezone={timezone} /> : null}
    </li>
  );
});
