import type { Part } from './types.ts';

/** A broken page may throw in a loop. */
const most = 10;

/** Errors that nobody caught, each once per page and at most ten. */
export const errors =
  (): Part =>
  ({ on, add }) => {
    const seen: Record<string, boolean> = {};
    let count = 0;
    const look = ({ error, reason = error, message, filename, lineno, colno }: Caught): void => {
      const said = String(reason?.message || reason || message).slice(0, 500);
      const at = filename && `${filename}:${lineno}:${colno}`;
      const stack = reason?.stack ? `${reason.stack}`.slice(0, 2e3) : undefined;
      const id = said + (stack || at);
      if (seen[id] || count >= most) return;
      seen[id] = true;
      count++;
      add('track', '$error', { message: said, name: reason?.name, at, stack });
    };
    on(window, 'error', look);
    on(window, 'unhandledrejection', look);
  };

/** Anything can be thrown. */
type Thrown = Partial<Error> & { toString(): string };

/** What an ErrorEvent and a PromiseRejectionEvent have. */
interface Caught {
  readonly error?: Thrown;
  readonly reason?: Thrown;
  readonly message?: string;
  readonly filename?: string;
  readonly lineno?: number;
  readonly colno?: number;
}
