import type { PersonalKind, PrivacyAction, PrivacyRules } from '../contract/privacy-settings.ts';
import { plainName } from './names.ts';
import type { PseudonymKey } from './pseudonym.ts';

export type Actions = Readonly<Record<PersonalKind, PrivacyAction>>;

/** The policy of a project in the form in which it is applied. */
export interface Rules {
  readonly urls: Actions;
  readonly properties: Actions;
  /** Without e-mail and phone, which are what a profile is for. */
  readonly profile: Actions;
  /** Plain names. */
  readonly exceptions: ReadonlySet<string>;
  readonly fields: ReadonlyMap<string, PrivacyAction>;
  readonly userIds: boolean;
  readonly emails: boolean;
  /** Pseudonyms are made with it; without one they are masks. */
  readonly key: PseudonymKey | undefined;
  /** Nothing is ever changed. */
  readonly isIdle: boolean;
  /** Every request must be looked at as a whole: the names decide. */
  readonly byName: boolean;
}

/** `marked`: names of properties that the tracking plan marks as personal. */
export function rulesOf(
  settings: PrivacyRules,
  key: PseudonymKey | undefined,
  marked: readonly string[] = [],
): Rules {
  const fields = new Map<string, PrivacyAction>();
  if (settings.marked !== 'keep') for (const name of marked) fields.set(plainName(name), settings.marked);
  for (const [name, action] of Object.entries(settings.fields)) fields.set(plainName(name), action);
  const acting = [...Object.values(settings.urls), ...Object.values(settings.properties)].some(
    (action) => action !== 'keep',
  );
  const named = [...fields.values()].some((action) => action !== 'keep');
  const { userIds, emails } = settings.pseudonyms;
  return {
    urls: settings.urls,
    properties: settings.properties,
    profile: { ...settings.properties, email: 'keep', phone: 'keep' },
    exceptions: new Set(settings.exceptions.map(plainName)),
    fields,
    userIds,
    emails,
    key,
    isIdle: !acting && !named && !userIds && !emails,
    byName: named || userIds || emails,
  };
}
