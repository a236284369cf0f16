import { openSource, type ReadFile, readSourceFiles, type SourceStatus } from '../replicate/replicate.ts';
import { sourcesFolder } from '../roles/places.ts';
import { type ReplicateHeartbeat, replicateRole } from '../roles/replicate.ts';
import { askAgain } from '../roles/replicate-again.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { CommandContext } from './command.ts';
import { openExistingStore } from './existing-store.ts';

/** A role that has not said anything for this long, milliseconds, does not run. */
const silence = 5_000;
const mark = { ok: '✓', warn: '!', wrong: '✗' } as const;

/** Without a word it is the role that `start` runs; else it answers about the files of `workspace/sources`. */
export async function replicate(context: CommandContext): Promise<number> {
  const [what, ...rest] = context.words;
  switch (what) {
    case undefined:
      return await replicateRole(context.config, context.env);
    case 'check':
      return await check(context, rest);
    case 'status':
      return await status(context);
    case 'resnapshot':
      return await resnapshot(context, rest);
    default:
      throw new TributaryError(
        'bad-request',
        `there is no "replicate ${what}"; there are check, status and resnapshot`,
      );
  }
}

/** Exit code 1 when something is in the way. */
async function check({ config, env, flags }: CommandContext, names: readonly string[]): Promise<number> {
  const read = filesNamed(readSourceFiles(sourcesFolder(config), env), names, sourcesFolder(config));
  let wrong = 0;
  const answer = [];
  for (const { name, file, problem } of read) {
    const findings = problem
      ? [{ verdict: 'wrong' as const, about: 'File', says: problem.message, remedy: problem.advice }]
      : await openSource(file).check();
    answer.push({ source: name, findings });
    wrong += findings.filter(({ verdict }) => verdict === 'wrong').length;
    if (flags.json !== undefined) continue;
    process.stdout.write(`${name}\n`);
    for (const { verdict, about, says, remedy } of findings)
      process.stdout.write(
        `${mark[verdict]} ${about.padEnd(12)} ${says}\n${remedy ? `${' '.repeat(15)}→ ${remedy}\n` : ''}`,
      );
  }
  process.stdout.write(
    flags.json === undefined
      ? `\n${wrong > 0 ? `${wrong} to mend.` : 'Nothing is in the way.'}\n`
      : `${JSON.stringify(answer, null, 2)}\n`,
  );
  return wrong > 0 ? 1 : 0;
}

function filesNamed(all: readonly ReadFile[], names: readonly string[], folder: string): readonly ReadFile[] {
  if (all.length === 0) throw new TributaryError('not-found', `there is no file of a source in ${folder}`);
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new TributaryError(
      'not-found',
      `there is no source "${unknown}"; there are ${all.map(({ name }) => name).join(', ')}`,
    );
  return names.length > 0 ? all.filter(({ name }) => names.includes(name)) : all;
}

/** Exit code 1 when a source is not followed. */
async function status({ config, flags }: CommandContext): Promise<number> {
  const store = openExistingStore(config);
  try {
    const beats = await store.heartbeats.list(Date.now() - silence);
    const beat = beats.find(({ role }) => role === 'replicate');
    if (!beat) {
      process.stderr.write(
        'Nothing is replicated: `tributary start` does not run, or there are no files in workspace/sources.\n',
      );
      return 1;
    }
    const { sources, problems } = beat.detail as ReplicateHeartbeat;
    if (flags.json !== undefined) process.stdout.write(`${JSON.stringify({ sources, problems }, null, 2)}\n`);
    else
      process.stdout.write(
        [...sources.map(describe), ...problems.map(({ says }) => `✗ ${says}\n`)].join('\n'),
      );
    return problems.length > 0 || sources.some(({ state }) => state === 'waiting') ? 1 : 0;
  } finally {
    await store.close();
  }
}

function describe(source: SourceStatus): string {
  const { state, message, lagBytes, lagSeconds, retainedBytes, budgetBytes, tables, skipped, lost } = source;
  const budget = budgetBytes === null ? 'without a limit' : `${megabytes(budgetBytes)} more are allowed`;
  const lines = [
    `${state === 'waiting' ? '✗' : '✓'} ${source.source} (${source.kind}): ${state}${message ? `, ${message}` : ''}`,
    `  behind by ${megabytes(lagBytes)}, ${lagSeconds.toFixed(0)} s; the server keeps ${megabytes(retainedBytes)} of its log, ${budget}`,
    ...tables.map(
      ({ table, target, phase, copiedRows, history }) =>
        `  ${`app.${target}`.padEnd(32)} ${phase}${phase === 'live' ? '' : `, ${copiedRows.toLocaleString('en')} rows copied`}${history ? ', with history' : ''}  (${table})`,
    ),
    ...skipped.map(({ table, says, remedy }) => `  ! ${table} is left out: ${says}\n    → ${remedy}`),
    ...Object.entries(lost).map(
      ([column, count]) =>
        `  ! ${count} values of ${column} do not fit the warehouse: NULL or the nearest stands for them`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

async function resnapshot({ config, env }: CommandContext, words: readonly string[]): Promise<number> {
  const [name, ...tables] = words;
  if (name === undefined)
    throw new TributaryError(
      'bad-request',
      'tributary replicate resnapshot SOURCE [TABLE…]: no source is named',
    );
  filesNamed(readSourceFiles(sourcesFolder(config), env), [name], sourcesFolder(config));
  const store = openExistingStore(config);
  try {
    await askAgain(store.settings, name, tables.length > 0 ? tables : ['*']);
  } finally {
    await store.close();
  }
  process.stdout.write(
    `${name}: ${tables.length > 0 ? tables.join(', ') : 'all tables'} will be copied again; what is served stays until that is done\n`,
  );
  return 0;
}
