import type { DecodedEvent, JsonObject, JsonValue } from '../contract/event.ts';

/** What a row of history becomes: items in the words of a door, or why it is none. */
export type Converted = readonly WireItem[] | { readonly skip: string };

export interface WireItem {
  readonly door: DoorName;
  readonly item: JsonValue;
}

/** Where items are sent: the endpoint of the protocol in whose words they are. */
export type DoorName = 'amplitude' | 'mixpanel' | 'mixpanel-people' | 'posthog' | 'segment' | 'tributary';

/**
 * One format of history: a file in formats/ and a line in formats.ts. `convert` is pure and total as long as the row is
 * JSON; vendors' exports are put into the words of their own protocol where there is one, so that an event of an export
 * and the same event sent live mean the same.
 */
export interface Format {
  readonly name: string;
  /** What the rows are, for the help. */
  readonly summary: string;
  /** `number`: position of the row in its file, from 1. */
  convert(row: JsonObject, number: number): Converted;
  /** Whether a first row looks like one of this format. */
  recognizes(row: JsonObject): boolean;
}

/** An event for which no protocol but ours has words: it says itself when it happened. */
export type HistoricEvent = Omit<DecodedEvent, 'occurredAt' | 'sentAt' | 'trueAt'> & {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly trueAt: number;
};
