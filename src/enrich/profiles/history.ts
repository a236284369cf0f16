import type { JsonValue, ProfileChanges } from '../../contract/event.ts';
import type { ProfileHistoryRow, ProfileOperation } from '../../contract/row.ts';
import type { Traits } from './traits.ts';

/** Whose profile changed, and by which event. */
export type HistoryOf = Pick<ProfileHistoryRow, 'project' | 'kind' | 'key' | 'id' | 'timestamp' | 'version'>;

/**
 * What an event changed about a profile, so that the newest row at or before an instant says what a trait was then. Only what is new is written:
 * clients say all traits on every page. What happened before the known value was set is written at its own time, and the known value once more at
 * the time that it was said last, so that the past does not reach into what came after it. Numbers that grow and lists are as known when the event was processed.
 */
export function historyOf(
  of: HistoryOf,
  before: Traits,
  after: Traits,
  changes: ProfileChanges,
): ProfileHistoryRow[] {
  const rows: ProfileHistoryRow[] = [];
  const time = of.timestamp;
  if (before.values === after.values && time >= before.setAt && !unsets(changes)) return rows;
  const row = (
    operation: ProfileOperation,
    trait: string,
    operand: JsonValue | undefined,
    value: JsonValue | undefined,
    timestamp = time,
  ): void => {
    rows.push({ ...of, timestamp, trait, operation, operand: textOf(operand), value: textOf(value) });
  };
  /** The known value, said again at the time it is known from, when what happened now lies before that. */
  const restate = (trait: string, than: JsonValue | undefined): void => {
    const stamp = stampOf(before, trait);
    const value = traitOf(after, trait);
    if (stamp > time && !isSame(value, than)) row('known', trait, undefined, value, stamp);
  };

  if (changes.delete && time >= before.deletedAt)
    for (const [trait, value] of Object.entries(before.values))
      if (!Object.hasOwn(after.values, trait)) row('delete', trait, value, undefined);
  for (const [trait, operand] of sets(changes)) {
    const isLate = stampOf(before, trait) > time;
    const value = isLate ? (operand ?? undefined) : traitOf(after, trait);
    if (!isLate && operand !== null && isSame(traitOf(before, trait), value)) continue;
    row(operand === null ? 'unset' : 'set', trait, operand, value);
    restate(trait, value);
  }
  for (const [operation, trait, operand] of others(changes)) {
    const value = traitOf(after, trait);
    if (isSame(traitOf(before, trait), value)) continue;
    row(operation, trait, operand, value);
    if (operation === 'set_once') restate(trait, traitOf(before, trait));
  }
  return rows;
}

function unsets({ set, unset = [] }: ProfileChanges): boolean {
  if (unset.length > 0) return true;
  for (const trait in set) if (set[trait] === null) return true;
  return false;
}

function sets({ set = {}, unset = [] }: ProfileChanges): [string, JsonValue][] {
  return [...Object.entries(set), ...unset.map((trait): [string, null] => [trait, null])];
}

function others(changes: ProfileChanges): [ProfileOperation, string, JsonValue][] {
  const named = <Value extends JsonValue>(
    operation: ProfileOperation,
    values: Readonly<Record<string, Value>> | undefined,
  ): [ProfileOperation, string, JsonValue][] =>
    Object.entries(values ?? {}).map(([trait, value]) => [operation, trait, value]);
  return [
    ...named('set_once', changes.setOnce),
    ...named('add', changes.add),
    ...named('append', changes.append),
    ...named('union', changes.union),
    ...named('remove', changes.remove),
  ];
}

/** Traits may be called `constructor`: what every object inherits is no value. */
function traitOf({ values }: Traits, trait: string): JsonValue | undefined {
  return Object.hasOwn(values, trait) ? values[trait] : undefined;
}

/** Since when the trait is known, 0 when it is not. */
function stampOf({ values, stamps, setAt }: Traits, trait: string): number {
  if (Object.hasOwn(stamps, trait)) return Math.abs(stamps[trait] ?? 0);
  return Object.hasOwn(values, trait) ? setAt : 0;
}

function isSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return one === other || textOf(one) === textOf(other);
}

/** As JSON; '' for what is not there. */
function textOf(value: JsonValue | undefined): string {
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
