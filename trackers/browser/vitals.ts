import type { Part } from './types.ts';

interface Entry extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
  readonly interactionId: number;
}

/**
 * One `$web_vitals` when the page is hidden for the first time, as web.dev defines them: `lcp`, `fcp`, `ttfb` and `inp` in
 * milliseconds, `cls` without a unit. What the browser does not measure is absent.
 */
export const vitals =
  (): Part =>
  ({ add, leaving }) => {
    const found: Record<string, number> = {};
    const watch = (type: string, look: (entry: Entry) => void, more?: object): void => {
      try {
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) look(entry as Entry);
        }).observe(Object.assign({ type, buffered: true }, more));
      } catch {}
    };
    const whole = Math.round;

    // the browser itself reports none after the first touch
    watch('largest-contentful-paint', ({ startTime }) => {
      found.lcp = whole(startTime);
    });
    watch('paint', ({ name, startTime }) => {
      if (name === 'first-contentful-paint') found.fcp = whole(startTime);
    });
    watch('navigation', (entry) => {
      found.ttfb = whole((entry as unknown as PerformanceNavigationTiming).responseStart);
    });

    // shifts within a second of each other and five in all are one; the worst counts
    let sum = 0;
    let first = 0;
    let last = 0;
    watch('layout-shift', ({ hadRecentInput, startTime, value }) => {
      if (hadRecentInput) return;
      if (startTime - last > 1e3 || startTime - first > 5e3) {
        sum = 0;
        first = startTime;
      }
      last = startTime;
      sum += value;
      found.cls = Math.max(found.cls || 0, whole(sum * 1e4) / 1e4);
    });

    // the slowest interaction, without one of each fifty
    const slowest: Record<number, number> = {};
    const interaction = ({ interactionId, duration }: Entry): void => {
      if (!interactionId) return;
      slowest[interactionId] = Math.max(slowest[interactionId] || 0, duration);
      const all = Object.values(slowest).sort((a, b) => b - a);
      found.inp = all[Math.min(all.length - 1, Math.floor(all.length / 50))] as number;
    };
    watch('event', interaction, { durationThreshold: 40 });
    watch('first-input', interaction);

    let told = false;
    leaving((hidden) => {
      if (!hidden || told || found.ttfb === undefined) return;
      told = true;
      if (PerformanceObserver.supportedEntryTypes.includes('layout-shift')) found.cls = found.cls || 0;
      add('track', '$web_vitals', found);
    });
  };
