import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { breaksOf, type Dependant, explainBreak } from '../plan/breaks.ts';
import { explainDiff, type PlanChange, planDiff, sentenceOf } from '../plan/diff.ts';
import { lookAtPlan, newest, type Plan, type PlannedEvent, planOfProject } from '../plan/plan.ts';
import { schemasFolder } from '../roles/places.ts';
import { keptName, keptSchemas } from '../roles/plan-keeper.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { CommandContext } from './command.ts';
import { dependantsOf } from './dependants.ts';
import { openExistingStore } from './existing-store.ts';
import { planAt } from './plan-base.ts';

/** What `tributary plan` does with the tracking plan, by its first word; other words are names of models. */
export const trackingPlan: Readonly<Record<string, (context: CommandContext) => Promise<number>>> = {
  check,
  diff,
  write,
};

/** Exit code 1 when a file cannot be used, or when the changes since `--base` break something. */
async function check(context: CommandContext): Promise<number> {
  const { config, flags } = context;
  const folder = schemasFolder(config);
  const plan = lookAtPlan(folder);
  const base = flags.base === undefined ? undefined : await planAt(flags.base, folder);
  const changes = base ? planDiff(base.events, plan.events) : [];
  const { found, problems } = await dependantsOf(config.workspace);
  const breaks = breaksOf(changes, found);
  const unknown = unknownUses(plan.events, found, changes);
  const isGood = breaks.length === 0 && plan.problems.length === 0 && problems.length === 0;
  if (flags.json !== undefined) {
    const told = {
      ok: isGood,
      problems: plan.problems,
      unreadable: problems,
      changes,
      breaks: breaks.map(({ dependant: { kind, name, file, below }, use, change }) => ({
        kind,
        name,
        file,
        line: use.line,
        below,
        change,
      })),
      unknown,
    };
    process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
    return isGood ? 0 : 1;
  }
  const out = (text: string): void => void process.stdout.write(text);
  out(`${newest(plan.events).length} planned events, ${found.length} things made of events\n`);
  if (flags.base === undefined) out('nothing to compare with: name a branch, commit or folder with --base\n');
  else
    out(`\nSince ${flags.base}:\n${changes.length === 0 ? 'nothing is different\n' : explainDiff(changes)}`);
  if (unknown.length > 0) out(`\nNot in the plan:\n${unknown.map((line) => `  ${line}\n`).join('')}`);
  for (const { file, message } of plan.problems) out(`\nschemas/${file}: ${message}\n`);
  for (const line of problems) out(`\n${line}\n`);
  if (breaks.length > 0)
    out(`\nThis breaks ${breaks.length}:\n${breaks.map((one) => `  ${explainBreak(one)}\n`).join('')}`);
  out(isGood ? '\nok\n' : '\nfailed\n');
  return isGood ? 0 : 1;
}

/** What is read and not planned, which need not be a fault: events without a schema, properties that a schema allows without naming them. */
function unknownUses(
  events: readonly PlannedEvent[],
  dependants: readonly Dependant[],
  changes: readonly PlanChange[],
): string[] {
  if (events.length === 0) return [];
  const names = new Set(events.map(({ name }) => name));
  const told = new Set(changes.filter(({ kind }) => kind === 'event-removed').map(({ event }) => event));
  const known: ReadonlySet<string> = new Set(['page', 'screen', 'identify', 'group', 'alias']);
  const lines = new Set<string>();
  for (const { kind, name, file, uses } of dependants)
    for (const { events: used, property, line } of uses)
      for (const event of property === undefined ? used : [])
        if (!names.has(event) && !told.has(event) && !known.has(event) && !event.startsWith('$'))
          lines.add(`${kind} ${name} (${file}:${line}) reads "${event}"`);
  return [...lines];
}

/** What is different from `--base`; says so and is content. */
async function diff({ config, flags }: CommandContext): Promise<number> {
  if (flags.base === undefined)
    throw new TributaryError('bad-request', 'say what to compare with: tributary plan diff --base main');
  const folder = schemasFolder(config);
  const changes = planDiff(usable(await planAt(flags.base, folder)), usable(lookAtPlan(folder)));
  if (flags.json !== undefined) {
    const told = changes.map((change) => ({ ...change, sentence: sentenceOf(change) }));
    process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
  } else process.stdout.write(changes.length === 0 ? 'nothing is different\n' : explainDiff(changes));
  return 0;
}

/** The events of a plan; files that cannot be used are named on stderr. */
function usable({ events, problems }: Plan): readonly PlannedEvent[] {
  for (const { file, message } of problems) process.stderr.write(`schemas/${file}: ${message}\n`);
  return events;
}

/** Writes what was accepted in the interface into files, which then stand for it. */
async function write({ config, flags }: CommandContext): Promise<number> {
  const folder = schemasFolder(config);
  const store = openExistingStore(config);
  try {
    const projects = await store.projects.list();
    const project = flags.project === undefined && projects.length === 1 ? projects[0]?.id : flags.project;
    if (project === undefined || !projects.some(({ id }) => id === project))
      throw new TributaryError(
        'bad-request',
        `name the project: --project ${projects.map(({ id }) => id).join(', --project ')}`,
      );
    const kept = keptSchemas(await store.settings.get(keptName(project)));
    const missing = planOfProject(lookAtPlan(folder).events, kept, { id: project, demo: false }).filter(
      (event) => kept.includes(event),
    );
    mkdirSync(folder, { recursive: true });
    for (const event of missing) {
      const file = freeName(folder, event.name);
      // without this, another project would take it over
      const schema = projects.length > 1 ? { ...event.schema, projects: [project] } : event.schema;
      writeFileSync(join(folder, file), `${JSON.stringify(schema, null, 2)}\n`, { flag: 'wx' });
      process.stdout.write(`schemas/${file}: ${event.name}\n`);
    }
    if (missing.length === 0) process.stdout.write('nothing is kept that has no file\n');
    return 0;
  } finally {
    await store.close();
  }
}

/** `Order Placed` goes to order-placed.json. */
function freeName(folder: string, event: string): string {
  const words = event.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const name = words.join('-').slice(0, 80) || 'event';
  for (let number = 1; ; number++) {
    const file = number === 1 ? `${name}.json` : `${name}-${number}.json`;
    if (!existsSync(join(folder, file))) return file;
  }
}
