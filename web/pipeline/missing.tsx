import { full } from '../format/number.ts';

/** What trackers that number their events say is not here; nothing is said when none of them does. */
export function Missing({ events }: { readonly events: number | null }) {
  if (events === null) return null;
  return (
    <p className="verdict" data-tone={events > 0 ? 'bad' : 'good'}>
      <strong>{full(events)}</strong> {events === 1 ? 'event' : 'events'} of the last 24 hours{' '}
      {events === 1 ? 'is' : 'are'} missing.
      <span className="muted">
        Trackers number what they send. A number that did not come was lost on the way, is in quarantine, or
        still waits in a browser that is offline.
      </span>
    </p>
  );
}
