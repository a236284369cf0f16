import type { Readable } from 'node:stream';
import type { JsonObject, JsonValue } from '../contract/event.ts';
import { TributaryError } from '../runtime/errors.ts';
import { isObject } from './fields.ts';
import type { Row } from './rows.ts';

/** Longer than any event that the collector takes. */
const maxLine = 16 * 1024 * 1024;
/** A JSON array is read whole; above this it must be turned into lines. */
const maxArray = 256 * 1024 * 1024;
const newline = 0x0a;

/** One object per line. Split by bytes: line separators of Unicode stand unescaped inside of JSON texts. */
export async function* jsonLineRows(bytes: Readable): AsyncGenerator<Row> {
  let rest: Buffer[] = [];
  let length = 0;
  let number = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)]);
      rest = [];
      from = end + 1;
      const tooLong = length + line.length > maxLine;
      length = 0;
      number++;
      const row = tooLong
        ? { number, problem: `longer than ${maxLine} bytes` }
        : parsed(line.toString('utf8'), number);
      if (row) yield row;
    }
    const tail = chunk.subarray(from);
    // What is too long is forgotten but for its length, so that the next line is found.
    if (length + tail.length > maxLine) {
      length += tail.length;
      rest = [];
    } else {
      rest.push(tail);
      length = rest.reduce((sum, part) => sum + part.length, 0);
    }
  }
  const last = length > maxLine ? undefined : parsed(Buffer.concat(rest).toString('utf8'), number + 1);
  if (last) yield last;
}

function parsed(line: string, number: number): Row | undefined {
  const text = line.replace(/^\uFEFF/, '').trim();
  if (text === '') return undefined;
  try {
    return rowOf(JSON.parse(text) as JsonValue, number);
  } catch (error) {
    return { number, problem: error instanceof Error ? error.message.slice(0, 200) : String(error) };
  }
}

function rowOf(value: JsonValue, number: number): Row {
  return isObject(value) ? { number, row: value } : { number, problem: 'not a JSON object' };
}

export async function* jsonArrayRows(bytes: Readable, file: string): AsyncGenerator<Row> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxArray) {
      throw new TributaryError(
        'too-large',
        `${file} is one JSON array of more than ${maxArray / 1024 / 1024} MB; make lines of it: jq -c '.[]' ${file}`,
      );
    }
  }
  let values: unknown;
  try {
    values = JSON.parse(
      Buffer.concat(chunks)
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    );
  } catch (error) {
    throw new TributaryError('bad-request', `${file} is no JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  let number = 0;
  for (const value of values as readonly JsonObject[]) yield rowOf(value, ++number);
}
