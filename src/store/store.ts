import { join } from 'node:path';
import type { Key, Project, Role, User } from '../contract/endpoints.ts';
import type { Door, Source } from '../contract/source.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { TributaryError } from '../runtime/errors.ts';
import { ensureFirstStart } from './first-start.ts';
import { createKeyLookup } from './key-lookup.ts';
import { sessionLifetime } from './lifetimes.ts';
import type { PrivacyStore } from './privacy.ts';
import type { ReplayStore } from './replays.ts';
import { createSecretBox } from './secret-box.ts';
import { openSqliteStore } from './sqlite.ts';

export type { FirstStartOptions, StartFacts } from './first-start.ts';
export type { KeyLookup } from './key-lookup.ts';
export type { ErasedId, PrivacyStore, StoredErasure } from './privacy.ts';
export type { ReplayStore, StoredReplay } from './replays.ts';
export { createKeyLookup, ensureFirstStart, sessionLifetime };

/**
 * Metadata: who may sign in, which projects and keys exist, which roles are alive. Small and read often; every
 * implementation passes store.conformance.ts. Times are milliseconds since the epoch. Every method is atomic and safe
 * to call from several processes at once. What cannot be done rejects with a TributaryError: `not-found`, `conflict`,
 * `disk-full`, `overloaded`.
 */
export interface Store {
  readonly projects: ProjectStore;
  readonly keys: KeyStore;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly links: LinkStore;
  readonly heartbeats: HeartbeatStore;
  readonly settings: SettingStore;
  readonly privacy: PrivacyStore;
  readonly replays: ReplayStore;
  close(): Promise<void>;
}

export interface NewProject {
  /** Derived from the name when absent; never one that was in use before. */
  readonly id?: string;
  readonly name: string;
  readonly timezone: string;
  readonly demo?: boolean;
}

export interface ProjectStore {
  create(project: NewProject): Promise<Project>;
  /** Oldest first. */
  list(): Promise<Project[]>;
  get(id: string): Promise<Project | undefined>;
  update(id: string, changes: { readonly name?: string; readonly timezone?: string }): Promise<Project>;
  /** Deletes the project and its keys; the events are the warehouse's. */
  delete(id: string): Promise<void>;
}

export type NewKey =
  | ({
      readonly project: string;
      readonly kind: 'write';
      readonly name: string;
      /** A write key chosen by the operator instead of a generated one. */
      readonly value?: string | undefined;
      /** `tracker` when absent. */
      readonly door?: Door | undefined;
    } & SourceChanges)
  | { readonly project: string; readonly kind: 'api'; readonly name: string; readonly role: Role };

/** What is absent stays as it is; null and an empty list take a setting away. */
export interface SourceChanges {
  readonly name?: string | undefined;
  readonly origins?: readonly string[] | undefined;
  readonly events?: readonly string[] | undefined;
  readonly requestsPerSecond?: number | null | undefined;
  readonly secret?: string | null | undefined;
  readonly mapping?: string | null | undefined;
}

/** What the collector must know of a write key, on every request. */
export interface SendingKey {
  /** Empty for the default project's requests without a key. */
  readonly id: string;
  readonly project: string;
  readonly door: string;
  readonly secret?: string | undefined;
  /** Undefined: all. */
  readonly origins?: readonly string[] | undefined;
  readonly requestsPerSecond?: number | undefined;
}

/** A write key with its settings is a source. */
export interface KeyStore {
  /** `secret` is the whole key; of an API key only its hash is kept. */
  create(key: NewKey): Promise<{ readonly key: Key; readonly secret: string }>;
  /** Keys of both kinds, oldest first. */
  list(project: string): Promise<Key[]>;
  /** Oldest first. */
  sources(project: string): Promise<Source[]>;
  source(project: string, id: string): Promise<Source>;
  update(project: string, id: string, changes: SourceChanges): Promise<Source>;
  /** Gives a source another value; the old one goes on working for `keepFor` milliseconds. */
  rotate(
    project: string,
    id: string,
    how: { readonly keepFor: number; readonly value?: string | undefined },
  ): Promise<Source>;
  /** The key with this value, and marks it used (stored at most once a minute). */
  use(kind: 'write' | 'api', value: string): Promise<Key | undefined>;
  /** The write key with this value, as the collector needs it; marks it used like `use`. */
  sender(value: string): Promise<SendingKey | undefined>;
  /** What a source signs with or is signed for; undefined when it has none. */
  secret(project: string, id: string): Promise<string | undefined>;
  /** The JSONata text of a write key, revoked ones included: what they sent may wait to be decoded. Cheap to ask often. */
  mapping(id: string): Promise<string | undefined>;
  /** Names of the events that a write key may send; undefined: all. Cheap to ask often. */
  allowedEvents(id: string): Promise<ReadonlySet<string> | undefined>;
  revoke(project: string, kind: 'write' | 'api', id: string): Promise<void>;
  revokeAll(project: string): Promise<void>;
  /** Calls back after keys changed through this object; returns how to stop that. */
  onChange(listener: () => void): () => void;
}

export interface NewUser {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  /** Without one the user signs in by link. */
  readonly password?: string;
}

export interface UserStore {
  create(user: NewUser): Promise<User>;
  /** Oldest first. */
  list(): Promise<User[]>;
  get(id: string): Promise<User | undefined>;
  /** Rejects with `conflict` when it would leave no administrator. */
  update(id: string, changes: { readonly name?: string; readonly role?: Role }): Promise<User>;
  /** Ends the sessions and links too. Rejects with `conflict` when it would leave no administrator. */
  delete(id: string): Promise<void>;
  setPassword(id: string, password: string): Promise<void>;
  /** The user when the password is theirs. Takes as long for an unknown e-mail as for a wrong password. */
  checkPassword(email: string, password: string): Promise<User | undefined>;
}

export interface Session {
  /** Names the session without being its token. */
  readonly id: string;
  readonly user: User;
  readonly expiresAt: number;
  /** Whether this use moved the expiry, so that the cookie should follow. */
  readonly renewed: boolean;
}

export interface SessionStore {
  /** Also sets the user's lastSignInAt. */
  create(user: string): Promise<{ readonly token: string; readonly session: Session }>;
  /** The session of a token while it is valid; using it keeps it alive. */
  use(token: string): Promise<Session | undefined>;
  end(id: string): Promise<void>;
  /** Ends all sessions of a user, except one when given. */
  endAll(user: string, except?: string): Promise<void>;
}

/** `start`: printed in the terminal; `invite`: handed to a person. */
export type LinkPurpose = 'start' | 'invite';

export interface LinkStore {
  create(user: string, purpose: LinkPurpose): Promise<string>;
  /** The user of an unexpired token, for the first caller only. */
  consume(token: string): Promise<User | undefined>;
}

export interface Heartbeat {
  readonly role: string;
  /** Names one process of the role. */
  readonly instance: string;
  readonly at: number;
  /** What the role says about itself; JSON. */
  readonly detail: unknown;
}

export interface HeartbeatStore {
  beat(role: string, instance: string, detail: unknown): Promise<void>;
  /** Those not older than `since`, newest first. */
  list(since: number): Promise<Heartbeat[]>;
}

export interface SettingStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

export interface StoreOptions {
  /** The option `store`: `embedded`, or a URL. */
  readonly url: string;
  /** Folder of the embedded store's file. */
  readonly data: string;
  /** The option `secret-key`; empty or absent: a file in `data` holds it. */
  readonly secretKey?: string;
  readonly clock?: Clock;
}

export function openStore({ url, data, secretKey = '', clock = systemClock }: StoreOptions): Store {
  const box = createSecretBox({ data, secretKey });
  if (url === 'embedded') return openSqliteStore(join(data, 'store.db'), clock, box);
  throw new TributaryError(
    'config-invalid',
    `option "store": only "embedded" is there yet, not "${url.split(':')[0]}"`,
  );
}
