import type { DecodedEvent } from '../../contract/event.ts';
import { sha256 } from '../../runtime/ids.ts';
import { RecentCache } from '../recent.ts';

/** How decoders name somebody of whom they know nothing but an address. */
const stranger = 'email:';
const longest = 320;

/** SHA-256 in hex of the address in lower case, as the field does it, by the address as it was written. */
const known = new RecentCache<string>(10_000);

/**
 * The e-mail address that an event says its person has, as an id: the hash of it; '' when it says none. Only what looks like one address counts,
 * and nothing that somebody has masked.
 */
export function mailIdOf(event: DecodedEvent): string {
  const said = event.person?.set?.email;
  if (typeof said === 'string') return idOf(said);
  return event.anonymousId?.startsWith(stranger) ? idOf(event.anonymousId.slice(stranger.length)) : '';
}

/** Whether the anonymous id is no more than that address. */
export function isMailStranger(anonymousId: string | undefined): boolean {
  return anonymousId?.startsWith(stranger) === true;
}

function idOf(said: string): string {
  if (said.length > longest) return '';
  let id = known.get(said);
  if (id === undefined) {
    const address = said.trim().toLowerCase();
    id = isAddress(address) ? sha256(address) : '';
    known.set(said, id);
  }
  return id;
}

function isAddress(text: string): boolean {
  const at = text.indexOf('@');
  if (at < 1 || at !== text.lastIndexOf('@') || !text.includes('.', at + 2)) return false;
  for (const char of text) if (char <= ' ' || char === '*' || char === ',' || char === ';') return false;
  return !text.endsWith('.');
}
