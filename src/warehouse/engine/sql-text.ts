/** A token of ClickHouse SQL; comments and white space are left out. `depth` counts open brackets around it. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol';
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

const patterns: readonly (readonly [Token['kind'] | 'blank', RegExp])[] = [
  ['blank', /(?:\s|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?\*\/)+/y],
  ['string', /'(?:[^'\\]|\\[\s\S]|'')*'/y],
  ['string', /\$(\w*)\$[\s\S]*?\$\1\$/y],
  ['quoted', /"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`\\]|\\[\s\S]|``)*`/y],
  ['number', /\d[\w.]*/y],
  ['word', /[\p{L}_$][\p{L}\p{N}_$]*/uy],
  ['symbol', /[\s\S]/y],
];

/** Splits lazily, because the data of an INSERT may follow its statement. */
export function* tokens(sql: string, from = 0): Generator<Token> {
  let at = from;
  let depth = 0;
  while (at < sql.length) {
    let kind: Token['kind'] | 'blank' = 'symbol';
    let text = sql[at] ?? '';
    for (const [name, pattern] of patterns) {
      pattern.lastIndex = at;
      const match = pattern.exec(sql);
      if (!match) continue;
      kind = name;
      text = match[0];
      break;
    }
    const start = at;
    at += text.length;
    if (kind === 'blank') continue;
    if (text === ')' || text === ']' || text === '}') depth--;
    yield { kind, text, start, end: at, depth };
    if (text === '(' || text === '[' || text === '{') depth++;
  }
}

export type Shape =
  /** `INSERT … FORMAT X` or `INSERT … VALUES`: rows follow at `dataStart`, or in a separate body. */
  | { kind: 'insert'; head: string; settings: string; format: string; dataStart: number }
  /** A query whose result can go through `INTO OUTFILE`. */
  | { kind: 'select'; head: string; settings: string; format: string | undefined }
  | { kind: 'other' };

const word = (token: Token | undefined): string => (token?.kind === 'word' ? token.text.toUpperCase() : '');

/**
 * Finds where a statement's own clauses end, which decides how its rows travel. Not a judge of what is allowed: a
 * wrong guess only makes the engine answer with a syntax error.
 */
export function shapeOf(sql: string): Shape {
  const seen: Token[] = [];
  let first: string | undefined;
  for (const token of tokens(sql)) {
    if (first === undefined) {
      if (token.text === '(') continue;
      first = word(token);
      if (!['INSERT', 'SELECT', 'WITH', 'FROM'].includes(first)) return { kind: 'other' };
    }
    if (token.depth === 0) seen.push(token);
    if (first !== 'INSERT') continue;
    const shape = insertShape(sql, seen);
    if (shape) return shape;
  }
  return first === undefined || first === 'INSERT' ? { kind: 'other' } : selectShape(sql, seen);
}

function insertShape(sql: string, seen: readonly Token[]): Shape | undefined {
  const last = seen.at(-1);
  const before = seen.at(-2);
  if (!last || seen.length < 3) return undefined;
  if (['SELECT', 'WITH', 'INFILE', 'WATCH'].includes(word(last)) && word(before) !== 'INTO')
    return { kind: 'other' };
  const isFormat = word(before) === 'FORMAT' && last.kind === 'word' && seen.length > 4;
  const isValues = word(last) === 'VALUES' && word(before) !== 'INTO' && word(before) !== 'TABLE';
  if (!isFormat && !isValues) return undefined;
  const clause = isFormat ? before : last;
  const settings = seen.find((token) => word(token) === 'SETTINGS' && seen.indexOf(token) > 2);
  const headEnd = Math.min(settings?.start ?? sql.length, clause?.start ?? sql.length);
  const rest = /^[ \t]*\r?\n?|^;?\s*$/.exec(sql.slice(last.end))?.[0] ?? '';
  return {
    kind: 'insert',
    head: sql.slice(0, headEnd),
    settings: settings ? sql.slice(settings.start, clause?.start) : '',
    format: isFormat ? last.text : 'Values',
    dataStart: isValues ? last.end : last.end + rest.length,
  };
}

function selectShape(sql: string, seen: readonly Token[]): Shape {
  const clauses = seen.at(-1)?.text === ';' ? seen.slice(0, -1) : seen;
  const end = clauses.at(-1)?.end ?? sql.length;
  if (
    clauses.some((token) => ['INSERT', 'OUTFILE', 'PARALLEL'].includes(word(token)) || token.text === ';')
  ) {
    return { kind: 'other' };
  }
  const at = clauses.findLastIndex(
    (token, index) => word(token) === 'FORMAT' && isFormatClause(clauses, index),
  );
  if (at < 0) return { kind: 'select', head: sql.slice(0, end), settings: '', format: undefined };
  const name = clauses[at + 1];
  return {
    kind: 'select',
    head: sql.slice(0, clauses[at]?.start),
    settings: sql.slice(name?.end, end),
    format: name?.text,
  };
}

/** `… FORMAT Name` at the end of a query or before its SETTINGS; a column may be called format, too. */
function isFormatClause(clauses: readonly Token[], index: number): boolean {
  const after = clauses[index + 2];
  return (
    index > 0 && clauses[index + 1]?.kind === 'word' && (after === undefined || word(after) === 'SETTINGS')
  );
}
