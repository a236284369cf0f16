import { fork } from 'node:child_process';
import { join } from 'node:path';
import { sha256 } from '../../runtime/ids.ts';
import type { HostConfig } from './host.ts';
import { type Access, type LimitOverrides, limitsFor } from './limits.ts';

/** A password in clear, or its SHA-256 in hex where only that is kept. */
export type EngineUser = { readonly name: string; readonly access: Access } & (
  | { readonly password: string }
  | { readonly passwordSha256: string }
);

export interface EngineOptions {
  /** Folder of the data; created when missing. `<dataPath>-tmp` beside it is emptied at every start. */
  readonly dataPath: string;
  readonly host?: string;
  readonly port?: number;
  readonly users: readonly EngineUser[];
  readonly limits?: LimitOverrides;
}

export interface RunningEngine {
  /** `http://127.0.0.1:8123`, for any ClickHouse client. */
  readonly url: string;
  readonly pid: number;
  /** Ends running queries, closes the data folder, and resolves when the process is gone. */
  stop(): Promise<void>;
  /** Called once when the process has ended, asked to or not. */
  onExit(callback: (code: number | null, signal: NodeJS.Signals | null) => void): void;
}

const stopSeconds = 10;

type Ready = { ready: true; port: number } | { ready: false; message: string };

/** Starts the warehouse in a process of its own and resolves when it answers. */
export async function startEngine(options: EngineOptions): Promise<RunningEngine> {
  const { host = '127.0.0.1', port = 0, limits = {} } = options;
  const users = options.users.map((user) => ({
    name: user.name,
    access: user.access,
    passwordSha256: 'password' in user ? sha256(user.password) : user.passwordSha256,
  }));
  const config: HostConfig = { dataPath: options.dataPath, host, port, users, limits };
  const { full, read } = limitsFor(limits);
  const child = fork(join(import.meta.dirname, 'host.ts'), [], {
    env: {
      ...process.env,
      TRIBUTARY_ENGINE: JSON.stringify(config),
      TZ: 'UTC',
      // every running query blocks one thread of this pool; the rest is for files
      UV_THREADPOOL_SIZE: String(full.running + read.running + 8),
    },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
  const ready = await new Promise<Ready>((resolve) => {
    child.once('message', (message) => resolve(message as Ready));
    child.once('error', (error) => resolve({ ready: false, message: error.message }));
    void exited.then(([code, signal]) =>
      resolve({ ready: false, message: `it ended with ${signal ?? code}` }),
    );
  });
  if (!ready.ready) throw new Error(`The warehouse engine did not start: ${ready.message}`);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${ready.port}`,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      // a query in a step that cannot be interrupted must not hold up the program; acknowledged rows are on disk
      const impatience = setTimeout(() => child.kill('SIGKILL'), stopSeconds * 1000);
      await exited;
      clearTimeout(impatience);
    },
    onExit: (callback) => void exited.then(([code, signal]) => callback(code, signal)),
  };
}
