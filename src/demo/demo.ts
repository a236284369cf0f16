import type { Message } from './message.ts';
import { history, newWorld } from './simulate.ts';

export interface DemoOptions {
  /** The same seed and `now` give the same messages with the same ids. */
  readonly seed?: number;
  /** Where the story ends, milliseconds since the epoch. */
  readonly now: number;
  readonly days?: number;
  readonly batchSize?: number;
}

export const demoDays = 120;

/** Messages of MeetNotes' history in order of time, in batches as a client would send them. */
export function* generateDemo(options: DemoOptions): Generator<Message[]> {
  const { seed = 7, now, days = demoDays, batchSize = 200 } = options;
  let batch: Message[] = [];
  for (const events of history(newWorld(seed, now, days))) {
    for (const { message } of events) {
      batch.push(message);
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
