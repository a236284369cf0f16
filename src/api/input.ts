import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Endpoint } from '../contract/endpoints.ts';
import { TributaryError } from '../runtime/errors.ts';
import { wordsOf } from './failure.ts';

/**
 * Path parameters, query string and JSON body as one input, checked. Unknown body fields are refused, since a
 * misspelt option that is ignored answers another question; unknown query parameters are ignored.
 */
export function readInput(endpoint: Endpoint, request: FastifyRequest): Record<string, unknown> {
  const body = fieldsOf(request.body ?? {});
  const unknown = Object.keys(body).filter((field) => !Object.hasOwn(endpoint.input.shape, field));
  if (unknown.length > 0) {
    throw new TributaryError(
      'bad-request',
      `there is no field ${unknown.map((one) => `"${one}"`).join(', ')} here`,
    );
  }
  const merged: Record<string, unknown> = {};
  for (const part of [fieldsOf(request.query), body, fieldsOf(request.params)]) {
    for (const [field, value] of Object.entries(part)) {
      if (Object.hasOwn(merged, field) && merged[field] !== value) {
        throw new TributaryError('bad-request', `"${field}" is given twice with different values`);
      }
      merged[field] = value;
    }
  }
  const parsed = endpoint.input.safeParse(merged);
  if (!parsed.success) throw new TributaryError('bad-request', wordsOf(parsed.error));
  return parsed.data;
}

const fields = z.record(z.string(), z.unknown());

function fieldsOf(value: unknown): Record<string, unknown> {
  const parsed = fields.safeParse(value);
  if (!parsed.success) throw new TributaryError('bad-request', 'the body must be a JSON object');
  return parsed.data;
}
