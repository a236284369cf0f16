import { type ChildProcess, fork } from 'node:child_process';
import type { Logger } from '../runtime/logger.ts';

export interface Supervised {
  stop(): Promise<void>;
}

export interface ProcessSpec {
  readonly name: string;
  /** Words and flags after `tributary`. */
  readonly args: readonly string[];
  readonly logger: Logger;
}

const firstPause = 100;
const longestPause = 10_000;
/** A life longer than this makes the next crash a first one again. */
const healthyLife = 30_000;
/** How long a process may take to finish what it is doing before it is killed. */
const patience = 10_000;

/** Runs one role in a process of its own and starts it again whenever it ends, unless it says that it is done (exit code 0). */
export function supervise(main: string, spec: ProcessSpec): Supervised {
  let child: ChildProcess | undefined;
  let stopping = false;
  let pause = firstPause;
  let timer: NodeJS.Timeout | undefined;

  const start = (): void => {
    const born = Date.now();
    const running = fork(main, [...spec.args], {
      execArgv: process.execArgv,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child = running;
    running.once('exit', (code, signal) => {
      child = undefined;
      if (stopping || code === 0) return;
      pause = Date.now() - born > healthyLife ? firstPause : Math.min(longestPause, pause * 2);
      spec.logger.warn(`${spec.name} ended and is started again`, { code, signal, pause });
      timer = setTimeout(start, pause);
    });
  };
  start();

  return {
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      const running = child;
      if (running) await end(running);
    },
  };
}

function end(running: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const killer = setTimeout(() => running.kill('SIGKILL'), patience);
    running.once('exit', () => {
      clearTimeout(killer);
      resolve();
    });
    running.kill('SIGTERM');
  });
}

/** In a role's process: end when the supervisor is gone, so that nothing keeps running unsupervised. */
export function endWithSupervisor(stop: () => Promise<void>): void {
  if (!process.send) return;
  process.on('disconnect', () => {
    void stop().finally(() => process.exit(0));
  });
  // a role that is done may end although the channel is open
  process.channel?.unref();
}
