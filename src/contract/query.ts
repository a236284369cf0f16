import { z } from 'zod';

/** A column name (see columns.ts), or `properties.<path>`. */
export const propertyName = z.string().min(1).max(300);

export const filterSchema = z.object({
  property: propertyName,
  op: z.enum(['is', 'is_not', 'contains', 'not_contains', 'gt', 'lt', 'is_set', 'is_not_set']),
  /** Any of these; ignored by is_set and is_not_set. */
  values: z.array(z.string().max(2_000)).max(100).default([]),
});
export type Filter = z.infer<typeof filterSchema>;

/** Days in the time zone given, both inclusive: the way people speak of ranges. SQL gets half-open instants. */
export const rangeSchema = z.object({
  from: z.iso.date(),
  to: z.iso.date(),
  timezone: z.string().min(1).max(64).default('UTC'),
});
export type Range = z.infer<typeof rangeSchema>;

export const intervalSchema = z.enum(['hour', 'day', 'week', 'month']);
export type Interval = z.infer<typeof intervalSchema>;

/** What every chart says: which project, when, which events, whether bots count. */
export const scopeSchema = z.object({
  project: z.string().min(1).max(64),
  range: rangeSchema,
  filters: z.array(filterSchema).max(50).default([]),
  /** Bots are kept and marked; they count only when this is true. */
  includeBots: z.boolean().default(false),
});
export type Scope = z.infer<typeof scopeSchema>;

export const measureSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('count') }),
  z.object({ kind: z.literal('users') }),
  z.object({ kind: z.literal('per_user') }),
  z.object({
    kind: z.enum(['sum', 'avg', 'min', 'max', 'p50', 'p90', 'p95', 'p99']),
    property: propertyName,
  }),
]);
export type Measure = z.infer<typeof measureSchema>;

/** `*` means any event; page views are event `page`. */
export const seriesSchema = z.object({
  event: z.string().min(1).max(300),
  filters: z.array(filterSchema).max(20).default([]),
  measure: measureSchema.default({ kind: 'count' }),
});
export type Series = z.infer<typeof seriesSchema>;

export const trendSchema = scopeSchema.extend({
  series: z.array(seriesSchema).min(1).max(8),
  interval: intervalSchema.default('day'),
  breakdown: propertyName.optional(),
  /** How many breakdown values; the rest are summed as «other» where the measure can be summed. */
  limit: z.number().int().min(1).max(50).default(8),
  compare: z.boolean().default(false),
});
export type TrendQuery = z.infer<typeof trendSchema>;

export const funnelSchema = scopeSchema.extend({
  steps: z
    .array(
      z.object({ event: z.string().min(1).max(300), filters: z.array(filterSchema).max(20).default([]) }),
    )
    .min(2)
    .max(10),
  /** Seconds from the first step within which the last must follow. */
  windowSeconds: z
    .number()
    .int()
    .min(1)
    .max(366 * 86_400)
    .default(7 * 86_400),
  breakdown: propertyName.optional(),
  limit: z.number().int().min(1).max(20).default(5),
});
export type FunnelQuery = z.infer<typeof funnelSchema>;

export const overviewSchema = scopeSchema.extend({
  interval: intervalSchema.default('day'),
  /** Also the period of the same length just before. */
  compare: z.boolean().default(true),
});
export type OverviewQuery = z.infer<typeof overviewSchema>;

/** One list of the overview (pages, sources, …). */
export const breakdownSchema = scopeSchema.extend({
  property: propertyName,
  limit: z.number().int().min(1).max(1_000).default(10),
  search: z.string().max(200).default(''),
});
export type BreakdownQuery = z.infer<typeof breakdownSchema>;
