/** Whatever JSON can say. */
export type Properties = Readonly<Record<string, unknown>>;

/** Events by name, as `tributary types` writes them; without a plan any name and any properties. */
export type AnyEvents = Readonly<Record<string, Properties>>;

/** Properties may be left out when none is required. */
export type Rest<P> = Record<never, unknown> extends P ? [properties?: P] : [properties: P];

export interface Item {
  readonly id?: string;
  readonly name?: string;
  readonly brand?: string;
  readonly category?: string;
  readonly variant?: string;
  readonly coupon?: string;
  /** Of one piece. */
  readonly price?: number;
  readonly quantity?: number;
}

/** Whose event it is: a user, a visitor's anonymous id, or both, which joins the two. */
export type Who =
  | { readonly userId: string; readonly anonymousId?: string }
  | { readonly anonymousId: string; readonly userId?: string };

/** What an event says besides its properties; of the end user, not of this server. */
export interface Details {
  /** Makes sending it again harmless; made when left out. */
  readonly id?: string;
  /** When it happened, when that is not now: milliseconds, ISO 8601, or a Date. Taken as it is. */
  readonly timestamp?: number | string | Date;
  readonly accountId?: string;
  /** Accounts by kind: `{ company: 'c1', team: 't7' }`. */
  readonly groups?: Readonly<Record<string, string>>;
  readonly sessionId?: string;
  readonly ip?: string;
  readonly userAgent?: string;
  readonly url?: string;
  readonly referrer?: string;
  readonly title?: string;
  readonly locale?: string;
  readonly timezone?: string;
  readonly appVersion?: string;
  readonly revenue?: number;
  /** ISO 4217. */
  readonly currency?: string;
  readonly orderId?: string;
  readonly items?: readonly Item[];
  readonly consent?: 'granted' | 'denied' | 'anonymous';
}

/** Changes of a person's profile, applied in this order. */
export interface ProfileChanges {
  readonly delete?: true;
  readonly set?: Properties;
  /** Only where there is no value yet. */
  readonly setOnce?: Properties;
  /** To a number, or to 0 when there is none. */
  readonly add?: Readonly<Record<string, number>>;
  /** One value to the end of a list. */
  readonly append?: Properties;
  readonly union?: Readonly<Record<string, readonly unknown[]>>;
  readonly remove?: Properties;
  readonly unset?: readonly string[];
}

export interface Options {
  /** Write key of the project. */
  readonly key: string;
  /** Address of Tributary: `https://analytics.example.com`; with a path when the operator chose one for events. */
  readonly host: string;
  /** Events kept in memory at most; then `track` answers false. 10,000 when left out. */
  readonly maxEvents?: number;
  /** Their bytes at most. 32 MB when left out. */
  readonly maxBytes?: number;
  /** Milliseconds that an event waits for company. 1,000 when left out. */
  readonly flushInterval?: number;
  /** Events of one request at most. 200 when left out. */
  readonly batchSize?: number;
  /** Milliseconds for one request. 10,000 when left out. */
  readonly timeout?: number;
  /** Milliseconds that the end of the process waits for what is queued. 5,000 when left out. */
  readonly exitTimeout?: number;
  /** Whether SIGTERM, SIGINT and SIGHUP wait for the queue. True when left out. */
  readonly signals?: boolean;
  /** Hears of events that were refused for good, and of each failed try. Nothing is logged by itself. */
  readonly onError?: (error: Error, lost: number) => void;
}
