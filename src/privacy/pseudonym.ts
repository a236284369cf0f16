import { createHmac, randomBytes } from 'node:crypto';

/** A key of a project's pseudonyms. */
export interface PseudonymKey {
  readonly id: number;
  /** Base64url, 32 bytes. */
  readonly secret: string;
  readonly createdAt: number;
}

/** All keys a project ever had, oldest first; the last one is in use, the others answer who a pseudonym of theirs is. */
export type PseudonymKeys = readonly PseudonymKey[];

const shape = /^ps\d{1,9}_[\w-]{22}$/;

/** Whether a text is a pseudonym already, which must not be replaced by one of its own. */
export function isPseudonym(text: string): boolean {
  return text.length < 36 && shape.test(text);
}

/**
 * `ps<key id>_` and the first 128 bits of HMAC-SHA-256 in base64url. An e-mail address is compared without case, so that however it
 * is written it is one person.
 */
export function pseudonymOf(key: PseudonymKey, value: string): string {
  const text = value.trim();
  const same = text.includes('@') ? text.toLowerCase() : text;
  const names = recentOf(key);
  let name = names.get(same);
  if (name === undefined) {
    const hash = createHmac('sha256', Buffer.from(key.secret, 'base64url')).update(same).digest();
    name = `ps${key.id}_${hash.toString('base64url', 0, 16)}`;
    if (names.size >= maxRecent) names.clear();
    if (same.length < 200) names.set(same, name);
  }
  return name;
}

/** Ids come again and again, and a hash with a key takes some microseconds. */
const recent = new WeakMap<PseudonymKey, Map<string, string>>();
const maxRecent = 10_000;

function recentOf(key: PseudonymKey): Map<string, string> {
  let names = recent.get(key);
  if (names === undefined) {
    names = new Map();
    recent.set(key, names);
  }
  return names;
}

/** Everything that a value was ever kept as, itself first. */
export function namesOf(keys: PseudonymKeys, value: string): string[] {
  return [value, ...keys.map((key) => pseudonymOf(key, value))];
}

/** The keys with a new one in use. */
export function withNewKey(keys: PseudonymKeys, now: number): PseudonymKeys {
  const id = (keys.at(-1)?.id ?? 0) + 1;
  return [...keys, { id, secret: randomBytes(32).toString('base64url'), createdAt: now }];
}
