export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** A logger whose lines carry `fields` too. */
  with(fields: Record<string, unknown>): Logger;
}

const rank: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** One logfmt-like line per entry on stderr: `2026-11-21T10:00:00.000Z warn web disk is full free=0`. */
export function createLogger(
  role: string,
  level: LogLevel = 'info',
  base: Record<string, unknown> = {},
): Logger {
  const write = (at: LogLevel, message: string, fields: Record<string, unknown> = {}): void => {
    if (rank[at] < rank[level]) return;
    const pairs = Object.entries({ ...base, ...fields }).map(([key, value]) => ` ${key}=${format(value)}`);
    process.stderr.write(`${new Date().toISOString()} ${at} ${role} ${message}${pairs.join('')}\n`);
  };
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    with: (fields) => createLogger(role, level, { ...base, ...fields }),
  };
}

/** Says nothing; for tests. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silentLogger,
};

function format(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  if (typeof value === 'string') return /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? 'undefined';
}
