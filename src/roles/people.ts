import { setTimeout as sleep } from 'node:timers/promises';
import {
  changesOf,
  identityHistory,
  knownPerson,
  person,
  personEvents,
  previewMerge,
  searchPeople,
} from '../analyze/analyze.ts';
import type { Caller, DataHandlers } from '../api/api.ts';
import { commandRecord } from '../collect/operator.ts';
import type { PersonCommand, PersonId } from '../contract/command.ts';
import type { PersonCommandResult } from '../contract/person-endpoints.ts';
import type { LogWriter } from '../log/log.ts';
import type { Clock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import type { ClickHouseClient } from '../warehouse/warehouse.ts';

/** A command is seen by queries a second later; who waits longer is told that it will be. */
const patience = 15_000;

export interface PeopleParts {
  readonly store: Store;
  readonly warehouse: ClickHouseClient;
  readonly log: LogWriter;
  /** The newest offset of the log. */
  readonly head: () => number;
  readonly clock: Clock;
  /** The newest offset that the pipeline has processed; undefined when it does not answer. */
  readonly processed: () => Promise<number | undefined>;
}

type PeopleHandlers = Pick<
  DataHandlers,
  | 'searchPeople'
  | 'person'
  | 'personEvents'
  | 'identityHistory'
  | 'previewMerge'
  | 'mergePersons'
  | 'undoEdge'
  | 'splitPerson'
>;

/** The endpoints about persons: they read the warehouse; what changes persons goes through the log. */
export function peopleHandlers(parts: PeopleParts): PeopleHandlers {
  const { store, warehouse } = parts;
  const idsOf = async (project: string, keys: readonly string[]): Promise<PersonId[]> => {
    const persons = await Promise.all(keys.map((key) => knownPerson(warehouse, project, key)));
    return persons.flatMap(({ ids }) => ids.map(({ kind, id }) => ({ kind, id })));
  };
  return {
    searchPeople: (input) => searchPeople(warehouse, input),
    person: async ({ project, person: key }) => person(warehouse, project, key, await actors(store)),
    personEvents: ({ project, person: key, ...input }) => personEvents(warehouse, project, key, input),
    identityHistory: async (input) => ({
      changes: await identityHistory(warehouse, input, await actors(store)),
    }),
    previewMerge: ({ project, person: from, into }) => previewMerge(warehouse, project, from, into),

    mergePersons: async ({ project, person: from, into, note }, { caller }) => {
      const [one, other] = await Promise.all([
        knownPerson(warehouse, project, from),
        knownPerson(warehouse, project, into),
      ]);
      if (one.key === other.key)
        throw new TributaryError(
          'bad-request',
          'both are one person already; choose another one to merge with',
        );
      const known = await idsOf(project, [one.key, other.key]);
      return give(parts, project, { kind: 'merge', from: one.id, into: other.id, note, known }, caller);
    },

    undoEdge: async ({ project, person: key, alias, note }, { caller }) =>
      give(parts, project, { kind: 'undo', alias, note, known: await idsOf(project, [key]) }, caller),

    splitPerson: async ({ project, person: key, ids, note }, { caller }) => {
      const known = await idsOf(project, [key]);
      const foreign = ids.find((id) => !known.some((one) => one.kind === id.kind && one.id === id.id));
      if (foreign)
        throw new TributaryError('bad-request', `"${foreign.id}" is no id of this person (any more)`);
      if (ids.length >= known.length)
        throw new TributaryError('bad-request', 'leave the person at least one of its ids');
      return give(parts, project, { kind: 'split', ids, note, known }, caller);
    },
  };
}

/** Names of those who gave commands; keys of the command line are gone by then. */
async function actors(store: Store) {
  const users = new Map((await store.users.list()).map((user) => [user.id, user.name || user.email]));
  return (id: string) => (id === '' ? null : { id, name: users.get(id) ?? 'an API key or the command line' });
}

/** Appends the command and waits until queries see what it did. */
async function give(
  { store, warehouse, log, head, clock, processed }: PeopleParts,
  project: string,
  command: PersonCommand,
  caller: Caller,
): Promise<PersonCommandResult> {
  const by = caller.kind === 'user' ? caller.user.id : caller.key;
  const at = clock.now();
  await log.append(commandRecord(project, command, by, at));
  const offset = head();
  const until = performance.now() + patience;
  while (((await processed()) ?? 0) < offset) {
    if (performance.now() > until) return { applied: false, changes: [] };
    await sleep(100);
  }
  await warehouse.command({ query: 'SYSTEM RELOAD DICTIONARY tributary.identity' });
  return { applied: true, changes: await changesOf(warehouse, { project, at, by }, await actors(store)) };
}
