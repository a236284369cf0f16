import { checkOptions, nearest, readArguments } from './commands/arguments.ts';
import type { Command } from './commands/command.ts';
import { commands } from './commands/commands.ts';
import { loadConfig, optionNames } from './config.ts';
import { messageOf, TributaryError } from './runtime/errors.ts';

/** The command line: `tributary <command> [words] [--option value]`. The only place that reads argv and the environment. */
async function main(argv: readonly string[]): Promise<number> {
  const { words, flags } = readArguments(argv, commands);
  const [name = 'help', ...rest] = words;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command && name !== 'help') {
    const meant = nearest(name, Object.keys(commands));
    process.stderr.write(
      `There is no command "${name}"${meant === undefined ? '' : `; did you mean ${meant}?`} See: tributary --help\n`,
    );
    return 2;
  }
  if (!command || flags.help !== undefined) {
    const asked = command ? name : (rest[0] ?? '');
    const one = Object.hasOwn(commands, asked) ? commands[asked] : undefined;
    process.stdout.write(one ? helpOf(asked, one) : help());
    return 0;
  }
  checkOptions(name, command, flags);
  const general = Object.fromEntries(
    Object.entries(flags).filter(
      ([option]) => !command.options?.includes(option) && !command.switches?.includes(option),
    ),
  );
  const config = loadConfig({ flags: general, env: process.env, cwd: process.cwd() });
  return command.run({ config, flags, words: rest, env: process.env });
}

function helpOf(name: string, { usage, summary, options = [], switches = [], guide }: Command): string {
  const own = [...options.map((one) => `--${one}=…`), ...switches.map((one) => `--${one}`)];
  return [
    `tributary ${`${name} ${usage}`.trim()}`,
    `  ${summary}`,
    ...(own.length > 0 ? ['', 'Options', `  ${own.join(' ')}`] : []),
    '',
    'Options of every command, such as --data and --port: tributary --help',
    ...(guide === undefined ? [] : [`Guide: ${guide}`]),
    '',
  ].join('\n');
}

function help(): string {
  const lines = Object.entries(commands)
    .filter(([, command]) => command.summary)
    .map(([name, command]) => `  ${`${name} ${command.usage}`.trim().padEnd(28)} ${command.summary}`);
  return [
    'tributary: the analytics system of a SaaS company in one program',
    '',
    'Commands',
    ...lines,
    '',
    `Options (also in tributary.yaml, or as TRIBUTARY_… in the environment)`,
    `  ${optionNames.map((name) => `--${name}`).join(' ')}`,
    '',
  ].join('\n');
}

/** The advice for requests is for programs that send them; who types is helped by the help. */
function adviceOf({ code, advice }: TributaryError): string {
  return code === 'bad-request' || code === 'not-found' ? 'See: tributary <command> --help' : advice;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const advice = error instanceof TributaryError ? `\n${adviceOf(error)}` : '';
    process.stderr.write(
      `${error instanceof TributaryError ? messageOf(error) : (error as Error).stack}${advice}\n`,
    );
    process.exit(1);
  },
);
