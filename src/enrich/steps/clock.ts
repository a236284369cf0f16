import { earliest, isPlausible } from '../plausible-time.ts';
import { addProperty, type Draft, type Step } from '../step.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
/** Below this, a difference of clocks cannot be told from the time a request takes. */
const tolerance = 5_000;

/**
 * When the event really happened. Rules of the protocols: Segment, received − (sent − occurred); Snowplow, a true time wins, and an
 * event that occurred after it was sent is taken as received.
 *
 * A request sent more than a day before it was received is an old one (an offline queue, an import, a replay), not a slow clock:
 * its times stay as given. A clock before 2000 or ahead of ours is wrong for certain and is corrected.
 * Times that are absurd after all become the time of receipt; what the client said is kept as `$client_time`.
 */
export const clockStep: Step = { name: 'clock', run: correct };

function correct(draft: Draft): undefined {
  const { event, row } = draft;
  const received = row.received_at;
  const time = Math.round(happened(event.trueAt, event.occurredAt, event.sentAt, received));
  if (isPlausible(time, received)) {
    row.timestamp = time;
    return;
  }
  row.timestamp = received;
  const said = event.trueAt ?? event.occurredAt;
  if (said !== undefined) addProperty(draft, '$client_time', Number.isFinite(said) ? said : String(said));
}

function happened(
  trueAt: number | undefined,
  occurredAt: number | undefined,
  sentAt: number | undefined,
  received: number,
): number {
  if (trueAt !== undefined) return trueAt;
  if (occurredAt === undefined) return received;
  if (sentAt === undefined || !Number.isFinite(sentAt)) return occurredAt;
  const skew = received - sentAt;
  if (Math.abs(skew) < tolerance) return occurredAt;
  if (skew > day && sentAt >= earliest) return occurredAt;
  return occurredAt < sentAt ? occurredAt + skew : received;
}
