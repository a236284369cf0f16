import type { JsonObject } from '../../contract/event.ts';
import { hash64 } from '../../runtime/ids.ts';
import { defaultKind } from '../account-kind.ts';
import { decodeHabits, encodeHabits } from '../bot/habits.ts';
import { decodeGraph, encodeGraph, type GraphValue, linkOf } from '../identity/codec.ts';
import type { Account, Belonging, Subject, SubjectKind } from '../memory.ts';
import { noTraits, type Traits } from '../profiles/traits.ts';
import { decodeVisitor, encodeVisitor, type VisitorValue } from '../profiles/visitor.ts';
import { decodeTrail, encodeTrail, type OldSession, type TrailValue } from '../sessions/codec.ts';
import { keptMark } from './state.ts';

/**
 * State values are JSON arrays: half the bytes and time of objects. The first element is the version of the layout; what an
 * unknown version or a damaged value holds is forgotten rather than guessed.
 */
const layout = 1;

type SubjectValue = [
  layout: number,
  key: string,
  link: string,
  /** A text in values of versions that knew one device. */
  seenWith: string | readonly string[],
  anonymous: string,
  firstSeen: number,
  lastSeen: number,
  told: number,
  account: string,
  accountAt: number,
  traits: JsonObject,
  traitsAt: number,
  sessions: TrailValue | readonly OldSession[],
  more?: More | null,
  habits?: number[],
];
/** What few have, and versions before this one did not know. */
interface More {
  readonly stamps?: Traits['stamps'];
  readonly deletedAt?: number;
  /** Kind of `account`. */
  readonly kind?: string;
  /** Accounts besides that one. */
  readonly accounts?: readonly (readonly [kind: string, id: string, at: number])[];
  readonly graph?: GraphValue;
  readonly visitor?: VisitorValue;
}
type AccountValue = [
  layout: number,
  firstSeen: number,
  lastSeen: number,
  told: number,
  traits: JsonObject,
  traitsAt: number,
  more?: More,
];

export function encodeSubject(subject: Subject): string {
  const [account, ...others] = subject.accounts;
  const value: SubjectValue = [
    layout,
    subject.key.toString(),
    linkOf(subject),
    subject.seenWith.length === 0 ? '' : subject.seenWith,
    subject.anonymous,
    subject.firstSeen,
    subject.lastSeen,
    subject.told,
    account?.id ?? '',
    account?.at ?? 0,
    subject.traits.values,
    subject.traits.setAt,
    encodeTrail(subject.trail),
  ];
  const more = {
    ...moreOf(subject.traits),
    ...(account && account.kind !== defaultKind ? { kind: account.kind } : {}),
    ...(subject.visitor ? { visitor: encodeVisitor(subject.visitor) } : {}),
    ...(others.length > 0 ? { accounts: others.map(({ kind, id, at }) => [kind, id, at] as const) } : {}),
  };
  const graph = encodeGraph(subject);
  const known = graph || !isEmpty(more);
  if (known) value.push(graph ? { ...more, graph } : more);
  else if (subject.habits) value.push(null);
  if (subject.habits) value.push(encodeHabits(subject.habits));
  const text = JSON.stringify(value);
  return graph ? keptMark + text : text;
}

function moreOf({ stamps, deletedAt }: Traits): More {
  return { ...(isEmpty(stamps) ? {} : { stamps }), ...(deletedAt === 0 ? {} : { deletedAt }) };
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}

function traitsOf(
  values: JsonObject | undefined,
  setAt: number | undefined,
  more: More | null | undefined,
): Traits {
  const isBare = setAt === 0 && more?.stamps === undefined && more?.deletedAt === undefined;
  if (values === undefined || (isBare && isEmpty(values))) return noTraits;
  return { values, setAt: setAt ?? 0, stamps: more?.stamps ?? {}, deletedAt: more?.deletedAt ?? 0 };
}

function accountsOf(value: SubjectValue | undefined): Belonging[] {
  if (value === undefined || value[8] === '') return [];
  const more = value[13];
  const first = { kind: more?.kind ?? defaultKind, id: value[8], at: value[9] };
  return [first, ...(more?.accounts ?? []).map(([kind, id, at]) => ({ kind, id, at }))];
}

export function decodeSubject(
  text: string | undefined,
  stateKey: string,
  kind: SubjectKind,
  project: string,
  id: string,
): Subject {
  const value = parse(text) as SubjectValue | undefined;
  const graph = decodeGraph(value?.[2] ?? '', value?.[13]?.graph, project);
  return {
    project,
    kind,
    id,
    stateKey,
    key: value === undefined ? hash64(project, kind, id) : BigInt(value[1]),
    link: graph.link,
    edge: graph.edge,
    apart: graph.apart,
    refused: graph.refused,
    joint: graph.joint,
    seenWith: seenWithOf(value?.[3] ?? ''),
    anonymous: value?.[4] ?? (kind === 'a' ? id : ''),
    firstSeen: value?.[5] ?? 0,
    lastSeen: value?.[6] ?? 0,
    told: value?.[7] ?? 0,
    accounts: accountsOf(value),
    traits: traitsOf(value?.[10], value?.[11], value?.[13]),
    habits: value?.[14] === undefined ? undefined : decodeHabits(value[14]),
    visitor: value?.[13]?.visitor && decodeVisitor(value[13].visitor),
    trail: decodeTrail(value?.[12]),
  };
}

function seenWithOf(value: string | readonly string[]): readonly string[] {
  if (typeof value !== 'string') return value;
  return value === '' ? [] : [value];
}

export function encodeAccount(account: Account): string {
  const value: AccountValue = [
    layout,
    account.firstSeen,
    account.lastSeen,
    account.told,
    account.traits.values,
    account.traits.setAt,
  ];
  const more = moreOf(account.traits);
  if (!isEmpty(more)) value.push(more);
  return JSON.stringify(value);
}

export function decodeAccount(
  text: string | undefined,
  stateKey: string,
  project: string,
  kind: string,
  id: string,
): Account {
  const value = parse(text) as AccountValue | undefined;
  return {
    project,
    kind,
    id,
    stateKey,
    firstSeen: value?.[1] ?? 0,
    lastSeen: value?.[2] ?? 0,
    told: value?.[3] ?? 0,
    traits: traitsOf(value?.[4], value?.[5], value?.[6]),
  };
}

function parse(text: string | undefined): readonly unknown[] | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value[0] === layout ? value : undefined;
  } catch {
    return undefined;
  }
}
