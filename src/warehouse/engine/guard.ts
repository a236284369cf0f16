import {
  allowedDatabases,
  allowedExplains,
  allowedFormats,
  allowedNodes,
  allowedStatements,
  allowedSystemTables,
  allowedTableFunctions,
  isAllowedSetting,
} from './allowed.ts';
import { quote, type Run, type Statement } from './engine.ts';
import { refusals } from './errors.ts';
import { allowedAggregates, allowedScalars } from './functions.ts';
import { type Token, tokens } from './sql-text.ts';
import { type Node, nameOf, parseTree, walk } from './syntax-tree.ts';

/**
 * Decides what the read-only user may run; `readonly = 1` of the engine comes on top, because in the embedded engine
 * it lets `file('/etc/passwd')`, INTO OUTFILE and KILL QUERY pass.
 *
 * The engine itself parses the text as the argument of a function, which runs nothing and takes one statement only,
 * and writes it out again. The rewritten text is judged (by its syntax tree and, for the few places that EXPLAIN AST
 * does not print, by its tokens), and the rewritten text is what runs, so both always mean the same. Afterwards the
 * settings are frozen.
 */
export async function guard(run: Run, statement: Statement): Promise<string> {
  if (!isAllowedDatabase(statement.database)) throw denied(`the database ${statement.database}`);
  checkFormat(statement.format);
  const rendered = await run.query(`SELECT formatQuerySingleLine(${quote(statement.sql)})`, 'TSVRaw');
  const sql = rendered.bytes.toString().replace(/\n$/, '');
  const words = [...tokens(sql)];
  // before it is put behind EXPLAIN AST, which must not become a second statement or write a file itself
  checkTokens(words);
  const settings = settingsIn(words);
  const explained = await run.query(`EXPLAIN AST ${sql}`, 'TSVRaw');
  const tree = parseTree(explained.bytes.toString());
  checkTree(tree);
  checkHidden(words, tree);
  await run.freeze(settings);
  return sql;
}

/** Of a URL; those of a SETTINGS clause are checked with the query. */
export function checkSettings(names: Iterable<string>): void {
  for (const name of names) checkSetting(name);
}

function denied(what: string): Error {
  return refusals.accessDenied(`The read-only user may not use ${what}.`);
}

function isWord(token: Token | undefined, text: string): boolean {
  return token?.kind === 'word' && token.text === text;
}

/** The engine writes keywords in capitals and escapes what is not plain in names, so a plain scan is exact here. */
function checkTokens(words: readonly Token[]): void {
  for (const [index, token] of words.entries()) {
    const next = words[index + 1];
    if (token.text === ';') throw denied('more than one statement');
    if (isWord(token, 'OUTFILE') || isWord(token, 'INFILE')) throw denied(`INTO ${token.text}`);
    // EXPLAIN AST prints names as they are, and a line break in one would look like another node
    if (token.kind === 'quoted' && token.text.includes('\\'))
      throw denied('names with control characters or quotes');
    if (isWord(token, 'FORMAT') && next?.kind === 'word' && isClauseEnd(words[index + 2]))
      checkFormat(next.text);
    if (next?.text === '.' && words[index + 2]) checkQualified(bare(token), bare(words[index + 2]));
  }
}

function isClauseEnd(token: Token | undefined): boolean {
  return token === undefined || isWord(token, 'SETTINGS');
}

function bare(token: Token | undefined): string {
  const text = token?.text ?? '';
  return token?.kind === 'quoted' ? text.slice(1, -1) : text;
}

/** Wherever `system.x` is written, even where it could be a column: the tree does not show every place. */
function checkQualified(database: string, table: string): void {
  if (database.toLowerCase() === 'system' && !allowedSystemTables.has(table)) throw denied(`system.${table}`);
}

/**
 * SETTINGS clauses, to be set before the session is frozen by `readonly`: the engine then accepts the clause itself,
 * because it changes nothing.
 */
function settingsIn(words: readonly Token[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [start, token] of words.entries()) {
    if (!isWord(token, 'SETTINGS')) continue;
    for (let at = start + 1; words[at]?.kind === 'word' && words[at + 1]?.text === '='; at += 4) {
      const name = words[at]?.text ?? '';
      const value = words[at + 2];
      checkSetting(name);
      if (value?.kind !== 'number' && value?.kind !== 'string' && value?.kind !== 'word')
        throw denied(`this value of ${name}`);
      found.set(name, value.kind === 'string' ? unquote(value.text) : value.text);
      if (words[at + 3]?.text !== ',') break;
    }
  }
  return found;
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)|''/g, (_, escaped: string | undefined) => escaped ?? "'");
}

function checkSetting(name: string): void {
  if (!isAllowedSetting(name)) throw denied(`the setting ${name}`);
}

function checkFormat(name: string): void {
  if (!allowedFormats.has(name)) throw denied(`the format ${name}`);
}

function checkTree(tree: Node): void {
  const [statement] = tree.children;
  if (!statement || tree.children.length !== 1) throw denied('more than one statement');
  if (!allowedStatements.has(statement.kind)) throw denied(`statements of the kind ${statement.kind}`);
  if (statement.kind === 'Explain') checkExplain(statement.rest);
  if (statement.kind.startsWith('ShowCreate')) checkShowCreate(statement);
  for (const { node, parent } of walk(tree)) checkNode(node, parent);
}

function checkExplain(rest: string): void {
  const kinds = rest.replace(/ ?\(children \d+\)$/, '').split(' ');
  if (!kinds.every((kind) => allowedExplains.has(kind))) throw denied(rest);
}

function checkShowCreate(statement: Node): void {
  const [first, second] = statement.children.filter((child) => child.kind === 'Identifier');
  if (statement.kind === 'ShowCreateDatabaseQuery' && first) checkTable([nameOf(first), '']);
  else if (first && second) checkTable([nameOf(first), nameOf(second)]);
}

function checkNode(node: Node, parent: Node): void {
  if (!allowedNodes.has(node.kind)) throw denied(`the clause ${node.kind}`);
  switch (node.kind) {
    case 'TableIdentifier':
      checkTable(nameOf(node).split('.'));
      break;
    case 'Function':
      if (parent.kind === 'TableExpression') checkTableFunction(nameOf(node));
      else checkFunction(node);
      break;
    default:
  }
}

/** One part is a table of the current database, which has been checked, or a common table expression. */
function checkTable(parts: readonly string[]): void {
  const [database = '', table = ''] = parts;
  if (parts.length === 1) return;
  if (database.toLowerCase() === 'system') checkQualified(database, table);
  else if (!isAllowedDatabase(database)) throw denied(`the database ${database}`);
}

function isAllowedDatabase(name: string): boolean {
  return allowedDatabases.has(name) || name === 'INFORMATION_SCHEMA';
}

function checkTableFunction(name: string): void {
  if (!allowedTableFunctions.has(name.toLowerCase())) throw denied(`the table function ${name}`);
}

function checkFunction(node: Node): void {
  const name = nameOf(node);
  if (!isAllowedFunction(name)) throw denied(`the function ${name}`);
  const lower = name.toLowerCase();
  const [first, second] = node.children[0]?.children ?? [];
  if (/^dict(get|has|isin)/.test(lower)) checkDictionary(name, first);
  if (/(?:^|not|global|null)in(?:ignoreset)?$/.test(lower) && second?.kind === 'Identifier') {
    const parts = nameOf(second).split('.');
    // `x IN t.column` is rare and `IN (t.column)` means the same as `=`; `IN other_database.table` must not pass
    if (parts.length > 1) checkTable(parts);
  }
}

function checkDictionary(name: string, argument: Node | undefined): void {
  const [, literal] = /^'([\w.]+)'/.exec(argument?.kind === 'Literal' ? argument.rest : '') ?? [];
  const dictionary = argument?.kind === 'Identifier' ? nameOf(argument) : literal;
  if (dictionary === undefined) throw denied(`${name} with a dictionary that is not named in the query`);
  checkTable(dictionary.split('.'));
}

const combinators =
  /(?:ArgMax|ArgMin|Array|Distinct|ForEach|If|Map|Merge|MergeState|Null|OrDefault|OrNull|Resample|SimpleState|State|Tuple)$/;

/** Functions as they are, aggregates also with any number of combinators behind the name. */
export function isAllowedFunction(name: string): boolean {
  const lower = name.toLowerCase();
  if (allowedScalars.has(lower) || allowedAggregates.has(lower)) return true;
  for (let base = name.replace(combinators, ''), whole = name; base !== whole; ) {
    if (allowedAggregates.has(base.toLowerCase())) return true;
    whole = base;
    base = base.replace(combinators, '');
  }
  return false;
}

/** What EXPLAIN AST leaves out: the function in `* APPLY f`, and whatever else might hold a query of its own. */
function checkHidden(words: readonly Token[], tree: Node): void {
  const kinds = [...walk(tree)].map(({ node }) => node.kind);
  const count = (kind: string): number => kinds.filter((one) => one === kind).length;
  const applied = words.filter((token) => isWord(token, 'APPLY')).length;
  if (applied !== count('ColumnsApplyTransformer')) throw denied('APPLY as a name');
  if (words.filter((token) => isWord(token, 'SELECT')).length > count('SelectQuery'))
    throw denied('this subquery');
  for (const [index, token] of words.entries())
    if (isWord(token, 'APPLY')) checkApply(words.slice(index + 1));
}

/** `APPLY f`, `APPLY(f)`, `APPLY quantile(0.9)`: a name with literals, no lambda, since its body is not in the tree. */
function checkApply(after: readonly Token[]): void {
  const start = after[0]?.text === '(' ? 1 : 0;
  const name = bare(after[start]);
  if (!isAllowedFunction(name) || /^dict/i.test(name)) throw denied(`the function ${name} in APPLY`);
  const depth = after[0]?.depth ?? 0;
  const end = after.findIndex((token, index) => index > start && token.depth <= depth && token.text !== '(');
  const rest = after.slice(start + 1, end < 0 ? undefined : end + 1);
  if (rest.some((token, index) => token.text === '-' && rest[index + 1]?.text === '>'))
    throw denied('APPLY with a lambda');
  const open = after[start + 1]?.text === '(' ? rest.slice(1) : [];
  for (const token of open) {
    if (token.text === ')') break;
    if (token.kind !== 'number' && token.kind !== 'string' && token.text !== ',')
      throw denied('this argument of APPLY');
  }
}
