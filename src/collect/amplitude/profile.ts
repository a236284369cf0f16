import type { JsonValue, ProfileChanges } from '../../contract/event.ts';
import { isObject, number } from '../event/fields.ts';

type Draft = { -readonly [Name in keyof ProfileChanges]: ProfileChanges[Name] };
type Operation = (changes: Draft, value: JsonValue) => void;

/** Lists here have no front: what is to be put there goes to the end. Several values at once go where they are not yet. */
const append: Operation = (changes, value) => {
  for (const [name, one] of entriesOf(value)) {
    if (Array.isArray(one)) unite(changes, name, one as readonly JsonValue[]);
    else changes.append = { ...changes.append, [name]: one };
  }
};
const insert: Operation = (changes, value) => {
  for (const [name, one] of entriesOf(value)) {
    unite(changes, name, Array.isArray(one) ? (one as readonly JsonValue[]) : [one]);
  }
};

const operations: Readonly<Record<string, Operation>> = {
  $set: (changes, value) => {
    if (isObject(value)) changes.set = value;
  },
  $setOnce: (changes, value) => {
    if (isObject(value)) changes.setOnce = value;
  },
  $add: (changes, value) => {
    const steps = entriesOf(value).map(([name, step]) => [name, number(step)] as const);
    changes.add = Object.fromEntries(
      steps.filter((one): one is readonly [string, number] => one[1] !== undefined),
    );
  },
  $append: append,
  $prepend: append,
  $preInsert: insert,
  $postInsert: insert,
  $remove: (changes, value) => {
    if (isObject(value)) changes.remove = value;
  },
  $unset: (changes, value) => {
    if (isObject(value)) changes.unset = Object.keys(value);
  },
  $clearAll: (changes) => {
    changes.delete = true;
  },
};

/** Amplitude's operations on the properties of users and groups; what stands beside them is set. */
export function profileChangesOf(properties: JsonValue | undefined): ProfileChanges | undefined {
  if (!isObject(properties)) return undefined;
  const changes: Draft = {};
  const plain: [string, JsonValue][] = [];
  for (const key in properties) {
    const value = properties[key] ?? null;
    const operation = Object.hasOwn(operations, key) ? operations[key] : undefined;
    if (operation) operation(changes, value);
    else plain.push([key, value]);
  }
  if (plain.length > 0) changes.set = { ...Object.fromEntries(plain), ...changes.set };
  return Object.keys(changes).length === 0 ? undefined : changes;
}

function unite(changes: Draft, name: string, values: readonly JsonValue[]): void {
  changes.union = { ...changes.union, [name]: [...(ownValues(changes.union, name) ?? []), ...values] };
}

function ownValues(union: ProfileChanges['union'], name: string): readonly JsonValue[] | undefined {
  return union && Object.hasOwn(union, name) ? union[name] : undefined;
}

function entriesOf(value: JsonValue): [string, JsonValue][] {
  return isObject(value) ? Object.entries(value) : [];
}
