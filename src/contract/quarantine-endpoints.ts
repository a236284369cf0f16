import { z } from 'zod';

const project = z.string().min(1).max(64);
const id = z.string().min(1).max(64);
/** Names a group: the hash of its stage, reason, protocol, source and cause, in hex. */
const cause = z.string().regex(/^[0-9a-f]{16}$/, 'the id of a group: 16 hexadecimal digits');
const time = z.coerce.number().int().min(0).max(8.64e15);

export const quarantineStates = ['waiting', 'replayed', 'discarded'] as const;
/** `waiting`: nothing was done about it; `replayed`: it went through the log again, with whatever result. */
export type QuarantineState = (typeof quarantineStates)[number];

export const maxTransform = 20_000;
/** JSONata; null tries the item again as it is, after a schema, a mapping or the program has changed. */
const transform = z.string().min(1).max(maxTransform).nullable();

export const quarantineGroup = z.object({
  cause,
  stage: z.string(),
  reason: z.string(),
  protocol: z.string(),
  /** Id of the key; empty for requests without one. */
  source: z.string(),
  /** The detail without what differs from item to item. */
  detail: z.string(),
  count: z.number(),
  first: z.number(),
  last: z.number(),
  /** Part of all items that the filter finds (whatever their cause), 0…1. */
  share: z.number(),
  /** Items in each of `buckets` equal parts of the time asked for. */
  trend: z.array(z.number()),
});
export type QuarantineGroup = z.infer<typeof quarantineGroup>;

/** What became of an item, by whom. */
export const quarantineOutcome = z.object({
  outcome: z.enum(['loaded', 'failed', 'duplicate', 'dropped', 'discarded', 'waiting']),
  at: z.number(),
  by: z.string(),
  fix: z.string(),
  replay: z.string(),
});
export type QuarantineOutcome = z.infer<typeof quarantineOutcome>;

export const quarantinedItem = z.object({
  /** Place of its request in the log, and its number in it; 0 is the whole request. Both name the item. */
  offset: z.number(),
  item: z.number(),
  receivedAt: z.number(),
  protocol: z.string(),
  source: z.string(),
  stage: z.string(),
  reason: z.string(),
  detail: z.string(),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  headers: z.record(z.string(), z.string()),
  address: z.string(),
  /** Text, or base64 of bytes that are none; the first 100,000 characters of it. */
  payload: z.string(),
  encoding: z.enum(['text', 'base64']),
  cut: z.boolean(),
  /** What a fix is given of it: a request, or an item of one, or a decoded event or line. */
  form: z.enum(['request', 'item', 'event', 'line']),
  /** The replay after which it failed again. */
  replayed: z.string(),
  outcome: quarantineOutcome.nullable(),
});
export type QuarantinedItem = z.infer<typeof quarantinedItem>;

export const quarantineFix = z.object({
  id,
  project,
  name: z.string(),
  transform,
  /** The groups it was made for. */
  causes: z.array(cause),
  by: z.string(),
  at: z.number(),
});
export type QuarantineFix = z.infer<typeof quarantineFix>;

/** Items by what they failed of; `from` and `to` bound their arrival, `items` names single ones. */
const selectionFields = {
  causes: z.array(cause).min(1).max(100),
  from: time.optional(),
  to: time.optional(),
  items: z
    .array(z.object({ offset: z.number().int().min(1), item: z.number().int().min(0) }))
    .min(1)
    .max(1_000)
    .optional(),
};
export const quarantineSelection = z.object(selectionFields);
export type QuarantineSelection = z.infer<typeof quarantineSelection>;

const reasons = z.array(z.object({ reason: z.string(), detail: z.string(), count: z.number() }));

export const replayStates = ['running', 'done', 'stopped', 'failed'] as const;
export const quarantineReplay = z.object({
  id,
  project,
  selection: quarantineSelection,
  fix: z.object({ name: z.string(), transform }),
  by: z.string(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  state: z.enum(replayStates),
  /** Why it failed. */
  message: z.string(),
  /** Items when it began, appended to the log, and left where they are because the fix made nothing of them. */
  total: z.number(),
  sent: z.number(),
  left: z.number(),
  /** Why they were left. */
  reasons,
  /** What became of those that the pipeline has processed. */
  outcomes: z.record(z.string(), z.number()),
});
export type QuarantineReplay = z.infer<typeof quarantineReplay>;

/** One item before and after a fix. */
const example = z.object({
  offset: z.number(),
  item: z.number(),
  before: z.string(),
  /** What the fix made of it; empty when it made nothing. */
  after: z.string(),
  /** The events and log lines that come of it, as JSON. */
  decoded: z.array(z.string()),
  /** Empty when it passes. */
  reason: z.string(),
  detail: z.string(),
});
export type FixExample = z.infer<typeof example>;

export const dryRunResult = z.object({
  id,
  state: z.enum(['running', 'done', 'stopped', 'failed']),
  message: z.string(),
  total: z.number(),
  checked: z.number(),
  passed: z.number(),
  /** Accepted without an event, on purpose. */
  dropped: z.number(),
  failed: z.number(),
  reasons,
  examples: z.array(example),
});
export type DryRunResult = z.infer<typeof dryRunResult>;

const rangeInput = {
  project,
  state: z.enum(quarantineStates).default('waiting'),
  from: time.optional(),
  to: time.optional(),
};

/** The rows of the endpoint table about what failed. Bytes may hold anything that a client knows: they are for editors. */
export const quarantineEndpoints = {
  quarantineGroups: {
    method: 'GET',
    path: '/api/projects/:project/quarantine',
    access: 'viewer',
    scope: 'project',
    summary:
      'What failed, by cause, with counts, share and trend; the last 30 days unless `from` says otherwise',
    input: z.object({
      ...rangeInput,
      source: z.string().max(64).optional(),
      reason: z.string().max(300).optional(),
      cause: cause.optional(),
    }),
    output: z.object({
      from: z.number(),
      to: z.number(),
      /** Items that the filter finds; the 200 largest groups are listed. */
      total: z.number(),
      groups: z.array(quarantineGroup),
      /** What there is to filter by. */
      sources: z.array(z.string()),
      reasons: z.array(z.string()),
    }),
  },
  quarantineItems: {
    method: 'GET',
    path: '/api/projects/:project/quarantine/groups/:cause/items',
    access: 'editor',
    scope: 'project',
    summary: 'The items of a group with their bytes, newest first; `cursor` goes on where a page ended',
    input: z.object({
      ...rangeInput,
      cause,
      cursor: z
        .string()
        .regex(/^\d{1,15}\.\d{1,20}\.\d{1,10}$/, 'a cursor that this list has given')
        .optional(),
      limit: z.coerce.number().int().min(1).max(50).default(20),
    }),
    output: z.object({ items: z.array(quarantinedItem), cursor: z.string().nullable() }),
  },
  startDryRun: {
    method: 'POST',
    path: '/api/projects/:project/quarantine/dry-runs',
    access: 'editor',
    scope: 'project',
    summary: 'Try a fix on items without keeping anything; ask for its progress by the id in the answer',
    input: z.object({
      ...selectionFields,
      project,
      transform,
      /** Only so many of them, the newest; all when absent. */
      limit: z.number().int().min(1).max(1_000).optional(),
    }),
    output: dryRunResult,
  },
  dryRun: {
    method: 'GET',
    path: '/api/projects/:project/quarantine/dry-runs/:run',
    access: 'editor',
    scope: 'project',
    summary: 'How far a dry run is, what would pass, and why the rest would fail; kept for an hour',
    input: z.object({ project, run: id }),
    output: dryRunResult,
  },
  stopDryRun: {
    method: 'DELETE',
    path: '/api/projects/:project/quarantine/dry-runs/:run',
    access: 'editor',
    scope: 'project',
    summary: 'Stop a dry run',
    input: z.object({ project, run: id }),
    output: dryRunResult,
  },
  quarantineFixes: {
    method: 'GET',
    path: '/api/projects/:project/quarantine/fixes',
    access: 'viewer',
    scope: 'project',
    summary: 'Fixes that were kept, newest first',
    input: z.object({ project }),
    output: z.object({ fixes: z.array(quarantineFix) }),
  },
  deleteFix: {
    method: 'DELETE',
    path: '/api/projects/:project/quarantine/fixes/:fix',
    access: 'editor',
    scope: 'project',
    summary: 'Forget a fix; what was replayed with it stays',
    input: z.object({ project, fix: id }),
    output: z.object({ ok: z.literal(true) }),
  },
  startReplay: {
    method: 'POST',
    path: '/api/projects/:project/quarantine/replays',
    access: 'editor',
    scope: 'project',
    summary: 'Send items through the log again, each once, after a fix; keeps the fix under `name`',
    input: z.object({
      ...selectionFields,
      project,
      transform,
      /** What the fix is called from now on. */
      name: z.string().max(100).default(''),
    }),
    output: quarantineReplay,
  },
  quarantineReplays: {
    method: 'GET',
    path: '/api/projects/:project/quarantine/replays',
    access: 'viewer',
    scope: 'project',
    summary: 'The last replays with what became of their items, newest first',
    input: z.object({ project, limit: z.coerce.number().int().min(1).max(100).default(20) }),
    output: z.object({ replays: z.array(quarantineReplay) }),
  },
  stopReplay: {
    method: 'POST',
    path: '/api/projects/:project/quarantine/replays/:replay/stop',
    access: 'editor',
    scope: 'project',
    summary: 'Stop a replay; what it has sent stays sent, the rest waits',
    input: z.object({ project, replay: id }),
    output: quarantineReplay,
  },
  discardQuarantine: {
    method: 'POST',
    path: '/api/projects/:project/quarantine/discard',
    access: 'editor',
    scope: 'project',
    summary:
      'Mark items as discarded, or with `restore` as waiting again; the rows stay until their retention ends',
    input: z.object({ ...selectionFields, project, restore: z.boolean().default(false) }),
    output: z.object({ items: z.number() }),
  },
} as const;
