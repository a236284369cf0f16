import { z } from 'zod';
import { privacyRules, retentionRules } from './privacy-settings.ts';

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** How a visit ends, and what begins another one. */
export const sessionRules = z.object({
  /** Minutes of inactivity that end a session. */
  timeoutMinutes: z.number().int().min(1).max(1_440).default(30),
  /** Hours after which a session ends, whatever happens. */
  maxHours: z.number().int().min(1).max(168).default(24),
  /** Another campaign begins another session. */
  newCampaign: z.boolean().default(false),
  /** So does midnight in that time zone. */
  midnight: z.boolean().default(false),
  timeZone: z.string().max(64).refine(isTimeZone, 'is not a time zone of the IANA list').default('UTC'),
});
export type SessionRules = z.infer<typeof sessionRules>;

export const identityRules = z.object({
  /** Most other ids that one id may be joined to: an id above that is a shared device or a placeholder. */
  maxJoined: z.number().int().min(1).max(10_000).default(200),
});
export type IdentityRules = z.infer<typeof identityRules>;

/** What a chart does with events of a kind: count them, leave them out, or leave them out and list them apart. */
export const policies = ['count', 'hide', 'quarantine'] as const;

/** In the order of their bytes in `bot_layers`: a new one goes to the end. */
export const botLayers = ['agent', 'contradiction', 'network', 'rate', 'behaviour'] as const;
export type BotLayer = (typeof botLayers)[number];
export const botRules = z.object({
  policy: z.enum(policies).default('hide'),
  /** Sum of the scores from which on an event counts as a bot's. */
  threshold: z.number().int().min(1).max(100).default(50),
  /** Layers whose scores count. */
  layers: z.array(z.enum(botLayers)).default([...botLayers]),
});
export type BotRules = z.infer<typeof botRules>;

export const consentRules = z.object({
  /** Events of visitors who said no. */
  denied: z.enum(['count', 'hide']).default('count'),
  /** Events of clients that do not say. */
  unknown: z.enum(['count', 'hide']).default('count'),
});
export type ConsentRules = z.infer<typeof consentRules>;

/** What the tracking plan says of an event can take it out of charts. */
export const planRules = z.object({
  unplanned: z.enum(['count', 'hide']).default('count'),
  violating: z.enum(['count', 'hide']).default('count'),
});
export type PlanRules = z.infer<typeof planRules>;

const touchParts = ['channel', 'source', 'medium', 'campaign', 'referrer', 'landing_page', 'time'] as const;
/** What can be remembered of a visitor: where the first page was reached from, where the last one was that was not direct, and how many pages there were. */
export const visitorFields = [
  ...touchParts.map((part) => `first_${part}` as const),
  ...touchParts.map((part) => `last_${part}` as const),
  'page_views',
] as const;
export type VisitorField = (typeof visitorFields)[number];

/** The visitor's profile. Nothing by default: each field is on every event, and sessions and attribution answer most questions without. */
export const visitorRules = z.object({
  fields: z.array(z.enum(visitorFields)).max(visitorFields.length).default([]),
  /** Names of events that are counted per visitor. */
  counts: z.array(z.string().min(1).max(200)).max(20).default([]),
});
export type VisitorRules = z.infer<typeof visitorRules>;

/** What a project's owner decided about its numbers. Absent sections and fields have their defaults. */
export const projectSettings = z.object({
  sessions: sessionRules.prefault({}),
  identity: identityRules.prefault({}),
  bots: botRules.prefault({}),
  consent: consentRules.prefault({}),
  plan: planRules.prefault({}),
  visitor: visitorRules.prefault({}),
  privacy: privacyRules.prefault({}),
  retention: retentionRules.prefault({}),
});
export type ProjectSettings = z.infer<typeof projectSettings>;

/** The settings of a project whose owner decided nothing. */
export const defaultSettings: ProjectSettings = projectSettings.parse({});

const project = z.string().min(1).max(64);

/** The rows of the endpoint table about them. */
export const projectSettingsEndpoints = {
  projectSettings: {
    method: 'GET',
    path: '/api/projects/:project/settings',
    access: 'viewer',
    scope: 'project',
    summary: 'What the project’s owner decided about sessions, identity, bots and consent',
    input: z.object({ project }),
    output: projectSettings,
  },
  changeProjectSettings: {
    method: 'PATCH',
    path: '/api/projects/:project/settings',
    access: 'admin',
    scope: 'project',
    summary: 'Change sections of the settings; a section that is given replaces the whole section',
    input: z.object({
      project,
      sessions: sessionRules.optional(),
      identity: identityRules.optional(),
      bots: botRules.optional(),
      consent: consentRules.optional(),
      plan: planRules.optional(),
      visitor: visitorRules.optional(),
      privacy: privacyRules.optional(),
      retention: retentionRules.optional(),
    }),
    output: projectSettings,
  },
} as const;
