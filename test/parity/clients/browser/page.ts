import type { Journey } from '../../journey.ts';

/** What the test calls on the page: `start` on each page, `run` on the first one. */
export interface Page {
  start(journey: Journey): void | Promise<void>;
  run(journey: Journey): void | Promise<void>;
}

export function onPage(page: Page): void {
  Object.assign(globalThis, { parity: page });
}
