import { TributaryError } from '../runtime/errors.ts';
import type { Model } from './definition.ts';
import type { Problem } from './problem.ts';

/** The models and what they make of each other. */
export interface Graph {
  /** Parents come before their children. */
  readonly models: readonly Model[];
  get(name: string): Model | undefined;
  /** Models whose rows go into this one's rows. */
  parents(name: string): readonly string[];
  /** Models that must be there first: parents, a fact's dimensions, what a test compares with. */
  before(name: string): readonly string[];
  /** All models that this one goes into, however far. */
  descendants(name: string): ReadonlySet<string>;
  ancestors(name: string): ReadonlySet<string>;
}

interface Edge {
  readonly to: string;
  readonly line: number;
  readonly rows: boolean;
}

export function graphOf(models: readonly Model[]): Graph | Problem[] {
  const byName = new Map(models.map((model) => [model.name, model]));
  const edges = new Map(models.map((model) => [model.name, edgesOf(model, byName)]));
  const order: Model[] = [];
  const done = new Set<string>();
  const problems: Problem[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (done.has(name)) return;
    const model = byName.get(name);
    if (!model) return;
    for (const { to, line } of edges.get(name) ?? []) {
      const start = [...path, name].indexOf(to);
      if (start < 0) visit(to, [...path, name]);
      else if (problems.length === 0) problems.push(cycle([...path, name].slice(start), model, line));
    }
    if (done.has(name)) return;
    done.add(name);
    order.push(model);
  };
  for (const { name } of models.toSorted((a, b) => a.name.localeCompare(b.name))) visit(name, []);
  if (problems.length > 0) return problems;

  const targets = (name: string, rows: boolean): string[] => [
    ...new Set((edges.get(name) ?? []).filter((edge) => !rows || edge.rows).map(({ to }) => to)),
  ];
  const reach = (name: string, steps: (name: string) => readonly string[]): Set<string> => {
    const found = new Set<string>();
    const open = [...steps(name)];
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      if (found.has(one)) continue;
      found.add(one);
      open.push(...steps(one));
    }
    return found;
  };
  const children = (name: string): string[] =>
    order.filter((model) => targets(model.name, true).includes(name)).map((model) => model.name);
  return {
    models: order,
    get: (name) => byName.get(name),
    parents: (name) => targets(name, true),
    before: (name) => targets(name, false),
    descendants: (name) => reach(name, children),
    ancestors: (name) => reach(name, (one) => targets(one, false)),
  };
}

function edgesOf(model: Model, byName: ReadonlyMap<string, Model>): Edge[] {
  const { header } = model;
  const edges: Edge[] = model.reads
    .filter(({ database }) => database === 'mart')
    .map(({ table, line }) => ({ to: table, line, rows: true }));
  const soft = (to: string, key: string): void => {
    edges.push({ to, line: model.lines.get(key) ?? 1, rows: false });
  };
  if (header.kind === 'fact') for (const { to } of Object.values(header.dimensions)) soft(to, 'dimensions');
  for (const { relationships } of header.tests)
    if (relationships) soft(relationships.to.replace(/^mart\./, ''), 'tests');
  return edges.filter(
    ({ to }) => byName.has(to) && (to !== model.name || edges.some((e) => e.rows && e.to === to)),
  );
}

function cycle(names: readonly string[], { file }: Model, line: number): Problem {
  const path = [...names, names[0]].join(' → ');
  return {
    file,
    line,
    message:
      names.length === 1
        ? `the model reads itself (${path}); read its sources instead`
        : `the models need each other in a circle: ${path}; take one of these steps out`,
  };
}

/**
 * The models that the words name: `fact_day`, `fact_*`, `+fact_day` with all it is made of, `dim_users+` with all that is made of it.
 * No words: all models.
 */
export function selectModels(graph: Graph, words: readonly string[]): ReadonlySet<string> {
  const names = graph.models.map(({ name }) => name);
  if (words.length === 0) return new Set(names);
  const chosen = new Set<string>();
  for (const word of words) {
    const [, up = '', middle = '', down = ''] = /^(\+?)(.*?)(\+?)$/.exec(word) ?? [];
    const pattern = new RegExp(`^${middle.replace(/[^\w*]/g, '\\$&').replaceAll('*', '.*')}$`);
    const found = names.filter((name) => pattern.test(name));
    if (found.length === 0)
      throw new TributaryError('not-found', `there is no model "${word}"; there are ${names.join(', ')}`);
    for (const name of found) {
      chosen.add(name);
      if (up) for (const one of graph.ancestors(name)) chosen.add(one);
      if (down) for (const one of graph.descendants(name)) chosen.add(one);
    }
  }
  return chosen;
}
