import { z } from 'zod';
import { layerFinding } from './counting-endpoints.ts';

/** Times in results are milliseconds since the epoch unless a name says otherwise. */
export const metricSchema = z.object({
  visitors: z.number(),
  sessions: z.number(),
  pageViews: z.number(),
  /** 0…1: sessions with at most one page view and under 10 s, engaged and by the clock. */
  bounceRate: z.number(),
  /** Seconds, mean per session. */
  duration: z.number(),
  /** Page views per session. */
  depth: z.number(),
});
export type OverviewMetrics = z.infer<typeof metricSchema>;

export const overviewResult = z.object({
  total: metricSchema,
  previous: metricSchema.nullable(),
  /** One entry per interval bucket, zeros included, aligned by index with `previousPoints`. */
  points: z.array(metricSchema.extend({ at: z.number() })),
  previousPoints: z.array(metricSchema.extend({ at: z.number() })),
  /** Visitors of the last five minutes. */
  current: z.number(),
});
export type OverviewResult = z.infer<typeof overviewResult>;

export const breakdownResult = z.object({
  property: z.string(),
  rows: z.array(
    z.object({
      value: z.string(),
      visitors: z.number(),
      sessions: z.number(),
      pageViews: z.number(),
      bounceRate: z.number(),
      duration: z.number(),
    }),
  ),
  /** Distinct values in all. */
  total: z.number(),
});
export type BreakdownResult = z.infer<typeof breakdownResult>;

/** The series shape: shared time axis, one line per series and breakdown value. */
export const seriesResult = z.object({
  /** Starts of the buckets. */
  times: z.array(z.number()),
  lines: z.array(
    z.object({
      /** Index into the query's series. */
      series: z.number(),
      event: z.string(),
      /** Breakdown value; null without a breakdown. */
      value: z.string().nullable(),
      /** Set on the line that sums the values beyond the limit. */
      other: z.literal(true).optional(),
      points: z.array(z.number()),
      /** The measure over the whole range (not the sum of the points for unique users). */
      total: z.number(),
      previousPoints: z.array(z.number()).optional(),
      previousTotal: z.number().optional(),
    }),
  ),
  /** Whether the last bucket is not over yet. */
  incomplete: z.boolean(),
});
export type SeriesResult = z.infer<typeof seriesResult>;

export const funnelResult = z.object({
  groups: z.array(
    z.object({
      value: z.string().nullable(),
      steps: z.array(
        z.object({
          event: z.string(),
          people: z.number(),
          /** 0…1 of the first step. */
          conversion: z.number(),
          /** 0…1 of the step before. */
          stepConversion: z.number(),
          /** Seconds from the step before, median; null for the first step or when nobody got there. */
          medianSeconds: z.number().nullable(),
        }),
      ),
      /** Median seconds from first to last step. */
      medianSeconds: z.number().nullable(),
    }),
  ),
});
export type FunnelResult = z.infer<typeof funnelResult>;

export const liveEvent = z.object({
  /** Position: ask for events after the largest one seen. */
  cursor: z.string(),
  eventId: z.string(),
  type: z.string(),
  event: z.string(),
  timestamp: z.number(),
  receivedAt: z.number(),
  personId: z.string(),
  userId: z.string(),
  anonymousId: z.string(),
  accountId: z.string(),
  path: z.string(),
  url: z.string(),
  source: z.string(),
  country: z.string(),
  city: z.string(),
  browser: z.string(),
  os: z.string(),
  deviceType: z.string(),
  library: z.string(),
  protocol: z.string(),
  botScore: z.number(),
  /** What the layers found, the highest score first. */
  bots: z.array(layerFinding),
  consent: z.string(),
  properties: z.record(z.string(), z.unknown()),
});
export type LiveEvent = z.infer<typeof liveEvent>;

export const liveResult = z.object({
  events: z.array(liveEvent),
  /** Events of the last 60 seconds and people of the last 5 minutes. */
  lastMinute: z.number(),
  peopleNow: z.number(),
});
export type LiveResult = z.infer<typeof liveResult>;

/** One hop of the ledger in one minute. `accepted` comes from the log, the rest from the pipeline. */
export const ledgerRow = z.object({
  minute: z.number(),
  /** Requests the collector acknowledged. */
  accepted: z.number(),
  /** Requests the pipeline has read. */
  processed: z.number(),
  /** Events (and undecodable requests) found in them. */
  decoded: z.number(),
  loaded: z.number(),
  quarantined: z.number(),
  duplicates: z.number(),
  dropped: z.record(z.string(), z.number()),
  /** Rows of this minute that are in the events table now. */
  stored: z.number(),
  /** Rows that were erased, or deleted because of their age. */
  removed: z.number(),
  /** decoded = loaded + quarantined + duplicates + dropped, accepted = processed, loaded = stored + removed. `pending` while accepted > processed is recent. */
  state: z.enum(['balanced', 'pending', 'unbalanced']),
});
export type LedgerRow = z.infer<typeof ledgerRow>;

export const pipelineResult = z.object({
  sources: z.array(
    z.object({
      /** Protocol and library: `segment · analytics-node/3.1.0`. */
      name: z.string(),
      protocol: z.string(),
      library: z.string(),
      lastEvent: z.number().nullable(),
      /** Events per second over the last minute. */
      rate: z.number(),
      /** Events of the last 24 hours. */
      day: z.number(),
      quarantinedDay: z.number(),
      /** stale: nothing for three times the usual gap, at least 15 minutes. */
      state: z.enum(['ok', 'stale', 'idle']),
    }),
  ),
  stages: z.array(
    z.object({
      name: z.enum(['collect', 'log', 'process', 'warehouse']),
      state: z.enum(['ok', 'slow', 'down']),
      last: z.number().nullable(),
      /** Records (log, process) per second over the last minute. */
      rate: z.number(),
      /** Records waiting, and seconds the oldest has waited. */
      lag: z.number(),
      lagSeconds: z.number(),
      errorsDay: z.number(),
      message: z.string(),
    }),
  ),
  ledger: z.array(ledgerRow),
  /**
   * Events of the last 24 hours that trackers counted (`sequence`) and that are not stored: lost on the way, in quarantine, or still in a
   * queue. Null when no tracker counts.
   */
  missing: z.number().nullable(),
  quarantine: z.array(
    z.object({
      stage: z.string(),
      reason: z.string(),
      protocol: z.string(),
      count: z.number(),
      last: z.number(),
      sample: z.string(),
      detail: z.string(),
    }),
  ),
});
export type PipelineResult = z.infer<typeof pipelineResult>;
