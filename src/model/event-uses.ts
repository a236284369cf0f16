import type { ClickHouseClient } from '@clickhouse/client';
import { type Node, nameOf, parseTree, walk } from '../warehouse/warehouse.ts';
import { type ModelFile, readModelFiles } from './files.ts';
import type { Problem } from './problem.ts';
import { type Analysis, analyse } from './sql.ts';

/** What a model takes of events, one entry for each property (or for the event alone). */
export interface EventUseOfModel {
  /** Names of the events it asks for; empty for any. */
  readonly events: readonly string[];
  readonly property?: string | undefined;
  readonly line: number;
}

export interface ModelUses {
  readonly name: string;
  readonly file: string;
  readonly uses: readonly EventUseOfModel[];
  /** All texts of the query. */
  readonly texts: ReadonlySet<string>;
  /** Models that are made of it, directly and indirectly. */
  readonly below: readonly string[];
}

/**
 * What the models of a workspace take of events, as the engine's parser understands their SQL. Needs a reader of any warehouse, not the tables. What
 * is wrong with one model is said and keeps no other from being read.
 */
export async function eventUses(
  workspace: string,
  reader: ClickHouseClient,
): Promise<{ readonly models: readonly ModelUses[]; readonly problems: readonly Problem[] }> {
  const { files, problems } = readModelFiles(workspace);
  const read = await Promise.all(
    files.map(async (file) => ({ file, analysis: await analyse(reader, file) })),
  );
  const understood: { readonly file: ModelFile; readonly analysis: Analysis }[] = [];
  for (const { file, analysis } of read) {
    if ('message' in analysis) problems.push(analysis);
    else understood.push({ file, analysis });
  }
  const models = understood.map(({ file, analysis }) => ({
    name: file.name,
    file: file.file,
    ...usesIn(analysis, file.sql),
    below: madeOf(file.name, understood),
  }));
  return { models, problems };
}

function madeOf(
  name: string,
  models: readonly { readonly file: ModelFile; readonly analysis: Analysis }[],
): string[] {
  const found = new Set<string>();
  const look = (parent: string): void => {
    for (const { file, analysis } of models) {
      if (
        found.has(file.name) ||
        !analysis.reads.some(({ database, table }) => database === 'mart' && table === parent)
      )
        continue;
      found.add(file.name);
      look(file.name);
    }
  };
  look(name);
  return [...found].toSorted();
}

/** One SELECT with what stands in it, but not in a SELECT inside. */
interface Select {
  readonly events: Set<string>;
  readonly properties: Set<string>;
  readonly inner: Select[];
  /** Reads `tributary.events` itself, or a name that stands for a query. */
  readsEvents: boolean;
  readsNamed: boolean;
}

export function usesIn({ tree }: Pick<Analysis, 'tree'>, sql: string): Pick<ModelUses, 'uses' | 'texts'> {
  const root = parseTree(tree);
  const texts = new Set<string>();
  for (const { node } of walk(root)) for (const text of literalTexts(node)) texts.add(text);
  const outer = emptySelect();
  look(root, outer);
  const all = allEvents(outer);
  const uses = new Map<string, EventUseOfModel>();
  collect(outer, all, (events, property) => {
    const needle = property ?? `'${(events[0] ?? '').replaceAll("'", "''")}'`;
    const key = `${[...events].toSorted().join('\0')}\n${property}`;
    uses.set(key, { events, property, line: lineOf(sql, needle) });
  });
  return { uses: [...uses.values()], texts };
}

function emptySelect(): Select {
  return { events: new Set(), properties: new Set(), inner: [], readsEvents: false, readsNamed: false };
}

function look(node: Node, select: Select): void {
  for (const child of node.children) {
    if (child.kind === 'SelectQuery') {
      const inner = emptySelect();
      select.inner.push(inner);
      look(child, inner);
      continue;
    }
    note(child, select);
    look(child, select);
  }
}

function note(node: Node, select: Select): void {
  if (node.kind === 'TableIdentifier') {
    const table = nameOf(node);
    if (table === 'tributary.events') select.readsEvents = true;
    else if (!table.includes('.') || table.startsWith('mart.')) select.readsNamed = true;
  } else if (node.kind === 'Identifier') {
    const property = propertyIn(nameOf(node));
    if (property !== undefined) select.properties.add(property);
  } else if (node.kind === 'Function') noteFunction(node, select);
}

/** `event = 'x'`, `event IN ('x', 'y')`, `CASE event WHEN 'x'`, `has(['x'], event)`, `transform(event, ['x'], …)`, `getSubcolumn(properties, 'x')`. */
function noteFunction(node: Node, select: Select): void {
  const operands = node.children[0]?.children ?? [];
  const isNamed = (name: RegExp): boolean =>
    operands.some((one) => one.kind === 'Identifier' && name.test(nameOf(one)));
  const name = nameOf(node);
  const texts = (of: readonly Node[]): string[] => of.flatMap((one) => literalTexts(one));
  const asked = Object.hasOwn(askedIn, name) ? askedIn[name] : undefined;
  if (asked && isNamed(/(?:^|\.)event$/)) for (const text of texts(asked(operands))) select.events.add(text);
  if (name === 'getSubcolumn' && isNamed(/(?:^|\.)properties$/))
    for (const text of texts(operands)) select.properties.add(text);
}

const whole = (operands: readonly Node[]): readonly Node[] => operands;

/** Functions that ask for events by name, and where the names stand in them. */
const askedIn: Readonly<Record<string, (operands: readonly Node[]) => readonly Node[]>> = {
  equals: whole,
  in: whole,
  globalIn: whole,
  has: whole,
  transform: (operands) => operands.slice(1, 2),
  // CASE event WHEN 'a' THEN … ELSE … END
  caseWithExpression: (operands) => operands.filter((_, at) => at % 2 === 1 && at < operands.length - 1),
};

/** `properties.cart.total`, `e.properties.plan`, `properties.total.:\`Int64\``, `properties.^\`cart\``. */
function propertyIn(identifier: string): string | undefined {
  const path = /(?:^|\.)properties\.(.+)$/.exec(identifier)?.[1];
  if (path === undefined) return undefined;
  return path.replace(/\.:`.*$/, '').replace(/\^?`([^`]*)`/g, '$1');
}

/** The texts of `\'a\'`, `Tuple_(\'a\', \'b\')` and `Array_[…]`, which the engine escapes once more than SQL does. */
function literalTexts(node: Node): string[] {
  if (node.kind !== 'Literal') return [];
  const sql = node.rest.replace(/\\([\s\S])/g, '$1');
  return [...sql.matchAll(/'((?:[^'\\]|\\[\s\S])*)'/g)].map(([, text = '']) =>
    text.replace(/\\([\s\S])/g, '$1'),
  );
}

function allEvents({ events, inner }: Select): Set<string> {
  return new Set([...events, ...inner.flatMap((one) => [...allEvents(one)])]);
}

/** Whether the rows of a SELECT come from events, and of which: those it asks for itself, and those of the queries it reads from. */
function collect(
  select: Select,
  all: ReadonlySet<string>,
  use: (events: readonly string[], property: string | undefined) => void,
): boolean {
  const below = select.inner.map((one) => collect(one, all, use)).some(Boolean);
  const isOfEvents = select.readsEvents || select.readsNamed || below;
  if (!isOfEvents) return false;
  // a name can stand for any query of the file
  const events = [...(select.readsNamed ? all : allEvents(select))];
  for (const event of select.events) use([event], undefined);
  for (const property of select.properties) use(events, property);
  return true;
}

function lineOf(sql: string, needle: string): number {
  const last = needle.split('.').at(-1) ?? needle;
  const lines = sql.split('\n');
  const exact = lines.findIndex((line) => line.includes(needle));
  return 1 + Math.max(0, exact >= 0 ? exact : lines.findIndex((line) => line.includes(last)));
}
