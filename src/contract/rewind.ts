import { z } from 'zod';

/** Milliseconds since the epoch. */
const time = z.number().int().min(0).max(8.64e15);
const offset = z.number().int().min(0);

/** What is to be processed again: by time of receipt, whole minutes. Without both ends it is everything there is, up to now. */
export const rewindRange = z.object({
  from: time.nullable().default(null),
  to: time.nullable().default(null),
});
export type RewindRange = z.infer<typeof rewindRange>;

/** What a rewind of a range would read, and what it could do. */
export const rewindPlan = z.object({
  /**
   * `whole`: everything of the project from its first record on, so that persons, accounts and what is remembered of visitors are made anew too;
   * `part`: events, log lines, sessions, quarantine and the ledger of the range.
   */
  mode: z.enum(['whole', 'part']),
  /** The range after rounding; null: without end. */
  from: time.nullable(),
  to: time.nullable(),
  /** Offsets: it reads [warmFrom, coolTo) and makes rows of [first, end). */
  warmFrom: offset,
  first: offset,
  end: offset,
  coolTo: offset,
  /** What the tables hold of the range. */
  events: z.number(),
  logs: z.number(),
  quarantined: z.number(),
  /** Rows whose records are neither in the log nor in the archive any more: they stay as they are. */
  outOfReach: z.number(),
  /** When the first and the last record were received; null when there is none. */
  oldest: time.nullable(),
  newest: time.nullable(),
});
export type RewindPlan = z.infer<typeof rewindPlan>;

export const rewindStates = [
  'waiting',
  'running',
  'comparing',
  'ready',
  'swapping',
  'swapped',
  'discarded',
  'failed',
] as const;

/** One rewind; a project has at most one that is not over. */
export const rewindJob = z.object({
  id: z.string(),
  project: z.string(),
  state: z.enum(rewindStates),
  mode: z.enum(['whole', 'part']),
  from: time.nullable(),
  to: time.nullable(),
  warmFrom: offset,
  first: offset,
  end: offset,
  coolTo: offset,
  /** The next offset it reads. */
  next: offset,
  records: z.number(),
  events: z.number(),
  /** 0…1, and seconds until it is ready; null when that cannot be told. */
  progress: z.number(),
  eta: z.number().nullable(),
  /** Id of the user or API key. */
  by: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  /** What is wrong; null when nothing is. */
  problem: z.string().nullable(),
});
export type RewindJob = z.infer<typeof rewindJob>;

const sides = { before: z.number(), after: z.number() };
const metrics = z.object({
  events: z.object(sides),
  persons: z.object(sides),
  sessions: z.object(sides),
  pageViews: z.object(sides),
  revenue: z.object(sides),
  quarantined: z.object(sides),
  logs: z.object(sides),
});
export type RewindMetrics = z.infer<typeof metrics>;

/** Values are texts, cut; null on a side that has no such event. */
const example = z.object({
  eventId: z.string(),
  event: z.string(),
  timestamp: time,
  change: z.enum(['changed', 'added', 'removed']),
  columns: z.array(
    z.object({ column: z.string(), before: z.string().nullable(), after: z.string().nullable() }),
  ),
});
export type RewindExample = z.infer<typeof example>;

/** What a swap would change: the tables as they are beside the shadow's. */
export const rewindDifference = z.object({
  comparedAt: time,
  total: metrics,
  /** By day of the events (UTC), oldest first; the newest 400. */
  days: z.array(metrics.extend({ day: z.string() })),
  /** By event name; those that differ first, 200 at most. */
  names: z.array(z.object({ event: z.string(), ...sides })),
  quarantine: z.array(z.object({ stage: z.string(), reason: z.string(), ...sides })),
  /** Events by what would become of them; the same event has the same id on both sides. */
  rows: z.object({ same: z.number(), changed: z.number(), added: z.number(), removed: z.number() }),
  /** In how many events each column changes; those that change in none are not named. */
  columns: z.array(z.object({ column: z.string(), events: z.number() })),
  examples: z.array(example),
});
export type RewindDifference = z.infer<typeof rewindDifference>;

export const archiveHolding = z.object({
  enabled: z.boolean(),
  folder: z.string(),
  /** Days of receipt that are kept. */
  days: z.number(),
  files: z.number(),
  bytes: z.number(),
  from: time.nullable(),
  to: time.nullable(),
  /** Records of all projects that are only in the log yet. */
  waiting: z.number(),
  writtenAt: time.nullable(),
  /** Why nothing is written now. */
  problem: z.string().nullable(),
});
export type ArchiveHolding = z.infer<typeof archiveHolding>;

const project = z.string().min(1).max(64);
const id = z.string().min(1).max(64);

/** The rows of the endpoint table about rewinding. */
export const rewindEndpoints = {
  rewind: {
    method: 'GET',
    path: '/api/projects/:project/rewind',
    access: 'editor',
    scope: 'project',
    summary: 'The newest rewind of a project, what it would change, and what the archive holds',
    input: z.object({ project }),
    output: z.object({
      job: rewindJob.nullable(),
      difference: rewindDifference.nullable(),
      archive: archiveHolding,
    }),
  },
  planRewind: {
    method: 'POST',
    path: '/api/projects/:project/rewind/plan',
    access: 'editor',
    scope: 'project',
    summary: 'What a rewind of a range would read, and whether everything of it is there',
    input: rewindRange.extend({ project }),
    output: rewindPlan,
  },
  startRewind: {
    method: 'POST',
    path: '/api/projects/:project/rewind',
    access: 'admin',
    scope: 'project',
    summary: 'Process a range again with today’s steps into shadow tables; nothing that charts show changes',
    input: rewindRange.extend({ project }),
    output: rewindJob,
  },
  swapRewind: {
    method: 'POST',
    path: '/api/projects/:project/rewind/swap',
    access: 'admin',
    scope: 'project',
    summary: 'Replace the rows of the range by the shadow’s; repeatable until it is done',
    input: z.object({ project, id }),
    output: rewindJob,
  },
  discardRewind: {
    method: 'POST',
    path: '/api/projects/:project/rewind/discard',
    access: 'admin',
    scope: 'project',
    summary: 'Stop a rewind and remove its shadow tables',
    input: z.object({ project, id }),
    output: rewindJob,
  },
} as const;
