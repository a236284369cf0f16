import { openMemory, random } from './memory.ts';
import { createQueue } from './queue.ts';
import type { AnyEvents, Core, Options, Place, Properties, Tracker } from './types.ts';

export type * from './types.ts';

/** Kept in the browser under one name, with which all names of ours begin: anonymous id, its sequence, user, groups, the visitor's choice. */
interface State {
  a?: string | undefined;
  q?: number | undefined;
  u?: string | undefined;
  g?: Record<string, string> | undefined;
  c?: 'granted' | 'denied';
}

const stateName = '_tb';

/** `waiting`: events are kept in the page only, until the visitor says yes; `anonymous`: they are sent, and have no id. */
type Mode = 'granted' | 'waiting' | 'anonymous' | 'denied';

export function createTracker<Events extends object = AnyEvents>(options: Options): Tracker<Events> {
  const memory = openMemory();
  const hooks: ((hidden: boolean) => void)[] = [];
  let place = { url: '', ref: document.referrer, title: '' };

  const state = (edit?: (state: State) => void): State => {
    let now: State = {};
    safely(() => {
      now = JSON.parse(memory.get(stateName) || '{}');
    });
    if (edit) {
      edit(now);
      memory.put(stateName, JSON.stringify(now));
    }
    return now;
  };

  // what was decided before is read even where nothing may be written
  memory.open(true);
  let mode = modeOf(options, state().c);
  memory.open(mode === 'granted');

  const clear = (): void => {
    for (const name of memory.names(stateName)) memory.drop(name);
  };
  const sends = (): boolean => mode === 'granted' || mode === 'anonymous';
  const queue = createQueue(memory, options, sends);

  const add: Core['add'] = (type, name, properties, fields) => {
    if (mode === 'denied') return;
    const event: Record<string, unknown> = {
      o: Date.now(),
      t: type,
      n: name,
      p: properties,
      d: { url: location.href, ref: place.ref, title: document.title },
    };
    if (mode === 'anonymous') event.c = mode;
    else {
      state((now) => {
        now.a = now.a || random();
        now.q = (now.q || 0) + 1;
        Object.assign(event, now);
      });
    }
    queue.add(Object.assign(event, fields));
  };

  const leave = (hidden: boolean): void => {
    for (const hook of hooks) hook(hidden);
    if (hidden) queue.flush(true);
  };

  const page = (properties?: Properties): void => {
    leave(false);
    place = { url: location.href, ref: place.url || place.ref, title: document.title };
    add('page', undefined, properties);
  };

  const core: Core = {
    add,
    page,
    sends,
    place: (): Place => place,
    on: (target, type, listener) =>
      target.addEventListener(type, (event) => safely(() => listener(event as never)), true),
    leaving: (hook) => hooks.push(hook),
  };
  core.on(document, 'visibilitychange', () => document.hidden && leave(true));
  core.on(window, 'pagehide', () => leave(true));
  core.on(window, 'online', () => queue.flush());
  for (const part of options.parts || []) safely(() => part(core));
  queue.flush();

  const choose = (choice: 'granted' | 'denied'): void => {
    mode = choice;
    // first what is only in the page, so that opening brings nothing of it to the disk
    if (choice === 'denied') clear();
    memory.open(true);
    if (choice === 'denied') {
      clear();
      // where nothing is the rule, a no leaves no trace
      if (options.consent === 'opt-in') return;
    }
    state((now) => {
      now.c = choice;
    });
    queue.flush();
  };

  const named: Named = (edit, type, fields) => {
    // a visitor without an id is nobody's account either
    if (mode === 'anonymous') return;
    state(edit);
    add(type, undefined, undefined, fields);
  };
  return methods(core, named, state, choose, queue.flush) as unknown as Tracker<Events>;
}

/** Changes the state, and says it with an event. */
type Named = (edit: (state: State) => void, type: string, fields: object) => void;

function methods(
  { add, page }: Core,
  named: Named,
  state: (edit: (state: State) => void) => unknown,
  consent: Tracker['consent'],
  flush: () => void,
): Tracker {
  const tracker: Tracker = {
    track: (name, properties?: Properties, details?: object) => add('track', name, properties, details),
    page,
    identify: (userId, traits) =>
      named(
        (now) => {
          now.u = `${userId}`;
        },
        'identify',
        { person: { set: traits || {} } },
      ),
    group: (id, traits, kind = 'company') => {
      const g = { [kind]: `${id}` };
      named(
        (now) => {
          now.g = Object.assign({}, now.g, g);
        },
        'group',
        { g, account: { set: traits || {} } },
      );
    },
    reset: () =>
      state((now) => {
        now.a = now.u = now.g = now.q = undefined;
      }),
    consent,
    flush,
  };
  for (const name in tracker) {
    const method = tracker[name as 'page'] as (...all: unknown[]) => void;
    tracker[name as 'page'] = (...all: unknown[]) => safely(() => method(...all));
  }
  return tracker;
}

function modeOf({ consent, signals }: Options, said: State['c']): Mode {
  const { doNotTrack, globalPrivacyControl } = navigator as Navigator & { globalPrivacyControl?: boolean };
  const objects = (doNotTrack === '1' || globalPrivacyControl) && signals !== 'ignore';
  return (
    said || (objects || consent === 'opt-in' ? 'waiting' : consent === 'cookieless' ? 'anonymous' : 'granted')
  );
}

/** A fault of the tracker is none of the page. */
function safely(run: () => void): void {
  try {
    run();
  } catch {}
}
