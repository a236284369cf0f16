/** Names with `*` for any part of them: `public.*`, `users`, `*.password`. */
export type Patterns = readonly string[];

/** Whether one of the patterns is one of the names that a thing has. */
export function matches(patterns: Patterns, names: readonly string[]): boolean {
  return patterns.some((pattern) =>
    names.some((name) => matchesOne(pattern.toLowerCase(), name.toLowerCase())),
  );
}

/** Piece by piece, so that no pattern takes long. */
function matchesOne(pattern: string, name: string): boolean {
  const pieces = pattern.split('*');
  const [first = ''] = pieces;
  if (pieces.length === 1) return pattern === name;
  const last = pieces.at(-1) ?? '';
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last))
    return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= name.length - last.length;
}

/** The names under which a file may speak of a table: with its schema, and without where that is the usual one. */
export function tableNames(schema: string, table: string, usualSchema: string): string[] {
  return schema === usualSchema ? [`${schema}.${table}`, table] : [`${schema}.${table}`];
}
