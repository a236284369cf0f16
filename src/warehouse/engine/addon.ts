import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** One connection of the embedded engine: its own settings, parameters and current database. */
export interface Connection {
  readonly __connection: never;
}

export interface NativeResult {
  readonly bytes: Buffer;
  /** Seconds. */
  readonly elapsed: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

interface Native {
  CreateConnection(path: string, args?: readonly string[]): Connection;
  CloseConnection(connection: Connection): void;
  QueryAsyncConnection(connection: Connection, sql: string, format: string): Promise<NativeResult>;
}

/**
 * The native addon below the `chdb` package. Its `Session` class defers every `close()` until no operation of the whole
 * process is running, so one long query would keep all sessions (135 KB each) that end beside it.
 */
export const addon: Native = load();

function load(): Native {
  const require = createRequire(import.meta.url);
  const loader = require(join(dirname(require.resolve('chdb')), 'dist', 'loader.js')) as {
    loadNative(): unknown;
  };
  const loaded = loader.loadNative() as Native;
  for (const name of ['CreateConnection', 'CloseConnection', 'QueryAsyncConnection'] as const) {
    if (typeof loaded[name] !== 'function') throw new Error(`this build of chdb has no ${name}`);
  }
  return loaded;
}
