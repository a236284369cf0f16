import type { Expected } from './expected.ts';
import type { Weather } from './gate.ts';
import type { Journey, Step } from './journey.ts';

export type Condition = Weather | 'offline';
export type Language = 'node' | 'browser' | 'python' | 'go' | 'java';

/** One published client, and where it differs from one that can say everything. */
export interface Client {
  /** The package as its registry calls it. */
  readonly name: string;
  /** Where the same package is run in more than one way. */
  readonly mode?: string;
  readonly protocol: string;
  readonly language: Language;
  /** Its program below clients/<language>/, without ending. */
  readonly program: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The calls that it has, and what differs from `expectedRow`. */
  readonly calls: Calls;
  /** Names of events that come besides. */
  readonly also?: readonly string[];
  /** Names of events that come when the page is left. */
  readonly leaving?: readonly string[];
  /** What the requests have in them that meet the weather: the first two of all when absent. */
  readonly meets?: string;
  /** Whose ids the events have: `given` to the client, its `own`, or none that it sends; all, or call by call. */
  readonly ids: Ids | Partial<Record<Step | 'others', Ids>>;
  /** Calls that cannot be told when they happened: it is when they are made. All when true. */
  readonly now?: true | readonly Step[];
  /** The traits of identify belong to nobody that a query could name. */
  readonly noPerson?: true;
  /** What never arrives, since the client does not send it again. */
  readonly loses?: Partial<Record<Weather, readonly Step[]>>;
  /** It says when it sends before it does, and again when it sends again: that looks like a wrong clock, and times move. */
  readonly late?: true;
  /** Browsers: where calls that are made without a network wait for it. */
  readonly offline?: 'next page' | 'same page' | 'lost';
  /** What a reader of the table should know. */
  readonly note?: string;
}

export type Ids = 'given' | 'own' | 'none';
export type Calls = Partial<Record<Step, true | ((journey: Journey) => Expected)>>;
