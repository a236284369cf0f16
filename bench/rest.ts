import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram } from '../test/program.ts';

/**
 * Start time and memory at rest of the whole program on an empty data folder, and again on the folder it left. RSS counts pages that
 * several processes share (Node itself, the engine's library) once per process; PSS divides them.
 */
const restSeconds = 20;

const began = performance.now();
const first = await startProgram();
const firstStart = performance.now() - began;
await first.stop();
const again = performance.now();
const program = await startProgram({ data: first.data });
const secondStart = performance.now() - again;
await sleep(restSeconds * 1_000);

const processes = readdirSync('/proc')
  .filter((name) => /^\d+$/.test(name))
  .map((pid) => ({ pid, command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ') }))
  .filter(
    ({ command }) =>
      command.includes(first.data) ||
      program.pids('warehouse').some((pid) => command && pid === Number(command)),
  )
  .concat(program.pids('warehouse').map((pid) => ({ pid: String(pid), command: 'warehouse' })));
const unique = [...new Map(processes.map((one) => [one.pid, one])).values()];

console.log(`ready, empty data folder    ${(firstStart / 1000).toFixed(2)} s`);
console.log(`ready, second start         ${(secondStart / 1000).toFixed(2)} s\n`);
let rss = 0;
let pss = 0;
for (const { pid, command } of unique) {
  const memory = read(`/proc/${pid}/smaps_rollup`);
  const one = { rss: kilobytes(memory, 'Rss'), pss: kilobytes(memory, 'Pss') };
  rss += one.rss;
  pss += one.pss;
  const role = /main\.ts (\w+)/.exec(command)?.[1] ?? 'warehouse';
  console.log(`${role.padEnd(12)} RSS ${mega(one.rss)}   PSS ${mega(one.pss)}`);
}
console.log(`${'all'.padEnd(12)} RSS ${mega(rss)}   PSS ${mega(pss)}   after ${restSeconds} s at rest`);
await program.stop();

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function kilobytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
}

function mega(kb: number): string {
  return `${Math.round(kb / 1024)} MB`.padStart(7);
}
