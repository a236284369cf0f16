import { z } from 'zod';

/** What a write key is for: any tracker, or one sender that speaks its own way. */
export const doors = [
  'tracker',
  'stripe',
  'slack',
  'github',
  'telegram',
  'sendgrid',
  'mailgun',
  'postmark',
  'ses',
  'generic',
  'email',
  'logs',
  'import',
] as const;
export type Door = (typeof doors)[number];

/** A value that clients may send as their key: their own project token, site id, measurement id, domain. */
export const keyValue = z
  .string()
  .max(200)
  .regex(/^[!-~]+$/, 'printable ASCII without spaces');

/**
 * `https://app.example.com`, `https://*.example.com` (any subdomain, not the domain itself), `http://localhost:*`, and `null`,
 * which pages from files and sandboxed frames say.
 */
const origin = z
  .string()
  .max(300)
  .regex(
    /^(?:null|[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?(?:\[[0-9a-f:]+\]|[a-z0-9._-]+)(?::(?:\d{1,5}|\*))?)$/,
    'an origin such as https://app.example.com, https://*.example.com or http://localhost:*, in lower case',
  );

/** What an operator sets for a source; what is absent stays as it is, null and [] take it away. */
export const sourceSettings = {
  name: z.string().min(1).max(100).optional(),
  origins: z.array(origin).max(100).optional(),
  events: z.array(z.string().min(1).max(300)).max(1_000).optional(),
  requestsPerSecond: z.number().int().min(1).max(100_000).nullable().optional(),
  /** What the sender signs with; stored encrypted and never shown again. */
  secret: z.string().min(1).max(2_000).nullable().optional(),
  /** JSONata that makes events of what comes. */
  mapping: z.string().min(1).max(20_000).nullable().optional(),
} as const;

/** A write key with what its owner set for it. It is public by nature (it sits in pages), so it is shown whole. */
export const sourceSchema = z.object({
  id: z.string(),
  project: z.string(),
  name: z.string(),
  door: z.enum(doors),
  /** What clients send. */
  key: z.string(),
  createdAt: z.number(),
  lastUsedAt: z.number().nullable(),
  /** Pages that may send with it; all when empty. */
  origins: z.array(z.string()),
  /** Names of the events that it may send; all when empty. */
  events: z.array(z.string()),
  /** Null: no limit. */
  requestsPerSecond: z.number().nullable(),
  /** Whether a secret is stored that signatures are checked with. */
  signed: z.boolean(),
  mapping: z.string().nullable(),
  /** Keys from before a rotation that still work. */
  previous: z.array(z.object({ key: z.string(), validUntil: z.number() })),
});
export type Source = z.infer<typeof sourceSchema>;

/** Requests with a known key that were turned away since the program started; no ledger has them. */
const refusal = z.object({
  /** `origin`, `rate-limit`, `bad-signature`, … */
  outcome: z.string(),
  count: z.number(),
  last: z.number(),
  /** What the last one was turned away for. */
  detail: z.string(),
});

/** What came with each key in the last 24 hours; events and log lines count alike. */
export const sourceActivityResult = z.object({
  /** Start of the first hour. */
  since: z.number(),
  sources: z.array(
    z.object({
      /** Id of the source; empty for requests without a key. */
      source: z.string(),
      lastEvent: z.number().nullable(),
      /** One number per hour, the current one last. */
      hours: z.array(z.number()),
      quarantined: z.number(),
      refused: z.number(),
    }),
  ),
});
export type SourceActivity = z.infer<typeof sourceActivityResult>;

export const sourceStatusResult = z.object({
  since: z.number(),
  /** One number per hour from `since` on, the current one last. */
  hours: z.array(z.object({ events: z.number(), quarantined: z.number() })),
  events: z.number(),
  quarantined: z.number(),
  lastEvent: z.number().nullable(),
  senders: z.array(
    z.object({ protocol: z.string(), library: z.string(), events: z.number(), last: z.number() }),
  ),
  names: z.array(z.object({ event: z.string(), events: z.number() })),
  reasons: z.array(z.object({ stage: z.string(), reason: z.string(), count: z.number(), last: z.number() })),
  refusals: z.array(refusal),
  /** The newest, with at most 4,000 characters of what they carry. */
  latest: z.array(
    z.object({
      event: z.string(),
      type: z.string(),
      receivedAt: z.number(),
      user: z.string(),
      protocol: z.string(),
      /** JSON of the properties; of a log line its text. */
      payload: z.string(),
    }),
  ),
  failed: z.array(
    z.object({
      receivedAt: z.number(),
      stage: z.string(),
      reason: z.string(),
      detail: z.string(),
      protocol: z.string(),
      payload: z.string(),
      encoding: z.enum(['text', 'base64']),
    }),
  ),
});
export type SourceStatus = z.infer<typeof sourceStatusResult>;
