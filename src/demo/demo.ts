import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../runtime/clock.ts';
import { LiveStory, relive } from './live.ts';
import type { Message } from './message.ts';
import { postBatch, type Target } from './post.ts';
import { Random } from './random.ts';
import { history, newWorld } from './simulate.ts';
import type { Emitted, World } from './world.ts';

/** Which story: the same options give the same messages with the same ids. */
export interface StoryOptions {
  readonly seed?: number;
  /** Where the history ends, milliseconds since the epoch. Keep it to resume or to continue the same story. */
  readonly now: number;
  readonly days?: number;
}

export interface SendOptions extends StoryOptions, Target {
  /** Events acknowledged earlier (the last `sent` of `onProgress`): they are simulated but not posted again. */
  readonly resumeFrom?: number;
  /** `progress` 0…1; `sent` counts events acknowledged from the beginning without gaps. */
  readonly onProgress?: (progress: number, sent: number) => void;
}

export interface ContinueOptions extends StoryOptions, Target {
  /** What `sendDemo` returned; without it (after a restart) the history is lived again, quietly. */
  readonly story?: World;
  /** Events before this were sent (the last `until` of `onSent`); default `now`. What is missing since then is sent. */
  readonly since?: number;
  readonly onSent?: (until: number, events: number) => void;
}

const demoSeed = 7;
export const demoDays = 120;

const batchSize = 200;
const inFlight = 4;
/** Pause between looks at what has happened meanwhile. */
const livePause = 2_000;

/** The history of MeetNotes in order of time: the `batch` arrays of Segment batch bodies. */
export function generateDemo(options: StoryOptions): Generator<Message[]> {
  return batches(newStory(options));
}

function newStory({ seed = demoSeed, now, days = demoDays }: StoryOptions): World {
  return newWorld(seed, now, days);
}

function* batches(story: World): Generator<Message[]> {
  let rest: Message[] = [];
  for (const events of history(story)) {
    const ready = [...rest, ...events.map(({ message }) => message)];
    const whole = ready.length - (ready.length % batchSize);
    for (let start = 0; start < whole; start += batchSize) yield ready.slice(start, start + batchSize);
    rest = ready.slice(whole);
  }
  if (rest.length > 0) yield rest;
}

/**
 * Posts the history through the collector, a few requests at a time, waiting as the collector asks. Rejects when the
 * signal is aborted or the key is refused.
 */
export async function sendDemo(options: SendOptions): Promise<{ sent: number; story: World }> {
  const { resumeFrom = 0, onProgress, now } = options;
  const story = newStory(options);
  const { start } = story.calendar;
  const posts: { done: Promise<void>; events: number; last: number }[] = [];
  let sent = 0;
  const oldest = async (): Promise<void> => {
    const next = posts.shift();
    if (!next) return;
    await next.done;
    sent += next.events;
    onProgress?.(Math.min(1, (next.last - start) / (now - start)), sent);
  };
  for (const batch of batches(story)) {
    if (sent + batch.length <= resumeFrom) {
      sent += batch.length;
      continue;
    }
    if (posts.length === inFlight) await oldest();
    const done = postBatch(options, batch);
    // The failure is seen when its turn comes; until then it must not count as unhandled.
    done.catch(() => {});
    posts.push({ done, events: batch.length, last: Date.parse(batch.at(-1)?.timestamp ?? '') });
  }
  while (posts.length > 0) await oldest();
  onProgress?.(1, sent);
  return { sent, story };
}

/**
 * Keeps the product alive after its history until the signal is aborted: the same people go on in real time, a little
 * busier in the first minutes, so that Live and the last hour have something to show.
 */
export async function continueDemo(options: ContinueOptions): Promise<void> {
  const { signal, now, since = now, onSent } = options;
  const lived = options.story ?? newStory(options);
  try {
    if (!options.story) await relive(lived, signal);
    const began = systemClock.now();
    // Its own chance and ids: nothing sent from here on repeats an id of the history.
    const story = { ...lived, random: new Random(began), ids: new Random(began ^ 0x5bd1e995) };
    const live = new LiveStory(story, since, began);
    for (let warm = false; !signal?.aborted; ) {
      const at = systemClock.now();
      const until = live.catchUp(at);
      const caughtUp = until === at;
      if (caughtUp && warm) live.enliven(at);
      else if (caughtUp) live.warmUp(at);
      warm ||= caughtUp;
      const events = live.take(until);
      await postAll(options, events);
      if (events.length > 0) onSent?.(until, events.length);
      await sleep(caughtUp ? livePause : 0, undefined, signal ? { signal } : {});
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

async function postAll(target: Target, events: readonly Emitted[]): Promise<void> {
  for (let start = 0; start < events.length; start += batchSize) {
    const messages = events.slice(start, start + batchSize).map(({ message }) => message);
    await postBatch(target, messages);
  }
}
