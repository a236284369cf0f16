import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QuarantineGroup, QuarantineReplay } from '../contract/quarantine-endpoints.ts';
import { maxTransform } from '../contract/quarantine-endpoints.ts';
import { discard, quarantineGroups, quarantineItems } from '../quarantine/quarantine.ts';
import { placesOf, readSecrets, warehouseUrl } from '../roles/places.ts';
import { startReplay, withOutcomes } from '../roles/quarantine.ts';
import { systemClock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import { type ClickHouseClient, connect } from '../warehouse/warehouse.ts';
import type { CommandContext } from './command.ts';
import { openExistingStore } from './existing-store.ts';
import { groupTable, replayText } from './quarantine-text.ts';

interface Asked {
  readonly store: Store;
  readonly warehouse: ClickHouseClient;
  readonly project: string;
  readonly words: readonly string[];
  readonly flags: CommandContext['flags'];
}

const actions: Readonly<Record<string, (asked: Asked) => Promise<number>>> = {
  list,
  show,
  replay,
  discard: discardGroup,
};

/** `tributary quarantine list|show|replay|discard`: what failed in the running installation, and sending it again. */
export async function quarantine({ config, words, flags }: CommandContext): Promise<number> {
  const [name = 'list', ...rest] = words;
  const action = actions[name];
  if (!action)
    throw new TributaryError(
      'bad-request',
      `there is no "quarantine ${name}"; there are ${Object.keys(actions).join(', ')}`,
    );
  const store = openExistingStore(config);
  const password = readSecrets(placesOf(config))?.warehouse ?? '';
  await using warehouse = connect({ url: warehouseUrl(config), user: 'tributary', password });
  try {
    const project = flags.project ?? (await store.projects.list()).find(({ demo }) => !demo)?.id;
    if (project === undefined || !(await store.projects.get(project)))
      throw new TributaryError('not-found', `there is no project "${project ?? ''}"`);
    return await action({ store, warehouse, project, words: rest, flags });
  } finally {
    await store.close();
  }
}

const year = 365 * 86_400_000;

async function groupsOf({ warehouse, project }: Asked): Promise<QuarantineGroup[]> {
  const now = systemClock.now();
  const question = { project, state: 'waiting', from: now - year } as const;
  return (await quarantineGroups(warehouse, question, now)).groups;
}

async function list(asked: Asked): Promise<number> {
  const groups = await groupsOf(asked);
  return print(asked, groups, groupTable(groups, systemClock.now()));
}

async function show(asked: Asked): Promise<number> {
  const group = await oneGroup(asked);
  const { items } = await quarantineItems(asked.warehouse, {
    project: asked.project,
    state: 'waiting',
    cause: group.cause,
    limit: 5,
  });
  const text = items
    .map(
      ({ offset, item, detail, payload, query }) =>
        `record ${offset}, item ${item}: ${detail}\n${payload || query}`,
    )
    .join('\n\n');
  return print(asked, { group, items }, `${groupTable([group], systemClock.now())}\n\n${text}`);
}

async function replay(asked: Asked): Promise<number> {
  const { store, warehouse, project, flags } = asked;
  const group = await oneGroup(asked);
  const transform = await transformOf(asked);
  const parts = { store, warehouse, clock: systemClock };
  const name = flags.fix ?? flags.name ?? '';
  const { id } = await startReplay(
    parts,
    { project, causes: [group.cause], transform, name },
    'the command line',
  );
  let seen = '';
  let changedAt = systemClock.now();
  for (;;) {
    const [now] = await withOutcomes(warehouse, project, [await store.replays.get(project, id)]);
    if (now && isOver(now)) {
      print(asked, now, replayText(now));
      return now.state === 'done' && (now.outcomes.failed ?? 0) === 0 && now.left === 0 ? 0 : 1;
    }
    const state = JSON.stringify(now);
    if (state !== seen) changedAt = systemClock.now();
    seen = state;
    if (systemClock.now() - changedAt > patience)
      throw new TributaryError(
        'overloaded',
        'the replay is remembered, but nobody carries it out: start Tributary, or see under Quarantine what it waits for',
      );
    await sleep(500);
  }
}

/** A replay at which nothing happens for this long is left to itself, milliseconds. */
const patience = 60_000;

function isOver({ state, sent, outcomes }: QuarantineReplay): boolean {
  const processed = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  return state !== 'running' && (state !== 'done' || processed >= sent);
}

/** `--fix NAME` uses one that was kept, `--transform FILE` is one; without either the items go as they are. */
async function transformOf({ store, project, flags }: Asked): Promise<string | null> {
  if (flags.transform !== undefined) {
    const text = readTransform(flags.transform);
    if (text === '' || text.length > maxTransform)
      throw new TributaryError('bad-request', `--transform: a fix has 1 to ${maxTransform} characters`);
    return text;
  }
  if (flags.fix === undefined) return null;
  const known = (await store.replays.fixes(project)).find(
    ({ name, id }) => name === flags.fix || id === flags.fix,
  );
  if (!known) throw new TributaryError('not-found', `there is no fix "${flags.fix}"`);
  return known.transform;
}

function readTransform(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8').trim();
  } catch (cause) {
    throw new TributaryError('not-found', `--transform: ${path} cannot be read`, { cause });
  }
}

async function discardGroup(asked: Asked): Promise<number> {
  const { warehouse, project } = asked;
  const { cause } = await oneGroup(asked);
  const items = await discard(warehouse, {
    project,
    selection: { causes: [cause] },
    restore: false,
    by: 'the command line',
    now: systemClock.now(),
  });
  return print(asked, { items }, `${items} items are discarded.`);
}

/** The group whose id begins as the first word says. */
async function oneGroup(asked: Asked): Promise<QuarantineGroup> {
  const [which = ''] = asked.words;
  if (!/^[0-9a-f]{4,16}$/.test(which))
    throw new TributaryError('bad-request', 'say which group: its id, or the first four characters of it');
  const found = (await groupsOf(asked)).filter(({ cause }) => cause.startsWith(which));
  const [first, second] = found;
  if (!first)
    throw new TributaryError('not-found', `no group "${which}" waits; see: tributary quarantine list`);
  if (second)
    throw new TributaryError('conflict', `several groups begin with "${which}"; write more of the id`);
  return first;
}

function print({ flags }: Asked, value: unknown, text: string): number {
  process.stdout.write(flags.json === undefined ? `${text}\n` : `${JSON.stringify(value, null, 2)}\n`);
  return 0;
}
