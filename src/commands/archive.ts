import { setTimeout as sleep } from 'node:timers/promises';
import { archivedBefore, holdingsOf, readRecords, toLine } from '../archive/archive.ts';
import { openLogReader } from '../log/log.ts';
import { archiveNow, archiveRole } from '../roles/archive.ts';
import { placesOf } from '../roles/places.ts';
import { archiveHolding } from '../roles/rewind-handlers.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { CommandContext } from './command.ts';
import { openExistingStore } from './existing-store.ts';
import { projectOf, timeOf } from './rewind-arguments.ts';

/** `tributary archive status | now | read`; without a word it is the role that `start` runs. */
export async function archive(context: CommandContext): Promise<number> {
  const [word] = context.words;
  if (word === undefined) return archiveRole(context.config);
  if (word === 'status') return status(context);
  if (word === 'now') return now(context);
  if (word === 'read') return read(context);
  throw new TributaryError('bad-request', `there is no "archive ${word}"; there are status, now and read`);
}

async function status({ config, flags }: CommandContext): Promise<number> {
  const store = openExistingStore(config);
  try {
    const { lake } = placesOf(config);
    const projects = holdingsOf(lake);
    const holding = await archiveHolding(store, lake, config['archive-days'], '');
    const { enabled, folder, days, waiting, problem } = holding;
    if (flags.json !== undefined) {
      const whole = { enabled, folder, days, waiting, problem, next: archivedBefore(lake), projects };
      process.stdout.write(`${JSON.stringify(whole, null, 2)}\n`);
      return problem ? 1 : 0;
    }
    const lines = [
      enabled ? `${folder}, ${days} days` : `off (archive-days is 0); what is in ${folder} stays`,
      ...projects.map(
        ({ project, files, bytes, from, to }) =>
          `${project.padEnd(20)} ${String(files).padStart(6)} files ${(bytes / 2 ** 20).toFixed(1).padStart(9)} MB  ${day(from)} – ${day(to)}`,
      ),
      `${waiting} records wait`,
      ...(problem ? [`! ${problem}`] : []),
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
    return problem ? 1 : 0;
  } finally {
    await store.close();
  }
}

const day = (time: number | null): string =>
  time === null ? '' : new Date(time).toISOString().slice(0, 16).replace('T', ' ');

/** Has what waits written, and waits for it. */
async function now({ config }: CommandContext): Promise<number> {
  if (config['archive-days'] === 0)
    throw new TributaryError('config-invalid', 'the archive is off: archive-days is 0');
  const store = openExistingStore(config);
  const places = placesOf(config);
  const log = openLogReader(places.log);
  try {
    const head = log.head();
    await store.settings.set(archiveNow, String(Date.now()));
    for (let waited = 0; archivedBefore(places.lake) <= head; waited += 200) {
      if (waited > 60_000)
        throw new TributaryError(
          'overloaded',
          'the archive does not come along; see: tributary archive status',
        );
      await sleep(200);
    }
    process.stdout.write(`everything up to record ${head} is archived\n`);
    return 0;
  } finally {
    log.close();
    await store.close();
  }
}

/** Writes the records of a project as lines of JSON, from archive and log together. */
async function read(context: CommandContext): Promise<number> {
  const { config, flags } = context;
  const { lake, log: file } = placesOf(config);
  const project = await projectOf(context);
  const log = openLogReader(file);
  const [from, to] = [timeOf(flags.from, 'from'), timeOf(flags.to, 'to')];
  // `| head` closes the pipe when it has seen enough: that is no failure
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  try {
    for await (const record of readRecords({ lake, log, project, from, to }))
      if (!process.stdout.write(toLine(record)))
        await new Promise((resolve) => process.stdout.once('drain', resolve));
    return 0;
  } finally {
    log.close();
  }
}
