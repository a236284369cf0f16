import type { PersonalKind, PrivacyAction } from '../contract/privacy-settings.ts';
import { base64Json } from './base64.ts';
import { escaped, toText, unescaped } from './bytes.ts';
import { type Found, findCards, findEmails, findPhones, findTokens, isCard } from './find.ts';
import { maskJson } from './json.ts';
import { factsOf, maxName, type NameFacts } from './names.ts';
import { nextParameter } from './parameters.ts';
import { isPseudonym, pseudonymOf } from './pseudonym.ts';
import type { Actions, Rules } from './rules.ts';

/** Where a text stands. */
export interface Place {
  readonly name: string;
  readonly in: 'urls' | 'properties' | 'profile';
  readonly depth: number;
}

/** Names of users that only one protocol has; anonymous ids are among them where an id is told to be one by comparing. */
const ownNames: Readonly<Record<string, ReadonlySet<string>>> = {
  posthog: new Set(['deviceid', 'anondistinctid', 'alias']),
  mixpanel: new Set(['alias', 'identifiedid']),
  segment: new Set(['previousid']),
  rudderstack: new Set(['previousid']),
  tributary: new Set(['u', 'previousid']),
};
const noNames: ReadonlySet<string> = new Set();
const uuid = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
/** Without any of these nothing is personal by its form. */
const personal = /@|%40|\d{3}|\d[ -]\d|[A-Za-z0-9]{12}|[Bb]earer|Basic /;
/** Texts inside of texts: JSON in a form in base64 in JSON. */
const maxDepth = 6;
const marks: Readonly<Record<PersonalKind, string>> = {
  email: '(email)',
  phone: '(phone)',
  card: '(card)',
  token: '(token)',
};

/** Applies the rules of a project to what one request carries. Total: any bytes go in, and what was readable stays readable. */
export class Masker {
  readonly #rules: Rules;
  readonly #ownNames: ReadonlySet<string>;
  readonly #isMatomo: boolean;
  /** How many values were changed. */
  changes = 0;

  constructor(rules: Rules, protocol: string) {
    this.#rules = rules;
    this.#ownNames = ownNames[protocol] ?? noNames;
    this.#isMatomo = protocol === 'matomo';
  }

  /** A query or a form: `name=value&…`. */
  form(text: string, depth = 0): string {
    if (!text.includes('=')) return text;
    let changed = false;
    const pairs = text.split('&').map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 0) return pair;
      const value = unescaped(pair.slice(equals + 1));
      if (value === undefined || value === '') return pair;
      const name = unescaped(pair.slice(0, equals)) ?? '';
      const masked = this.value(value, { name, in: 'properties', depth: depth + 1 });
      if (masked === value) return pair;
      changed = true;
      return `${pair.slice(0, equals)}=${escaped(masked)}`;
    });
    return changed ? pairs.join('&') : text;
  }

  json(text: string, depth = 0, inProfile = false): string {
    return maskJson(text, inProfile, {
      text: (value, name, profile) =>
        this.value(value, { name, in: profile ? 'profile' : 'properties', depth: depth + 1 }),
      number: (digits, name) => this.#number(digits, name),
    });
  }

  /** Lines of a log, or whatever has no structure that we know. */
  lines(text: string): string {
    return text
      .split('\n')
      .map((line) =>
        /^\s{0,9}[{[]/.test(line)
          ? this.json(line)
          : this.value(line, { name: '', in: 'properties', depth: 1 }),
      )
      .join('\n');
  }

  /** The address of a page. */
  url(text: string): string {
    return this.value(text, { name: '', in: 'urls', depth: 1 });
  }

  /** One value under a name. */
  value(text: string, place: Place): string {
    if (text === '' || place.depth > maxDepth) return text;
    const { exceptions, fields } = this.#rules;
    const facts = factsOf(place.name.slice(-maxName));
    if (exceptions.has(facts.plain) || isPseudonym(text)) return text;
    const asked = fields.get(facts.plain);
    if (asked !== undefined) return this.#instead(asked, text, '(masked)');
    const identity = this.#identity(text, facts, place);
    if (identity !== undefined) return identity;
    const { kind } = facts;
    if (kind !== undefined && isPlausible(kind, text)) {
      const action = this.#actions(place)[kind];
      if (action !== 'keep') return this.#instead(action, text, marks[kind]);
    }
    return this.#inside(text, place) ?? this.#text(text, place, facts);
  }

  /** Ids of users and addresses that stand for them are touched only when asked; undefined where it is none. */
  #identity(text: string, facts: NameFacts, place: Place): string | undefined {
    const { userIds, emails } = this.#rules;
    const isUser =
      facts.isUser || (this.#ownNames.has(facts.plain) && !(facts.plain === 'previousid' && uuid.test(text)));
    if (isUser) {
      if (userIds && !text.startsWith('$')) return this.#instead('pseudonym', text, '(masked)');
      if (place.in !== 'urls') return text;
    }
    if (facts.kind === 'email' && emails && text.includes('@'))
      return this.#instead('pseudonym', text, marks.email);
    return undefined;
  }

  #number(digits: string, name: string): string | undefined {
    const { exceptions, fields, properties, userIds } = this.#rules;
    const { kind, isUser, plain } = factsOf(name.slice(-maxName));
    if (exceptions.has(plain)) return undefined;
    const asked = fields.get(plain);
    if (asked !== undefined) return asked === 'keep' ? undefined : this.#instead(asked, digits, '(masked)');
    if ((isUser || this.#ownNames.has(plain)) && userIds)
      return this.#instead('pseudonym', digits, '(masked)');
    if (kind !== 'card' || properties.card === 'keep' || !isCard(digits, true)) return undefined;
    return this.#instead(properties.card, digits, marks.card);
  }

  #actions(place: Place): Actions {
    return this.#rules[place.in];
  }

  #instead(action: PrivacyAction, text: string, mark: string): string {
    if (action === 'keep') return text;
    this.changes++;
    const { key } = this.#rules;
    return action === 'pseudonym' && key ? pseudonymOf(key, toText(text)) : mark;
  }

  /** A text that is JSON, JSON in base64, or a tracker's query; undefined when it is none of them. */
  #inside(text: string, { depth, in: where }: Place): string | undefined {
    const first = text.charCodeAt(0);
    if (first === 0x7b || first === 0x5b) {
      const last = text.charCodeAt(text.length - 1);
      return last === 0x7d || last === 0x5d ? this.json(text, depth, where === 'profile') : undefined;
    }
    if (first === 0x65 || first === 0x57) return base64Json(text, (inner) => this.json(inner, depth));
    if (first === 0x3f && this.#isMatomo) return `?${this.form(text.slice(1), depth)}`;
    return undefined;
  }

  #text(text: string, place: Place, facts: NameFacts): string {
    const isAddress = looksLikeAddress(text);
    const here: Place = isAddress ? { ...place, in: 'urls' } : place;
    const actions = this.#actions(here);
    const start = isAddress && actions.token !== 'keep' ? this.#withoutUser(text) : text;
    let result = '';
    let from = 0;
    for (let found = nextParameter(start, 0); found; found = nextParameter(start, found.end)) {
      const raw = start.slice(found.valueStart, found.end);
      const value = found.isUrl ? unescaped(raw) : raw;
      if (value === undefined) continue;
      const inUrl = found.isUrl || here.in === 'urls';
      const masked = this.value(value, {
        name: found.name,
        in: inUrl ? 'urls' : place.in,
        depth: place.depth + 1,
      });
      if (masked === value) {
        // what was looked at under its own name is not looked at again as text, or an exception would be none
        result += this.#pieces(start.slice(from, found.valueStart), actions, facts) + raw;
      } else {
        result +=
          this.#pieces(start.slice(from, found.valueStart), actions, facts) +
          (found.isUrl ? escaped(masked) : masked);
      }
      from = found.end;
    }
    result += this.#pieces(from === 0 ? start : start.slice(from), actions, facts);
    return result === text ? text : result;
  }

  /** `https://user:password@host`. */
  #withoutUser(text: string): string {
    const scheme = text.indexOf('://');
    if (scheme < 0 || scheme > 20) return text;
    const end = text.slice(scheme + 3).search(/[/?#\s]/);
    const authority = end < 0 ? text.slice(scheme + 3) : text.slice(scheme + 3, scheme + 3 + end);
    const at = authority.lastIndexOf('@');
    if (at < 0) return text;
    this.changes++;
    return text.slice(0, scheme + 3) + text.slice(scheme + 3 + at + 1);
  }

  #pieces(text: string, actions: Actions, facts: NameFacts): string {
    if (text.length < 5 || !personal.test(text)) return text;
    const found: Found[] = [];
    if (actions.email !== 'keep') findEmails(text, found);
    if (actions.token !== 'keep') findTokens(text, found);
    if (actions.card !== 'keep') findCards(text, !facts.isNumber, found);
    if (actions.phone !== 'keep') findPhones(text, found);
    if (found.length === 0) return text;
    let result = '';
    let from = 0;
    for (const { start, end, kind } of found.sort((a, b) => a.start - b.start || b.end - a.end)) {
      if (start < from) continue;
      result +=
        text.slice(from, start) +
        this.#instead(actions[kind], unescaped(text.slice(start, end)) ?? '', marks[kind]);
      from = end;
    }
    return result + text.slice(from);
  }
}

function looksLikeAddress(text: string): boolean {
  if (text.startsWith('/') || text.startsWith('?')) return !text.includes(' ');
  return /^[a-z][a-z0-9+.-]{1,30}:\/\//i.test(text) && !text.includes(' ');
}

/** Whether a value can be what its name says: `email=weekly` is no address, `token=true` no secret. */
function isPlausible(kind: PersonalKind, text: string): boolean {
  switch (kind) {
    case 'email':
      return text.includes('@');
    case 'phone':
      return text.length < 40 && /^[\d\s+().\-/x]+$/.test(text) && text.replace(/\D/g, '').length >= 6;
    case 'card':
      return text.length < 40 && isCard(text.trim(), true);
    case 'token':
      return text.length >= 3 && !/^(?:true|false|null|none|undefined|yes|no)$/i.test(text);
  }
}
