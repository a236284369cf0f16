import { columnChanges } from '../columns.ts';
import type { Column, Model } from '../definition.ts';
import type { HeaderOf } from '../header.ts';
import { attachRows, createKeyed, differs, nextVersion, showKeyed, windowOf } from '../keyed.ts';
import type { Applying, Kind } from '../kind.ts';
import { modelsInvalid } from '../problem.ts';
import {
  announce,
  columnsNow,
  countRows,
  createTable,
  dataTable,
  newBuildId,
  shadowName,
} from '../shadow.ts';
import { type Build, recordRefresh } from '../state.ts';
import { list, literal, quoted } from '../statements.ts';
import type { Step } from '../step.ts';
import { notApplicableKey, surrogateSql, unknownKey } from '../surrogate.ts';
import { runTests } from '../tests.ts';

type Dimension = Model<HeaderOf<'dimension'>>;

/**
 * Who or what appears in WHERE and GROUP BY: a row per business key with a stable surrogate key. Members never go away, since facts point
 * at them; attributes follow the source, fixed ones keep their first value.
 */
export const dimension: Kind<HeaderOf<'dimension'>> = {
  parameters: { needs: [], may: ['start', 'end', 'now'] },
  async apply(model, step, applying) {
    const { statements, clock, run, now, state } = applying;
    const at = clock.now();
    const { query, table: columns } = await columnsNow(model, step, applying);
    const live = state.get(model.name);
    const isNew =
      step.action !== 'refresh' || !live || columnChanges(live.columns, columns).reasons.length > 0;
    const before = isNew && !step.wipe ? keptOf(model, live) : undefined;
    if (before) checkKept(model, before, columns);
    const stage = await stageOf(model, step, applying, { query, columns, isNew });
    await runTests(model, stage, applying);
    const build = isNew ? newBuildId() : live.id;
    const data = dataTable(model.name, build);
    let rows: number;
    if (isNew) {
      await createKeyed(statements, data, columns, [model.header.surrogate]);
      await insertSpecial(model, data, columns, applying);
      await statements.run(insertMembers(model, columns, data, stage, { known: before, version: at }));
      if (before) await statements.run(insertGone(model, columns, data, stage, before));
      rows = await countRows(statements, data);
      await announce(model, step, applying, { id: build, at });
    } else {
      const version = await nextVersion(statements, data, at);
      rows = await attachRows(statements, data, shadowName(model, applying, '__delta'), (delta) =>
        statements.run(
          insertMembers(model, columns, delta, stage, { known: live, version, onlyChanged: true }),
        ),
      );
    }
    const changedAt = rows > 0 || isNew ? at : (live.refresh?.changedAt ?? live.changedAt);
    await recordRefresh(
      statements,
      { model: model.name, build, run },
      { at, changedAt, through: now, sources: step.sources },
    );
    if (isNew) await showKeyed(model, columns, build, applying);
    await statements.run(`DROP TABLE ${stage} SYNC`);
    return { rows, changed: rows > 0 || isNew };
  },
};

/** What the query finds, with its surrogate key; rows without a business key belong to the unknown member. */
async function stageOf(
  model: Dimension,
  step: Step,
  applying: Applying,
  { query, columns, isNew }: { query: readonly Column[]; columns: readonly Column[]; isNew: boolean },
): Promise<string> {
  const { surrogate, key } = model.header;
  const stage = shadowName(model, applying);
  const names = list([surrogate, ...query.map(({ name }) => name)]);
  await createTable(applying.statements, stage, { columns, order: [surrogate] }, '');
  await applying.statements.run(
    `INSERT INTO ${stage} (${names}) SELECT ${names} FROM (
      SELECT *, ${surrogateSql(key)} AS ${quoted(surrogate)} FROM (${model.query})
    ) WHERE ${quoted(surrogate)} != ${unknownKey}`,
    windowOf(step, applying, isNew),
  );
  return stage;
}

/** The build whose fixed values and members are taken over; none when its members had another key. */
function keptOf(model: Dimension, live: Build | undefined): Build | undefined {
  if (live?.definition.kind !== 'dimension') return undefined;
  const { key, surrogate } = JSON.parse(live.definition.shape) as { key: string[]; surrogate: string };
  const isSame = key.join() === model.header.key.join() && surrogate === model.header.surrogate;
  return isSame ? live : undefined;
}

/** A fixed value is in no source any more, so it cannot be computed again as another type. */
function checkKept(
  { header, file, lines }: Dimension,
  { columns: before }: Build,
  after: readonly Column[],
): void {
  for (const name of header.fixed) {
    const old = before.find((column) => column.name === name)?.type;
    const now = after.find((column) => column.name === name)?.type;
    if (old === undefined || old === now) continue;
    throw modelsInvalid([
      {
        file,
        line: lines.get('fixed') ?? 1,
        message:
          `${name} is a fixed attribute of the type ${old}, and the SQL gives ${now} now: write CAST(… AS ${old}), ` +
          'or give up its first values with: tributary wipe-and-rebuild',
      },
    ]);
  }
}

/** Members of `stage`, as they are to be: fixed attributes of known members as they were. */
function insertMembers(
  { name, header }: Dimension,
  columns: readonly Column[],
  target: string,
  stage: string,
  { known, version, onlyChanged }: { known: Build | undefined; version: number; onlyChanged?: boolean },
): string {
  const key = quoted(header.surrogate);
  const was = new Set(known?.columns.map((column) => column.name));
  const values = columns.map((column) => {
    const quotedName = quoted(column.name);
    if (column.name === 'is_inferred') return 'false';
    const isKept = header.fixed.includes(column.name) && was.has(column.name);
    return isKept
      ? `if(o._there = 1 AND NOT o.is_inferred, o.${quotedName}, n.${quotedName})`
      : `n.${quotedName}`;
  });
  const insert = `INSERT INTO ${target} (${list(columns.map((column) => column.name))}, _version)`;
  if (!known) return `${insert} SELECT ${values.join(', ')}, ${version} FROM ${stage} AS n`;
  const changing = columns
    .map((column) => column.name)
    .filter(
      (column) => column !== 'is_inferred' && column !== header.surrogate && !header.fixed.includes(column),
    );
  return `${insert} SELECT ${values.join(', ')}, ${version} FROM ${stage} AS n LEFT JOIN (
      SELECT *, 1 AS _there FROM ${dataTable(name, known.id)} FINAL WHERE ${key} IN (SELECT ${key} FROM ${stage})
    ) AS o ON n.${key} = o.${key}
    ${onlyChanged ? `WHERE o._there = 0 OR o.is_inferred OR ${differs(changing)}` : ''} SETTINGS join_use_nulls = 0`;
}

/** Members that are no longer in the source: facts still point at them. */
function insertGone(
  { name, header }: Dimension,
  columns: readonly Column[],
  target: string,
  stage: string,
  before: Build,
): string {
  const types = new Map(before.columns.map((column) => [column.name, column.type]));
  const kept = columns
    .filter((column) => types.get(column.name) === column.type)
    .map((column) => column.name);
  const key = quoted(header.surrogate);
  return `INSERT INTO ${target} (${list(kept)}, _version) SELECT ${list(kept)}, _version FROM ${dataTable(name, before.id)} FINAL
    WHERE ${key} NOT IN (SELECT ${key} FROM ${stage}) AND ${key} NOT IN (${unknownKey}, ${notApplicableKey})`;
}

async function insertSpecial(
  { header }: Dimension,
  target: string,
  columns: readonly Column[],
  { statements }: Applying,
): Promise<void> {
  const texts = columns.filter(
    ({ name, type }) =>
      /^(LowCardinality\()?(Nullable\()?String\)*$/.test(type) && !header.key.includes(name),
  );
  const names = list([header.surrogate, ...texts.map(({ name }) => name)]);
  for (const [key, text] of [
    [unknownKey, 'Unknown'],
    [notApplicableKey, 'Not applicable'],
  ] as const)
    await statements.run(
      `INSERT INTO ${target} (${names}, _version) SELECT ${[key, ...texts.map(() => literal(text))].join(', ')}, 0`,
    );
}
