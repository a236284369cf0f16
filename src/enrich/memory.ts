import { defaultSettings, type ProjectSettings, projectSettings } from '../contract/project-settings.ts';
import type { IdentityHistoryRow, LinkReason, ProfileHistoryRow } from '../contract/row.ts';
import { defaultKind } from './account-kind.ts';
import type { Habits } from './bot/habits.ts';
import { decodeMembers, encodeMembers } from './identity/codec.ts';
import { Plans, projectOfPlan } from './plans.ts';
import type { Traits } from './profiles/traits.ts';
import type { VisitorProfile } from './profiles/visitor.ts';
import { RecentCache } from './recent.ts';
import { BatchSessions } from './sessions/batch.ts';
import { copyTrail, type Trail } from './sessions/trail.ts';
import { decodeAccount, decodeSubject, encodeAccount, encodeSubject } from './state/codec.ts';
import type { StateStore } from './state/state.ts';

/** Anonymous ids (devices, browsers, strangers of webhooks), users, e-mail addresses (as their SHA-256). */
export type SubjectKind = 'a' | 'u' | 'e';

/** What is remembered of one id: of what it did itself, whoever it counts as. */
export interface Subject {
  readonly project: string;
  readonly kind: SubjectKind;
  readonly id: string;
  /** Key in the state store; kept, since building and hashing it anew for every map costs more than holding it. */
  readonly stateKey: string;
  /** Key as a person of its own: hash64(project, kind, id). */
  readonly key: bigint;
  /** State key of the id that this one was joined to; '' while it stands for itself. */
  link: string;
  /** Why it was joined; undefined when it was not, or by a version that did not remember. */
  edge: Edge | undefined;
  /** State keys of ids that only an operator may join it to again. */
  apart: readonly string[];
  /** State keys of ids that it was not joined to, each told once. */
  refused: readonly string[];
  /** While others count as this one: what is known of all of them together. */
  joint: Joint | undefined;
  /** Of a user: the anonymous ids of its devices, where a backend event looks for an open session. Of a device: its users. Latest first. */
  seenWith: readonly string[];
  /** Of an anonymous id: itself. Of a user: the first one that versions without `joint` linked. */
  anonymous: string;
  firstSeen: number;
  lastSeen: number;
  /** lastSeen of the last person row; 0 before the first. */
  told: number;
  /** The latest account of each kind, the one that counts most first. */
  accounts: Belonging[];
  traits: Traits;
  /** How it behaves; undefined before its first visit. */
  habits: Habits | undefined;
  /** What later events carry along; undefined when the project asks for nothing. */
  visitor: VisitorProfile | undefined;
  /** What its sessions are made of. */
  readonly trail: Trail;
}

export interface Edge {
  readonly reason: LinkReason;
  readonly at: number;
  /** Id of the operator; '' when an event said so. */
  readonly by: string;
}

/** What is known of a person of several ids. All of it can be made anew of what its ids remember. */
export interface Joint {
  /** The first anonymous id among them; '' without one. */
  anonymous: string;
  firstSeen: number;
  lastSeen: number;
  accounts: Belonging[];
  /** State keys of the ids that have traits, besides the person's own. */
  bearers: readonly string[];
}

export interface Belonging {
  readonly kind: string;
  readonly id: string;
  /** Time of the newest event that said so. */
  readonly at: number;
}

export interface Account {
  readonly project: string;
  readonly kind: string;
  readonly id: string;
  readonly stateKey: string;
  firstSeen: number;
  lastSeen: number;
  told: number;
  traits: Traits;
}

/** Steps from an id to the person it counts as: every alias can add one, up to the most ids of a person. */
const maxHops = 10_000;

/**
 * What one batch remembers: read once before the steps run, changed by them in place, and handed over as changes at the end. It
 * lives as long as the batch; the store behind it only changes with the commit, so a batch can be enriched again.
 */
export class Memory {
  readonly #subjects = new Map<string, Subject>();
  readonly #accounts = new Map<string, Account>();
  readonly #settings = new Map<string, ProjectSettings>();
  readonly #changedSettings = new Map<string, string>();
  /** Of persons of several ids, the state keys of the others, in the order in which they came. */
  readonly #members = new Map<string, readonly string[]>();
  readonly #changedMembers = new Map<string, string | undefined>();
  readonly #changedSubjects = new Set<Subject>();
  readonly #changedAccounts = new Set<Account>();
  readonly sessions = new BatchSessions();
  readonly changedPersons = new Set<Subject>();
  readonly changedAccountRows = new Set<Account>();
  /** Ids whose edge, or whose person at the end of the edges, is another one now. */
  readonly changedEdges = new Set<Subject>();
  readonly identityHistory: IdentityHistoryRow[] = [];
  readonly profileHistory: ProfileHistoryRow[] = [];
  /** Events that keys are limited to, by id of the key. */
  allowedEvents: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  readonly plans = new Plans();
  /** Version of every row this batch writes: the newest offset in it, so a later batch always replaces an earlier one. */
  readonly version: number;

  constructor(version: number) {
    this.version = version;
  }

  /** Reads the named keys, then the ids they point to, until nothing new is named. */
  async load(state: StateStore, keys: ReadonlySet<string>): Promise<void> {
    let wanted = [...keys];
    for (let hop = 0; wanted.length > 0 && hop <= maxHops; hop++) {
      const values = await state.fetch(wanted);
      const named = new Set<string>();
      for (const [index, key] of wanted.entries()) this.#take(key, values[index], named, hop === 0);
      wanted = [...named].filter((key) => !this.#subjects.has(key) && !this.#accounts.has(key));
    }
  }

  /** Reads all ids of the persons that these ids count as: whoever joins or parts persons needs them. */
  async loadPersons(state: StateStore, subjects: Iterable<Subject>): Promise<void> {
    const wanted = new Set<Subject>();
    for (const subject of subjects) {
      const person = this.personOf(subject);
      if (person.joint !== undefined && !this.#members.has(person.stateKey)) wanted.add(person);
    }
    if (wanted.size === 0) return;
    const persons = [...wanted];
    const texts = await state.fetch(persons.map(({ stateKey }) => membersPrefix + stateKey));
    const keys = new Set<string>();
    for (const [index, { project, stateKey }] of persons.entries()) {
      const members = decodeMembers(texts[index], project);
      this.#members.set(stateKey, members);
      for (const key of members) if (!this.#subjects.has(key)) keys.add(key);
    }
    await this.load(state, keys);
  }

  /** State keys of the other ids of a person, which must have been loaded. */
  members(person: Subject): readonly string[] {
    const found = this.#members.get(person.stateKey);
    if (found !== undefined) return found;
    if (person.joint !== undefined) throw new Error('the ids of a person were not read');
    return [];
  }

  setMembers(person: Subject, members: readonly string[]): void {
    this.#members.set(person.stateKey, members);
    this.#changedMembers.set(membersPrefix + person.stateKey, encodeMembers(members));
  }

  /** What is known of an anonymous (`a:`), user (`u:`) or e-mail (`e:`) id. It must have been loaded, or what is stored would be lost. */
  subject(key: string): Subject {
    const found = this.#subjects.get(key);
    if (found === undefined) throw new Error(`state of ${key.replace('\0', ' ')} was not read`);
    return found;
  }

  /** Devices of a user, or users of a device, as far as they were read with the batch. */
  seenWith(subject: Subject): Subject[] {
    const kind = subject.kind === 'a' ? 'u' : 'a';
    return subject.seenWith.flatMap((id) => this.#subjects.get(subjectKey(kind, subject.project, id)) ?? []);
  }

  /** The person that an id counts as: follows links to their end. */
  personOf(subject: Subject): Subject {
    let person = subject;
    for (let hop = 0; hop < maxHops && person.link !== ''; hop++) {
      const next = this.#subjects.get(person.link);
      if (next === undefined) break;
      person = next;
    }
    return person;
  }

  account(key: string): Account {
    const found = this.#accounts.get(key);
    if (found === undefined) throw new Error(`state of ${key.replace('\0', ' ')} was not read`);
    return found;
  }

  /** What the project's owner decided, as of this place in the log. */
  settings(project: string): ProjectSettings {
    return this.#settings.get(project) ?? defaultSettings;
  }

  changeSettings(project: string, settings: ProjectSettings): void {
    this.#settings.set(project, settings);
    this.#changedSettings.set(settingsKey(project), JSON.stringify(settings));
  }

  changed(subject: Subject): void {
    this.#changedSubjects.add(subject);
  }

  changedAccount(account: Account): void {
    this.#changedAccounts.add(account);
  }

  /** What to store with the checkpoint. After this the memory must not change any more. */
  changes(): Map<string, string | undefined> {
    const changes = new Map<string, string | undefined>(this.#changedSettings);
    for (const [key, text] of this.#changedMembers) changes.set(key, text);
    for (const subject of this.#changedSubjects) {
      const text = encodeSubject(subject);
      changes.set(subject.stateKey, text);
      decoded.set(subject.stateKey, { text, subject });
    }
    for (const account of this.#changedAccounts) changes.set(account.stateKey, encodeAccount(account));
    for (const [key, text] of this.plans.changes) changes.set(key, text);
    return changes;
  }

  #take(key: string, text: string | undefined, named: Set<string>, isAsked: boolean): void {
    if (key.startsWith(settingsPrefix)) {
      const known = text === undefined ? undefined : readSettings(text);
      if (known) this.#settings.set(key.slice(settingsPrefix.length), known);
      return;
    }
    const planned = projectOfPlan(key);
    if (planned !== undefined) {
      this.plans.take(planned, text);
      return;
    }
    const end = key.indexOf('\0');
    const project = key.slice(2, end);
    const id = key.slice(end + 1);
    if (key.startsWith('g:')) {
      this.#accounts.set(key, decodeAccount(text, key, project, defaultKind, id));
      return;
    }
    if (key.startsWith('k:')) {
      const endOfKind = id.indexOf('\0');
      const kind = id.slice(0, endOfKind);
      this.#accounts.set(key, decodeAccount(text, key, project, kind, id.slice(endOfKind + 1)));
      return;
    }
    const subject = readSubject(key, text, project, id);
    this.#subjects.set(key, subject);
    if (subject.link !== '') named.add(subject.link);
    if (isAsked)
      for (const other of subject.seenWith)
        named.add(subjectKey(subject.kind === 'a' ? 'u' : 'a', project, other));
    const { joint } = subject;
    for (const account of joint?.accounts ?? subject.accounts)
      named.add(accountKey(project, account.kind, account.id));
    if (joint) for (const bearer of joint.bearers) named.add(bearer);
  }
}

/**
 * Objects of texts that were decoded or encoded lately, since JSON.parse is the dearest part of a batch. An object only stands for
 * exactly its text, so whatever became of the batch that made it, what the store says decides.
 */
const decoded = new RecentCache<{ readonly text: string; readonly subject: Subject }>(10_000);

function readSubject(key: string, text: string | undefined, project: string, id: string): Subject {
  const known = text === undefined ? undefined : decoded.get(key);
  if (known?.text === text && known !== undefined) return copySubject(known.subject);
  return decodeSubject(text, key, key.slice(0, 1) as SubjectKind, project, id);
}

function copySubject(subject: Subject): Subject {
  const { joint } = subject;
  return {
    ...subject,
    joint: joint && { ...joint, accounts: joint.accounts.slice() },
    accounts: subject.accounts.slice(),
    habits: subject.habits && { ...subject.habits },
    trail: copyTrail(subject.trail),
  };
}

const settingsPrefix = 'p:';

export function settingsKey(project: string): string {
  return settingsPrefix + project;
}

const settingsOfText = new RecentCache<ProjectSettings>(1_000);

function readSettings(text: string): ProjectSettings {
  let settings = settingsOfText.get(text);
  if (settings === undefined) {
    settings = projectSettings.parse(JSON.parse(text));
    settingsOfText.set(text, settings);
  }
  return settings;
}

const membersPrefix = 'm:';

export function subjectKey(kind: SubjectKind, project: string, id: string): string {
  return `${kind}:${project}\0${id}`;
}

export function accountKey(project: string, kind: string, id: string): string {
  return kind === defaultKind ? `g:${project}\0${id}` : `k:${project}\0${kind}\0${id}`;
}
