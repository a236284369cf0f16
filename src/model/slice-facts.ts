import { type Arrivals, type SourceTime, sourceTime } from './arrivals.ts';
import type { Catalog } from './catalog.ts';
import type { Graph } from './graph.ts';
import { inputsOf } from './inputs.ts';
import { floor, intervalsOf, next, type Range, type Unit } from './intervals.ts';
import type { Problem } from './problem.ts';
import { rewoundOf } from './rewound.ts';
import { isSliced, lookbackOf, type SlicedModel, type SliceFacts, wantedEnd } from './slices.ts';
import type { Build } from './state.ts';
import type { PlanRequest, Step } from './step.ts';

interface At {
  readonly graph: Graph;
  readonly catalog: Catalog;
  readonly arrivals: Arrivals;
  readonly request: PlanRequest;
  /** Models that the request names. */
  readonly named: ReadonlySet<string>;
  readonly state: ReadonlyMap<string, Build>;
  /** Of the models that come before. */
  readonly steps: ReadonlyMap<string, Step>;
  readonly report: (problem: Problem) => void;
}

const everywhere: Range = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const maxIntervals = 50_000;

/** Finds out what `decideSlices` decides by. */
export class SliceFactsReader {
  readonly #at: At;
  readonly #starts = new Map<string, Promise<number | undefined>>();

  constructor(at: At) {
    this.#at = at;
  }

  async read(model: SlicedModel, live: Build | undefined, sources: Step['sources']): Promise<SliceFacts> {
    const { task, now } = this.#at.request;
    const wanted = await this.#wanted(model, live);
    const { arrivals, unsure } = await this.#looked(model, live, wanted, sources);
    return {
      now,
      wanted,
      done: live?.intervals ?? new Map(),
      arrivals,
      unsure,
      rewound: rewoundOf(live, sources).filter((table) => sourceTime(table, model.header.sources) !== 'none'),
      parents: this.#changedStretches(model),
      forced: this.#forced(model, wanted),
      keepSettled: task === 'run' || task === 'backfill',
    };
  }

  /** The intervals that somebody asked for by name. */
  #forced(model: SlicedModel, wanted: Range): Range | undefined {
    const { task, range } = this.#at.request;
    if (task !== 'restate' || !this.#at.named.has(model.name)) return undefined;
    if (!range) return wanted;
    const from = Math.max(range.from, wanted.from);
    const to = Math.min(range.to, wanted.to);
    return from < to ? { from, to } : undefined;
  }

  async #wanted(model: SlicedModel, live: Build | undefined): Promise<Range> {
    const { task, range, now } = this.#at.request;
    const unit = model.header.interval;
    const to = wantedEnd(model, now);
    const candidates = [
      await this.#start(model),
      ...(live && live.intervals.size > 0 ? [Math.min(...live.intervals.keys())] : []),
      ...(task === 'backfill' && range && this.#at.named.has(model.name) ? [range.from] : []),
    ].filter((start) => start !== undefined);
    const from = floor(Math.min(to, ...candidates), unit);
    const wanted = { from, to };
    if (intervalsOf({ from, to: Math.min(to, from + maxIntervals * 2_678_400) }, unit).length > maxIntervals)
      this.#at.report({
        file: model.file,
        line: model.lines.get('start') ?? model.lines.get('interval') ?? 1,
        message: `it would have more than ${maxIntervals} intervals of a ${unit}; say a later "start" or a longer "interval" in the header`,
      });
    return wanted;
  }

  /** Where the model begins; undefined when its sources are empty. */
  #start(model: SlicedModel): Promise<number | undefined> {
    const known = this.#starts.get(model.name) ?? this.#findStart(model);
    this.#starts.set(model.name, known);
    return known;
  }

  async #findStart(model: SlicedModel): Promise<number | undefined> {
    if (model.header.start !== undefined) return model.header.start;
    const starts: (number | undefined)[] = [];
    const { tables, models } = inputsOf(model, this.#at.graph);
    for (const table of tables) {
      const by = sourceTime(table, model.header.sources);
      if (by === undefined || by === 'none') continue;
      if (this.#at.catalog.has(split(table))) starts.push(await this.#at.arrivals.oldest(table, by));
    }
    for (const name of models) {
      const parent = this.#at.graph.get(name);
      if (!parent || !isSliced(parent)) continue;
      starts.push(this.#at.steps.get(name)?.wanted?.from ?? (await this.#start(parent)));
      starts.push(this.#at.state.get(name)?.intervals.keys().next().value);
    }
    if (starts.length === 0)
      this.#at.report({
        file: model.file,
        line: model.lines.get('time') ?? 1,
        message:
          'where it begins cannot be told from its sources: say "start: 2026-01-01" in the header, or the time of a source under "sources"',
      });
    const found = starts.filter((start) => start !== undefined);
    return found.length === 0 ? undefined : Math.min(...found);
  }

  /** What can be told about late rows: fingerprints by interval, and sources that only say that something changed. */
  async #looked(
    model: SlicedModel,
    live: Build | undefined,
    wanted: Range,
    sources: Step['sources'],
  ): Promise<Pick<SliceFacts, 'arrivals' | 'unsure'>> {
    const unit = model.header.interval;
    const since = floor(this.#at.request.now - lookbackOf(model), unit);
    const range = { from: Math.max(wanted.from, since), to: wanted.to };
    const timed: (readonly [string, SourceTime])[] = [];
    const unsure: { source: string; range: Range }[] = [];
    for (const table of inputsOf(model, this.#at.graph).tables) {
      const by = sourceTime(table, model.header.sources);
      if (by === undefined) {
        const version = sources[table];
        if (live?.refresh && (version === undefined || live.refresh.sources[table] !== version))
          unsure.push({ source: table, range: { from: since, to: Number.POSITIVE_INFINITY } });
      } else if (by !== 'none' && this.#at.catalog.has(split(table))) timed.push([table, by]);
    }
    if (timed.length === 0 || range.from >= range.to) return { arrivals: new Map(), unsure };
    const known = this.#unchangedArrivals(live, range, unit, timed, sources);
    if (known) return { arrivals: known, unsure };
    const marks = await Promise.all(timed.map(([table, by]) => this.#at.arrivals.of(table, by, unit, range)));
    const arrivals = new Map(
      intervalsOf(range, unit).map((start) => [start, marks.map((mark) => mark.get(start) ?? '-').join(' ')]),
    );
    return { arrivals, unsure };
  }

  /** When no source changed since the last refresh, what was recorded then is still so, and nothing is read. */
  #unchangedArrivals(
    live: Build | undefined,
    range: Range,
    unit: Unit,
    timed: readonly (readonly [string, SourceTime])[],
    sources: Step['sources'],
  ): Map<number, string> | undefined {
    if (!live?.refresh) return undefined;
    const { refresh, intervals } = live;
    if (!timed.every(([table]) => sources[table] !== undefined && refresh.sources[table] === sources[table]))
      return undefined;
    const starts = intervalsOf(range, unit);
    if (!starts.every((start) => (intervals.get(start)?.arrivals ?? '') !== '')) return undefined;
    return new Map(starts.map((start) => [start, intervals.get(start)?.arrivals ?? '']));
  }

  /** Where parents change in this plan, or did since; times in milliseconds. */
  #changedStretches(model: SlicedModel): SliceFacts['parents'] {
    const found: { model: string; range: Range; changedAt: number }[] = [];
    for (const name of inputsOf(model, this.#at.graph).models) {
      const parent = this.#at.graph.get(name);
      const step = this.#at.steps.get(name);
      const live = this.#at.state.get(name);
      if (!parent) continue;
      const planned = step ? plannedStretches(step, isSliced(parent)) : [];
      for (const range of planned) found.push({ model: name, range, changedAt: Number.POSITIVE_INFINITY });
      if (!live) continue;
      if (isSliced(parent))
        for (const [start, { changedAt }] of live.intervals)
          found.push({
            model: name,
            range: { from: start, to: next(start, parent.header.interval) },
            changedAt,
          });
      else found.push({ model: name, range: everywhere, changedAt: live.changedAt });
    }
    return found;
  }
}

function plannedStretches(step: Step, isSlicedParent: boolean): readonly Range[] {
  if (step.action === 'none' || step.action === 'test' || step.change === 'additive') return [];
  if (step.action === 'refresh' && isSlicedParent) return step.stretches;
  if (step.action === 'refresh') return step.asked ? [step.window ?? everywhere] : [];
  return [everywhere];
}

function split(name: string): { database: string; table: string } {
  const [database = '', table = ''] = name.split('.');
  return { database, table };
}
