import { isView } from './catalog.ts';
import type { Column, Definition } from './definition.ts';
import { literal, type Statements } from './statements.ts';

/** What is known of one done interval; times in milliseconds since the epoch. */
export interface DoneInterval {
  readonly builtAt: number;
  readonly changedAt: number;
  readonly arrivals: string;
}

/** The table that `mart.<model>` is at this moment. */
export interface Build {
  readonly id: string;
  readonly definition: Definition;
  readonly builtAt: number;
  /** The last time the meaning of its rows changed. */
  readonly changedAt: number;
  readonly columns: readonly Column[];
  readonly isView: boolean;
  /** Undefined for a build that was swapped in a moment before a crash. */
  readonly refresh: Refresh | undefined;
  /** By the beginning of the interval, in seconds since the epoch. */
  readonly intervals: ReadonlyMap<number, DoneInterval>;
}

export interface Refresh {
  readonly at: number;
  readonly changedAt: number;
  /** Nominal time, seconds since the epoch. */
  readonly through: number;
  /** Versions of the sources that were read. */
  readonly sources: Readonly<Record<string, string>>;
}

const mark = /\[model (\w+), build (\w+)\]$/;

/** The comment of a table: what it is, for whoever looks at the schema, and which build it is. */
export function commentOf(description: string, model: string, build: string): string {
  return `${description === '' ? '' : `${description}\n`}[model ${model}, build ${build}]`;
}

export interface State {
  readonly builds: ReadonlyMap<string, Build>;
  /** Tables in `mart` that no model made. */
  readonly foreign: ReadonlySet<string>;
}

/** What is in `mart`, by the comments of its tables. */
export async function readState(statements: Statements): Promise<State> {
  const tables = await statements.rows<{ name: string; comment: string; engine: string }>(
    `SELECT name, comment, engine FROM system.tables WHERE database = 'mart'`,
  );
  const live = new Map<string, { id: string; engine: string }>();
  const foreign = new Set<string>();
  for (const { name, comment, engine } of tables) {
    const [, model, id = ''] = mark.exec(comment) ?? [];
    if (model === name) live.set(name, { id, engine });
    else foreign.add(name);
  }
  const builds = new Map<string, Build>();
  if (live.size === 0) return { builds, foreign };
  const ids = Array.from(live.values(), ({ id }) => literal(id)).join(', ');
  const [definitions, refreshes, intervals, columns] = await Promise.all([
    readDefinitions(statements, ids),
    readRefreshes(statements, ids),
    readIntervals(statements, ids),
    readColumns(statements),
  ]);
  for (const [name, { id, engine }] of live) {
    const known = definitions.get(id);
    if (!known) continue;
    builds.set(name, {
      id,
      ...known,
      columns: columns.get(name) ?? [],
      isView: isView(engine),
      refresh: refreshes.get(id),
      intervals: intervals.get(id) ?? new Map(),
    });
  }
  return { builds, foreign };
}

async function readDefinitions(
  statements: Statements,
  ids: string,
): Promise<Map<string, Pick<Build, 'definition' | 'builtAt' | 'changedAt'>>> {
  const rows = await statements.rows<Definition & { build: string; built: number; changed: number }>(
    `SELECT build, kind, query, shape, toUnixTimestamp64Milli(built_at) AS built, toUnixTimestamp64Milli(changed_at) AS changed
    FROM mart_state.builds WHERE build IN (${ids})`,
  );
  return new Map(
    rows.map(({ build, kind, query, shape, built, changed }) => [
      build,
      { definition: { kind, query, shape }, builtAt: built, changedAt: changed },
    ]),
  );
}

async function readRefreshes(statements: Statements, ids: string): Promise<Map<string, Refresh>> {
  const rows = await statements.rows<Refresh & { build: string }>(
    `SELECT build, toUnixTimestamp64Milli(refreshed_at) AS at, toUnixTimestamp64Milli(changed_at) AS changedAt,
      toUnixTimestamp(through) AS through, sources
    FROM mart_state.refreshes FINAL WHERE build IN (${ids})`,
  );
  return new Map(rows.map(({ build, ...refresh }) => [build, refresh]));
}

async function readIntervals(
  statements: Statements,
  ids: string,
): Promise<Map<string, Map<number, DoneInterval>>> {
  const rows = await statements.rows<DoneInterval & { build: string; start: number }>(
    `SELECT build, toUnixTimestamp(interval_start) AS start, toUnixTimestamp64Milli(built_at) AS builtAt,
      toUnixTimestamp64Milli(changed_at) AS changedAt, arrivals
    FROM mart_state.intervals FINAL WHERE build IN (${ids}) ORDER BY build, start`,
  );
  const found = new Map<string, Map<number, DoneInterval>>();
  for (const { build, start, ...interval } of rows) {
    const known = found.get(build) ?? new Map<number, DoneInterval>();
    known.set(start, interval);
    found.set(build, known);
  }
  return found;
}

async function readColumns(statements: Statements): Promise<Map<string, Column[]>> {
  const rows = await statements.rows<Column & { table: string }>(
    `SELECT table, name, type FROM system.columns WHERE database = 'mart' ORDER BY table, position`,
  );
  const found = new Map<string, Column[]>();
  for (const { table, name, type } of rows) {
    const known = found.get(table) ?? [];
    known.push({ name, type });
    found.set(table, known);
  }
  return found;
}

/** Written before the swap, so that a table in `mart` is never of a build that nobody knows. */
export async function recordBuild(
  statements: Statements,
  model: string,
  build: {
    readonly id: string;
    readonly definition: Definition;
    readonly builtAt: number;
    readonly changedAt: number;
  },
): Promise<void> {
  const { id, definition, builtAt, changedAt } = build;
  await statements.insert('mart_state.builds', [
    { model, build: id, ...definition, built_at: time64(builtAt), changed_at: time64(changedAt) },
  ]);
}

export async function recordRefresh(
  statements: Statements,
  { model, build, run }: { readonly model: string; readonly build: string; readonly run: string },
  { at, changedAt, through, sources }: Refresh,
): Promise<void> {
  await statements.insert('mart_state.refreshes', [
    { model, build, run, refreshed_at: time64(at), changed_at: time64(changedAt), through, sources },
  ]);
}

export async function recordIntervals(
  statements: Statements,
  of: { readonly model: string; readonly build: string; readonly run: string },
  intervals: Iterable<DoneInterval & { readonly start: number; readonly end: number }>,
): Promise<void> {
  await statements.insert(
    'mart_state.intervals',
    Array.from(intervals, ({ start, end, builtAt, changedAt, arrivals }) => ({
      ...of,
      interval_start: start,
      interval_end: end,
      built_at: time64(builtAt),
      changed_at: time64(changedAt),
      arrivals,
    })),
  );
}

/** What is known of builds that are no longer there; nobody asks for them again. */
export async function forgetOldBuilds(statements: Statements, model: string, live: string): Promise<void> {
  for (const table of ['builds', 'refreshes', 'intervals'])
    await statements.run(
      `DELETE FROM mart_state.${table} WHERE model = ${literal(model)} AND build != ${literal(live)}`,
    );
}

export function time64(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(3);
}
