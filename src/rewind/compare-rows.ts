import type { RewindDifference, RewindExample } from '../contract/rewind.ts';
import type { CompareOptions } from './compare.ts';
import { columnsOf, inRange, parametersOf, rowsOf } from './tables.ts';

/** Events that are compared at once: of each a number per column is in memory, on both sides. */
const portion = 200_000;
const mostExamples = 24;
const perName = 3;
const longestValue = 400;

/** What makes an event the same; the rest is compared. */
const identity = ['project', 'event_id'];
const compared = columnsOf('events').filter((column) => !identity.includes(column));

/** Absent values count as a text that no value has. */
const asText = (column: string): string => `ifNull(toString(\`${column}\`), '\\\\N')`;

/** Of a side that does not have the event there are no numbers. */
const sized = (hashes: string): string => `arrayResize(${hashes}, ${compared.length})`;

type RowDifference = Pick<RewindDifference, 'rows' | 'columns' | 'examples'>;

/** Which events change, come and go, in which columns, and some of each to look at. */
export async function compareRows(options: CompareOptions): Promise<RowDifference> {
  const { warehouse, database, scope, signal } = options;
  const rows = { same: 0, changed: 0, added: 0, removed: 0 };
  const counts = compared.map(() => 0);
  const examples: RewindExample[] = [];
  const [size] = await rowsOf<{ rows: number }>(
    warehouse,
    `SELECT greatest((SELECT count() FROM tributary.events WHERE ${inRange()}), (SELECT count() FROM ${database}.events)) AS rows`,
    parametersOf(scope),
  );
  const portions = Math.max(1, Math.ceil((size?.rows ?? 0) / portion));
  for (let number = 0; number < portions; number++) {
    signal.throwIfAborted();
    const paired = pairs(database, portions, number);
    const [found] = await rowsOf<typeof rows & { columns: number[] }>(
      warehouse,
      `SELECT countIf(change = 'same') AS same, countIf(change = 'changed') AS changed, countIf(change = 'added') AS added,
        countIf(change = 'removed') AS removed,
        sumForEachIf(arrayMap((one, other) -> toUInt64(one != other), ${sized('old')}, ${sized('new')}), change = 'changed') AS columns
       FROM ${paired}`,
      parametersOf(scope),
    );
    if (!found) continue;
    for (const name of Object.keys(rows) as (keyof typeof rows)[]) rows[name] += found[name];
    for (const [index, events] of found.columns.entries()) counts[index] = (counts[index] ?? 0) + events;
    const differ = found.changed + found.added + found.removed > 0;
    if (differ && examples.length < mostExamples) examples.push(...(await examplesOf(options, paired)));
  }
  const columns = compared
    .map((column, index) => ({ column, events: counts[index] ?? 0 }))
    .filter(({ events }) => events > 0)
    .toSorted((one, other) => other.events - one.events);
  return { rows, columns, examples: examples.slice(0, mostExamples) };
}

/** Every event of a portion once, with a number for each column and side. */
function pairs(database: string, portions: number, number: number): string {
  const hashes = `[${compared.map((column) => `cityHash64(${asText(column)})`).join(', ')}]`;
  const side = (source: string, name: 0 | 1): string =>
    `SELECT ${name} AS side, event_id, event, ${hashes} AS hashes FROM ${source}.events
     WHERE ${inRange()} AND cityHash64(event_id) % ${portions} = ${number}`;
  return `(SELECT event_id, any(event) AS name, anyIf(hashes, side = 0) AS old, anyIf(hashes, side = 1) AS new,
      multiIf(countIf(side = 0) = 0, 'added', countIf(side = 1) = 0, 'removed', old = new, 'same', 'changed') AS change
    FROM (${side('tributary', 0)} UNION ALL ${side(database, 1)}) GROUP BY event_id)`;
}

interface Chosen {
  readonly event_id: string;
  readonly change: RewindExample['change'];
}

interface ExampleRow {
  readonly side: 0 | 1;
  readonly event_id: string;
  readonly event: string;
  readonly at: number;
  readonly texts: string[];
}

async function examplesOf(
  { warehouse, database, scope }: CompareOptions,
  paired: string,
): Promise<RewindExample[]> {
  const chosen = await rowsOf<Chosen>(
    warehouse,
    `SELECT event_id, change FROM ${paired} WHERE change != 'same' ORDER BY change, name, event_id
     LIMIT ${perName} BY change, name LIMIT ${mostExamples}`,
    parametersOf(scope),
  );
  const ids = chosen.map(({ event_id }) => event_id);
  const texts = `[${compared.map((column) => `leftUTF8(${asText(column)}, ${longestValue})`).join(', ')}]`;
  const side = (source: string, name: 0 | 1): string =>
    `SELECT ${name} AS side, event_id, event, toUnixTimestamp64Milli(timestamp) AS at, ${texts} AS texts
     FROM ${source}.events WHERE ${inRange()} AND event_id IN {ids:Array(String)}`;
  const rows = await rowsOf<ExampleRow>(
    warehouse,
    `SELECT * FROM (${side('tributary', 0)} UNION ALL ${side(database, 1)})`,
    { ...parametersOf(scope), ids },
  );
  return chosen.flatMap(({ event_id, change }) => {
    const before = rows.find((row) => row.event_id === event_id && row.side === 0);
    const after = rows.find((row) => row.event_id === event_id && row.side === 1);
    const shown = after ?? before;
    if (!shown) return [];
    return [
      {
        eventId: event_id,
        event: shown.event,
        timestamp: shown.at,
        change,
        columns: columnsThatDiffer(before?.texts, after?.texts),
      },
    ];
  });
}

function columnsThatDiffer(
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
): RewindExample['columns'] {
  return compared.flatMap((column, index) => {
    const one = textOrNull(before?.[index]);
    const other = textOrNull(after?.[index]);
    // of an event that comes or goes, what it says
    const isShown = before && after ? one !== other : (one ?? other ?? '') !== '';
    return isShown ? [{ column, before: one, after: other }] : [];
  });
}

const textOrNull = (text: string | undefined): string | null =>
  text === undefined || text === '\\N' ? null : text;
