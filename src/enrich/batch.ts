import { setImmediate as turn } from 'node:timers/promises';
import type { CommandItem } from '../contract/command.ts';
import type { EnrichedBatch, LogItem, PipelineItem } from '../contract/pipeline.ts';
import type { PlanReader } from '../contract/plan.ts';
import type { AccountRow, PersonRow } from '../contract/row.ts';
import { messageOf } from '../runtime/errors.ts';
import { applyCommands, keysOfCommands, personsOfCommands } from './commands.ts';
import { identityRows, mayJoin } from './identity/graph.ts';
import { traitsOf } from './identity/person.ts';
import { previousKeys } from './identity/previous-id.ts';
import { keysOfLines, runLines } from './lines.ts';
import { Memory, type Subject, settingsKey } from './memory.ts';
import { planKey } from './plans.ts';
import { settleSessions } from './sessions/settle.ts';
import type { StateStore } from './state/state.ts';
import { type Draft, draftOf, type Step, type Verdict } from './step.ts';

/** Events between two turns of the event loop: about 20 ms, so that an upload beside it is not kept waiting. */
const perTurn = 1_000;

/** Names of the events that the key with that id may send; undefined for all. */
export type AllowedEvents = (keyId: string) => Promise<ReadonlySet<string> | undefined>;

export interface BatchParts {
  readonly steps: readonly Step[];
  readonly state: StateStore;
  readonly allowedEvents?: AllowedEvents | undefined;
  readonly readPlan?: PlanReader | undefined;
}

/**
 * Runs a batch through the steps. The first one dates the events; the others then see them in order of time. Log lines come last: they see the
 * sessions that the events have made.
 */
export async function runBatch(
  { steps, state, allowedEvents, readPlan }: BatchParts,
  items: readonly PipelineItem[],
  lines: readonly LogItem[] = [],
  commands: readonly CommandItem[] = [],
): Promise<EnrichedBatch> {
  const memory = new Memory(newestOffset(items, commands));
  const drafts = items.map(draftOf);
  const keys = keysOf(drafts);
  keysOfLines(lines, keys);
  keysOfCommands(commands, keys);
  for (const { record } of commands) keys.add(settingsKey(record.project));
  for (const project of projectsOf(items)) keys.add(planKey(project));
  await memory.load(state, keys);
  memory.plans.read = readPlan;
  for (const draft of drafts) recall(draft, memory);
  const parted = commands.length > 0;
  await memory.loadPersons(state, [
    ...toJoin(drafts, memory, parted),
    ...personsOfCommands(commands, memory),
  ]);
  applyCommands(commands, memory);
  if (allowedEvents) memory.allowedEvents = await limitsOf(items, allowedEvents);

  const failures: EnrichedBatch['failures'][number][] = [];
  const dropped: EnrichedBatch['dropped'][number][] = [];
  const gone = new Set<Draft>();
  const run = (draft: Draft, from: number, to: number): void => {
    const end = runSteps(steps, draft, memory, from, to);
    if (end === undefined) return;
    gone.add(draft);
    if ('drop' in end) dropped.push({ item: draft.item, reason: end.drop });
    else failures.push({ item: draft.item, failure: failureOf(draft.item, end.fail, end.detail) });
  };
  for (const draft of drafts) run(draft, 0, 1);
  for (const [at, draft] of drafts.toSorted(byTime).entries()) {
    if (at % perTurn === perTurn - 1) await turn();
    if (!gone.has(draft)) run(draft, 1, steps.length);
  }

  settleSessions(memory);
  const kept = gone.size === 0 ? drafts : drafts.filter((draft) => !gone.has(draft));
  return {
    events: kept.map(({ row }) => row),
    sessions: memory.sessions.rows,
    sessionRepairs: memory.sessions.repairs,
    identities: identityRows(memory),
    identityHistory: memory.identityHistory,
    profileHistory: memory.profileHistory,
    persons: personRows(memory),
    accounts: accountRows(memory),
    ...runLines(lines, memory),
    failures,
    dropped,
    changes: memory.changes(),
  };
}

function newestOffset(items: readonly PipelineItem[], commands: readonly CommandItem[]): number {
  let newest = 0;
  for (const { record } of items) newest = Math.max(newest, record.offset);
  for (const { record } of commands) newest = Math.max(newest, record.offset);
  return newest;
}

function projectsOf(items: readonly PipelineItem[]): Set<string> {
  const projects = new Set<string>();
  for (const { record } of items) projects.add(record.project);
  return projects;
}

/** What the keys of the batch are limited to; keys that may send everything are not named. */
async function limitsOf(
  items: readonly PipelineItem[],
  allowedEvents: AllowedEvents,
): Promise<Map<string, ReadonlySet<string>>> {
  const limits = new Map<string, ReadonlySet<string>>();
  for (const key of new Set(items.map(({ record }) => record.key))) {
    const allowed = key === '' ? undefined : await allowedEvents(key);
    if (allowed) limits.set(key, allowed);
  }
  return limits;
}

/** Whose ids must all be read, since persons may be joined. `parted`: a command may have parted known users before. */
function toJoin(drafts: readonly Draft[], memory: Memory, parted: boolean): Set<Subject> {
  const found = new Set<Subject>();
  const pair = (from: Subject | undefined, to: Subject | undefined, explicit: boolean): void => {
    if (from === undefined || to === undefined || from.link === to.stateKey) return;
    if (mayJoin(memory, from, to, explicit)) found.add(from).add(to);
  };
  for (const draft of drafts) {
    pair(draft.anonymous, draft.user, parted);
    if (draft.mail !== undefined) pair(draft.mail, draft.own, parted);
    if (draft.event.type !== 'alias') continue;
    for (const key of previousKeys(draft) ?? []) pair(memory.subject(key), draft.user, true);
  }
  return found;
}

/** Sets what is remembered of the ids of the draft. */
function recall(draft: Draft, memory: Memory): void {
  if (draft.userKey !== '') draft.user = memory.subject(draft.userKey);
  if (draft.anonymousKey !== '') draft.anonymous = memory.subject(draft.anonymousKey);
  if (draft.mailKey !== '') draft.mail = memory.subject(draft.mailKey);
  draft.own = draft.user ?? draft.anonymous ?? draft.mail;
  if (draft.accountKey !== '') draft.account = memory.account(draft.accountKey);
}

/** Steps `from` to before `to`. What a step throws is the failure of this event, named by the step; the batch goes on. */
function runSteps(
  steps: readonly Step[],
  draft: Draft,
  memory: Memory,
  from: number,
  to: number,
): Verdict | undefined {
  let at = from;
  try {
    for (; at < to; at++) {
      const verdict = steps[at]?.run(draft, memory);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  } catch (error) {
    return { fail: steps[at]?.name ?? '', detail: messageOf(error) };
  }
}

function failureOf(
  item: PipelineItem,
  reason: string,
  detail: string,
): EnrichedBatch['failures'][number]['failure'] {
  let payload: string | undefined;
  try {
    payload = JSON.stringify(item.event);
  } catch {
    // Not even JSON: the record of the log is the original then.
  }
  return { stage: 'enrich', reason, detail, payload };
}

/** Ties go by the place in the log, so that the order never depends on how the batch was put together. */
function byTime(a: Draft, b: Draft): number {
  return (
    a.row.timestamp - b.row.timestamp || a.row.log_offset - b.row.log_offset || a.item.index - b.item.index
  );
}

/** Every id that a step may ask memory for. */
function keysOf(drafts: readonly Draft[]): Set<string> {
  const keys = new Set<string>();
  for (const draft of drafts) {
    const { accountKey, anonymousKey, event, groupKeys, mailKey, row, userKey } = draft;
    keys.add(settingsKey(row.project));
    if (mailKey !== '') keys.add(mailKey);
    if (userKey !== '') keys.add(userKey);
    if (anonymousKey !== '') keys.add(anonymousKey);
    if (accountKey !== '') keys.add(accountKey);
    for (const key of groupKeys) keys.add(key);
    if (event.previousId === undefined) continue;
    for (const key of previousKeys(draft) ?? []) keys.add(key);
  }
  return keys;
}

function personRows(memory: Memory): PersonRow[] {
  return Array.from(memory.changedPersons, (person) => {
    const facts = person.joint ?? person;
    return {
      project: person.project,
      person_key: person.key,
      user_id: person.kind === 'u' ? person.id : '',
      anonymous_id: facts.anonymous,
      traits: JSON.stringify(traitsOf(person, memory).values),
      first_seen: facts.firstSeen,
      last_seen: facts.lastSeen,
      version: memory.version,
    };
  });
}

function accountRows(memory: Memory): AccountRow[] {
  return Array.from(memory.changedAccountRows, (account) => ({
    project: account.project,
    kind: account.kind,
    account_id: account.id,
    traits: JSON.stringify(account.traits.values),
    first_seen: account.firstSeen,
    last_seen: account.lastSeen,
    version: memory.version,
  }));
}
