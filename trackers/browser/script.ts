import { engagement } from './engagement.ts';
import { forms, links, marked } from './links.ts';
import { pages } from './pages.ts';
import { createTracker } from './tracker.ts';
import type { Core, Options, Part, Tracker } from './types.ts';

/** What a page may have called before this script was there: name and arguments. */
type Early = [keyof Tracker, unknown[]][];

/** What the second file needs. */
export interface More {
  readonly core: Core;
  readonly wantsErrors: boolean;
}

const element = (document.currentScript || document.querySelector('script[data-key]')) as HTMLScriptElement;
const { dataset } = element;
/** `https://analytics.example.com/t` and `.js`, with a query if there is one. */
const [, base = '', ending = ''] = /(.*)(\.js.*)/.exec(element.src) || [];

/** Measuring comes when the page is there, in a file of its own; errors are wanted sooner. */
const more = (core: Core): More => {
  const wantsErrors = dataset.errors !== undefined;
  const load = (): void => {
    // who has not agreed yet fetches nothing more
    if (!core.sends()) return;
    const script = document.createElement('script');
    script.src = `${base}-more${ending}`;
    document.head.append(script);
  };
  if (wantsErrors || document.readyState === 'complete') load();
  else core.on(window, 'load', load);
  return { core, wantsErrors };
};

/** The script tag: everything is on, and the tag's attributes say what differs. */
function start(): void {
  const page = window as { tributary?: Partial<Tracker> & { q?: Early; more?: More } };
  const global = page.tributary || {};
  page.tributary = global;
  // the tag is in the page twice
  if (global.more) return;
  const parts: Part[] = [
    (core) => {
      global.more = more(core);
    },
    engagement(),
    links(),
    marked(),
    forms(),
  ];
  if (dataset.pages !== 'manual') parts.push(pages(dataset.hash !== undefined));
  const tracker = createTracker({
    key: dataset.key || '',
    endpoint: dataset.endpoint || base,
    consent: dataset.consent as Options['consent'],
    signals: dataset.signals as Options['signals'],
    parts,
  });
  const early = global.q || [];
  Object.assign(global, tracker);
  for (const [name, all] of early) (tracker[name] as (...all: unknown[]) => void)(...all);
}

const { prerendering } = document as { prerendering?: boolean };
// nobody has seen a page that the browser draws in advance
if (prerendering) document.addEventListener('prerenderingchange', start, { once: true });
else start();
