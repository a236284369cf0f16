import { type Token, tokens } from '../warehouse/warehouse.ts';
import type { Definition } from './definition.ts';

/**
 * What a change of a model means. `additive`: it has new columns, and the ones before mean what they meant, so that only its own table is
 * built anew. `rebuild`: its rows mean something else, and what is made of them is built anew, too.
 */
export interface Change {
  readonly kind: 'none' | 'additive' | 'rebuild';
  readonly reasons: readonly string[];
}

export function classify(before: Definition, after: Definition): Change {
  if (before.kind !== after.kind)
    return { kind: 'rebuild', reasons: [`it was of the kind ${before.kind} and is ${after.kind} now`] };
  const shape = changedKeys(before.shape, after.shape);
  if (shape.length > 0) return { kind: 'rebuild', reasons: [`the header changed: ${shape.join(', ')}`] };
  if (before.query === after.query) return { kind: 'none', reasons: [] };
  return classifyQuery(before.query, after.query);
}

function changedKeys(before: string, after: string): string[] {
  const old = JSON.parse(before) as Record<string, unknown>;
  const now = JSON.parse(after) as Record<string, unknown>;
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (key) => JSON.stringify(old[key]) !== JSON.stringify(now[key]),
  );
}

function classifyQuery(before: string, after: string): Change {
  const old = selectOf(before);
  const now = selectOf(after);
  if (!old || !now || old.before !== now.before || old.after !== now.after)
    return { kind: 'rebuild', reasons: ['the SQL changed in more than its list of columns'] };
  const kept = old.items.map(({ text }) => text);
  const added = now.items.filter(({ text }) => !kept.includes(text));
  const gone = old.items.filter(({ text }) => !now.items.some((item) => item.text === text));
  const changed = gone.filter(({ name }) => added.some((item) => item.name === name));
  const said = (what: string, items: readonly Item[]): string[] =>
    items.length === 0 ? [] : [`${what} ${items.map(({ name }) => name).join(', ')}`];
  const reasons = [
    ...said(
      'new in the SQL:',
      added.filter(({ name }) => !changed.some((item) => item.name === name)),
    ),
    ...said('changed in the SQL:', changed),
    ...said(
      'no longer in the SQL:',
      gone.filter((item) => !changed.includes(item)),
    ),
  ];
  if (reasons.length === 0) return { kind: 'rebuild', reasons: ['the order of the columns changed'] };
  const isAdditive = gone.length === 0 && keepsMeaning(before, old, now, added);
  return { kind: isAdditive ? 'additive' : 'rebuild', reasons };
}

/** Whether the items that were there mean the same beside the new ones. */
function keepsMeaning(before: string, old: Select, now: Select, added: readonly Item[]): boolean {
  const order = now.items.map(({ text }) => text).filter((text) => !added.some((item) => item.text === text));
  if (order.join(',') !== old.items.map(({ text }) => text).join(',')) return false;
  const words = new Set(Array.from(tokens(before), ({ text }) => text));
  // an alias stands for its expression in the whole query, also where a column of that name was meant
  if (added.some(({ alias }) => alias !== undefined && words.has(alias))) return false;
  if (added.some(({ text }) => /\barrayJoin\b|\bunnest\b/i.test(text))) return false;
  const rest = [...tokens(old.after)].filter(({ depth }) => depth === 0);
  // GROUP BY ALL, ORDER BY ALL, LIMIT … BY ALL, and GROUP BY 1 when the first column is another one
  if (rest.some(({ kind, text }) => kind === 'word' && text === 'ALL')) return false;
  const atEnd = now.items
    .slice(0, old.items.length)
    .every(({ text }, index) => text === old.items[index]?.text);
  return atEnd || !rest.some(({ kind }) => kind === 'number');
}

interface Item {
  readonly text: string;
  readonly name: string;
  readonly alias: string | undefined;
}

interface Select {
  readonly before: string;
  readonly items: readonly Item[];
  readonly after: string;
}

/** The list of columns of a query that is one SELECT, and what stands around it; undefined for others. */
function selectOf(query: string): Select | undefined {
  const outer = [...tokens(query)].filter(({ depth }) => depth === 0);
  const is = (token: Token | undefined, text: string): boolean =>
    token?.kind === 'word' && token.text === text;
  if (outer.some((token) => ['UNION', 'INTERSECT', 'EXCEPT'].some((word) => is(token, word))))
    return undefined;
  const start = outer.findIndex((token) => is(token, 'SELECT'));
  if (start < 0 || is(outer[start + 1], 'DISTINCT')) return undefined;
  const end = outer.findIndex((token, index) => index > start && is(token, 'FROM'));
  const from = outer[start]?.end ?? 0;
  const to = end < 0 ? query.length : (outer[end]?.start ?? query.length);
  const cuts = outer.filter(({ text, start: at }) => text === ',' && at > from && at < to);
  const borders = [from, ...cuts.map(({ end: at }) => at)];
  const items = borders.map((at, index) => itemOf(query.slice(at, cuts[index]?.start ?? to).trim()));
  return { before: query.slice(0, from), items, after: query.slice(to) };
}

function itemOf(text: string): Item {
  const words = [...tokens(text)];
  const last = words.at(-1);
  const alias = words.at(-2)?.text === 'AS' ? bare(last) : undefined;
  const isColumn = words.every(
    ({ kind, text: part }) => kind === 'word' || kind === 'quoted' || part === '.',
  );
  return { text, name: alias ?? (isColumn ? bare(last) : text), alias };
}

function bare(token: Token | undefined): string {
  const text = token?.text ?? '';
  return token?.kind === 'quoted' ? text.slice(1, -1) : text;
}
