/** An error of the engine or of this host, in the shape that ClickHouse clients parse. */
export class EngineError extends Error {
  readonly code: number;
  readonly type: string;

  constructor(code: number, type: string, message: string) {
    super(message);
    this.name = 'EngineError';
    this.code = code;
    this.type = type;
  }

  get status(): number {
    return statusOf(this.code);
  }

  /** The body of the answer: `Code: 60. DB::Exception: … (UNKNOWN_TABLE) (version 26.7.2.1)`. */
  render(version: string): string {
    // `(SELEC)` in capitals looks to clients like the name of the type, and they would cut the message there
    const message = this.message.replace(/\(([A-Z][A-Z0-9_]{2,})\)/g, '("$1")');
    return `Code: ${this.code}. DB::Exception: ${message} (${this.type}) (version ${version})\n`;
  }
}

export const refusals = {
  accessDenied: (message: string) => new EngineError(497, 'ACCESS_DENIED', message),
  authentication: (message: string) => new EngineError(516, 'AUTHENTICATION_FAILED', message),
  badArguments: (message: string) => new EngineError(36, 'BAD_ARGUMENTS', message),
  cancelled: () => new EngineError(394, 'QUERY_WAS_CANCELLED', 'Query was cancelled.'),
  timeout: (seconds: number) =>
    new EngineError(159, 'TIMEOUT_EXCEEDED', `Timeout exceeded: maximum is ${seconds} s.`),
  tooMany: (message: string) => new EngineError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', message),
  tooLarge: (message: string) => new EngineError(307, 'TOO_MANY_BYTES', message),
  notImplemented: (message: string) => new EngineError(48, 'NOT_IMPLEMENTED', message),
};

const engineMessage =
  /^Code: (\d+)\. DB::[\w:]*Exception: ([\s\S]*?)\s*\(([A-Z][A-Z0-9_]+)\)(?: \(version [^)]*\)\.?)?\s*$/;

/** Reads what the engine threw; it sometimes wraps a whole exception in another one of the same code. */
export function toEngineError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  let text = thrown instanceof Error ? thrown.message : String(thrown);
  let found: EngineError | undefined;
  for (let match = engineMessage.exec(text); match; match = engineMessage.exec(text)) {
    text = match[2] ?? '';
    found = new EngineError(Number(match[1]), match[3] ?? 'UNKNOWN_EXCEPTION', text);
    // the inner exception keeps its own suffix in front of the outer one
    text = text.replace(/\s*\.$/, '');
  }
  if (found) return found;
  // a message that quotes a NUL byte of the query is cut there, before the name of its type
  const [, code = '1002', rest = text] = /^(?:Code: (\d+)\. DB::\w*Exception: )+([\s\S]*)$/.exec(text) ?? [];
  return new EngineError(Number(code), 'UNKNOWN_EXCEPTION', rest);
}

// As the server maps them, so that clients which look at the status only behave the same.
const statuses: ReadonlyMap<number, readonly number[]> = new Map([
  [400, [6, 26, 27, 33, 36, 38, 41, 42, 43, 53, 62, 69, 70, 72, 89, 117, 167, 168, 354, 381, 427, 456, 457]],
  [401, [194]],
  [403, [164, 192, 193, 291, 497, 511, 516]],
  [404, [46, 47, 50, 56, 60, 63, 73, 81, 115]],
  [408, [159]],
  [413, [229, 307]],
  [501, [48]],
  [503, [202, 209, 243, 439]],
]);

const statusByCode = new Map(
  [...statuses].flatMap(([status, codes]) => codes.map((code) => [code, status] as const)),
);

function statusOf(code: number): number {
  return statusByCode.get(code) ?? 500;
}
