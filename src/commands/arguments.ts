import { parseArgs } from 'node:util';
import { optionNames } from '../config.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Command } from './command.ts';

interface Arguments {
  readonly words: string[];
  readonly flags: Record<string, string>;
}

const general: readonly string[] = [...optionNames, 'config', 'help'];
const onOff = /^(true|false|on|off|0|1)$/;

/** `--key value`, `--key=value`, `--flag`, `--no-flag`; everything else is a word. */
export function readArguments(
  argv: readonly string[],
  commands: Readonly<Record<string, Command>>,
): Arguments {
  const valued = Object.values(commands).flatMap(({ options }) => options ?? []);
  const flags: Record<string, string> = {};
  const { positionals, tokens } = parseArgs({
    args: argv.map((argument, index) => wholeSwitch(argument, argv[index + 1])),
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      [...optionNames, 'config', ...valued].map((name) => [name, { type: 'string' as const }]),
    ),
  });
  const isValued = (name: string) => valued.includes(name) || (name !== 'help' && general.includes(name));
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, value } = token;
    if (name.startsWith('no-') && value === undefined) flags[name.slice(3)] = 'false';
    else if (name === 'h') flags.help = 'true';
    // `--door --data=x`: what follows is an option of its own, not a value
    else if (isValued(name) && (value === undefined || (!token.inlineValue && value.startsWith('--'))))
      throw new TributaryError('bad-request', `--${name} needs a value: --${name}=…`);
    else flags[name] = value ?? 'true';
  }
  return { words: positionals, flags };
}

/** `demo` is the one option that is on or off: what follows it is its value only when it reads like one. */
function wholeSwitch(argument: string, next: string | undefined): string {
  return argument === '--demo' && (next === undefined || !onOff.test(next)) ? '--demo=true' : argument;
}

/** Refuses an option that this command does not have, and names the one that was likely meant. */
export function checkOptions(name: string, command: Command, flags: Arguments['flags']): void {
  const own = [...(command.options ?? []), ...(command.switches ?? [])];
  for (const flag of Object.keys(flags)) {
    if (own.includes(flag) || general.includes(flag)) continue;
    const meant = nearest(flag, [...own, ...general]);
    throw new TributaryError(
      'bad-request',
      `there is no option "--${flag}"${meant === undefined ? '.' : `; did you mean --${meant}?`}${
        own.length === 0 ? '' : ` The options of "${name}" are ${own.map((one) => `--${one}`).join(', ')}`
      }`,
    );
  }
}

/** The name that is written most like what was typed; undefined when none is near. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((name) => ({ name, steps: distance(typed.slice(0, 40), name) }))
    .toSorted((one, other) => one.steps - other.steps);
  return best && best.steps <= Math.max(1, Math.floor(best.name.length / 2)) ? best.name : undefined;
}

/** Levenshtein's: letters to add, take away or change. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [line, letter] of one.split('').entries()) {
    const next = [line + 1];
    for (let at = 0; at < other.length; at++) {
      next.push(
        Math.min(
          (next[at] ?? 0) + 1,
          (row[at + 1] ?? 0) + 1,
          (row[at] ?? 0) + (letter === other[at] ? 0 : 1),
        ),
      );
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
