import type { ClickHouseClient } from '@clickhouse/client';
import { nameOf, parseTree, type Token, tokens, walk } from '../warehouse/warehouse.ts';
import type { ModelFile } from './files.ts';
import type { Problem } from './problem.ts';
import { engineMessage, isRefusal, literal } from './statements.ts';

/** A table that a query reads. */
export interface Reference {
  readonly database: string;
  readonly table: string;
  /** Where it stands in the file. */
  readonly line: number;
}

export interface Analysis {
  /** As the engine writes it: without comments, the same for all ways to lay it out. */
  readonly sql: string;
  readonly reads: readonly Reference[];
  /** Names of the query parameters. */
  readonly parameters: ReadonlySet<string>;
  /** The syntax tree, as EXPLAIN AST prints it. */
  readonly tree: string;
}

/** Databases that a model may read. */
const databases: ReadonlySet<string> = new Set(['tributary', 'app', 'raw', 'mart']);
const parameterNames: ReadonlySet<string> = new Set(['start', 'end', 'now']);
const anyTime = '2000-01-01 00:00:00';

/**
 * What a query reads and needs, from the engine's own parser. It is asked as the read-only user, whose guard refuses everything that
 * is not a query of allowed functions: what passes may then run with rights. `own` are names that stand for the model itself in a test.
 */
export async function analyse(
  reader: ClickHouseClient,
  file: ModelFile,
  text: string = file.sql,
  own: ReadonlySet<string> = new Set(),
): Promise<Analysis | Problem> {
  const at = (line: number, message: string): Problem => ({ file: file.file, line, message });
  const lineOf = (position: number): number => text.slice(0, position).split('\n').length;
  let sql: string;
  let tree: string;
  // of the query as it is written; afterwards it is one line, and the engine's lines say nothing
  let readable = false;
  try {
    // as a literal, since parameters travel in the address, which has an end
    sql = await one(reader, `SELECT formatQuerySingleLine(${literal(text)})`);
    readable = true;
    const unknown = parametersOf(sql).find(({ name }) => !parameterNames.has(name));
    if (unknown)
      return at(
        file.sqlLine,
        `{${unknown.name}:…} is none of {start:DateTime}, {end:DateTime}, {now:DateTime}`,
      );
    const wrong = parametersOf(sql).find(({ type }) => type !== 'DateTime');
    if (wrong)
      return at(lineOf(text.indexOf(`{${wrong.name}`)), `{${wrong.name}:…} must be {${wrong.name}:DateTime}`);
    // inside brackets a FORMAT or INTO OUTFILE clause is a syntax error
    tree = await one(reader, `EXPLAIN AST SELECT * FROM (${sql})`, {
      start: anyTime,
      end: anyTime,
      now: anyTime,
    });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const message = engineMessage(error);
    const [, line] = /\(line (\d+), col \d+\)/.exec(message) ?? [];
    return at(line === undefined || readable || text !== file.sql ? file.sqlLine : Number(line), message);
  }
  const words = [...tokens(text)];
  const known = new Set([...own, ...withNames([...tokens(sql)])]);
  const reads = new Map<string, Reference>();
  for (const name of tablesIn(tree)) {
    const [database = '', table, more] = name.split('.');
    if (table === undefined) {
      if (known.has(database)) continue;
      return at(
        lineOf(positionOf(words, [database])),
        `"${database}" has no database: write mart.${database}, or tributary., app., raw.${database}`,
      );
    }
    const line = text === file.sql ? lineOf(positionOf(words, [database, table])) : file.sqlLine;
    if (more !== undefined || !databases.has(database))
      return at(
        line,
        `${name} cannot be read: models read ${[...databases].map((one) => `${one}.…`).join(', ')}`,
      );
    reads.set(name, { database, table, line });
  }
  return {
    sql,
    reads: [...reads.values()],
    parameters: new Set(parametersOf(sql).map(({ name }) => name)),
    tree,
  };
}

async function one(
  reader: ClickHouseClient,
  query: string,
  values: Record<string, unknown> = {},
): Promise<string> {
  const answer = await reader.query({ query, query_params: values, format: 'TabSeparatedRaw' });
  return (await answer.text()).replace(/\n$/, '');
}

function parametersOf(sql: string): { name: string; type: string }[] {
  const words = [...tokens(sql)];
  const found: { name: string; type: string }[] = [];
  for (const [index, token] of words.entries()) {
    const [name, colon, type] = words.slice(index + 1, index + 4);
    if (token.text === '{' && name?.kind === 'word' && colon?.text === ':' && type)
      found.push({ name: name.text, type: type.text });
  }
  return found;
}

/** Names of common table expressions: EXPLAIN AST shows them where they are read, as tables, but not where they are made. */
function withNames(words: readonly Token[]): string[] {
  return words
    .filter((_, index) => words[index + 1]?.text === 'AS' && words[index + 2]?.text === '(')
    .map((token) => bare(token));
}

/** FROM and JOIN, `IN db.table`, and dictionaries by their name. */
function* tablesIn(tree: string): Generator<string> {
  for (const { node } of walk(parseTree(tree))) {
    const name = nameOf(node);
    if (node.kind === 'TableIdentifier') yield name;
    if (node.kind !== 'Function') continue;
    const [first, second] = node.children[0]?.children ?? [];
    if (/(?:^|not|global|null)in(?:ignoreset)?$/i.test(name) && second?.kind === 'Identifier') {
      const parts = nameOf(second).split('.');
      // `x IN (alias.column)` looks the same
      if (parts.length === 2 && databases.has(parts[0] ?? '')) yield parts.join('.');
    }
    if (/^dict(get|has|isin)/i.test(name)) {
      const dictionary = /^\\?'([\w.]+)\\?'/.exec(first?.rest ?? '')?.[1] ?? first?.rest.split(' ')[0];
      if (dictionary?.includes('.')) yield dictionary;
    }
  }
}

function bare(token: Token | undefined): string {
  const text = token?.text ?? '';
  return token?.kind === 'quoted' ? text.slice(1, -1) : text;
}

/** Where `parts`, joined by dots, stand first in the text; 0 when nowhere. */
function positionOf(words: readonly Token[], parts: readonly string[]): number {
  for (const [index, token] of words.entries())
    if (parts.every((part, at) => bare(words[index + 2 * at]) === part)) return token.start;
  return 0;
}

/** The line of the file that an engine's message about the SQL means; the first line of the SQL when it does not say. */
export function lineOfMessage(file: Pick<ModelFile, 'sql' | 'sqlLine'>, message: string): number {
  const words = [...tokens(file.sql)];
  for (const [, found = ''] of message.matchAll(/[`']([^`']+)[`']/g)) {
    const position = positionOf(words, found.split('.'));
    if (position > 0) return file.sql.slice(0, position).split('\n').length;
  }
  return file.sqlLine;
}
