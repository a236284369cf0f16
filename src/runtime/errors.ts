/**
 * THE table of errors a user can meet. Each has a stable code, an HTTP status and an advice: what happened is in the
 * message, what to do is here. `docs/errors.md` is generated from it and a test compares the two.
 */
export const errorTable = {
  // configuration
  'config-invalid': {
    status: 500,
    advice: 'Correct the named key in tributary.yaml, the flag or the environment variable.',
  },
  'plan-invalid': {
    status: 500,
    advice: 'Correct the schemas in workspace/schemas as the message says, file by file.',
  },
  'source-invalid': {
    status: 500,
    advice: 'Correct the file in workspace/sources as the message says.',
  },
  'source-unavailable': {
    status: 503,
    advice: 'See whether the database runs and can be reached from here; replication tries again by itself.',
  },
  'model-invalid': {
    status: 400,
    advice: 'Correct the files in workspace/models as the message says; nothing was changed.',
  },
  'model-failed': {
    status: 500,
    advice: 'The table is as it was before; correct what the message names and run the model again.',
  },
  'port-in-use': {
    status: 500,
    advice: 'Stop the other program or choose another port with --port / --warehouse-port.',
  },
  'already-running': { status: 500, advice: 'Stop the other one, or choose another folder with --data.' },
  'secret-key-wrong': {
    status: 500,
    advice:
      'Bring back secret.key in the data folder, or the option secret-key, as it was; else enter the secret of the source again.',
  },
  // requests
  'bad-request': {
    status: 400,
    advice: 'Correct the request as the message says; sending it again unchanged will fail again.',
  },
  'bad-query': { status: 400, advice: 'Correct the SQL or the parameters; the message is the engine’s own.' },
  unauthenticated: {
    status: 401,
    advice: 'Sign in, or send a valid API key as "Authorization: Bearer <key>".',
  },
  forbidden: { status: 403, advice: 'Ask an administrator for a role that allows this.' },
  'not-found': { status: 404, advice: 'Check the address or the id.' },
  'method-not-allowed': { status: 405, advice: 'Use a method that the Allow header names.' },
  conflict: { status: 409, advice: 'Choose another name, or change the existing one.' },
  'too-large': { status: 413, advice: 'Send fewer events per request.' },
  'too-many-requests': { status: 429, advice: 'Wait as long as Retry-After says, then try again.' },
  'unknown-key': { status: 401, advice: 'Use a write key shown under Sources.' },
  'origin-refused': {
    status: 403,
    advice: 'Add the origin of the page to the source (Sources → Limits), or send from one that is there.',
  },
  'source-limit': {
    status: 503,
    advice:
      'Retry after the number of seconds in Retry-After; the limit is set by an administrator under Sources → Limits.',
  },
  // capacity
  'disk-full': {
    status: 503,
    advice: 'Free disk space in the data folder; the collector resumes by itself.',
  },
  overloaded: { status: 503, advice: 'Retry after the number of seconds in Retry-After.' },
  'warehouse-unavailable': {
    status: 503,
    advice: 'The warehouse is starting or restarting; try again in a moment.',
  },
  'query-too-expensive': {
    status: 422,
    advice: 'Narrow the date range or add a filter; the query went over its time or memory limit.',
  },
  internal: { status: 500, advice: 'This is a fault of Tributary; the log of the process has the details.' },
} as const satisfies Record<string, { status: number; advice: string }>;

export type ErrorCode = keyof typeof errorTable;

/** An error meant for a reader. `message` says what happened and to which thing. */
export class TributaryError extends Error {
  readonly code: ErrorCode;
  /** Seconds after which a retry makes sense; becomes the Retry-After header. */
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfter?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TributaryError';
    this.code = code;
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  get advice(): string {
    return errorTable[this.code].advice;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
