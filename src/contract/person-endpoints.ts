import { z } from 'zod';
import { layerFinding } from './counting-endpoints.ts';

const project = z.string().min(1).max(64);
/** A `person_key`: 64 bits do not fit into a number. */
const personKey = z.string().regex(/^\d{1,20}$/, 'a person is named by its key, a number of up to 20 digits');
const note = z.string().trim().max(1_000).default('');

export const idKind = z.enum(['anonymous', 'user', 'email']);
export const personIdSchema = z.object({
  kind: idKind,
  /** Of `email`: the SHA-256 of the address in lower case. */
  id: z.string().min(1).max(512),
});

export const personSummary = z.object({
  /** Its `person_id`. */
  person: z.string(),
  /** '' for somebody without a name. */
  userId: z.string(),
  anonymousId: z.string(),
  name: z.string(),
  email: z.string(),
  firstSeen: z.number(),
  lastSeen: z.number(),
  /** How many ids are this person. */
  ids: z.number(),
});
export type PersonSummary = z.infer<typeof personSummary>;

const actor = z.object({ id: z.string(), name: z.string() });

/** One id of a person: what it was joined to, when, why and by whom, and what it did itself. */
export const personIdFacts = personIdSchema.extend({
  key: z.string(),
  /** Null for the id that the person is named by. */
  joined: z
    .object({
      to: personIdSchema,
      reason: z.string(),
      at: z.number(),
      /** Null when an event said so. */
      by: actor.nullable(),
    })
    .nullable(),
  events: z.number(),
  firstEvent: z.number().nullable(),
  lastEvent: z.number().nullable(),
});
export type PersonIdFacts = z.infer<typeof personIdFacts>;

export const identityChange = z.object({
  at: z.number(),
  action: z.enum(['linked', 'refused', 'merged', 'undone', 'split']),
  alias: personIdSchema,
  target: personIdSchema,
  /** The person that each is today. */
  aliasPerson: z.string(),
  targetPerson: z.string(),
  reason: z.string(),
  by: actor.nullable(),
  note: z.string(),
});
export type IdentityChange = z.infer<typeof identityChange>;

const money = z.array(z.object({ currency: z.string(), amount: z.number() }));

export const personResult = personSummary.extend({
  id: personIdSchema,
  traits: z.record(z.string(), z.unknown()),
  /** The first 500. */
  known: z.array(personIdFacts),
  events: z.number(),
  sessions: z.number(),
  revenue: money,
  accounts: z.array(z.object({ kind: z.string(), id: z.string(), lastSeen: z.number(), events: z.number() })),
  /** Who may be the same person: two users said one address of e-mail, or asked to be one and were refused. */
  suggestions: z.array(
    z.object({ person: z.string(), id: personIdSchema, reason: z.string(), at: z.number() }),
  ),
});
export type PersonResult = z.infer<typeof personResult>;

export const personEvent = z.object({
  eventId: z.string(),
  at: z.number(),
  type: z.string(),
  event: z.string(),
  /** '0' outside of sessions. */
  session: z.string(),
  id: personIdSchema,
  path: z.string(),
  title: z.string(),
  source: z.string(),
  country: z.string(),
  browser: z.string(),
  os: z.string(),
  revenue: z.number().nullable(),
  currency: z.string(),
  consent: z.string(),
  /** What the layers found that look for bots, the highest score first. */
  bots: z.array(layerFinding),
  properties: z.string(),
});
export type PersonEvent = z.infer<typeof personEvent>;

const side = z.object({
  person: z.string(),
  id: personIdSchema,
  name: z.string(),
  ids: z.number(),
  events: z.number(),
  sessions: z.number(),
  revenue: money,
  firstSeen: z.number(),
  lastSeen: z.number(),
});

export const mergePreview = z.object({
  /** What moves to `into`. */
  from: side,
  /** The person that stays. A known user always does, so that the two may change places. */
  into: side,
  firstSeen: z.number(),
  lastSeen: z.number(),
  /** Traits that both have, with other values; the one that was set later will show. */
  conflicts: z.array(z.object({ trait: z.string(), from: z.unknown(), into: z.unknown() })),
});
export type MergePreview = z.infer<typeof mergePreview>;

/** What became of a command. */
export const personCommandResult = z.object({
  /** Queries see it; false when the pipeline has not come to it within 15 seconds: it will. */
  applied: z.boolean(),
  /** What it changed; nothing when everything was so already. */
  changes: z.array(identityChange),
});
export type PersonCommandResult = z.infer<typeof personCommandResult>;

const person = '/api/projects/:project/people/:person';

/** The rows of the endpoint table about persons. */
export const personEndpoints = {
  searchPeople: {
    method: 'GET',
    path: '/api/projects/:project/people',
    access: 'viewer',
    scope: 'project',
    summary: 'People by id, e-mail address or text of their traits; without a search, who was seen last',
    input: z.object({
      project,
      search: z.string().trim().max(320).default(''),
      kind: z.enum(['all', 'known', 'anonymous']).default('all'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    output: z.object({ people: z.array(personSummary) }),
  },
  person: {
    method: 'GET',
    path: person,
    access: 'viewer',
    scope: 'project',
    summary:
      'One person: ids with their edges, traits, accounts, events, sessions and revenue; any key of it will do',
    input: z.object({ project, person: personKey }),
    output: personResult,
  },
  personEvents: {
    method: 'GET',
    path: `${person}/events`,
    access: 'viewer',
    scope: 'project',
    summary: 'Events of a person, the newest first',
    input: z.object({
      project,
      person: personKey,
      /** Events before that time, milliseconds; of one time at most `limit` are found. */
      before: z.coerce.number().int().min(0).max(8.64e15).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    output: z.object({ events: z.array(personEvent) }),
  },
  identityHistory: {
    method: 'GET',
    path: '/api/projects/:project/identity-history',
    access: 'viewer',
    scope: 'project',
    summary:
      'What was joined, refused, merged, undone and split, of a person or of the project, the newest first',
    input: z.object({
      project,
      person: personKey.optional(),
      /** `operators`: only what somebody decided. */
      who: z.enum(['all', 'operators']).default('all'),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    output: z.object({ changes: z.array(identityChange) }),
  },
  previewMerge: {
    method: 'GET',
    path: `${person}/merge-preview`,
    access: 'viewer',
    scope: 'project',
    summary: 'What a merge would move: events, sessions, revenue, and where traits differ',
    input: z.object({ project, person: personKey, into: personKey }),
    output: mergePreview,
  },
  mergePersons: {
    method: 'POST',
    path: `${person}/merge`,
    access: 'editor',
    scope: 'project',
    summary: 'Make one person of two; it can be undone',
    input: z.object({ project, person: personKey, into: personKey, note }),
    output: personCommandResult,
  },
  undoEdge: {
    method: 'POST',
    path: `${person}/undo`,
    access: 'editor',
    scope: 'project',
    summary: 'Take away the edge by which an id was joined, with everything that hangs on it',
    input: z.object({ project, person: personKey, alias: personIdSchema, note }),
    output: personCommandResult,
  },
  splitPerson: {
    method: 'POST',
    path: `${person}/split`,
    access: 'editor',
    scope: 'project',
    summary: 'Take ids off a person, each a person of its own, and keep them apart',
    input: z.object({ project, person: personKey, ids: z.array(personIdSchema).min(1).max(100), note }),
    output: personCommandResult,
  },
} as const;
