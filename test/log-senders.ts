import { type ChildProcess, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import type { Program } from './program.ts';

/** A row of tributary.logs, as JSON. */
export interface LogRow {
  readonly body: string;
  readonly severity: number;
  readonly service: string;
  readonly host: string;
  readonly stream: string;
  readonly protocol: string;
  readonly trace_id: string;
  readonly user_id: string;
  readonly request_id: string;
  readonly attributes: Record<string, unknown>;
  readonly resource: Record<string, unknown>;
}

/** The logs where `condition` holds, oldest first, when there are at least `count`. */
export async function logs(program: Program, condition: string, count: number): Promise<LogRow[]> {
  await program.until(`SELECT count() FROM tributary.logs WHERE ${condition}`, count);
  return program.rows<LogRow>(`SELECT * FROM tributary.logs WHERE ${condition} ORDER BY timestamp, body`);
}

/** A program of this test; it ends with the test. */
export function run(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  });
  return child;
}

/** Attributes with dots in their names come back as objects in objects. */
export function flat(value: Record<string, unknown>, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]): [string, unknown][] =>
      typeof one === 'object' && one !== null && !Array.isArray(one)
        ? Object.entries(flat(one as Record<string, unknown>, `${prefix}${key}.`))
        : [[prefix + key, one]],
    ),
  );
}
