import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Client } from './client.ts';
import type { Journey } from './journey.ts';
import type { Prepared } from './prepare.ts';

const folder = join(import.meta.dirname, 'clients');

/** Runs a client's program to its end; fails when the program does, with what it printed. */
export function runProgram(client: Client, journey: Journey, prepared: Prepared): Promise<void> {
  const [command, ...args] = commandOf(client, prepared);
  const child = spawn(command, [...args, JSON.stringify(journey)], {
    env: { ...process.env, ...client.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${client.name} ended with ${code ?? signal}:\n${output.slice(-4_000)}`));
    });
  });
}

function commandOf({ language, program }: Client, prepared: Prepared): [string, ...string[]] {
  switch (language) {
    case 'python':
      return [prepared.python, join(folder, 'python', `${program}_client.py`)];
    case 'go':
      return [join(prepared.go, program)];
    case 'java':
      return ['java', '-XX:TieredStopAtLevel=1', '-cp', prepared.classPath, `parity.${program}`];
    case 'node':
    case 'browser':
      return [
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        join(folder, 'node', `${program}.ts`),
      ];
  }
}
