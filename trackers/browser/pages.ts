import type { Part } from './types.ts';

/** Page views: of the document, and of each path and query that a single-page application goes to. `hash`: also of each `#…`. */
export const pages =
  (hash = false): Part =>
  ({ on, page }) => {
    let last = '';
    const look = (): void => {
      const { href } = location;
      const now = hash ? href : (href.split('#')[0] as string);
      if (now === last) return;
      last = now;
      page();
    };
    // after the application has drawn the page and given it its title
    const later = (): unknown => setTimeout(look);
    for (const name of ['pushState', 'replaceState'] as const) {
      const original = history[name];
      history[name] = function (this: History, ...all: [unknown, string, (string | URL | null)?]) {
        original.apply(this, all);
        later();
      };
    }
    on(window, 'popstate', later);
    on(window, 'hashchange', later);
    // back to a page that the browser has kept whole
    on(window, 'pageshow', (event: PageTransitionEvent) => {
      if (event.persisted) {
        last = '';
        look();
      }
    });
    look();
  };
