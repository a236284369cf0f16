import { z } from 'zod';
import { catalogEndpoints } from './catalog-endpoints.ts';
import { countingEndpoints } from './counting-endpoints.ts';
import { doorEndpoints } from './door-endpoints.ts';
import { personEndpoints } from './person-endpoints.ts';
import { planEndpoints } from './plan-endpoints.ts';
import { privacyEndpoints } from './privacy-endpoints.ts';
import { projectSettingsEndpoints } from './project-settings.ts';
import { quarantineEndpoints } from './quarantine-endpoints.ts';
import { breakdownSchema, funnelSchema, overviewSchema, trendSchema } from './query.ts';
import {
  breakdownResult,
  funnelResult,
  liveResult,
  overviewResult,
  pipelineResult,
  seriesResult,
} from './result.ts';
import { rewindEndpoints } from './rewind.ts';
import { sourceEndpoints } from './source-endpoints.ts';

/**
 * Who may call: anyone; anyone signed in; or a role. A caller with an API key acts as the key's role inside the key's
 * project only: `project` in the input must be that project, and endpoints of scope `workspace` refuse keys.
 */
export type Access = 'public' | 'viewer' | 'editor' | 'admin';
export const roles = ['viewer', 'editor', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Fastify syntax: `/api/projects/:project/keys`. Path and query parameters and the JSON body merge into one input. */
  readonly path: string;
  readonly access: Access;
  /** `project`: the input has `project` and it is checked; `workspace`: about the installation; `self`: about the caller. */
  readonly scope: 'project' | 'workspace' | 'self';
  readonly summary: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodType;
}

const nothing = z.object({});
const done = z.object({ ok: z.literal(true) });
const project = z.string().min(1).max(64);

export const userSchema = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(roles),
  createdAt: z.number(),
  lastSignInAt: z.number().nullable(),
});
export type User = z.infer<typeof userSchema>;

export const projectSchema = z.object({
  id: z.string(),
  name: z.string(),
  timezone: z.string(),
  createdAt: z.number(),
  /** The demo product's project; it can be deleted. */
  demo: z.boolean(),
});
export type Project = z.infer<typeof projectSchema>;

/** Write keys are public by nature (they sit in pages) and shown again; API keys are shown once. */
export const keySchema = z.object({
  id: z.string(),
  project: z.string(),
  kind: z.enum(['write', 'api']),
  name: z.string(),
  role: z.enum(roles).nullable(),
  /** The whole write key; of an API key only its first characters. */
  shown: z.string(),
  createdAt: z.number(),
  lastUsedAt: z.number().nullable(),
});
export type Key = z.infer<typeof keySchema>;

export const meSchema = z.object({
  user: userSchema.nullable(),
  /** Set when the caller is an API key. */
  project: z.string().nullable(),
  role: z.enum(roles),
});
export type Me = z.infer<typeof meSchema>;

const password = z.string().min(10, 'at least 10 characters').max(200);

export const endpoints = {
  health: {
    method: 'GET',
    path: '/api/health',
    access: 'public',
    scope: 'workspace',
    summary: '200 when every role of this process is ready, else 503 with the reasons',
    input: nothing,
    output: z.object({ ready: z.boolean(), version: z.string(), reasons: z.array(z.string()) }),
  },
  signIn: {
    method: 'POST',
    path: '/api/auth/sign-in',
    access: 'public',
    scope: 'self',
    summary: 'Sign in with e-mail and password; sets a cookie',
    input: z.object({ email: z.string().max(320), password: z.string().max(200) }),
    output: meSchema,
  },
  signInByLink: {
    method: 'POST',
    path: '/api/auth/link',
    access: 'public',
    scope: 'self',
    summary: 'Sign in with the token of a one-time link; sets a cookie',
    input: z.object({ token: z.string().max(200) }),
    output: meSchema,
  },
  signOut: {
    method: 'POST',
    path: '/api/auth/sign-out',
    access: 'viewer',
    scope: 'self',
    summary: 'End this session',
    input: nothing,
    output: done,
  },
  me: {
    method: 'GET',
    path: '/api/auth/me',
    access: 'viewer',
    scope: 'self',
    summary: 'Who is calling',
    input: nothing,
    output: meSchema,
  },
  changePassword: {
    method: 'POST',
    path: '/api/auth/password',
    access: 'viewer',
    scope: 'self',
    summary: 'Set one’s own password; ends the other sessions',
    input: z.object({ password }),
    output: done,
  },

  listProjects: {
    method: 'GET',
    path: '/api/projects',
    access: 'viewer',
    scope: 'self',
    summary: 'The projects the caller may see',
    input: nothing,
    output: z.object({ projects: z.array(projectSchema) }),
  },
  createProject: {
    method: 'POST',
    path: '/api/projects',
    access: 'admin',
    scope: 'workspace',
    summary: 'Create a project with one write key',
    input: z.object({ name: z.string().min(1).max(100), timezone: z.string().min(1).max(64).default('UTC') }),
    output: z.object({ project: projectSchema, writeKey: z.string() }),
  },
  updateProject: {
    method: 'PATCH',
    path: '/api/projects/:project',
    access: 'editor',
    scope: 'project',
    summary: 'Rename a project or change its time zone',
    input: z.object({
      project,
      name: z.string().min(1).max(100).optional(),
      timezone: z.string().min(1).max(64).optional(),
    }),
    output: projectSchema,
  },
  deleteProject: {
    method: 'DELETE',
    path: '/api/projects/:project',
    access: 'admin',
    scope: 'project',
    summary: 'Delete a project with its keys and its events',
    input: z.object({ project }),
    output: done,
  },
  listKeys: {
    method: 'GET',
    path: '/api/projects/:project/keys',
    access: 'editor',
    scope: 'project',
    summary: 'The API keys of a project',
    input: z.object({ project }),
    output: z.object({ keys: z.array(keySchema) }),
  },
  createKey: {
    method: 'POST',
    path: '/api/projects/:project/keys',
    access: 'admin',
    scope: 'project',
    summary: 'Create an API key; the secret is in the answer and never again',
    input: z.object({
      project,
      name: z.string().min(1).max(100),
      role: z.enum(roles).default('viewer'),
    }),
    output: z.object({ key: keySchema, secret: z.string() }),
  },
  revokeKey: {
    method: 'DELETE',
    path: '/api/projects/:project/keys/:key',
    access: 'admin',
    scope: 'project',
    summary: 'Revoke an API key; it stops working at once',
    input: z.object({ project, key: z.string().max(64) }),
    output: done,
  },
  ...catalogEndpoints,
  ...projectSettingsEndpoints,
  ...personEndpoints,
  ...countingEndpoints,
  ...privacyEndpoints,
  ...rewindEndpoints,
  ...sourceEndpoints,
  ...planEndpoints,
  ...quarantineEndpoints,
  ...doorEndpoints,
  listUsers: {
    method: 'GET',
    path: '/api/users',
    access: 'admin',
    scope: 'workspace',
    summary: 'Everybody who may sign in',
    input: nothing,
    output: z.object({ users: z.array(userSchema) }),
  },
  inviteUser: {
    method: 'POST',
    path: '/api/users',
    access: 'admin',
    scope: 'workspace',
    summary: 'Add a user; the answer has a one-time sign-in link to hand over',
    input: z.object({
      email: z.email().max(320),
      name: z.string().max(100).default(''),
      role: z.enum(roles),
    }),
    output: z.object({ user: userSchema, link: z.string() }),
  },
  updateUser: {
    method: 'PATCH',
    path: '/api/users/:user',
    access: 'admin',
    scope: 'workspace',
    summary: 'Change a role or a name',
    input: z.object({
      user: z.string().max(64),
      role: z.enum(roles).optional(),
      name: z.string().max(100).optional(),
    }),
    output: userSchema,
  },
  deleteUser: {
    method: 'DELETE',
    path: '/api/users/:user',
    access: 'admin',
    scope: 'workspace',
    summary: 'Remove a user and end their sessions',
    input: z.object({ user: z.string().max(64) }),
    output: done,
  },

  overview: {
    method: 'POST',
    path: '/api/overview',
    access: 'viewer',
    scope: 'project',
    summary: 'Visitors, sessions, page views, bounce and duration over a range',
    input: overviewSchema,
    output: overviewResult,
  },
  breakdown: {
    method: 'POST',
    path: '/api/breakdown',
    access: 'viewer',
    scope: 'project',
    summary: 'The top values of one column, with session metrics',
    input: breakdownSchema,
    output: breakdownResult,
  },
  trend: {
    method: 'POST',
    path: '/api/trend',
    access: 'viewer',
    scope: 'project',
    summary: 'Events over time, measured, filtered and broken down',
    input: trendSchema,
    output: seriesResult,
  },
  funnel: {
    method: 'POST',
    path: '/api/funnel',
    access: 'viewer',
    scope: 'project',
    summary: 'Ordered steps with conversion and median time',
    input: funnelSchema,
    output: funnelResult,
  },
  live: {
    method: 'GET',
    path: '/api/live',
    access: 'viewer',
    scope: 'project',
    summary: 'The newest events, or those after a cursor',
    input: z.object({
      project,
      after: z.string().max(40).optional(),
      event: z.string().max(300).optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    output: liveResult,
  },
  pipeline: {
    method: 'GET',
    path: '/api/pipeline',
    access: 'viewer',
    scope: 'project',
    summary: 'Sources, stages, the ledger of the last hour and what is in quarantine',
    input: z.object({ project, minutes: z.coerce.number().int().min(5).max(1_440).default(60) }),
    output: pipelineResult,
  },
  query: {
    method: 'POST',
    path: '/api/query',
    access: 'editor',
    scope: 'workspace',
    summary: 'Read-only SQL on the warehouse (all projects), at most 10,000 rows',
    input: z.object({ sql: z.string().min(1).max(100_000) }),
    output: z.object({
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      rows: z.array(z.array(z.unknown())),
      rowsRead: z.number(),
      elapsedMs: z.number(),
      truncated: z.boolean(),
    }),
  },
  demoStatus: {
    method: 'GET',
    path: '/api/demo',
    access: 'viewer',
    scope: 'workspace',
    summary: 'Progress of the demo history, 0…1; null when there is no demo',
    input: nothing,
    output: z.object({ progress: z.number().nullable(), sent: z.number(), project: z.string().nullable() }),
  },
} as const satisfies Record<string, Endpoint>;

export type Endpoints = typeof endpoints;
export type EndpointName = keyof Endpoints;
/** What a caller sends (before defaults). */
export type Input<Name extends EndpointName> = z.input<Endpoints[Name]['input']>;
/** What a handler receives (after defaults). */
export type ParsedInput<Name extends EndpointName> = z.output<Endpoints[Name]['input']>;
export type Output<Name extends EndpointName> = z.output<Endpoints[Name]['output']>;
