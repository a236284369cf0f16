import { isDeepStrictEqual } from 'node:util';
import type { Client, Ids } from './client.ts';
import { type Expected, expectedRow, type Row } from './expected.ts';
import { type Journey, type Step, steps } from './journey.ts';

/** What a run left behind, beside the rows. */
export interface Seen {
  readonly began: number;
  readonly ended: number;
  /** All that went through the gate. */
  readonly sent: string;
}

/** Each call once and nothing else, with the ids, times and facts that the client was given. Answers what is otherwise, in words. */
export function compareRows(
  client: Client,
  journey: Journey,
  rows: readonly Row[],
  lost: readonly Step[],
  seen: Seen,
): string[] {
  const problems: string[] = [];
  const left = [...rows];
  for (const step of callsOf(client)) {
    const expected = expectedOf(client, step, journey);
    const [row] = left
      .filter(({ type, event }) => type === expected.type && event === expected.event)
      .sort((a, b) => differences(expected, a).length - differences(expected, b).length);
    if (row) left.splice(left.indexOf(row), 1);
    if (lost.includes(step) !== !row)
      problems.push(`${step}: ${row ? 'is stored, though the client is said to lose it' : 'is not stored'}`);
    if (row)
      problems.push(
        ...differences(expected, row).map((text) => `${step}: ${text}`),
        ...idAndTime(client, step, journey, row, seen).map((text) => `${step}: ${text}`),
      );
  }
  const also = [...(client.also ?? []), ...(client.leaving ?? [])];
  for (const { type, event, properties } of left) {
    const at = also.indexOf(event);
    if (at < 0) problems.push(`besides: ${type} ${event} ${JSON.stringify(properties)}`);
    else also.splice(at, 1);
  }
  return [...problems, ...also.map((event) => `${event}: is not stored`)];
}

/** The calls that have arrived. */
export function arrivedOf(client: Client, journey: Journey, rows: readonly Row[]): Step[] {
  return callsOf(client).filter((step) => {
    const { type, event } = expectedOf(client, step, journey);
    return rows.some((row) => row.type === type && row.event === event);
  });
}

export function callsOf(client: Client): Step[] {
  return steps.filter((step) => client.calls[step]);
}

function expectedOf(client: Client, step: Step, journey: Journey): Expected {
  const said = client.calls[step];
  const usual = expectedRow(step, journey);
  return typeof said === 'function' ? { ...usual, ...said(journey) } : usual;
}

/** Where `actual` does not have what `expected` has; more may be there. */
function differences(expected: object, actual: object, path = ''): string[] {
  return Object.entries(expected).flatMap(([key, wanted]) => {
    const found: unknown = actual[key as keyof typeof actual];
    const place = `${path}${key}`;
    if (wanted === undefined || isDeepStrictEqual(wanted, found)) return [];
    if (isRecord(wanted) && isRecord(found)) return differences(wanted, found, `${place}.`);
    return [`${place} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`];
  });
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function idAndTime(client: Client, step: Step, journey: Journey, row: Row, seen: Seen): string[] {
  const { id, at } = journey[step];
  const problems: string[] = [];
  const ids = idsOf(client, step);
  if (ids === 'given' && row.event_id !== id) problems.push(`its id is ${row.event_id}, not ${id}`);
  if (ids === 'own' && !seen.sent.includes(row.event_id))
    problems.push(`its id ${row.event_id} is not the client's`);
  const now = client.now === true || client.now?.includes(step);
  // whole seconds, and clocks of two programs
  const made = row.at >= seen.began - 1_000 && row.at <= seen.ended + 1_000;
  // A request that is under way for longer looks like a wrong clock, and is corrected by as long as it took: on a busy machine.
  const slow = row.at - at >= 5_000;
  const moved = (client.late || slow) && row.at >= at && row.at - at <= seen.ended - seen.began;
  if (now ? !made : row.at !== at && !moved)
    problems.push(
      `its time is ${new Date(row.at).toISOString()}, not ${now ? 'that of the call' : journey[step].time}`,
    );
  return problems;
}

function idsOf({ ids }: Client, step: Step): Ids {
  return typeof ids === 'string' ? ids : (ids[step] ?? ids.others ?? 'none');
}

/** The traits that are the person's and the account's by now, and whose the alias is; undefined where there is none. */
export interface People {
  readonly person: unknown;
  readonly account: unknown;
  /** Whose ids have become one: pairs of both, in any order. */
  readonly alias: unknown;
}

export function comparePeople(
  client: Client,
  journey: Journey,
  people: People,
  lost: readonly Step[],
): string[] {
  const has = (step: Step): boolean => Boolean(client.calls[step]) && !lost.includes(step);
  return [
    ...(has('identify') && !client.noPerson ? differences({ person: journey.identify.traits }, people) : []),
    ...(has('group') ? differences({ account: journey.group.traits }, people) : []),
    ...(has('alias') ? differences({ alias: [journey.alias.previous, journey.user].sort() }, people) : []),
  ];
}
