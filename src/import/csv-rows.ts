import type { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import type { JsonObject } from '../contract/event.ts';
import type { Row } from './rows.ts';

const delimiters = [',', '\t', ';', '|'];

/** CSV with a header line; the delimiter is the one that the header holds most of. A row with too few or too many fields is kept as far as it goes. */
export async function* csvRows(bytes: Readable): AsyncGenerator<Row> {
  const chunks = bytes[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await chunks.next();
  if (first.done) return;
  const problems: Row[] = [];
  let number = 0;
  const parser = parse({
    bom: true,
    columns: (header: string[]) => header.map((name) => name.trim()),
    delimiter: delimiterOf(first.value),
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: 16 * 1024 * 1024,
    skip_records_with_error: true,
  });
  parser.on('skip', (error: CsvError) => problems.push({ number: ++number, problem: error.message }));
  const feeding = feed(parser, first.value, chunks);
  for await (const row of parser) {
    while (problems.length > 0) yield problems.shift() as Row;
    yield { number: ++number, row: row as JsonObject };
  }
  yield* problems;
  await feeding;
}

async function feed(
  parser: ReturnType<typeof parse>,
  first: Buffer,
  rest: AsyncIterator<Buffer>,
): Promise<void> {
  try {
    for (let chunk: Buffer | undefined = first; chunk !== undefined; ) {
      if (!parser.write(chunk)) await new Promise((resolve) => parser.once('drain', resolve));
      const next: IteratorResult<Buffer> = await rest.next();
      chunk = next.done ? undefined : next.value;
    }
    parser.end();
  } catch (error) {
    parser.destroy(error as Error);
  }
}

function delimiterOf(head: Buffer): string {
  const line = head.toString('utf8', 0, 64 * 1024).split(/\r?\n/, 1)[0] ?? '';
  const counts = delimiters.map((one) => line.split(one).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ',';
}
