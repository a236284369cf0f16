import { z } from 'zod';

/** Kinds of personal data that are found in values. */
export const personalKinds = ['email', 'phone', 'card', 'token'] as const;
export type PersonalKind = (typeof personalKinds)[number];

/** `mask`: a word such as `(email)` stands in its place; `pseudonym`: a hash with the project's key, the same for the same value. */
export const privacyActions = ['keep', 'mask', 'pseudonym'] as const;
export type PrivacyAction = (typeof privacyActions)[number];

const action = z.enum(privacyActions);
const name = z.string().min(1).max(128);

/** What happens to personal data before anything is written to disk. */
export const privacyRules = z.object({
  /** In the query and fragment of page addresses and referrers, and in addresses inside of texts. */
  urls: z
    .object({
      email: action.default('mask'),
      phone: action.default('keep'),
      card: action.default('mask'),
      token: action.default('mask'),
    })
    .prefault({}),
  /** In all other values: properties of events, texts of log lines. E-mail addresses and phones of profiles stay. */
  properties: z
    .object({
      email: action.default('keep'),
      phone: action.default('keep'),
      card: action.default('mask'),
      token: action.default('keep'),
    })
    .prefault({}),
  /** Names whose values are never changed. */
  exceptions: z.array(name).max(200).default([]),
  /** Names whose values are always changed, whatever they hold. */
  fields: z
    .record(name, action)
    .refine((fields) => Object.keys(fields).length <= 200, 'at most 200 fields')
    .default({}),
  /** Properties that the tracking plan marks as personal. */
  marked: action.default('mask'),
  /** Ids of users, and e-mail addresses under names of e-mail addresses, become pseudonyms. */
  pseudonyms: z
    .object({ userIds: z.boolean().default(false), emails: z.boolean().default(false) })
    .prefault({}),
});
export type PrivacyRules = z.infer<typeof privacyRules>;

const days = z.number().int().min(1).max(36_500).nullable();

/** Days after which data is deleted, counted from when it happened; null keeps it. */
export const retentionRules = z.object({
  events: days.default(null),
  sessions: days.default(null),
  logs: days.default(null),
  quarantine: days.default(null),
  /** By name of the event, instead of `events`; the shorter time counts. */
  eventNames: z
    .record(name, days.unwrap())
    .refine((names) => Object.keys(names).length <= 200, 'at most 200 names')
    .default({}),
});
export type RetentionRules = z.infer<typeof retentionRules>;
