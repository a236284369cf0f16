import { TributaryError } from '../runtime/errors.ts';
import { Arrivals } from './arrivals.ts';
import { Catalog } from './catalog.ts';
import { classify } from './change.ts';
import { columnChanges, columnProblems, describe, tableColumns } from './columns.ts';
import { type Column, definitionOf, type Model } from './definition.ts';
import { type Graph, selectModels } from './graph.ts';
import { inputsOf } from './inputs.ts';
import { modelsInvalid, type Problem } from './problem.ts';
import { rewoundOf } from './rewound.ts';
import { SliceFactsReader } from './slice-facts.ts';
import { decideSlices, isSliced, type SlicedModel } from './slices.ts';
import { Slots } from './slots.ts';
import { lineOfMessage } from './sql.ts';
import { type Build, readState, type State } from './state.ts';
import { engineMessage, isRefusal, type Statements } from './statements.ts';
import { type Action, isChange, type Plan, type PlanRequest, type Step } from './step.ts';

const atOnce = 4;

/** Decides what to do. Changes nothing; rejects when a model cannot work as it is written. */
export async function makePlan(graph: Graph, statements: Statements, request: PlanRequest): Promise<Plan> {
  const [state, catalog] = await Promise.all([readState(statements), Catalog.read(statements)]);
  const planner = new Planner(graph, statements, request, state, catalog);
  return planner.plan();
}

class Planner {
  readonly #graph: Graph;
  readonly #statements: Statements;
  readonly #request: PlanRequest;
  readonly #state: State['builds'];
  readonly #foreign: State['foreign'];
  readonly #catalog: Catalog;
  readonly #slices: SliceFactsReader;
  readonly #steps = new Map<string, Step>();
  readonly #named: ReadonlySet<string>;
  readonly #problems: Problem[] = [];
  readonly #described = new Map<string, Promise<readonly Column[]>>();

  constructor(graph: Graph, statements: Statements, request: PlanRequest, state: State, catalog: Catalog) {
    this.#graph = graph;
    this.#statements = statements;
    this.#request = request;
    this.#state = state.builds;
    this.#foreign = state.foreign;
    this.#catalog = catalog;
    this.#named = selectModels(graph, request.words);
    this.#slices = new SliceFactsReader({
      graph,
      catalog,
      arrivals: new Arrivals(statements),
      request,
      named: this.#named,
      state: state.builds,
      steps: this.#steps,
      report: (problem) => this.#problems.push(problem),
    });
  }

  async plan(): Promise<Plan> {
    const { task, now, words } = this.#request;
    if (task !== 'run' && words.length === 0)
      throw new TributaryError('bad-request', `name the models: tributary ${task} fact_user_day`);
    const chosen = new Set(this.#named);
    // what is made of a restated model is stale; leaving it so would be a wrong number on some dashboard
    if (task !== 'run')
      for (const name of this.#named) for (const one of this.#graph.descendants(name)) chosen.add(one);
    this.#lookAhead(chosen);
    for (const model of this.#graph.models) {
      if (!chosen.has(model.name)) continue;
      this.#checkSources(model, chosen);
      const columns = await this.#columns(model);
      this.#steps.set(model.name, await this.#decide(model, columns));
    }
    if (this.#problems.length > 0) throw modelsInvalid(this.#problems);
    const orphans = [...this.#state.keys()].filter((name) => !this.#graph.get(name)).toSorted();
    return { now, steps: [...this.#steps.values()], orphans };
  }

  #checkSources(model: Model, chosen: ReadonlySet<string>): void {
    const at = (line: number, message: string): void => {
      this.#problems.push({ file: model.file, line, message });
    };
    if (this.#foreign.has(model.name))
      at(
        1,
        `mart.${model.name} is there, and no model made it: rename or drop that table, or rename the model`,
      );
    for (const { database, table, line } of model.reads) {
      if (database === 'mart' && this.#graph.get(table)) continue;
      if (!this.#catalog.has({ database, table }))
        at(
          line,
          `there is no table ${database}.${table}${database === 'mart' ? ' and no model of that name' : ''}`,
        );
    }
    for (const name of this.#graph.before(model.name))
      if (!chosen.has(name) && !this.#state.has(name))
        at(model.sqlLine, `it needs ${name}, which is not built yet: name +${model.name} to build both`);
    if (model.header.kind !== 'fact') return;
    for (const { to, from } of Object.values(model.header.dimensions)) {
      const dimension = this.#graph.get(to);
      const line = model.lines.get('dimensions') ?? 1;
      if (dimension?.header.kind !== 'dimension')
        at(line, `"dimensions" names ${to}, which is no model of the kind dimension`);
      else if (dimension.header.key.length !== from.length)
        at(
          line,
          `"dimensions": ${to} has the key ${dimension.header.key.join(', ')}, so "from" names ${dimension.header.key.length} columns in that order`,
        );
    }
  }

  /** Asks for the columns of all models at once; what cannot be said yet is asked again when its turn comes. */
  #lookAhead(chosen: ReadonlySet<string>): void {
    const slots = new Slots(atOnce);
    for (const model of this.#graph.models) {
      if (!chosen.has(model.name)) continue;
      const asked = slots.run(1, () => describe(this.#statements, model));
      // a model that is not asked about after all may fail as it likes
      asked.catch(() => undefined);
      this.#described.set(model.name, asked);
    }
  }

  /** Undefined when a model that it reads will have other columns by then: it is looked at when its turn comes. */
  async #columns(model: Model): Promise<readonly Column[] | undefined> {
    const isOpen = [...this.#graph.ancestors(model.name)].some((name) => {
      const action = this.#steps.get(name)?.action;
      return action === 'create' || action === 'rebuild';
    });
    if (isOpen || this.#problems.length > 0) return undefined;
    try {
      const columns = (await this.#described.get(model.name)) ?? [];
      this.#problems.push(...columnProblems(model, columns));
      return columns;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const message = engineMessage(error);
      this.#problems.push({ file: model.file, line: lineOfMessage(model, message), message });
      return undefined;
    }
  }

  async #decide(model: Model, columns: readonly Column[] | undefined): Promise<Step> {
    const { task } = this.#request;
    const live = this.#state.get(model.name);
    const asked = task !== 'run' && task !== 'backfill' && this.#named.has(model.name);
    const sources = await this.#versions(model);
    const base = {
      model: model.name,
      kind: model.header.kind,
      asked,
      columns,
      wipe: asked && task === 'wipe',
      sources,
      ...(isSliced(model) ? await this.#sliced(model, live, sources) : this.#unsliced(model, live)),
    };
    const step = (action: Action, reasons: readonly string[], change: Step['change'] = 'none'): Step => ({
      ...base,
      action,
      change,
      reasons: action === 'none' ? [] : reasons,
      because: [],
    });
    if (!live) return step('create', ['it is not built yet']);
    const change = classify(live.definition, definitionOf(model));
    if (change.kind !== 'none') return step('rebuild', change.reasons, change.kind);
    if (base.wipe) return step('rebuild', ['asked for, from nothing'], 'rebuild');
    if (columns) {
      const { reasons, isAdditive } = columnChanges(live.columns, tableColumns(model, columns));
      if (reasons.length > 0) return step('rebuild', reasons, isAdditive ? 'additive' : 'rebuild');
    }
    const rewound = rewoundKeyed(model, live, sources);
    if (rewound.length > 0) return step('rebuild', rewound, 'rebuild');
    if (isSliced(model)) return step(base.stretches.length > 0 ? 'refresh' : 'none', base.reasons);
    if (model.header.kind === 'view' && model.header.tests.length === 0 && !asked) return step('none', []);
    const { reasons, because } = await this.#news(model, live, sources);
    const said = asked ? ['asked for'] : reasons;
    const action = said.length === 0 ? 'none' : model.header.kind === 'view' ? 'test' : 'refresh';
    // what is kept by key is only compared with the rows there: to be sure of all of it, it is made again
    if (asked && !this.#request.range && model.header.kind !== 'view')
      return step('rebuild', said, 'rebuild');
    return { ...step(action, said), because: asked ? [] : because };
  }

  #unsliced(
    model: Model,
    live: Build | undefined,
  ): Pick<Step, 'stretches' | 'wanted' | 'arrivals' | 'window'> & { reasons: string[] } {
    const { now, range } = this.#request;
    const { header } = model;
    const base = { stretches: [], wanted: undefined, arrivals: new Map<number, string>(), reasons: [] };
    if (header.kind !== 'dimension' && header.kind !== 'incremental by key')
      return { ...base, window: undefined };
    const since = (live?.refresh?.through ?? 0) - header.lookback;
    const whole = { from: 0, to: now };
    const window = range && this.#named.has(model.name) ? range : { from: Math.max(0, since), to: now };
    return { ...base, window: live?.refresh ? window : whole };
  }

  async #sliced(
    model: SlicedModel,
    live: Build | undefined,
    sources: Step['sources'],
  ): Promise<Pick<Step, 'stretches' | 'wanted' | 'arrivals' | 'window'> & { reasons: readonly string[] }> {
    const facts = await this.#slices.read(model, live, sources);
    const { stretches, reasons } = decideSlices(model, facts);
    const { wanted, arrivals } = facts;
    return { stretches, reasons, wanted, arrivals, window: undefined };
  }

  /** What is new for a model that is not made interval by interval. */
  async #news(
    model: Model,
    live: Build,
    sources: Step['sources'],
  ): Promise<{ reasons: string[]; because: string[] }> {
    const since = live.refresh?.at ?? live.builtAt;
    const { tables, models } = inputsOf(model, this.#graph);
    const reasons: string[] = [];
    const because: string[] = [];
    if (!live.refresh) reasons.push('its last refresh was not completed');
    if (model.parameters.has('now')) reasons.push('it asks for the time');
    for (const table of tables)
      if (sources[table] === undefined || live.refresh?.sources[table] !== sources[table])
        reasons.push(`${table} has changed`);
    const own = reasons.length;
    for (const name of models) {
      const parent = this.#state.get(name);
      const step = this.#steps.get(name);
      if (step && isChange(step) && step.change !== 'additive') {
        reasons.push(`${name} is brought up to date`);
        because.push(name);
      } else if (parent && lastChange(parent) > since) reasons.push(`${name} has changed`);
    }
    return { reasons, because: own === 0 && because.length === reasons.length ? because : [] };
  }

  async #versions(model: Model): Promise<Record<string, string>> {
    const versions: Record<string, string> = {};
    for (const table of inputsOf(model, this.#graph).tables) {
      const version = await this.#catalog.version(table);
      if (version !== undefined) versions[table] = version;
    }
    return versions;
  }
}

/** Why what is kept by key must be made again: it is asked only for what is new, which is not all that a rewind changes. */
function rewoundKeyed({ header }: Model, live: Build, sources: Step['sources']): string[] {
  if (header.kind !== 'dimension' && header.kind !== 'incremental by key') return [];
  return rewoundOf(live, sources).map((table) => `${table} was rewound`);
}

function lastChange({ changedAt, refresh, intervals }: Build): number {
  let last = Math.max(changedAt, refresh?.changedAt ?? 0);
  for (const interval of intervals.values()) last = Math.max(last, interval.changedAt);
  return last;
}
