import { explainPlan, explainStep, Models, type Plan, type PlanRequest, parseTime } from '../model/model.ts';
import { lockFile } from '../roles/lock.ts';
import { placesOf, readSecrets, warehouseUrl } from '../roles/places.ts';
import { systemClock } from '../runtime/clock.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import { connect } from '../warehouse/warehouse.ts';
import type { CommandContext } from './command.ts';
import { trackingPlan } from './tracking-plan.ts';

/** `tributary plan [MODEL…]`: what `run` would do, and why. `plan check`, `diff` and `write` are about the tracking plan. */
export function plan(context: CommandContext): Promise<number> {
  const [word = ''] = context.words;
  const task = Object.hasOwn(trackingPlan, word) ? trackingPlan[word] : undefined;
  if (task) return task(context);
  return withModels(context, async (models) => show(await models.plan(requestOf(context, 'run')), context));
}

/** `tributary run [MODEL…]` */
export function run(context: CommandContext): Promise<number> {
  return carryOut(context, 'run');
}

/** `tributary backfill MODEL… --from TIME --to TIME` */
export function backfill(context: CommandContext): Promise<number> {
  if (context.flags.from === undefined)
    throw new TributaryError(
      'bad-request',
      'say from when: tributary backfill fact_user_day --from 2026-01-01',
    );
  return carryOut(context, 'backfill');
}

/** `tributary restate MODEL… [--from TIME --to TIME]` */
export function restate(context: CommandContext): Promise<number> {
  return carryOut(context, 'restate');
}

/** `tributary wipe-and-rebuild MODEL…` */
export function wipeAndRebuild(context: CommandContext): Promise<number> {
  return carryOut(context, 'wipe');
}

function carryOut(context: CommandContext, task: PlanRequest['task']): Promise<number> {
  const request = requestOf(context, task);
  return withModels(context, async (models) => {
    if (context.flags.plan !== undefined) return show(await models.plan(request), context);
    const lock = placesOf(context.config).modelLock;
    using _lock = lockFile(lock, 'another run is bringing the models of this data folder up to date');
    const todo = await models.plan(request);
    const json = context.flags.json !== undefined;
    if (!json) process.stdout.write(explainPlan(todo));
    const report = await models.apply(todo, {
      clock: systemClock,
      onEnd: (step) => {
        if (!json) process.stdout.write(`${explainStep(step)}\n`);
      },
    });
    if (json)
      process.stdout.write(
        `${JSON.stringify({ run: report.run, steps: report.steps.map(({ step, ...rest }) => ({ ...stepJson(step), ...rest })) }, null, 2)}\n`,
      );
    return report.steps.every(({ state }) => state === 'done') ? 0 : 1;
  });
}

function show(todo: Plan, { flags }: CommandContext): number {
  const { now, steps, orphans } = todo;
  const text =
    flags.json === undefined
      ? explainPlan(todo)
      : `${JSON.stringify({ now, steps: steps.map(stepJson), orphans }, null, 2)}\n`;
  process.stdout.write(text);
  return 0;
}

function stepJson({ model, kind, action, change, reasons, stretches }: Plan['steps'][number]): object {
  return { model, kind, action, change, reasons, stretches };
}

async function withModels(
  context: CommandContext,
  work: (models: Models) => Promise<number>,
): Promise<number> {
  const { config } = context;
  const secrets = readSecrets(placesOf(config));
  if (!secrets)
    throw new TributaryError(
      'not-found',
      `${config.data} is not a data folder of Tributary; start it first, or pass --data`,
    );
  const url = warehouseUrl(config);
  await using warehouse = connect({ url, user: 'tributary', password: secrets.warehouse });
  await using reader = connect({ url, user: 'interface', password: secrets.interface });
  if (!(await warehouse.ping()).success)
    throw new TributaryError(
      'warehouse-unavailable',
      `the warehouse at ${url} does not answer; is Tributary running?`,
    );
  try {
    return await work(await Models.read({ folder: config.workspace, warehouse, reader }));
  } catch (error) {
    if (error instanceof TributaryError || !(error instanceof Error && 'code' in error)) throw error;
    throw new TributaryError('warehouse-unavailable', `the warehouse at ${url}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function requestOf({ flags, words }: CommandContext, task: PlanRequest['task']): PlanRequest {
  const now = timeOf(flags.at, 'at') ?? Math.floor(systemClock.now() / 1_000);
  const from = timeOf(flags.from, 'from');
  const to = timeOf(flags.to, 'to') ?? now;
  if (from !== undefined && from >= to) throw new TributaryError('bad-request', '--from must be before --to');
  const range = from === undefined ? {} : { range: { from, to } };
  return { now, words, task, ...range };
}

function timeOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const time = parseTime(text);
  if (time === undefined)
    throw new TributaryError(
      'bad-request',
      `--${option} ${text} is not a time like 2026-01-31 or "2026-01-31 07:00" (UTC)`,
    );
  return time;
}
