import { type PlannedEvent, personalProperties } from '../plan/plan.ts';
import type { ErasedIds } from '../privacy/person/erased.ts';
import { type Rules, rulesOf } from '../privacy/privacy.ts';
import type { PseudonymKeys } from '../privacy/pseudonym.ts';
import { withNewKey } from '../privacy/pseudonym.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ErasedId, Store } from '../store/store.ts';
import { settingsOf } from './project-settings.ts';

/** How long another process's change of the rules may stay unseen, milliseconds. */
const freshness = 2_000;

interface Known {
  readonly rules: Rules;
  readonly until: number;
}

/** The privacy rules of projects, from memory: they are asked for with every request. */
export class PrivacyLookup {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #marked: (project: string) => Promise<readonly string[]>;
  readonly #known = new Map<string, Known>();
  readonly #asked = new Map<string, Promise<Rules>>();

  /** `marked`: names of properties that the project's tracking plan marks as personal. */
  constructor(store: Store, clock: Clock, marked: (project: string) => Promise<readonly string[]>) {
    this.#store = store;
    this.#clock = clock;
    this.#marked = marked;
  }

  /** No promise when the answer is known: those of a moment ago hold while the newer ones are read. */
  rulesOf(project: string): Rules | Promise<Rules> {
    const known = this.#known.get(project);
    if (known === undefined) return this.#read(project);
    if (this.#clock.now() >= known.until) this.#read(project).catch(() => undefined);
    return known.rules;
  }

  /** After a change that must hold at once. */
  forget(project: string): void {
    this.#known.delete(project);
    this.#asked.delete(project);
  }

  #read(project: string): Promise<Rules> {
    const asked = this.#asked.get(project);
    if (asked) return asked;
    const reading = this.#load(project);
    this.#asked.set(project, reading);
    const done = (): void => {
      if (this.#asked.get(project) === reading) this.#asked.delete(project);
    };
    reading.then(done, done);
    return reading;
  }

  async #load(project: string): Promise<Rules> {
    const { privacy } = await settingsOf(this.#store, project);
    const keys = await pseudonymKeys(this.#store, project, this.#clock.now());
    const rules = rulesOf(privacy, keys.at(-1), await this.#marked(project));
    this.#known.set(project, { rules, until: this.#clock.now() + freshness });
    return rules;
  }
}

/** The project's keys; the first one is made when it is asked for. */
export async function pseudonymKeys(store: Store, project: string, now: number): Promise<PseudonymKeys> {
  const keys = await store.privacy.keys(project, 'pseudonym');
  return keys.length > 0 ? keys : newPseudonymKey(store, project, now);
}

export async function newPseudonymKey(store: Store, project: string, now: number): Promise<PseudonymKeys> {
  const keys = withNewKey(await store.privacy.keys(project, 'pseudonym'), now);
  const added = keys.at(-1);
  return added ? store.privacy.addKey(project, 'pseudonym', added) : keys;
}

/** Names of the properties that a plan marks as personal, wherever in an event they are. */
export function markedNames(events: readonly Pick<PlannedEvent, 'name' | 'schema'>[]): string[] {
  const names = new Set<string>();
  for (const properties of personalProperties(
    events.map(({ name, schema }) => ({ event: name, schema })),
  ).values())
    for (const { path } of properties) names.add(path.findLast((name) => name !== '[]') ?? '');
  names.delete('');
  return [...names];
}

/** The ids of all projects that were erased. */
export async function erasedIds(store: Store): Promise<Map<string, ErasedIds>> {
  const lists = new Map<string, ErasedIds>();
  for (const { id: project } of await store.projects.list()) {
    const [key] = await store.privacy.keys(project, 'erasure');
    const ids = key ? await store.privacy.erased(project) : [];
    if (key && ids.length > 0) lists.set(project, { key: key.secret, ranges: rangesOf(ids) });
  }
  return lists;
}

function rangesOf(ids: readonly ErasedId[]): Map<string, Pick<ErasedId, 'from' | 'to'>[]> {
  const ranges = new Map<string, Pick<ErasedId, 'from' | 'to'>[]>();
  for (const { hash, from, to } of ids) ranges.set(hash, [...(ranges.get(hash) ?? []), { from, to }]);
  return ranges;
}
