import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { HistoryFile, type Row } from './rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'tributary-rows-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(name: string, content: string | Uint8Array): Promise<Row[]> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const rows: Row[] = [];
  for await (const row of (await HistoryFile.open(path)).rows()) rows.push(row);
  return rows;
}

const lines = '{"a":1}\n\n{"a":"\u2028 is no end of line"}\r\n{broken\n[1]\n{"a":3}';
const ofLines = [
  { number: 1, row: { a: 1 } },
  { number: 3, row: { a: '\u2028 is no end of line' } },
  { number: 4, problem: expect.stringContaining('JSON') as string },
  { number: 5, problem: 'not a JSON object' },
  { number: 6, row: { a: 3 } },
];

describe('rows', () => {
  it('JSON lines keep their numbers, and a broken one does not stop the others', async () => {
    expect(await read('events.jsonl', lines)).toEqual(ofLines);
  });

  it.each([
    ['gzip', gzipSync(lines)],
    ['zstd', zstdCompressSync(lines)],
    ['a byte order mark', Buffer.from(`\uFEFF${lines}`)],
  ])('the same under %s, whatever the name says', async (_, content) => {
    expect(await read('events.bin', content)).toEqual(ofLines);
  });

  it('a JSON array', async () => {
    expect(await read('events.json', ' [{"a":1}, 7, {"a":2}]')).toEqual([
      { number: 1, row: { a: 1 } },
      { number: 2, problem: 'not a JSON object' },
      { number: 3, row: { a: 2 } },
    ]);
  });

  it.each([',', ';', '\t', '|'])('CSV with %j between the fields', async (delimiter) => {
    const csv = [['id', ' name '], ['1', '"line 1\nline 2"'], ['2', '""'], ['3']]
      .map((row) => row.join(delimiter))
      .join('\r\n');
    expect(await read('events.csv', csv)).toEqual([
      { number: 1, row: { id: '1', name: 'line 1\nline 2' } },
      { number: 2, row: { id: '2', name: '' } },
      { number: 3, row: { id: '3' } },
    ]);
  });

  it('Parquet, in several row groups', async () => {
    const rows = Array.from({ length: 2_500 }, (_, index) => index);
    const file = parquetWriteBuffer({
      columnData: [
        { name: 'event', data: rows.map((index) => `e${index}`), type: 'STRING' },
        { name: 'at', data: rows.map((index) => new Date(1_700_000_000_000 + index)), type: 'TIMESTAMP' },
        { name: 'n', data: rows.map((index) => BigInt(index)), type: 'INT64' },
      ],
      rowGroupSize: [1_000],
    });
    const found = await read('events.parquet', new Uint8Array(file));
    expect(found).toHaveLength(2_500);
    expect(found[2_499]).toEqual({
      number: 2_500,
      row: { event: 'e2499', at: '2023-11-14T22:13:22.499Z', n: 2_499 },
    });
  });

  it('a line longer than any event is left out by its number', async () => {
    const long = `{"a":"${'x'.repeat(17 * 1024 * 1024)}"}`;
    expect(await read('long.jsonl', `{"a":1}\n${long}\n{"a":2}\n`)).toEqual([
      { number: 1, row: { a: 1 } },
      { number: 2, problem: 'longer than 16777216 bytes' },
      { number: 3, row: { a: 2 } },
    ]);
  });

  it.each([
    ['an empty file', '', 'is empty'],
    ['a zip archive', 'PK\u0003\u0004…', 'unpack it first'],
    ['half a Parquet file', 'PAR1 and nothing else', 'no readable Parquet'],
  ])('%s is refused in words', async (_, content, message) => {
    await expect(read('refused', content)).rejects.toThrow(message);
  });
});
