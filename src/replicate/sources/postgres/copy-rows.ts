import type pg from 'pg';
import type { TableWriter } from '../../target/writer.ts';

/**
 * Lines of COPY's text format: fields between tabs, \N for NULL, and a backslash before what could be mistaken.
 * https://www.postgresql.org/docs/current/sql-copy.html
 */
const [tab, backslash, newline, capitalN] = [0x09, 0x5c, 0x0a, 0x4e];
/** What stands after a backslash for a character that cannot stand for itself. */
const escaped: ReadonlyMap<number, number> = new Map([
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x76, 0x0b],
]);

/** Runs `COPY … TO STDOUT`; each line is valid for as long as it is kept. */
export function copyRows(client: pg.Client, text: string, onLine: (line: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const nothing = (): void => {};
    let failure: Error | undefined;
    client.query({
      submit: (connection: { query(text: string): void }) => connection.query(text),
      handleCopyData: ({ chunk }: { chunk: Buffer }) => {
        try {
          if (!failure) onLine(chunk);
        } catch (error) {
          failure = error as Error;
        }
      },
      // after an error the server is ready again, which nobody tells us
      handleError: reject,
      handleReadyForQuery: () => (failure ? reject(failure) : resolve()),
      handleRowDescription: nothing,
      handleDataRow: nothing,
      handleCommandComplete: nothing,
      handlePortalSuspended: nothing,
      handleEmptyQuery: nothing,
    } as unknown as pg.Submittable);
  });
}

/** Appends the fields of a line to the columns, in order. */
export function appendLine({ rows }: TableWriter, line: Buffer): void {
  let place = 0;
  forEachField(line, (start, end, escapes) => {
    const column = rows.columns[place++]?.column;
    if (!escapes) column?.append(line, start, end);
    else if (isNull(line, start, end)) column?.appendNull();
    else {
      const value = withoutEscapes(line, start, end);
      column?.append(value, 0, value.length);
    }
  });
}

/** The fields at these places as text; none of them is NULL. */
export function fieldTexts(line: Buffer, places: readonly number[]): string[] {
  const all: string[] = [];
  forEachField(line, (start, end, escapes) =>
    all.push((escapes ? withoutEscapes(line, start, end) : line.subarray(start, end)).toString()),
  );
  return places.map((place) => all[place] ?? '');
}

function forEachField(line: Buffer, take: (start: number, end: number, escapes: boolean) => void): void {
  const end = line[line.length - 1] === newline ? line.length - 1 : line.length;
  let start = 0;
  let escapes = false;
  for (let at = 0; at < end; at++) {
    const code = line[at];
    if (code === backslash) {
      escapes = true;
      at++;
    } else if (code === tab) {
      take(start, at, escapes);
      start = at + 1;
      escapes = false;
    }
  }
  take(start, end, escapes);
}

function isNull(line: Buffer, start: number, end: number): boolean {
  return end - start === 2 && line[start + 1] === capitalN;
}

function withoutEscapes(line: Buffer, start: number, end: number): Buffer {
  const value = Buffer.allocUnsafe(end - start);
  let size = 0;
  for (let at = start; at < end; at++) {
    const code = line[at] as number;
    if (code !== backslash) value[size++] = code;
    else {
      const next = line[++at] as number;
      value[size++] = escaped.get(next) ?? next;
    }
  }
  return value.subarray(0, size);
}
