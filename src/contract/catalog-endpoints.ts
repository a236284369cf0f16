import { z } from 'zod';
import { rangeSchema } from './query.ts';

const project = z.string().min(1).max(64);

/** The rows of the endpoint table about what can be asked for: names of events, properties and traits, and their values. */
export const catalogEndpoints = {
  eventNames: {
    method: 'GET',
    path: '/api/catalog/events',
    access: 'viewer',
    scope: 'project',
    summary: 'Event names of the last 90 days, most frequent first',
    input: z.object({ project }),
    output: z.object({
      events: z.array(z.object({ event: z.string(), type: z.string(), count: z.number() })),
    }),
  },
  propertyNames: {
    method: 'GET',
    path: '/api/catalog/properties',
    access: 'viewer',
    scope: 'project',
    summary:
      'Property paths seen in recent events, optionally of one event, and traits of persons and accounts',
    input: z.object({ project, event: z.string().max(300).optional() }),
    output: z.object({
      properties: z.array(
        z.object({ path: z.string(), kind: z.enum(['text', 'number']), count: z.number() }),
      ),
      /** Of persons and accounts: `person.NAME` and `account.NAME` now, `person_then.NAME` and `account_then.NAME` when the event happened. */
      traits: z.array(
        z.object({
          of: z.enum(['person', 'account']),
          name: z.string(),
          kind: z.enum(['text', 'number']),
          count: z.number(),
        }),
      ),
    }),
  },
  propertyValues: {
    method: 'POST',
    path: '/api/catalog/values',
    access: 'viewer',
    scope: 'project',
    summary: 'Frequent values of a column or property, for pickers',
    input: z.object({
      project,
      property: z.string().min(1).max(300),
      event: z.string().max(300).optional(),
      search: z.string().max(200).default(''),
      range: rangeSchema.optional(),
    }),
    output: z.object({ values: z.array(z.object({ value: z.string(), count: z.number() })) }),
  },
} as const;
