import { z } from 'zod';
import { privacyRules } from './privacy-settings.ts';

/** What becomes of records that arrive with an erased id again: dropped for ever, or the beginning of a new person. */
export const rearrivals = ['drop', 'anew'] as const;
export type Rearrival = (typeof rearrivals)[number];

/** Parts of an erasure, in the order in which they are done. */
export const erasureParts = ['pipeline', 'warehouse', 'models', 'raw log', 'archive'] as const;
export type ErasurePart = (typeof erasureParts)[number];

/** What was removed where: no id, no address, no value of the person is in it. */
export const erasureReport = z.object({
  /** `failed`: it is tried again by itself; see `problem`. */
  state: z.enum(['waiting', 'running', 'failed', 'done']),
  /** Keyed hash of the person's key: tells two reports of one person from those of two. */
  subject: z.string(),
  /** How many ids the person had. */
  ids: z.number(),
  parts: z.array(
    z.object({
      part: z.enum(erasureParts),
      /** Milliseconds; null while it is pending. */
      doneAt: z.number().nullable(),
      removed: z.array(z.object({ where: z.string(), what: z.string(), count: z.number() })),
      notes: z.array(z.string()),
    }),
  ),
  problem: z.string().nullable(),
});
export type ErasureReport = z.infer<typeof erasureReport>;

export const erasureSchema = z.object({
  id: z.string(),
  project: z.string(),
  createdAt: z.number(),
  finishedAt: z.number().nullable(),
  by: z.string(),
  rearrival: z.enum(rearrivals),
  report: erasureReport,
});
export type Erasure = z.infer<typeof erasureSchema>;

const project = z.string().min(1).max(64);
/** A user id, an anonymous id, an e-mail address, a pseudonym; or `key:` and a person key. */
const person = z.string().min(1).max(512);

const pseudonymKey = z.object({ id: z.number(), createdAt: z.number() });

/** The rows of the endpoint table about privacy. */
export const privacyEndpoints = {
  tryPrivacy: {
    method: 'POST',
    path: '/api/projects/:project/privacy/try',
    access: 'viewer',
    scope: 'project',
    summary:
      'What would be kept of a text (an address, JSON, a log line) under these rules, or those of the project; pseudonyms are examples',
    input: z.object({ project, text: z.string().max(100_000), rules: privacyRules.optional() }),
    output: z.object({ kept: z.string(), changes: z.number() }),
  },
  pseudonymKeys: {
    method: 'GET',
    path: '/api/projects/:project/privacy/keys',
    access: 'admin',
    scope: 'project',
    summary: 'Keys of the project’s pseudonyms, oldest first; the last one is in use',
    input: z.object({ project }),
    output: z.object({ keys: z.array(pseudonymKey) }),
  },
  rotatePseudonymKey: {
    method: 'POST',
    path: '/api/projects/:project/privacy/keys',
    access: 'admin',
    scope: 'project',
    summary: 'Take a new key for pseudonyms into use: the same id gets another pseudonym from now on',
    input: z.object({ project }),
    output: z.object({ keys: z.array(pseudonymKey) }),
  },
  exportPerson: {
    method: 'GET',
    path: '/api/projects/:project/person-export',
    access: 'admin',
    scope: 'project',
    summary:
      'Everything about a person as a file: one JSON object per line, {"from": table or "raw", "row": …}',
    input: z.object({ project, person }),
    output: z.string(),
  },
  startErasure: {
    method: 'POST',
    path: '/api/projects/:project/erasures',
    access: 'admin',
    scope: 'project',
    summary: 'Erase everything about a person; the work goes on in the background, whatever ends meanwhile',
    input: z.object({ project, person, rearrival: z.enum(rearrivals).default('drop') }),
    output: erasureSchema,
  },
  erasures: {
    method: 'GET',
    path: '/api/projects/:project/erasures',
    access: 'admin',
    scope: 'project',
    summary: 'Erasures of persons with their reports, newest first',
    input: z.object({ project }),
    output: z.object({ erasures: z.array(erasureSchema) }),
  },
  retentionRuns: {
    method: 'GET',
    path: '/api/projects/:project/retention',
    access: 'viewer',
    scope: 'project',
    summary: 'What was deleted because of its age, newest first',
    input: z.object({ project }),
    output: z.object({
      runs: z.array(
        z.object({
          at: z.number(),
          table: z.string(),
          rule: z.string(),
          before: z.number(),
          rows: z.number(),
        }),
      ),
    }),
  },
} as const;
