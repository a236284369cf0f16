import { describedProperties } from './described.ts';
import { newest, type PlannedEvent } from './plan.ts';

/** One thing that is different between two plans. Properties are paths: `cart.total`, `items[].price`. */
export type PlanChange =
  | { readonly kind: 'event-added'; readonly event: string }
  | { readonly kind: 'event-removed'; readonly event: string; readonly renamedTo?: string | undefined }
  | { readonly kind: 'property-added'; readonly event: string; readonly property: string }
  | {
      readonly kind: 'property-removed';
      readonly event: string;
      readonly property: string;
      readonly renamedTo?: string | undefined;
    }
  | {
      readonly kind: 'type-changed';
      readonly event: string;
      readonly property: string;
      readonly from: string;
      readonly to: string;
      /** Whether values may come that could not come before. */
      readonly wider: boolean;
    }
  | {
      readonly kind: 'value-removed';
      readonly event: string;
      readonly property: string;
      readonly value: string;
    }
  | {
      readonly kind: 'value-added';
      readonly event: string;
      readonly property: string;
      readonly value: string;
    }
  | { readonly kind: 'required'; readonly event: string; readonly property: string; readonly now: boolean }
  | { readonly kind: 'policy'; readonly event: string; readonly from: string; readonly to: string };

interface Shape {
  readonly types: ReadonlySet<string>;
  readonly required: boolean;
  /** Undefined when any value may come. */
  readonly values: ReadonlySet<string> | undefined;
}

type Shapes = ReadonlyMap<string, Shape>;

/** What is different, event by event in the order of their names. Of an event with several versions the newest counts. */
export function planDiff(before: readonly PlannedEvent[], after: readonly PlannedEvent[]): PlanChange[] {
  const old = new Map(newest(before).map((event) => [event.name, event]));
  const now = new Map(newest(after).map((event) => [event.name, event]));
  const names = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  const added = names.filter((name) => !old.has(name)).map((name) => now.get(name));
  return names.flatMap((name): PlanChange[] => {
    const [from, to] = [old.get(name), now.get(name)];
    if (from === undefined) return [{ kind: 'event-added', event: name }];
    if (to === undefined) return [{ kind: 'event-removed', event: name, renamedTo: likest(from, added) }];
    return eventDiff(from, to);
  });
}

function eventDiff(from: PlannedEvent, to: PlannedEvent): PlanChange[] {
  const event = from.name;
  const [old, now] = [shapesOf(from), shapesOf(to)];
  const changes: PlanChange[] = [];
  if (from.policy !== to.policy) changes.push({ kind: 'policy', event, from: from.policy, to: to.policy });
  const added = [...now.keys()].filter((path) => !old.has(path));
  for (const [property, shape] of old) {
    const next = now.get(property);
    if (next === undefined)
      changes.push({
        kind: 'property-removed',
        event,
        property,
        renamedTo: sameShape(property, shape, added, now),
      });
    else changes.push(...shapeDiff(event, property, shape, next));
  }
  for (const property of added) changes.push({ kind: 'property-added', event, property });
  return changes;
}

function shapeDiff(event: string, property: string, old: Shape, now: Shape): PlanChange[] {
  const changes: PlanChange[] = [];
  const [from, to] = [typesText(old), typesText(now)];
  if (from !== to)
    changes.push({ kind: 'type-changed', event, property, from, to, wider: !covers(old.types, now.types) });
  if (old.required !== now.required) changes.push({ kind: 'required', event, property, now: now.required });
  if (old.values === undefined || now.values === undefined) return changes;
  for (const value of old.values)
    if (!now.values.has(value)) changes.push({ kind: 'value-removed', event, property, value });
  for (const value of now.values)
    if (!old.values.has(value)) changes.push({ kind: 'value-added', event, property, value });
  return changes;
}

function shapesOf({ schema }: PlannedEvent): Shapes {
  return new Map(
    describedProperties(schema).map(({ path, type, required, isEnum, values }) => [
      path,
      {
        // a format narrows the texts, it is no type of its own
        types: new Set(
          type
            .replace(/ \([^)]*\)$/, '')
            .split(' | ')
            .filter((one) => one !== ''),
        ),
        required,
        values: isEnum ? new Set(values) : undefined,
      },
    ]),
  );
}

/** Whether whoever could read the old types can read the new ones: numbers are read alike, and null is absence. */
function covers(old: ReadonlySet<string>, now: ReadonlySet<string>): boolean {
  if (old.size === 0) return true;
  if (now.size === 0) return false;
  const read = (type: string): string => (type === 'integer' ? 'number' : type);
  const known = new Set([...old].map(read));
  return [...now].every((type) => type === 'null' || known.has(read(type)));
}

function typesText({ types }: Shape): string {
  return types.size === 0 ? 'anything' : [...types].join(' | ');
}

/** The only new property of the event that looks like the one that is gone. */
function sameShape(
  property: string,
  shape: Shape,
  added: readonly string[],
  now: Shapes,
): string | undefined {
  const parent = property.slice(0, property.lastIndexOf('.') + 1);
  const alike = added.filter((path) => {
    const other = now.get(path);
    return (
      path.slice(0, path.lastIndexOf('.') + 1) === parent &&
      other !== undefined &&
      typesText(other) === typesText(shape)
    );
  });
  return alike.length === 1 ? alike[0] : undefined;
}

/** The new event that has most of the properties of the one that is gone. */
function likest(gone: PlannedEvent, added: readonly (PlannedEvent | undefined)[]): string | undefined {
  const names = new Set(shapesOf(gone).keys());
  let best: { readonly name: string; readonly share: number } | undefined;
  for (const event of added) {
    if (event === undefined || names.size === 0) continue;
    const others = [...shapesOf(event).keys()];
    const common = others.filter((name) => names.has(name)).length;
    const share = common / (names.size + others.length - common);
    if (share >= 0.6 && share > (best?.share ?? 0)) best = { name: event.name, share };
  }
  return best?.name;
}

/** Lines for a reader, below the name of each event. */
export function explainDiff(changes: readonly PlanChange[]): string {
  const lines: string[] = [];
  let event: string | undefined;
  for (const change of changes) {
    if (change.kind === 'event-added') lines.push(`+ ${change.event}: new`);
    else if (change.kind === 'event-removed') lines.push(`- ${change.event}: ${sentenceOf(change)}`);
    else {
      if (event !== change.event) lines.push(`~ ${change.event}`);
      lines.push(`    ${'property' in change ? `${change.property}: ` : ''}${sentenceOf(change)}`);
    }
    event = change.event;
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** What happened, without saying to what. */
export function sentenceOf(change: PlanChange): string {
  switch (change.kind) {
    case 'event-added':
    case 'property-added':
      return 'is new';
    case 'event-removed':
    case 'property-removed':
      return change.renamedTo === undefined ? 'is gone' : `is gone; renamed to ${change.renamedTo}?`;
    case 'type-changed':
      return `was ${change.from} and is ${change.to}`;
    case 'value-removed':
      return `can be "${change.value}" no more`;
    case 'value-added':
      return `can be "${change.value}", too`;
    case 'required':
      return change.now ? 'must be there now' : 'need not be there any more';
    case 'policy':
      return `what does not fit was to ${change.from} and is to ${change.to}`;
  }
}
