import type { DecodedEvent } from '../contract/event.ts';
import type { PipelineItem } from '../contract/pipeline.ts';
import { Memory } from './memory.ts';
import { type Draft, draftOf, type Step } from './step.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;
/** When everything in the tests is received, unless a test says otherwise. */
export const noon = Date.UTC(2026, 10, 20, 12);

export const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';

let nextOffset = 1;

/** A decoded event on its way, with the offset after the one before it. */
export function itemOf(
  event: Partial<DecodedEvent>,
  at: { receivedAt?: number; offset?: number } = {},
): PipelineItem {
  const offset = at.offset ?? nextOffset++;
  return {
    record: {
      offset,
      receivedAt: at.receivedAt ?? noon,
      project: 'p1',
      key: '',
      visitor: '',
      protocol: 'segment',
      method: 'POST',
      path: '/v1/batch',
      query: '',
      headers: {},
      address: '',
      body: new Uint8Array(),
    },
    index: 0,
    eventId: event.id ?? `e-${offset}`,
    event: { type: 'track', event: 'clicked', properties: {}, ...event },
  };
}

/** A page view of a browser. */
export function pageView(event: Partial<DecodedEvent>): Partial<DecodedEvent> {
  return { type: 'page', event: 'page', url: 'https://notes.example/home', userAgent: chrome, ...event };
}

/** What a step makes of one event, without anything remembered. */
export function enriched(steps: readonly Step[], event: Partial<DecodedEvent>, receivedAt = noon): Draft {
  const draft = draftOf(itemOf(event, { receivedAt }));
  for (const step of steps) step.run(draft, new Memory(1));
  return draft;
}
