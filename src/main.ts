import { parseArgs } from 'node:util';
import { commands } from './commands/commands.ts';
import { loadConfig, optionNames } from './config.ts';
import { messageOf, TributaryError } from './runtime/errors.ts';

/** The command line: `tributary <command> [words] [--option value]`. The only place that reads argv and the environment. */
async function main(argv: readonly string[]): Promise<number> {
  const { words, flags } = readArguments(argv);
  const [name = 'help', ...rest] = words;
  const command = commands[name];
  if (!command || flags.help !== undefined) {
    process.stdout.write(help());
    if (!command && name !== 'help') {
      process.stderr.write(`\nThere is no command "${name}".\n`);
      return 2;
    }
    return 0;
  }
  const general = Object.fromEntries(
    Object.entries(flags).filter(
      ([option]) => !command.options?.includes(option) && !command.switches?.includes(option),
    ),
  );
  const config = loadConfig({ flags: general, env: process.env, cwd: process.cwd() });
  return command.run({ config, flags, words: rest });
}

/** `--key value`, `--key=value`, `--flag`, `--no-flag`; everything else is a word. */
function readArguments(argv: readonly string[]): { words: string[]; flags: Record<string, string> } {
  const flags: Record<string, string> = {};
  const { positionals, tokens } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      [...optionNames, 'config', ...commandOptions()].map((name) => [name, { type: 'string' as const }]),
    ),
  });
  const words = [...positionals];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (token.name.startsWith('no-') && token.value === undefined) flags[token.name.slice(3)] = 'false';
    else if (
      token.name === 'demo' &&
      token.value !== undefined &&
      !/^(true|false|on|off|0|1)$/.test(token.value)
    ) {
      flags.demo = 'true';
      words.unshift(token.value);
    } else flags[token.name] = token.value ?? 'true';
  }
  return { words, flags };
}

function commandOptions(): string[] {
  return Object.values(commands).flatMap(({ options }) => options ?? []);
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

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const advice = error instanceof TributaryError ? `\n${error.advice}` : '';
    process.stderr.write(
      `${error instanceof TributaryError ? messageOf(error) : (error as Error).stack}${advice}\n`,
    );
    process.exit(1);
  },
);
