import { Button, Kbd, TextInput } from '@mantine/core';
import { useHotkeys, useInterval } from '@mantine/hooks';
import { IconPlayerPause, IconPlayerPlay, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { EventPicker } from '../catalog/event-picker.tsx';
import { isBot } from '../counting/is-bot.ts';
import { compact, full } from '../format/number.ts';
import { bufferSize, matchesText } from '../live/buffer.ts';
import { LiveRow } from '../live/live-row.tsx';
import { useLive } from '../live/use-live.ts';
import { EmptyPanel } from '../panel/empty.tsx';
import { Failure } from '../panel/failure.tsx';
import { Page } from '../panel/page.tsx';
import { useCall } from '../query.ts';
import { useSession } from '../session/session.tsx';
import { GetStarted, useHasEvents } from '../snippet/get-started.tsx';

export function LivePage() {
  const { project } = useSession();
  const [paused, setPaused] = useState(false);
  const [event, setEvent] = useState<string>();
  const [text, setText] = useState('');
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 1_000, { autoInvoke: true });
  const started = useHasEvents();
  const rules = useCall('projectSettings', { project: project.id }).data?.bots;
  const live = useLive(project.id, event, paused);
  const rows = live.events.filter((candidate) => matchesText(candidate, text));
  const toggle = () => setPaused((was) => !was);
  // A focused button answers to the space bar itself.
  useHotkeys([['space', toggle]], ['INPUT', 'TEXTAREA', 'SELECT', 'BUTTON', 'A']);

  return (
    <Page
      title="Live"
      note={
        live.counters ? (
          <span data-testid="live-counters">
            <span className="pulse" data-quiet={paused || undefined} aria-hidden="true" />
            {compact(live.counters.peopleNow)} people now · {compact(live.counters.lastMinute)} events in the
            last minute
          </span>
        ) : null
      }
      tools={
        <Button
          variant="default"
          leftSection={paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
          rightSection={<Kbd size="xs">space</Kbd>}
          onClick={toggle}
          aria-pressed={paused}
        >
          {paused ? 'Resume' : 'Pause'}
        </Button>
      }
    >
      {live.error ? <Failure error={live.error} /> : null}
      {started === false && rows.length === 0 ? (
        <GetStarted />
      ) : (
        <section className="panel panel-flush" aria-label="Events arriving">
          <header className="live-tools">
            <EventPicker
              label="Only this event"
              placeholder="All events"
              value={event}
              onChange={setEvent}
              clearable
            />
            <TextInput
              size="xs"
              className="live-search"
              placeholder="Search in fields and properties"
              aria-label="Search in events"
              leftSection={<IconSearch size={14} stroke={1.6} />}
              value={text}
              onChange={(change) => setText(change.currentTarget.value)}
            />
            <span className="panel-note">
              {paused ? 'Paused · ' : ''}
              {full(rows.length)} of the newest {bufferSize} · times in {project.timezone}
            </span>
          </header>
          {rows.length === 0 ? (
            <EmptyPanel title={live.counters ? 'No event matches' : 'Listening…'}>
              {live.counters ? 'Events appear here within a second of their arrival.' : null}
            </EmptyPanel>
          ) : (
            <ol className="live-list" aria-label="Newest events">
              {rows.map((row) => (
                <LiveRow
                  key={row.eventId}
                  event={row}
                  now={now}
                  timezone={project.timezone}
                  bot={rules !== undefined && isBot(row, rules)}
                />
              ))}
            </ol>
          )}
        </section>
      )}
    </Page>
  );
}
