import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type ErrorCode, messageOf, TributaryError } from '../runtime/errors.ts';
import type { Logger } from '../runtime/logger.ts';

/** Answers with `{ error: { code, message, advice } }`, the status of the table and Retry-After. */
export function sendFailure(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  const error = toTributaryError(thrown, request.id);
  if (error.code === 'internal') {
    logger.error('request failed', {
      request: request.id,
      method: request.method,
      path: request.url.split('?')[0],
      reason: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
    });
  }
  if (error.retryAfter !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfter)));
  if (error.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
  const { code, message, advice, status } = error;
  return reply.code(status).send({ error: { code, message, advice } });
}

function toTributaryError(thrown: unknown, id: string): TributaryError {
  if (thrown instanceof TributaryError) return thrown;
  const known = thrown instanceof Error ? ofServer(thrown) : undefined;
  if (known) return new TributaryError(known, messageOf(thrown), { cause: thrown });
  // what went wrong inside may say more than a caller should know
  return new TributaryError('internal', `the request failed; it is "${id}" in the log`, { cause: thrown });
}

/** Errors of the HTTP server itself: too large, malformed, wrong type. */
function ofServer(error: Error): ErrorCode | undefined {
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 413) return 'too-large';
  return typeof status === 'number' && status >= 400 && status < 500 ? 'bad-request' : undefined;
}

/** What zod found, in words: `"range.from": Invalid ISO date; "project" is missing`. */
export function wordsOf(error: z.ZodError): string {
  const shown = error.issues.slice(0, 5).map((issue) => {
    const field = `"${issue.path.join('.')}"`;
    if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
      return `${field} is missing`;
    return `${field}: ${issue.message}`;
  });
  const more = error.issues.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
