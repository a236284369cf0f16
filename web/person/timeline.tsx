import { Button, UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { PersonEvent } from '../../src/contract/person-endpoints.ts';
import { Findings } from '../counting/findings.tsx';
import { duration } from '../format/duration.ts';
import { pretty } from '../format/json.ts';
import { counted } from '../format/number.ts';
import { countryFlag } from '../format/place.ts';
import { clockTime, moment } from '../format/time.ts';
import { Answer } from '../panel/answer.tsx';
import { EmptyPanel } from '../panel/empty.tsx';
import { Panel } from '../panel/panel.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import { idText } from './names.ts';

const step = 100;
const most = 500;

/** What a person did, the newest first, session by session. */
export function Timeline({ person }: { readonly person: string }) {
  const { project } = useSession();
  const [limit, setLimit] = useState(step);
  const events = useCall('personEvents', { project: project.id, person, limit }, { keep: true });
  return (
    <Panel title="Timeline" flush>
      <Answer query={events} height={320}>
        {(data) =>
          data.events.length === 0 ? (
            <EmptyPanel title="No events">
              This person is known from a merge or an alias, or its events were deleted.
            </EmptyPanel>
          ) : (
            <>
              {visitsOf(data.events).map((visit) => (
                <Visit key={visit.events[0]?.eventId} visit={visit} timezone={project.timezone} />
              ))}
              {data.events.length >= limit ? (
                <p className="people-more">
                  {limit < most ? (
                    <Button
                      size="compact-sm"
                      variant="default"
                      onClick={() => setLimit(limit + 2 * step)}
                      loading={events.isFetching}
                    >
                      Show more
                    </Button>
                  ) : (
                    <span className="panel-note">
                      The newest {most}. Older ones: ask in SQL by person_id.
                    </span>
                  )}
                </p>
              ) : null}
            </>
          )
        }
      </Answer>
    </Panel>
  );
}

interface VisitEvents {
  readonly session: string;
  readonly events: readonly PersonEvent[];
}

/** Neighbours of one session; events outside of sessions stand alone. */
function visitsOf(events: readonly PersonEvent[]): VisitEvents[] {
  const visits: { session: string; events: PersonEvent[] }[] = [];
  for (const event of events) {
    const last = visits.at(-1);
    if (last?.session === event.session) last.events.push(event);
    else visits.push({ session: event.session, events: [event] });
  }
  return visits;
}

function Visit({ visit, timezone }: { readonly visit: VisitEvents; readonly timezone: string }) {
  const [newest, oldest] = [visit.events[0], visit.events.at(-1)];
  if (!newest || !oldest) return null;
  const seconds = (newest.at - oldest.at) / 1_000;
  const facts = [newest.source, newest.browser, newest.os].filter((fact) => fact !== '').join(', ');
  return (
    <section className="visit">
      <header className="visit-head">
        <span className="visit-name">{visit.session === '0' ? 'Outside of sessions' : 'Session'}</span>
        <span className="muted">
          {moment(oldest.at, timezone)}
          {seconds > 0 ? ` · ${duration(seconds)}` : ''} · {counted(visit.events.length, 'event', 'events')}
        </span>
        <span className="muted visit-facts">
          {countryFlag(newest.country)} {facts}
        </span>
      </header>
      <ul className="live-list">
        {visit.events.map((event) => (
          <TimelineEvent key={event.eventId} event={event} timezone={timezone} />
        ))}
      </ul>
    </section>
  );
}

function TimelineEvent({ event, timezone }: { readonly event: PersonEvent; readonly timezone: string }) {
  const [opened, setOpened] = useState(false);
  return (
    <li className="live-item" data-testid="person-event">
      <UnstyledButton className="person-event" onClick={() => setOpened(!opened)} aria-expanded={opened}>
        <IconChevronRight size={14} stroke={1.8} className="live-chevron" aria-hidden="true" />
        <time className="muted mono" title={`${moment(event.at, timezone)} ${timezone}`}>
          {clockTime(event.at, timezone)}
        </time>
        <span className="live-event">
          <span className="live-name">{event.event}</span>
          {event.revenue === null ? null : (
            <span className="tag">
              {event.revenue.toLocaleString('en')} {event.currency}
            </span>
          )}
        </span>
        <span className="muted person-event-path">{event.path || event.title}</span>
        <span className="muted mono person-event-id" title={event.id.id}>
          {idText(event.id)}
        </span>
      </UnstyledButton>
      {opened ? (
        <>
          {event.bots.length === 0 ? null : (
            <div className="person-event-found">
              <Findings found={event.bots} />
            </div>
          )}
          {event.consent === '' ? null : (
            <p className="panel-note person-event-found">Consent: {event.consent}</p>
          )}
          <pre className="code person-event-code">{pretty(event.properties)}</pre>
        </>
      ) : null}
    </li>
  );
}
