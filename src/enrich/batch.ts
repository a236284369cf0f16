import type { EnrichedBatch, PipelineItem } from '../contract/pipeline.ts';
import type { AccountRow, PersonRow, SessionRow } from '../contract/row.ts';
import { messageOf } from '../runtime/errors.ts';
import { blockedId } from './blocked-id.ts';
import { accountKey, Memory, subjectKey } from './memory.ts';
import type { StateStore } from './state/state.ts';
import { cut, type Draft, draftOf, limit, type Step, type Verdict } from './step.ts';

/** Runs a batch through the steps. The first one dates the events; the others then see them in order of time. */
export async function runBatch(
  steps: readonly Step[],
  state: StateStore,
  items: readonly PipelineItem[],
): Promise<EnrichedBatch> {
  const memory = new Memory(items.reduce((newest, item) => Math.max(newest, item.record.offset), 0));
  const drafts = items.map(draftOf);
  await memory.load(state, keysOf(drafts));
  const [dating, ...others] = steps;
  const failures: EnrichedBatch['failures'][number][] = [];
  const dropped: EnrichedBatch['dropped'][number][] = [];
  const end = (draft: Draft, step: Step, verdict: Verdict): void => {
    const { item } = draft;
    if ('drop' in verdict) dropped.push({ item, reason: verdict.drop });
    else failures.push({ item, failure: failureOf(item, verdict.fail || step.name, verdict.detail) });
  };
  const run = (draft: Draft, through: readonly Step[]): boolean => {
    for (const step of through) {
      const verdict = attempt(step, draft, memory);
      if (verdict !== undefined) {
        end(draft, step, verdict);
        return false;
      }
    }
    return true;
  };

  const dated = dating ? drafts.filter((draft) => run(draft, [dating])) : drafts;
  const finished = new Set(dated.toSorted(byTime).filter((draft) => run(draft, others)));
  return {
    events: dated.filter((draft) => finished.has(draft)).map(({ row }) => row),
    sessions: sessionRows(memory),
    identities: memory.identities,
    persons: personRows(memory),
    accounts: accountRows(memory),
    failures,
    dropped,
    changes: memory.changes(),
  };
}

/** What a step throws is the failure of this event, named by the step; the batch goes on. */
function attempt(step: Step, draft: Draft, memory: Memory): Verdict | undefined {
  try {
    return step.run(draft, memory);
  } catch (error) {
    return { fail: step.name, detail: messageOf(error) };
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
  for (const { event, row } of drafts) {
    const { project, user_id, anonymous_id, account_id } = row;
    if (!blockedId(user_id)) keys.add(subjectKey('u', project, user_id));
    if (!blockedId(anonymous_id)) keys.add(subjectKey('a', project, anonymous_id));
    if (!blockedId(account_id)) keys.add(accountKey(project, account_id));
    const previous = cut(event.previousId, limit.id);
    if (!blockedId(previous)) {
      keys.add(subjectKey('u', project, previous));
      keys.add(subjectKey('a', project, previous));
    }
  }
  return keys;
}

function sessionRows(memory: Memory): SessionRow[] {
  return Array.from(memory.changedSessions, ({ row }) => ({ ...row, version: memory.version }));
}

function personRows(memory: Memory): PersonRow[] {
  return Array.from(memory.changedPersons, (person) => ({
    project: person.project,
    person_key: person.key,
    user_id: person.kind === 'u' ? person.id : '',
    anonymous_id: person.anonymous,
    traits: JSON.stringify(person.traits),
    first_seen: person.firstSeen,
    last_seen: person.lastSeen,
    version: memory.version,
  }));
}

function accountRows(memory: Memory): AccountRow[] {
  return Array.from(memory.changedAccountRows, (account) => ({
    project: account.project,
    account_id: account.id,
    traits: JSON.stringify(account.traits),
    first_seen: account.firstSeen,
    last_seen: account.lastSeen,
    version: memory.version,
  }));
}
