/** Whatever JSON can say. */
export type Properties = Readonly<Record<string, unknown>>;

/** Events by name, as `tributary types` writes them; without a plan any name and any properties. */
export type AnyEvents = Readonly<Record<string, Properties>>;

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

/** What an event says besides its properties. */
export interface Details {
  readonly revenue?: number;
  /** ISO 4217. */
  readonly currency?: string;
  readonly orderId?: string;
  readonly items?: readonly Item[];
}

/** Properties may be left out when none is required. */
export type Rest<P> =
  Record<never, unknown> extends P ? [properties?: P, details?: Details] : [properties: P, details?: Details];

/**
 * What a page may call. Nothing here throws, and nothing here waits: what was called is kept until it is sent.
 * `Events`: the properties of each event by its name.
 */
export interface Tracker<Events extends object = AnyEvents> {
  track: <Name extends keyof Events & string>(name: Name, ...rest: Rest<Events[Name]>) => void;
  /** A page view of where the browser is now. */
  page: (properties?: Properties) => void;
  /** From now on, and back in time, this visitor is the user. A trait that is null is taken away. */
  identify: (userId: string, traits?: Properties) => void;
  /** The account the visitor acts for from now on. `kind` is `company` when left out. */
  group: (id: string, traits?: Properties, kind?: string) => void;
  /** The user has signed out: what comes is of a new, unknown visitor. */
  reset: () => void;
  /** What the visitor decided; remembered. `denied` also deletes what this tracker keeps in the browser. */
  consent: (choice: 'granted' | 'denied') => void;
  /** Sends now what waits. */
  flush: () => void;
}

export interface Options {
  /** Write key of the project. */
  readonly key: string;
  /** Where events go: `https://analytics.example.com/t`. */
  readonly endpoint: string;
  /**
   * `opt-out` (default): all until the visitor says no. `opt-in`: nothing is kept and nothing is sent until the visitor
   * says yes. `cookieless`: nothing is kept in the browser, and visitors are counted for a day at a time.
   */
  readonly consent?: 'opt-out' | 'opt-in' | 'cookieless' | undefined;
  /** `honour` (default): a browser that sends Global Privacy Control or Do Not Track is as in `opt-in`. */
  readonly signals?: 'honour' | 'ignore' | undefined;
  /** What is tracked without a call: page views, links, … */
  readonly parts?: readonly Part[];
}

export interface Place {
  readonly url: string;
  readonly ref: string;
  readonly title: string;
}

/** What a part can do. */
export interface Core {
  /** `fields` go into the event as the protocol names them (docs/tracker.md). */
  add: (type: string, name?: string, properties?: Properties, fields?: object) => void;
  page: (properties?: Properties) => void;
  /** Of the last page view. */
  place: () => Place;
  /** Listens without ever throwing into the page. */
  on: (target: EventTarget, type: string, listener: (event: never) => void) => void;
  /** Whether events are sent; not before the visitor's consent where that is asked for. */
  sends: () => boolean;
  /** Called when the page is left: `hidden` when the whole document goes, false when a single-page application changes pages. */
  leaving: (listener: (hidden: boolean) => void) => void;
}

export type Part = (core: Core) => void;
