import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { activityByKey } from '../analyze/analyze.ts';
import type { Config } from '../config.ts';
import { doors, keyValue, type Source, sourceSettings } from '../contract/source.ts';
import { placesOf, publicUrl, readSecrets, warehouseUrl } from '../roles/places.ts';
import { systemClock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import { connect } from '../warehouse/warehouse.ts';
import type { CommandContext } from './command.ts';
import { openExistingStore } from './existing-store.ts';
import { describeSource, type ListedSource, sourceTable } from './source-text.ts';

type Flags = CommandContext['flags'];

interface Asked {
  readonly config: Config;
  readonly store: Store;
  readonly words: readonly string[];
  readonly flags: Flags;
}

const actions: Readonly<Record<string, (asked: Asked) => Promise<unknown>>> = {
  list,
  show: async (asked) => withActivity(asked, await oneSource(asked)),
  create,
  limit,
  rotate,
  revoke,
};

/** `tributary source list|show|create|limit|rotate|revoke`: the sources of the installation in the data folder, running or not. */
export async function source({ config, words, flags }: CommandContext): Promise<number> {
  const [name = 'list', ...rest] = words;
  const action = actions[name];
  if (!action) {
    throw new TributaryError(
      'bad-request',
      `there is no "source ${name}"; there are ${Object.keys(actions).join(', ')}`,
    );
  }
  const store = openExistingStore(config);
  try {
    const answer = await action({ config, store, words: rest, flags });
    process.stdout.write(
      flags.json === undefined ? `${textOf(answer, config)}\n` : `${JSON.stringify(answer, null, 2)}\n`,
    );
    return 0;
  } finally {
    await store.close();
  }
}

function textOf(answer: unknown, config: Config): string {
  if (Array.isArray(answer)) return sourceTable(answer as ListedSource[], Date.now());
  return describeSource(answer as ListedSource & { readonly revoked?: true }, publicUrl(config), Date.now());
}

async function list({ config, store, flags }: Asked): Promise<ListedSource[]> {
  const projects = (await store.projects.list()).filter(
    ({ id }) => flags.project === undefined || id === flags.project,
  );
  if (projects.length === 0) throw new TributaryError('not-found', `there is no project "${flags.project}"`);
  const listed: ListedSource[] = [];
  for (const { id } of projects) {
    const seen = await activityOf(config, id);
    for (const one of await store.keys.sources(id)) listed.push(listedSource(one, seen));
  }
  return listed;
}

async function create(asked: Asked): Promise<Source> {
  const { store, words, flags } = asked;
  const [name] = words;
  if (name === undefined)
    throw new TributaryError('bad-request', 'name the source: tributary source create "Web shop"');
  onlyOne(words);
  const project = flags.project ?? (await store.projects.list()).find(({ demo }) => !demo)?.id;
  if (project === undefined)
    throw new TributaryError('not-found', 'there is no project; create one in the interface');
  const door = checked('door', z.enum(doors), flags.door ?? 'tracker');
  const value = flags.key === undefined ? undefined : checked('key', keyValue, flags.key);
  const settings = { ...settingsOf(flags), name: checked('name', sourceSettings.name, name) ?? name };
  const { key } = await store.keys.create({ ...settings, project, kind: 'write', door, value });
  return store.keys.source(project, key.id);
}

async function limit(asked: Asked): Promise<Source> {
  const { project, id } = await oneSource(asked);
  const changes = settingsOf(asked.flags);
  if (Object.values(changes).every((value) => value === undefined)) {
    throw new TributaryError(
      'bad-request',
      'say what to change: --origins, --events, --rate, --name, --secret-file, --mapping-file; "none" takes a limit away',
    );
  }
  return asked.store.keys.update(project, id, changes);
}

async function rotate(asked: Asked): Promise<Source> {
  const { project, id } = await oneSource(asked);
  const { key, keep = '24h' } = asked.flags;
  const value = key === undefined ? undefined : checked('key', keyValue, key);
  return asked.store.keys.rotate(project, id, { keepFor: durationOf(keep), value });
}

async function revoke(asked: Asked): Promise<Source & { readonly revoked: true }> {
  const found = await oneSource(asked);
  await asked.store.keys.revoke(found.project, 'write', found.id);
  return { ...found, revoked: true };
}

/** The source that the first word names by id, key or name. */
async function oneSource({ store, words, flags }: Asked): Promise<Source> {
  const [which] = words;
  if (which === undefined)
    throw new TributaryError('bad-request', 'say which source: its name, its key or its id');
  onlyOne(words);
  const found: Source[] = [];
  for (const { id } of await store.projects.list()) {
    if (flags.project !== undefined && id !== flags.project) continue;
    for (const one of await store.keys.sources(id))
      if ([one.id, one.key, one.name].includes(which)) found.push(one);
  }
  const [first, second] = found;
  if (!first)
    throw new TributaryError('not-found', `there is no source "${which}"; see: tributary source list`);
  if (second)
    throw new TributaryError('conflict', `several sources are called "${which}"; name one by its key`);
  return first;
}

/** A name of several words without quotes would be another name. */
function onlyOne(words: readonly string[]): void {
  if (words.length === 1) return;
  throw new TributaryError('bad-request', `several words are one name in quotes: "${words.join(' ')}"`);
}

function settingsOf(flags: Flags) {
  const rate = flags.rate;
  return {
    name: checked('name', sourceSettings.name, flags.name),
    origins: checked('origins', sourceSettings.origins, listOf(flags.origins)),
    events: checked('events', sourceSettings.events, listOf(flags.events)),
    requestsPerSecond: checked(
      'rate',
      sourceSettings.requestsPerSecond,
      rate === undefined ? undefined : rate === 'none' ? null : Number(rate),
    ),
    secret: checked('secret-file', sourceSettings.secret, textFrom('secret-file', flags['secret-file'])),
    mapping: checked('mapping-file', sourceSettings.mapping, textFrom('mapping-file', flags['mapping-file'])),
  };
}

function listOf(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  return text === 'none'
    ? []
    : text
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean);
}

/** Secrets come from a file or from stdin (`-`): what stands on the command line is in the list of processes. */
function textFrom(option: string, path: string | undefined): string | null | undefined {
  if (path === undefined) return undefined;
  if (path === 'none') return null;
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8').trim();
  } catch (cause) {
    throw new TributaryError('not-found', `--${option}: ${path} cannot be read`, { cause });
  }
}

function checked<Value>(option: string, schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new TributaryError(
    'bad-request',
    `--${option}: ${expected[option] ?? parsed.error.issues[0]?.message ?? 'is wrong'}`,
  );
}

/** Where the schema's own words are a programmer's. */
const expected: Readonly<Record<string, string>> = {
  door: `one of ${doors.join(', ')}`,
  name: '1 to 100 characters',
  rate: 'a whole number of requests per second, 1 to 100,000, or none',
};

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const longest = 365 * 86_400_000;

/** `0`, `90s`, `30m`, `24h`, `7d`. */
function durationOf(text: string): number {
  const [, count, unit = 'h'] = /^(\d{1,6})([smhd])?$/.exec(text) ?? [];
  const duration = count === undefined ? Number.NaN : Number(count) * (units[unit] ?? Number.NaN);
  if (duration <= longest) return duration;
  throw new TributaryError(
    'bad-request',
    `--keep: "${text}" is no time such as 0, 30m, 24h or 7d (a year at most)`,
  );
}

type Seen = Awaited<ReturnType<typeof activityByKey>>['keys'];

async function withActivity({ config }: Asked, found: Source): Promise<ListedSource> {
  return listedSource(found, await activityOf(config, found.project));
}

function listedSource(one: Source, seen: Seen | undefined): ListedSource {
  const activity = seen?.find(({ key }) => key === one.id);
  const last = Math.max(one.lastUsedAt ?? 0, activity?.last ?? 0);
  return {
    ...one,
    lastSeen: last === 0 ? null : last,
    day: seen && {
      events: activity?.hours.reduce((sum, count) => sum + count, 0) ?? 0,
      quarantined: activity?.quarantined ?? 0,
    },
  };
}

/** Undefined when the warehouse is not there to ask. */
async function activityOf(config: Config, project: string): Promise<Seen | undefined> {
  const password = readSecrets(placesOf(config))?.warehouse;
  if (password === undefined) return undefined;
  await using client = connect({ url: warehouseUrl(config), user: 'tributary', password });
  return activityByKey(client, systemClock, project).then(
    ({ keys }) => keys,
    () => undefined,
  );
}
