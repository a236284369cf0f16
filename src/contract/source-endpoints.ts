import { z } from 'zod';
import {
  doors,
  keyValue,
  sourceActivityResult,
  sourceSchema,
  sourceSettings,
  sourceStatusResult,
} from './source.ts';

const project = z.string().min(1).max(64);
const source = z.string().min(1).max(64);

/** The rows of the endpoint table about sources: write keys with what their owner set for them. */
export const sourceEndpoints = {
  listSources: {
    method: 'GET',
    path: '/api/projects/:project/sources',
    access: 'editor',
    scope: 'project',
    summary: 'The sources of a project: write keys with their limits',
    input: z.object({ project }),
    /** `trackerScript`: path of our tracker's script on this server, `/t.js` unless the option `tracker-path` moved it. */
    output: z.object({ sources: z.array(sourceSchema), trackerScript: z.string() }),
  },
  createSource: {
    method: 'POST',
    path: '/api/projects/:project/sources',
    access: 'admin',
    scope: 'project',
    summary: 'Create a source; `key` keeps a key or site id that clients have already',
    input: z.object({
      ...sourceSettings,
      project,
      name: z.string().min(1).max(100),
      door: z.enum(doors).default('tracker'),
      key: keyValue.optional(),
    }),
    output: sourceSchema,
  },
  updateSource: {
    method: 'PATCH',
    path: '/api/projects/:project/sources/:source',
    access: 'admin',
    scope: 'project',
    summary: 'Change name, limits, secret or mapping; null and [] take one away',
    input: z.object({ ...sourceSettings, project, source }),
    output: sourceSchema,
  },
  rotateSource: {
    method: 'POST',
    path: '/api/projects/:project/sources/:source/rotate',
    access: 'admin',
    scope: 'project',
    summary: 'Give a source another key; the old one goes on working for `keepHours`',
    input: z.object({
      project,
      source,
      key: keyValue.optional(),
      keepHours: z.number().min(0).max(8_760).default(24),
    }),
    output: sourceSchema,
  },
  revokeSource: {
    method: 'DELETE',
    path: '/api/projects/:project/sources/:source',
    access: 'admin',
    scope: 'project',
    summary: 'Revoke a source; its keys stop working at once, its events stay',
    input: z.object({ project, source }),
    output: z.object({ ok: z.literal(true) }),
  },
  sourceActivity: {
    method: 'GET',
    path: '/api/projects/:project/source-activity',
    access: 'editor',
    scope: 'project',
    summary: 'What came from each source in the last 24 hours, by the hour',
    input: z.object({ project }),
    output: sourceActivityResult,
  },
  sourceStatus: {
    method: 'GET',
    path: '/api/projects/:project/sources/:source/status',
    access: 'editor',
    scope: 'project',
    summary: 'Volume, senders, errors and the newest events of one source',
    input: z.object({ project, source, hours: z.coerce.number().int().min(1).max(168).default(24) }),
    output: sourceStatusResult,
  },
} as const;
