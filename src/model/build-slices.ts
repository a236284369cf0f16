import { columnChanges } from './columns.ts';
import type { Column } from './definition.ts';
import {
  batches,
  intervalsOf,
  isWhole,
  next,
  partitionIds,
  partitionsAtOnce,
  partitionUnit,
  type Range,
  sqlTime,
  type Unit,
} from './intervals.ts';
import type { Applying, Outcome } from './kind.ts';
import { modelsInvalid } from './problem.ts';
import { announce, columnsNow, createTable, newBuildId, shadowName, swapIn, tableComment } from './shadow.ts';
import type { SlicedModel, Stretch } from './slices.ts';
import { recordIntervals, recordRefresh } from './state.ts';
import { list, literal, quoted, viewSettings } from './statements.ts';
import type { Step } from './step.ts';
import { runTests } from './tests.ts';

/** What a kind does beside building its intervals. */
export interface SliceKind {
  /** Columns beside those of the query: `expression AS name`. */
  readonly added: readonly string[];
  /** Columns that keep their value in a settled stretch, of all columns of the table. */
  settled(columns: readonly string[]): readonly string[];
  /** Called with the new rows before they are tested and anybody sees them. */
  before(shadow: string): Promise<void>;
}

/** Builds the intervals of a step: a table that is not there or means something else as a whole, else partition by partition. */
export async function buildSlices(
  model: SlicedModel,
  step: Step,
  applying: Applying,
  kind: SliceKind,
): Promise<Outcome> {
  const { table } = await columnsNow(model, step, applying);
  const live = applying.state.get(model.name);
  const builder = new SliceBuilder(model, step, applying, kind, table);
  // what it reads was rebuilt in this run with other columns: the plan could not know
  const isOther = live !== undefined && columnChanges(live.columns, table).reasons.length > 0;
  return step.action === 'refresh' && live && !isOther ? builder.refresh(live.id) : builder.rebuild();
}

class SliceBuilder {
  readonly #model: SlicedModel;
  readonly #step: Step;
  readonly #applying: Applying;
  readonly #kind: SliceKind;
  readonly #columns: readonly Column[];
  readonly #names: readonly string[];
  readonly #unit: Unit;
  readonly #rows: string;
  readonly #time: string;

  constructor(
    model: SlicedModel,
    step: Step,
    applying: Applying,
    kind: SliceKind,
    columns: readonly Column[],
  ) {
    this.#model = model;
    this.#step = step;
    this.#applying = applying;
    this.#kind = kind;
    this.#columns = columns;
    this.#names = columns.map(({ name }) => name);
    this.#unit = model.header.interval;
    this.#time = quoted(model.header.time);
    this.#rows = `(SELECT ${['*', ...kind.added].join(', ')} FROM (${model.query}) ${viewSettings})`;
  }

  async rebuild(): Promise<Outcome> {
    const { statements, run, clock, now, state } = this.#applying;
    const at = clock.now();
    const build = newBuildId();
    const shadow = shadowName(this.#model, this.#applying);
    const wanted = this.#step.wanted ?? { from: 0, to: 0 };
    await this.#create(shadow, build);
    for (const piece of batches(wanted, this.#unit)) await this.#insert(shadow, piece);
    const { rows } = await this.#checkTimes(shadow, [wanted]);
    await this.#kind.before(shadow);
    await runTests(this.#model, shadow, this.#applying);
    await announce(this.#model, this.#step, this.#applying, { id: build, at });
    const before = state.get(this.#model.name);
    // what has new columns only is, for its children, as old as it was
    const changedAt = (start: number): number =>
      this.#step.change === 'additive' ? (before?.intervals.get(start)?.changedAt ?? at) : at;
    await this.#recordIntervals(build, intervalsOf(wanted, this.#unit), at, changedAt);
    await recordRefresh(
      statements,
      { model: this.#model.name, build, run },
      { at, changedAt: at, through: now, sources: this.#step.sources },
    );
    await swapIn(this.#model, shadow, build, this.#applying);
    return { rows, changed: true };
  }

  async refresh(build: string): Promise<Outcome> {
    const { statements, run, clock, now } = this.#applying;
    const at = clock.now();
    let rows = 0;
    for (const group of groupsOf(this.#step.stretches, this.#unit)) rows += await this.#replace(group, build);
    await recordRefresh(
      statements,
      { model: this.#model.name, build, run },
      { at, changedAt: at, through: now, sources: this.#step.sources },
    );
    return { rows, changed: true };
  }

  /** Builds a few stretches beside the table and puts the partitions that they touch in the place of those that are there. */
  async #replace(pieces: readonly Stretch[], build: string): Promise<number> {
    const { statements, clock } = this.#applying;
    const at = clock.now();
    const target = `mart.${quoted(this.#model.name)}`;
    const shadow = shadowName(this.#model, this.#applying);
    await this.#create(shadow, build);
    for (const piece of pieces)
      await (piece.settled ? this.#insertSettled(shadow, piece) : this.#insert(shadow, piece));
    const { rows, partitions } = await this.#checkTimes(shadow, pieces);
    await this.#kind.before(shadow);
    await runTests(this.#model, shadow, this.#applying);
    const ids = [...new Set(pieces.flatMap((piece) => partitionIds(piece, this.#unit)))];
    if (!pieces.every((piece) => isWhole(piece, this.#unit)))
      await statements.run(
        `INSERT INTO ${shadow} (${list(this.#names)}) SELECT ${list(this.#names)} FROM ${target}
        WHERE _partition_id IN (${ids.map(literal).join(', ')}) AND NOT (${this.#within(pieces)})`,
      );
    const present = ids.every((id) => partitions.has(id)) ? partitions : await this.#partitionsOf(shadow);
    const changes = ids.map((id) =>
      present.has(id)
        ? `REPLACE PARTITION ID ${literal(id)} FROM ${shadow}`
        : `DROP PARTITION ID ${literal(id)}`,
    );
    await statements.run(`ALTER TABLE ${target} ${changes.join(', ')}`);
    const starts = pieces.flatMap((piece) => intervalsOf(piece, this.#unit));
    await this.#recordIntervals(build, starts, at, () => at);
    await statements.run(`DROP TABLE ${shadow} SYNC`);
    return rows;
  }

  async #create(shadow: string, build: string): Promise<void> {
    const { header } = this.#model;
    const order = header.order ?? header.grain ?? [header.time];
    await createTable(
      this.#applying.statements,
      shadow,
      { columns: this.#columns, order, partition: this.#partition() },
      tableComment(this.#model, build),
    );
  }

  #partition(): string {
    const type = this.#columns.find(({ name }) => name === this.#model.header.time)?.type ?? '';
    const zone = type.startsWith('DateTime') ? `, 'UTC'` : '';
    const functions = { hour: 'toDate', day: 'toDate', week: 'toMonday', month: 'toStartOfMonth' };
    return `${functions[partitionUnit(this.#unit)]}(${this.#time}${zone})`;
  }

  async #insert(shadow: string, piece: Range): Promise<void> {
    const names = list(this.#names);
    await this.#applying.statements.run(
      `INSERT INTO ${shadow} (${names}) SELECT ${names} FROM ${this.#rows}`,
      this.#times(piece),
    );
  }

  /** Rows that are there keep their final columns, and stay when the query no longer finds them; new rows come as they are. */
  async #insertSettled(shadow: string, piece: Range): Promise<void> {
    const { statements } = this.#applying;
    const grain = this.#model.header.grain ?? [];
    const settled = new Set(this.#kind.settled(this.#names));
    const target = `mart.${quoted(this.#model.name)}`;
    const there = `SELECT ${list(this.#names)}, 1 AS _there FROM ${target} WHERE ${this.#within([piece])}`;
    const values = this.#names.map((name) => {
      const column = quoted(name);
      return settled.has(name)
        ? `if(o._there = 1, o.${column}, n.${column}) AS ${column}`
        : `n.${column} AS ${column}`;
    });
    const same = grain.map((name) => `n.${quoted(name)} = o.${quoted(name)}`).join(' AND ');
    await statements.run(
      `INSERT INTO ${shadow} (${list(this.#names)}) SELECT ${values.join(', ')}
      FROM ${this.#rows} AS n LEFT JOIN (${there}) AS o ON ${same} SETTINGS join_use_nulls = 0`,
      this.#times(piece),
    );
    await statements.run(
      `INSERT INTO ${shadow} (${list(this.#names)}) SELECT ${list(this.#names)} FROM ${target}
      WHERE ${this.#within([piece])} AND (${list(grain)}) NOT IN (SELECT ${list(grain)} FROM ${shadow})`,
    );
  }

  /** Counts what was built. A row outside its interval would be there twice after the next run, or never again be found. */
  async #checkTimes(
    shadow: string,
    pieces: readonly Range[],
  ): Promise<{ rows: number; partitions: ReadonlySet<string> }> {
    const some = pieces.filter(({ from, to }) => from < to);
    const outside = some.length === 0 ? 'false' : `NOT (${this.#within(some)})`;
    const [found] = await this.#applying.statements.rows<{
      rows: number;
      outside: number;
      example: string;
      ids: string[];
    }>(
      `SELECT count() AS rows, countIf(${outside}) AS outside, toString(anyIf(${this.#time}, ${outside})) AS example,
        groupUniqArray(_partition_id) AS ids FROM ${shadow}`,
    );
    if (!found) throw new Error('an aggregate has a row');
    if (found.outside === 0) return { rows: found.rows, partitions: new Set(found.ids) };
    const { file, lines, header } = this.#model;
    throw modelsInvalid([
      {
        file,
        line: lines.get('time') ?? 1,
        message:
          `${found.outside} rows have a ${header.time} outside the interval that was asked for (${found.example}): ` +
          'the SQL must keep to {start:DateTime} <= time < {end:DateTime}',
      },
    ]);
  }

  async #partitionsOf(shadow: string): Promise<ReadonlySet<string>> {
    const rows = await this.#applying.statements.rows<{ id: string }>(
      `SELECT DISTINCT _partition_id AS id FROM ${shadow}`,
    );
    return new Set(rows.map(({ id }) => id));
  }

  #within(pieces: readonly Range[]): string {
    const border = (time: number): string => `toDateTime(${literal(sqlTime(time))}, 'UTC')`;
    return pieces
      .map(({ from, to }) => `(${this.#time} >= ${border(from)} AND ${this.#time} < ${border(to)})`)
      .join(' OR ');
  }

  #times({ from, to }: Range): Record<string, string> {
    return { start: sqlTime(from), end: sqlTime(to), now: sqlTime(this.#applying.now) };
  }

  async #recordIntervals(
    build: string,
    starts: readonly number[],
    at: number,
    changedAt: (start: number) => number,
  ): Promise<void> {
    const { statements, run } = this.#applying;
    await recordIntervals(
      statements,
      { model: this.#model.name, build, run },
      starts.map((start) => ({
        start,
        end: next(start, this.#unit),
        builtAt: at,
        changedAt: changedAt(start),
        arrivals: this.#step.arrivals.get(start) ?? '',
      })),
    );
  }
}

/** What is built in one go: as many stretches as touch a bounded number of partitions. */
function groupsOf(stretches: readonly Stretch[], unit: Unit): Stretch[][] {
  const groups: Stretch[][] = [];
  let room = 0;
  for (const stretch of stretches) {
    for (const piece of batches(stretch, unit)) {
      const size = partitionIds(piece, unit).length;
      const last = groups.at(-1);
      const part = { ...piece, settled: stretch.settled };
      if (last && size <= room) last.push(part);
      else {
        groups.push([part]);
        room = partitionsAtOnce[unit];
      }
      room -= size;
    }
  }
  return groups;
}
