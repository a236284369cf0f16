import type { JsonValue } from '../../contract/event.ts';

/** OpenTelemetry's SeverityNumber for the words that logging libraries use, lower case. */
const words: Readonly<Record<string, number>> = {
  trace: 1,
  t: 1,
  verbose: 2,
  finest: 2,
  finer: 3,
  silly: 1,
  debug: 5,
  dbg: 5,
  d: 5,
  fine: 5,
  config: 7,
  info: 9,
  inf: 9,
  i: 9,
  information: 9,
  informational: 9,
  log: 9,
  http: 9,
  notice: 10,
  warn: 13,
  wrn: 13,
  warning: 13,
  w: 13,
  error: 17,
  err: 17,
  e: 17,
  severe: 17,
  critical: 21,
  crit: 21,
  alert: 21,
  fatal: 21,
  ftl: 21,
  f: 21,
  panic: 21,
  dpanic: 21,
  emerg: 21,
  emergency: 21,
};

/** SeverityNumbers of syslog's severities 0 (emergency) to 7 (debug), as OpenTelemetry's data model maps them. */
const syslogSeverities = [21, 19, 18, 17, 13, 10, 9, 5] as const;
export const syslogWords = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

export interface Severity {
  readonly severity?: number | undefined;
  readonly severityText?: string | undefined;
}

const none: Severity = Object.freeze({});

/** From a word, pino's and bunyan's numbers (10 to 60), or syslog's (0 to 7). */
export function severityOf(value: JsonValue | undefined): Severity {
  if (typeof value === 'string') {
    if (value === '' || value.length > 40) return none;
    if (/^\d{1,2}$/.test(value)) return { ...severityOf(Number(value)), severityText: value };
    return { severity: severityOfWord(value), severityText: value };
  }
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return none;
  const severityText = `${value}`;
  if (value < 8) return { severity: syslogSeverity(value), severityText };
  return value <= 60
    ? { severity: Math.min(21, Math.floor(value / 10) * 4 - 3), severityText }
    : { severityText };
}

export function severityOfWord(word: string): number | undefined {
  const lower = word.toLowerCase();
  return Object.hasOwn(words, lower) ? words[lower] : undefined;
}

export function syslogSeverity(level: number): number | undefined {
  return syslogSeverities[level];
}

/** A request's by its answer: what the server got wrong is an error, what the client got wrong a warning. */
export function severityOfStatus(status: number): number {
  if (status >= 500) return 17;
  return status >= 400 ? 13 : 9;
}
