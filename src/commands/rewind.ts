import { setTimeout as sleep } from 'node:timers/promises';
import type { RewindDifference, RewindJob, RewindPlan } from '../contract/rewind.ts';
import { openLogReader } from '../log/log.ts';
import { placesOf, readSecrets, warehouseUrl } from '../roles/places.ts';
import { isOver, RewindDesk } from '../roles/rewind-desk.ts';
import { systemClock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import { connect } from '../warehouse/warehouse.ts';
import type { CommandContext } from './command.ts';
import { openExistingStore } from './existing-store.ts';
import { projectOf, timeOf } from './rewind-arguments.ts';

interface Scene {
  readonly desk: RewindDesk;
  readonly project: string;
  readonly flags: CommandContext['flags'];
}

const words: Readonly<Record<string, (scene: Scene) => Promise<number>>> = {
  plan: async (scene) => tell(scene, await scene.desk.plan(scene.project, rangeOf(scene)), planText),
  run,
  diff: async (scene) => {
    const difference = await scene.desk.difference(scene.project);
    if (!difference) throw new TributaryError('not-found', 'no rewind of this project was compared yet');
    return tell(scene, difference, differenceText);
  },
  swap: (scene) => order(scene, 'swap'),
  discard: (scene) => order(scene, 'discard'),
  status: async (scene) => tell(scene, await jobOf(scene), jobText),
};

/** `tributary rewind plan | run | diff | swap | discard | status`. The running program does the work. */
export async function rewind(context: CommandContext): Promise<number> {
  const [word = ''] = context.words;
  const action = Object.hasOwn(words, word) ? words[word] : undefined;
  if (!action)
    throw new TributaryError(
      'bad-request',
      `say what to do: tributary rewind ${Object.keys(words).join(' | ')}`,
    );
  const { config, flags } = context;
  const project = await projectOf(context);
  const store = openExistingStore(config);
  const places = placesOf(config);
  const log = openLogReader(places.log);
  const password = readSecrets(places)?.warehouse ?? '';
  const warehouse = connect({ url: warehouseUrl(config), user: 'tributary', password });
  try {
    const desk = new RewindDesk({ store, warehouse, log, places, clock: systemClock });
    return await action({ desk, project, flags });
  } finally {
    log.close();
    await Promise.all([store.close(), warehouse.close()]);
  }
}

function rangeOf({ flags }: Scene): { from: number | null; to: number | null } {
  return { from: timeOf(flags.from, 'from') ?? null, to: timeOf(flags.to, 'to') ?? null };
}

async function jobOf({ desk, project }: Scene): Promise<RewindJob> {
  const job = await desk.job(project);
  if (!job) throw new TributaryError('not-found', 'this project has never been rewound');
  return job;
}

/** Begins, and tells how far it is until it is ready. Ctrl-C ends the telling, not the rewind. */
async function run(scene: Scene): Promise<number> {
  const plan = await scene.desk.plan(scene.project, rangeOf(scene));
  if (scene.flags.json === undefined) process.stdout.write(planText(plan));
  await scene.desk.start(scene.project, rangeOf(scene), 'command line');
  const ended = await follow(scene, ({ state }) => state === 'ready');
  if (ended.state !== 'ready') return tell(scene, ended, jobText);
  const difference = await scene.desk.difference(scene.project);
  return difference ? tell(scene, difference, differenceText) : 1;
}

async function order(scene: Scene, action: 'swap' | 'discard'): Promise<number> {
  const job = await jobOf(scene);
  await scene.desk.order(scene.project, job.id, action);
  const ended = await follow(scene, ({ state }) => state === (action === 'swap' ? 'swapped' : 'discarded'));
  return tell(scene, ended, jobText);
}

/** Until it is so, or over, or failed. */
async function follow(scene: Scene, until: (job: RewindJob) => boolean): Promise<RewindJob> {
  let told = '';
  for (;;) {
    const job = await jobOf(scene);
    const text = jobText(job);
    if (scene.flags.json === undefined && text !== told && process.stdout.isTTY) process.stdout.write(text);
    told = text;
    if (until(job) || isOver(job) || job.state === 'failed') return job;
    await sleep(300);
  }
}

function tell<T extends object>({ flags }: Scene, what: T, inWords: (what: T) => string): number {
  process.stdout.write(flags.json === undefined ? inWords(what) : `${JSON.stringify(what, null, 2)}\n`);
  return 'state' in what && what.state === 'failed' ? 1 : 0;
}

const minuteOf = (time: number | null): string =>
  time === null ? 'now' : new Date(time).toISOString().slice(0, 16).replace('T', ' ');

function planText({
  mode,
  from,
  to,
  first,
  end,
  oldest,
  events,
  logs,
  quarantined,
  outOfReach,
}: RewindPlan): string {
  return [
    mode === 'whole'
      ? `Everything since ${minuteOf(oldest)}: events, sessions, persons, accounts and what is remembered of visitors.`
      : `Received from ${minuteOf(from)} to ${minuteOf(to)} (UTC): events, log lines, sessions, quarantine and ledger. Known persons and accounts stay.`,
    `Records ${first} to ${end - 1}; now there are ${events} events, ${logs} log lines and ${quarantined} in quarantine.`,
    ...(outOfReach > 0
      ? [
          `! ${outOfReach} older rows stay as they are: their records are neither in the log nor in the archive.`,
        ]
      : []),
    '',
  ].join('\n');
}

function jobText({ id, state, progress, eta, records, problem }: RewindJob): string {
  const left = eta === null || state !== 'running' ? '' : `, about ${eta} s left`;
  const said = problem ? `\n! ${problem}` : '';
  return `${id} ${state} ${(progress * 100).toFixed(0)} % (${records} records${left})${said}\n`;
}

function differenceText({ total, names, quarantine, rows, columns }: RewindDifference): string {
  const line = (name: string, before: number, after: number): string =>
    `  ${name.padEnd(32)} ${String(before).padStart(14)} ${String(after).padStart(14)} ${signed(after - before).padStart(14)}`;
  const differ = <T extends { before: number; after: number }>(some: readonly T[]): T[] =>
    some.filter(({ before, after }) => before !== after);
  return [
    `  ${''.padEnd(32)} ${'before'.padStart(14)} ${'after'.padStart(14)} ${'difference'.padStart(14)}`,
    ...Object.entries(total).map(([name, { before, after }]) => line(name, before, after)),
    ...differ(names).map(({ event, before, after }) => line(`event ${event}`, before, after)),
    ...differ(quarantine).map(({ reason, before, after }) => line(`quarantine ${reason}`, before, after)),
    '',
    `  ${rows.changed} events change, ${rows.added} are added, ${rows.removed} go, ${rows.same} stay the same.`,
    ...columns.slice(0, 20).map(({ column, events }) => `  ${column}: ${events}`),
    '',
  ].join('\n');
}

function signed(value: number): string {
  const rounded = Math.round(value * 10_000) / 10_000;
  return rounded > 0 ? `+${rounded}` : String(rounded);
}
