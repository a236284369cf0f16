/** A node of a syntax tree as EXPLAIN AST prints it: one line each, a space of indentation per level. */
export interface Node {
  readonly kind: string;
  /** What follows the kind on its line: a name, a literal, counts and aliases. */
  readonly rest: string;
  readonly children: Node[];
}

export function parseTree(text: string): Node {
  const root: Node = { kind: '', rest: '', children: [] };
  const path: Node[] = [root];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const depth = line.length - line.trimStart().length;
    const [, kind = '', rest = ''] = /^(\S+) ?(.*)$/.exec(line.trimStart()) ?? [];
    const node: Node = { kind, rest, children: [] };
    const parent = path[depth];
    if (!parent) throw new Error('the syntax tree is not indented level by level');
    parent.children.push(node);
    path.length = depth + 1;
    path.push(node);
  }
  return root;
}

/** All nodes below `node`, each with the one above it. */
export function* walk(node: Node): Generator<{ node: Node; parent: Node }> {
  for (const child of node.children) {
    yield { node: child, parent: node };
    yield* walk(child);
  }
}

/** The name on the line of a Function, Identifier or TableIdentifier, without `(alias …)` and `(children n)`. */
export function nameOf(node: Node): string {
  return node.rest.replace(/ ?\((?:alias .*|children \d+)\)$/, '').trim();
}
