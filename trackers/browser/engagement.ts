import type { Part } from './types.ts';

/** How long a page was looked at, and how far down: one `$engagement` per page, and one more for each time of coming back to it. */
export const engagement =
  (): Part =>
  ({ on, add, place, leaving }) => {
    let since = 0;
    let engaged = 0;
    let depth = 0;
    let told = 0;
    const clock = (): void => {
      const now = performance.now();
      if (since) engaged += now - since;
      since = !document.hidden && document.hasFocus() ? now : 0;
    };
    const scrolled = (): void => {
      const { scrollHeight } = document.documentElement;
      depth = Math.max(depth, Math.min(100, Math.round(((scrollY + innerHeight) / scrollHeight) * 100)));
    };
    on(document, 'visibilitychange', clock);
    on(window, 'focus', clock);
    on(window, 'blur', clock);
    on(document, 'scroll', scrolled);
    leaving((hidden) => {
      clock();
      // of a single-page application the next page is drawn already
      if (hidden) scrolled();
      const d = place();
      if (d.url && (engaged >= 100 || depth > told))
        add('track', '$engagement', { engaged_ms: Math.round(engaged), scroll_depth: depth }, { d });
      engaged = 0;
      told = depth;
      if (hidden) return;
      depth = told = 0;
      setTimeout(scrolled, 500);
    });
    clock();
  };
