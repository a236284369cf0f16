import { subscribe } from 'node:diagnostics_channel';
import type { Journey } from '../../journey.ts';

/** What the test asks for: JSON as the only argument. */
export const journey: Journey = JSON.parse(process.argv[2] ?? '{}');

/** For clients that do not say when a request is over: resolves when the one that `call` makes has ended, well or not. */
export function answered(call: () => void): Promise<void> {
  return new Promise((resolve) => {
    subscribe('http.client.response.finish', () => setImmediate(resolve));
    subscribe('http.client.request.error', () => setImmediate(resolve));
    call();
  });
}
