import { type PlanChange, sentenceOf } from './diff.ts';

/** What a chart, an alert or a model takes of events. */
export interface EventUse {
  /** Names of the events; empty for any. */
  readonly events: readonly string[];
  /** `plan`, `cart.total`; undefined when it takes the event, whatever is in it. */
  readonly property?: string | undefined;
  /** Line of its file; 1 when there is none to say. */
  readonly line: number;
}

/** Something that is made of events, and what it takes of them. */
export interface Dependant {
  /** `model`, `chart`, `alert`. */
  readonly kind: string;
  readonly name: string;
  /** Where it is written down. */
  readonly file: string;
  readonly uses: readonly EventUse[];
  /** Texts that it compares with. */
  readonly texts: ReadonlySet<string>;
  /** Names of what is made of it. */
  readonly below: readonly string[];
}

/** A change that a dependant cannot take. */
export interface Break {
  readonly dependant: Dependant;
  readonly use: EventUse;
  readonly change: PlanChange;
}

/** Every dependant that a change breaks, once for each use and change. */
export function breaksOf(changes: readonly PlanChange[], dependants: readonly Dependant[]): Break[] {
  const found = new Map<string, Break>();
  for (const dependant of dependants)
    for (const change of changes)
      for (const use of dependant.uses)
        if (isBroken(dependant, use, change)) {
          const key = `${dependant.kind} ${dependant.name} ${JSON.stringify(change)} ${use.property}`;
          if (!found.has(key)) found.set(key, { dependant, use, change });
        }
  return [...found.values()];
}

function isBroken({ texts }: Dependant, { events, property }: EventUse, change: PlanChange): boolean {
  const isNamed = events.includes(change.event);
  if (change.kind === 'event-removed') return isNamed;
  if (property === undefined || (!isNamed && events.length > 0)) return false;
  if (change.kind === 'property-removed') return isSameOrInside(property, change.property);
  if (change.kind === 'type-changed') return change.wider && isSameOrInside(property, change.property);
  if (change.kind === 'value-removed')
    return isSameOrInside(property, change.property) && texts.has(change.value);
  return false;
}

/** `cart` is read with all that is in it, and `cart.total` when `cart` is something else. Lists are columns without their brackets. */
function isSameOrInside(used: string, changed: string): boolean {
  const [a, b] = [used.replaceAll('[]', ''), changed.replaceAll('[]', '')];
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

/** `model fact_orders (models/fact_orders.sql:14) reads total of "Order Placed": was number and is string`. */
export function explainBreak({ dependant, use, change }: Break): string {
  const { kind, name, file, below } = dependant;
  const what = 'property' in change ? `${change.property} of "${change.event}"` : `"${change.event}"`;
  const whose = use.events.length === 0 ? ', whatever the event' : '';
  const line = `${kind} ${name} (${file}:${use.line}) reads ${what}${whose}: ${sentenceOf(change)}`;
  return below.length === 0 ? line : `${line}\n    and with it: ${below.join(', ')}`;
}
