import type { PersonCommand, PersonId } from '../../contract/command.ts';
import { sha256 } from '../../runtime/ids.ts';

/** What an event says of persons, in the few words that tests need. */
export interface Said {
  readonly own: PersonId;
  readonly with?: PersonId | undefined;
  readonly previous?: PersonId | undefined;
  readonly explicit?: boolean | undefined;
  readonly mail?: string | undefined;
  readonly trait?: { readonly name: string; readonly value: number } | undefined;
}

interface Node {
  readonly id: PersonId;
  parent: Node | undefined;
  readonly apart: Set<Node>;
  readonly times: number[];
  readonly traits: Map<string, { readonly value: unknown; readonly at: number }>;
}

/** The rules of persons in the plainest words: nothing is remembered but edges, everything else is computed anew each time. */
export class IdentityModel {
  readonly #nodes = new Map<string, Node>();

  #node(id: PersonId): Node {
    const key = `${id.kind} ${id.id}`;
    const known = this.#nodes.get(key);
    if (known) return known;
    const node: Node = { id, parent: undefined, apart: new Set(), times: [], traits: new Map() };
    this.#nodes.set(key, node);
    return node;
  }

  #root(node: Node): Node {
    return node.parent ? this.#root(node.parent) : node;
  }

  #group(node: Node): Node[] {
    return [...this.#nodes.values()].filter((other) => this.#root(other) === this.#root(node));
  }

  personOf(id: PersonId): PersonId {
    return this.#root(this.#node(id)).id;
  }

  facts(id: PersonId) {
    const group = this.#group(this.#node(id));
    const times = group.flatMap((node) => node.times);
    const traits: Record<string, unknown> = {};
    const latest = group.flatMap((node) => [...node.traits]).toSorted(([, a], [, b]) => a.at - b.at);
    for (const [name, { value }] of latest) traits[name] = value;
    return {
      firstSeen: times.length > 0 ? Math.min(...times) : 0,
      lastSeen: times.length > 0 ? Math.max(...times) : 0,
      traits,
    };
  }

  event(said: Said, at: number): void {
    const own = this.#node(said.own);
    if (said.own.kind === 'user') {
      if (said.with) this.#join(this.#node(said.with), own, 'identify');
      if (said.previous) this.#join(this.#before(said.previous), own, said.explicit ? 'merge' : 'alias');
      if (said.mail) this.#join(this.#node({ kind: 'email', id: sha256(said.mail) }), own, 'email');
    }
    own.times.push(at);
    if (said.trait) own.traits.set(said.trait.name, { value: said.trait.value, at });
    if (said.mail) own.traits.set('email', { value: said.mail, at });
  }

  /** Only who was seen as a user is one. */
  #before(id: PersonId): Node {
    const user = this.#node({ kind: 'user', id: id.id });
    return user.times.length > 0 ? user : this.#node({ kind: 'anonymous', id: id.id });
  }

  #join(from: Node, to: Node, reason: 'identify' | 'alias' | 'merge' | 'email'): void {
    if (from.id.id === to.id.id) return;
    const [one, other] = [this.#root(from), this.#root(to)];
    if (one === other) return;
    const isNewName = reason === 'alias' && from.id.kind === 'user' && other === to && to.times.length === 0;
    if (one.id.kind === 'user' && reason !== 'merge' && !isNewName) return;
    if (this.#areApart(one, other)) return;
    one.parent = to;
  }

  #areApart(one: Node, other: Node): boolean {
    const [group, others] = [this.#group(one), this.#group(other)];
    return group.some((a) => others.some((b) => a.apart.has(b) || b.apart.has(a)));
  }

  command(command: PersonCommand): void {
    if (command.kind === 'merge') this.#merge(this.#node(command.from), this.#node(command.into));
    else if (command.kind === 'undo') this.#undo(this.#node(command.alias));
    else this.#split(command.ids.map((id) => this.#node(id)));
  }

  #merge(from: Node, into: Node): void {
    const [one, other] = [this.#root(from), this.#root(into)];
    if (one === other) return;
    const [group, others] = [this.#group(one), this.#group(other)];
    for (const a of group)
      for (const b of others) {
        a.apart.delete(b);
        b.apart.delete(a);
      }
    // Who is known as a user stays the person.
    if (one.id.kind === 'user' && other.id.kind !== 'user') other.parent = from;
    else one.parent = one.id.kind === 'user' && into.id.kind !== 'user' ? other : into;
  }

  #undo(alias: Node): void {
    if (!alias.parent) return;
    alias.apart.add(this.#root(alias));
    alias.parent = undefined;
  }

  #split(ids: readonly Node[]): void {
    const [first] = ids;
    if (!first) return;
    const group = this.#group(first);
    if (group.length < 2) return;
    const leaving = ids.filter((id) => group.includes(id));
    const staying = group.filter((node) => !leaving.includes(node));
    for (const id of leaving) {
      const children = group.filter(({ parent }) => parent === id);
      const rank = (node: Node): number =>
        (staying.includes(node) ? 0 : 2) + (node.id.kind === 'user' ? 0 : 1);
      const heir =
        id.parent ??
        children.toSorted(
          (a, b) =>
            rank(a) - rank(b) ||
            Math.min(...a.times, Number.MAX_SAFE_INTEGER) - Math.min(...b.times, Number.MAX_SAFE_INTEGER) ||
            (`${a.id.kind}${a.id.id}` < `${b.id.kind}${b.id.id}` ? -1 : 1),
        )[0];
      for (const child of children) child.parent = child === heir ? undefined : heir;
      id.parent = undefined;
      for (const other of staying) id.apart.add(other);
    }
  }
}
