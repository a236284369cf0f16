/**
 * Words of loggers as OpenTelemetry's SeverityNumber: its short names, those of syslog as its data model maps them, Python's, Java's, and
 * the numbers of bunyan and pino.
 */
const numbers: ReadonlyMap<string, number> = new Map([
  ...short('trace', 1),
  ...short('debug', 5),
  ...short('info', 9),
  ...short('warn', 13),
  ...short('error', 17),
  ...short('fatal', 21),
  ['verbose', 1],
  ['finest', 1],
  ['finer', 3],
  ['fine', 5],
  ['config', 8],
  ['information', 9],
  ['informational', 9],
  ['log', 9],
  ['notice', 10],
  ['warning', 13],
  ['err', 17],
  ['severe', 17],
  ['critical', 18],
  ['crit', 18],
  ['alert', 19],
  ['emergency', 21],
  ['emerg', 21],
  ['panic', 21],
  ['10', 1],
  ['20', 5],
  ['30', 9],
  ['40', 13],
  ['50', 17],
  ['60', 21],
]);
const longest = 13;

/** `warn`, `warn2`, `warn3`, `warn4`. */
function short(name: string, first: number): [string, number][] {
  return [0, 1, 2, 3].map((more) => [more === 0 ? name : `${name}${more + 1}`, first + more]);
}

/** 1 to 24, or 0 when neither the number nor the word says anything. */
export function severityOf(number: number | undefined, text: string | undefined): number {
  if (number !== undefined && Number.isInteger(number) && number >= 1 && number <= 24) return number;
  if (text === undefined || text.length > longest + 2) return 0;
  return numbers.get(text.trim().toLowerCase()) ?? 0;
}
