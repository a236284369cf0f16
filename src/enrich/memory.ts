import { defaultSettings, type ProjectSettings, projectSettings } from '../contract/project-settings.ts';
import type { IdentityRow } from '../contract/row.ts';
import { defaultKind } from './account-kind.ts';
import type { Habits } from './bot/habits.ts';
import { Plans, projectOfPlan } from './plans.ts';
import { RecentCache } from './recent.ts';
import type { Session } from './session-state.ts';
import { decodeAccount, decodeSubject, encodeAccount, encodeSubject } from './state/codec.ts';
import { type StateStore, transientPrefix } from './state/state.ts';
import type { Traits } from './traits.ts';

/** What is remembered of one anonymous id (a device, mostly) or one user id. */
export interface Subject {
  readonly project: string;
  readonly kind: 'a' | 'u';
  readonly id: string;
  /** Key in the state store; kept, since building and hashing it anew for every map costs more than holding it. */
  readonly stateKey: string;
  /** Key as a person of its own: hash64(project, kind, id). */
  readonly key: bigint;
  /** User id this one counts as since identify or alias; '' while it stands for itself. */
  link: string;
  /** Of a user: the anonymous id of the device last seen, where a backend event looks for an open session. */
  device: string;
  /** Of an anonymous id: itself. Of a user: the first one linked. */
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
  /** Most recently touched first. */
  sessions: Session[];
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

/** Most aliases from an id to the person it counts as; a longer chain ends there. */
const maxHops = 4;

/**
 * What one batch remembers: read once before the steps run, changed by them in place, and handed over as changes at the end. It
 * lives as long as the batch; the store behind it only changes with the commit, so a batch can be enriched again.
 */
export class Memory {
  readonly #subjects = new Map<string, Subject>();
  readonly #accounts = new Map<string, Account>();
  readonly #settings = new Map<string, ProjectSettings>();
  readonly #changedSettings = new Map<string, string>();
  readonly #changedSubjects = new Set<Subject>();
  readonly #changedAccounts = new Set<Account>();
  readonly changedSessions = new Set<Session>();
  readonly changedPersons = new Set<Subject>();
  readonly changedAccountRows = new Set<Account>();
  readonly identities: IdentityRow[] = [];
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
      for (const [index, key] of wanted.entries()) this.#take(key, values[index], named);
      wanted = [...named].filter((key) => !this.#subjects.has(key) && !this.#accounts.has(key));
    }
  }

  /** What is known of an anonymous (`a:`) or user (`u:`) id. It must have been loaded, or what is stored would be lost. */
  subject(key: string): Subject {
    const found = this.#subjects.get(key);
    if (found === undefined) throw new Error(`state of ${key.replace('\0', ' ')} was not read`);
    return found;
  }

  /** The device of a user, if it was read with the batch. */
  deviceOf(user: Subject): Subject | undefined {
    return user.device === '' ? undefined : this.#subjects.get(subjectKey('a', user.project, user.device));
  }

  /** The person that an id counts as: follows links to their end. */
  personOf(subject: Subject): Subject {
    let person = subject;
    for (let hop = 0; hop < maxHops && person.link !== ''; hop++) {
      const next = this.#subjects.get(subjectKey('u', person.project, person.link));
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
  changes(): Map<string, string> {
    const changes = new Map(this.#changedSettings);
    for (const subject of this.#changedSubjects) {
      const text = encodeSubject(subject);
      changes.set(subject.stateKey, text);
      decoded.set(subject.stateKey, { text, subject });
    }
    for (const account of this.#changedAccounts) changes.set(account.stateKey, encodeAccount(account));
    for (const [key, text] of this.plans.changes) changes.set(key, text);
    return changes;
  }

  #take(key: string, text: string | undefined, named: Set<string>): void {
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
    if (subject.link !== '') named.add(subjectKey('u', project, subject.link));
    if (subject.device !== '') named.add(subjectKey('a', project, subject.device));
    for (const account of subject.accounts) named.add(accountKey(project, account.kind, account.id));
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
  const kind = key.startsWith(transientPrefix) ? 'a' : 'u';
  return decodeSubject(text, key, kind, project, id);
}

function copySubject(subject: Subject): Subject {
  return {
    ...subject,
    accounts: subject.accounts.slice(),
    habits: subject.habits && { ...subject.habits },
    sessions: subject.sessions.map((session) => ({ ...session, row: { ...session.row } })),
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

export function subjectKey(kind: 'a' | 'u', project: string, id: string): string {
  return `${kind}:${project}\0${id}`;
}

export function accountKey(project: string, kind: string, id: string): string {
  return kind === defaultKind ? `g:${project}\0${id}` : `k:${project}\0${kind}\0${id}`;
}
