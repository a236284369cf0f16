import type { JsonObject, JsonValue, ProfileChanges } from '../../contract/event.ts';

/**
 * What is known about a person or an account, and since when. Never changed in place.
 *
 * THE rule by which changes become traits. Events come late, twice and in pieces, so what counts is when they happened:
 * - `set` and `unset` (`set` to null): of each trait, the latest wins. An older `set` only fills a gap.
 * - `setOnce`: the earliest wins; any `set`, whenever it happened, wins over it.
 * - `add`, `append`, `union`, `remove`: those that happened after the trait was last set or unset apply, the others are of a value that is gone.
 *   What they give is the same in whatever order they come, but for the order in which a list holds its values.
 * - `delete`: nothing that happened before it counts.
 * Not promised when events come out of order: `setOnce` after an `unset` or `delete`; `add` and the list operations when an
 * earlier `set` of the same trait comes after them (it takes what they gave with it), or `remove` comes before what it removes.
 *
 * Events of the same time apply as they come.
 */
export interface Traits {
  readonly values: JsonObject;
  /** Time of the newest set: that of every value that `stamps` does not name. */
  readonly setAt: number;
  /** When a trait was set or unset; below 0 when only setOnce gave it, 0 when it was never set but grew. */
  readonly stamps: Readonly<Record<string, number>>;
  /** Time of the newest delete. */
  readonly deletedAt: number;
}

export const noTraits: Traits = Object.freeze({ values: {}, setAt: 0, stamps: {}, deletedAt: 0 });

/** More traits than anybody reads; new ones are then ignored, known ones still change. */
const maxTraits = 200;
/** Values of one list; further ones are ignored. */
const maxList = 200;
/** Characters, about as JSON writes them, of one value and of all: what is longer is left out, and stays in the event. */
const maxValue = 8_192;
const maxSize = 65_536;

/** The traits after an event of that time; the same object when nothing changes. */
export function applyChanges(traits: Traits, changes: ProfileChanges, time: number): Traits {
  if (time < traits.deletedAt) return traits;
  const editing = new Editing(traits, time);
  if (changes.delete) editing.delete();
  for (const [name, value] of Object.entries(changes.set ?? {})) editing.set(name, value);
  for (const [name, value] of Object.entries(changes.setOnce ?? {})) editing.setOnce(name, value);
  for (const [name, value] of Object.entries(changes.add ?? {})) editing.add(name, value);
  for (const [name, value] of Object.entries(changes.append ?? {})) editing.append(name, [value]);
  for (const [name, values] of Object.entries(changes.union ?? {})) editing.union(name, values);
  for (const [name, value] of Object.entries(changes.remove ?? {})) editing.remove(name, value);
  for (const name of changes.unset ?? []) editing.set(name, null);
  return editing.finish();
}

/**
 * What is known of somebody under two ids, by the same rule: of each trait the latest `set` or `unset` wins, without one the earliest `setOnce`.
 * Traits that only grew (`add`, lists) are added up. The first one wins ties. Neither is changed, so that they can be taken apart again.
 */
export function mergeTraits(one: Traits, other: Traits): Traits {
  if (other === noTraits) return one;
  if (one === noTraits) return other;
  const editing = new Editing(one, Math.max(one.setAt, other.setAt));
  editing.forget(other.deletedAt);
  const names = new Set([...Object.keys(other.values), ...Object.keys(other.stamps)]);
  for (const name of names) {
    const value = Object.hasOwn(other.values, name) ? other.values[name] : undefined;
    editing.join(name, value, stampOf(other, name));
  }
  editing.joined(other);
  return editing.finish();
}

function stampOf(traits: Traits, name: string): number {
  return Object.hasOwn(traits.stamps, name) ? (traits.stamps[name] ?? 0) : traits.setAt;
}

class Editing {
  readonly #before: Traits;
  readonly #time: number;
  readonly #values: Map<string, JsonValue>;
  readonly #stamps: Map<string, number>;
  #setAt: number;
  #deletedAt: number;
  #size = 0;
  #changed = false;
  #stamped = false;

  constructor(before: Traits, time: number) {
    this.#before = before;
    this.#time = time;
    this.#values = new Map(Object.entries(before.values));
    this.#stamps = new Map(Object.entries(before.stamps));
    for (const [name, value] of this.#values) {
      if (!this.#stamps.has(name)) this.#stamps.set(name, before.setAt);
      this.#size += name.length + sizeOf(value);
    }
    this.#setAt = before.setAt;
    this.#deletedAt = before.deletedAt;
  }

  delete(): void {
    this.#deletedAt = this.#time;
    for (const [name, stamp] of this.#stamps) {
      if (Math.abs(stamp) > this.#time) continue;
      this.#take(name);
      this.#stamps.delete(name);
      this.#stamped = true;
    }
  }

  set(name: string, value: JsonValue): void {
    const stamp = this.#stamps.get(name);
    if (stamp !== undefined && stamp > this.#time) return;
    if (value === null) this.#unset(name);
    else if (this.#put(name, value)) this.#stamp(name, this.#time);
    this.#setAt = Math.max(this.#setAt, this.#time);
  }

  setOnce(name: string, value: JsonValue): void {
    if (value === null) return;
    const stamp = this.#stamps.get(name) ?? 0;
    const isOpen = this.#values.has(name) ? stamp < 0 && this.#time < -stamp : stamp <= this.#time;
    if (isOpen && this.#put(name, value)) this.#stamp(name, -this.#time);
  }

  add(name: string, by: number): void {
    const known = this.#values.get(name) ?? 0;
    if (this.#isSince(name) && typeof known === 'number') this.#grow(name, sum(known, by));
  }

  append(name: string, more: readonly JsonValue[]): void {
    if (!this.#isSince(name)) return;
    const known = this.#list(name);
    const room = Math.max(0, maxList - known.length);
    this.#grow(name, [...known, ...more.slice(0, room)]);
  }

  union(name: string, values: readonly JsonValue[]): void {
    const known = this.#list(name);
    const fresh: JsonValue[] = [];
    for (const value of values) {
      if (fresh.length + known.length >= maxList) break;
      if (![...known, ...fresh].some((one) => same(one, value))) fresh.push(value);
    }
    if (fresh.length > 0) this.append(name, fresh);
  }

  remove(name: string, value: JsonValue): void {
    const known = this.#values.get(name);
    if (!this.#isSince(name) || !Array.isArray(known)) return;
    this.#grow(
      name,
      (known as readonly JsonValue[]).filter((one) => !same(one, value)),
    );
  }

  /** Forgets what is older than a delete under another id. */
  forget(deletedAt: number): void {
    for (const [name, stamp] of this.#stamps) {
      if (deletedAt === 0 || Math.abs(stamp) > deletedAt) continue;
      this.#take(name);
      this.#stamps.delete(name);
      this.#stamped = true;
    }
  }

  /** A trait that another id has (or had, when the value is undefined). */
  join(name: string, value: JsonValue | undefined, stamp: number): void {
    if (this.#deletedAt > 0 && Math.abs(stamp) <= this.#deletedAt) return;
    const own = this.#stamps.get(name);
    if (own === 0 && stamp === 0) {
      this.#growTogether(name, value);
      return;
    }
    if (own !== undefined && !outranks(stamp, value, own, this.#values.has(name))) return;
    if (value === undefined) this.#unset(name, stamp);
    else if (this.#put(name, value)) this.#stamp(name, stamp);
  }

  joined({ deletedAt, setAt }: Traits): void {
    this.#setAt = Math.max(this.#setAt, setAt);
    this.#deletedAt = Math.max(this.#deletedAt, deletedAt);
  }

  #growTogether(name: string, value: JsonValue | undefined): void {
    const known = this.#values.get(name);
    if (typeof known === 'number' && typeof value === 'number') this.#put(name, sum(known, value));
    else if (Array.isArray(known) && Array.isArray(value))
      this.#put(name, [...known, ...value].slice(0, maxList) as readonly JsonValue[]);
  }

  finish(): Traits {
    const setAt = this.#setAt;
    const isSame = setAt === this.#before.setAt && this.#deletedAt === this.#before.deletedAt;
    if (isSame && !this.#changed && !this.#stamped) return this.#before;
    const explicit = [...this.#stamps].filter(([name, stamp]) => stamp !== setAt || !this.#values.has(name));
    return {
      // The same values stay the same object: whoever compares sees that no row is due.
      values: this.#changed ? Object.fromEntries(this.#values) : this.#before.values,
      setAt,
      stamps: Object.fromEntries(explicit),
      deletedAt: this.#deletedAt,
    };
  }

  /** Whether nothing later has set or unset the trait. */
  #isSince(name: string): boolean {
    return (this.#stamps.get(name) ?? 0) <= this.#time;
  }

  /** What is no list yet is its first value. */
  #list(name: string): readonly JsonValue[] {
    const known = this.#values.get(name);
    if (known === undefined) return [];
    return Array.isArray(known) ? (known as readonly JsonValue[]) : [known];
  }

  #grow(name: string, value: JsonValue): void {
    if (this.#put(name, value)) this.#stamp(name, Math.max(0, this.#stamps.get(name) ?? 0));
  }

  #unset(name: string, time = this.#time): void {
    this.#take(name);
    // It is remembered that it is gone, for older events that still come.
    if (this.#stamps.has(name) || this.#stamps.size < 2 * maxTraits) this.#stamp(name, time);
  }

  #take(name: string): void {
    const known = this.#values.get(name);
    if (known === undefined) return;
    this.#values.delete(name);
    this.#size -= name.length + sizeOf(known);
    this.#changed = true;
  }

  #put(name: string, value: JsonValue): boolean {
    const known = this.#values.get(name);
    if (known !== undefined && same(known, value)) return true;
    if (known === undefined && this.#values.size >= maxTraits) return false;
    const size = sizeOf(value);
    const grown = size - (known === undefined ? -name.length : sizeOf(known));
    if (size > maxValue || this.#size + grown > maxSize || name === '__proto__') return false;
    this.#values.set(name, value);
    this.#size += grown;
    this.#changed = true;
    return true;
  }

  #stamp(name: string, stamp: number): void {
    if (this.#stamps.get(name) === stamp) return;
    this.#stamps.set(name, stamp);
    this.#stamped = true;
  }
}

/** Whether what has that stamp wins over what has the other: see Traits. */
function outranks(stamp: number, value: JsonValue | undefined, own: number, ownHasValue: boolean): boolean {
  if (stamp > 0 && own > 0) return stamp > own;
  // setOnce after an unset counts, as it does under one id.
  if (stamp > 0) return own === 0 || value !== undefined || stamp >= -own;
  if (own > 0) return stamp < 0 && !ownHasValue && -stamp > own;
  if (stamp < 0 && own < 0) return stamp > own;
  // What grew is newer than the setOnce that it grew from.
  return stamp === 0;
}

/** Without the dust of binary fractions: cents stay cents, in whatever order they are added. */
function sum(a: number, b: number): number {
  const exact = a + b;
  if (!Number.isFinite(exact)) return a;
  return Number.isSafeInteger(exact) ? exact : Number(exact.toPrecision(15));
}

function same(a: JsonValue, b: JsonValue): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

function sizeOf(value: JsonValue): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value === 'object' && value !== null) return JSON.stringify(value).length;
  return 8;
}
