import { z } from 'zod';
import { botLayers } from './project-settings.ts';

const project = z.string().min(1).max(64);
const days = z.number().int().min(1).max(90).default(7);
const layer = z.enum(botLayers);
const count = z.object({
  events: z.number(),
  people: z.number(),
});

export const layerFinding = z.object({ layer, score: z.number(), words: z.string() });

/** What a threshold and layers make of the last days: all of it, and the part that is a bot's. */
export const botReport = z.object({
  all: count.extend({ sessions: z.number() }),
  bots: count.extend({
    sessions: z.number(),
    /** People among them of whom revenue came in these days: probably none of them is a bot. */
    paying: z.number(),
  }),
  /** Events and people that the layer found something about, and events that are a bot's only because of it. */
  layers: z.array(count.extend({ layer, decisive: z.number() })),
  /** Words of the layer `network`, `agent`; `bots` are those of its events that are a bot's. The most frequent first. */
  networks: z.array(count.extend({ words: z.string(), bots: z.number() })),
  agents: z.array(count.extend({ words: z.string(), bots: z.number() })),
  /** Those with the most events. */
  visitors: z.array(
    z.object({
      personId: z.string(),
      userId: z.string(),
      anonymousId: z.string(),
      country: z.string(),
      /** That are a bot's. */
      events: z.number(),
      last: z.number(),
      /** In these days, of all events of the person. */
      revenue: z.number(),
      score: z.number(),
      /** Of the event with the highest score. */
      found: z.array(layerFinding),
    }),
  ),
  /** The same as a condition of SQL on `tributary.events` and on `tributary.sessions`: true for rows that count. */
  sql: z.object({ events: z.string(), sessions: z.string() }),
});
export type BotReport = z.infer<typeof botReport>;

export const consentReport = z.object({
  /** By what events say: `granted`, `denied`, `anonymous`, '' for those that do not. */
  consents: z.array(count.extend({ consent: z.string() })),
  /** By what the tracking plan says: `valid`, `unplanned`, `violating`, '' without a plan. */
  plan: z.array(count.extend({ status: z.string() })),
});
export type ConsentReport = z.infer<typeof consentReport>;

/** The rows of the endpoint table about what counts. */
export const countingEndpoints = {
  bots: {
    method: 'POST',
    path: '/api/query/bots',
    access: 'viewer',
    scope: 'project',
    summary: 'Bots of the last days, why, and what another threshold or other layers would leave out',
    input: z.object({
      project,
      days,
      /** Those of the project where absent. */
      threshold: z.number().int().min(1).max(100).optional(),
      layers: z.array(layer).max(botLayers.length).optional(),
    }),
    output: botReport,
  },
  consents: {
    method: 'POST',
    path: '/api/query/consents',
    access: 'viewer',
    scope: 'project',
    summary: 'Events of the last days by consent and by what the tracking plan says',
    input: z.object({ project, days }),
    output: consentReport,
  },
} as const;
