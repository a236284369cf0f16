import { createReadStream, type ReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { JsonObject } from '../contract/event.ts';
import { TributaryError } from '../runtime/errors.ts';
import { csvRows } from './csv-rows.ts';
import { jsonArrayRows, jsonLineRows } from './json-rows.ts';
import { parquetRows } from './parquet-rows.ts';

/** One row of a file, or why it cannot be read. Numbers start at 1. */
export type Row =
  | { readonly number: number; readonly row: JsonObject }
  | { readonly number: number; readonly problem: string };

/** A file that is read row by row: CSV, TSV, JSON lines, a JSON array or Parquet; all but the last also under gzip or zstd. Told by content first. */
export class HistoryFile {
  readonly path: string;
  readonly #size: number;
  readonly #head: Buffer;
  #stream: ReadStream | undefined;
  #parquetFraction = 0;

  static async open(path: string): Promise<HistoryFile> {
    const { size } = await stat(path).catch((error: unknown) => {
      throw new TributaryError('not-found', `${path} cannot be read`, { cause: error });
    });
    if (size === 0) throw new TributaryError('bad-request', `${path} is empty`);
    return new HistoryFile(path, size, await headOf(path));
  }

  private constructor(path: string, size: number, head: Buffer) {
    this.path = path;
    this.#size = size;
    this.#head = head;
  }

  /** How much of the file is read, 0 to 1. */
  get fraction(): number {
    return this.#stream ? this.#stream.bytesRead / this.#size : this.#parquetFraction;
  }

  async *rows(): AsyncGenerator<Row> {
    const magic = this.#head.toString('latin1');
    if (magic.startsWith('PK'))
      throw new TributaryError(
        'bad-request',
        `${this.path} is a zip archive: unpack it first and import its files`,
      );
    if (magic === 'PAR1') {
      yield* parquetRows(this.path, (fraction) => {
        this.#parquetFraction = fraction;
      });
      return;
    }
    if (/\.parquet$/i.test(this.path))
      throw new TributaryError('bad-request', `${this.path} is no readable Parquet file`);
    const first = await this.#firstByte();
    if (first === '[') yield* jsonArrayRows(this.#unpacked(), this.path);
    else if (first === '{') yield* jsonLineRows(this.#unpacked());
    else yield* csvRows(this.#unpacked());
  }

  #unpacked(): Readable {
    const stream = createReadStream(this.path, { highWaterMark: 256 * 1024 });
    this.#stream = stream;
    const unpack = unpackerOf(this.#head);
    if (!unpack) return stream;
    stream.on('error', (error) => unpack.destroy(error));
    return stream.pipe(unpack);
  }

  async #firstByte(): Promise<string> {
    const stream = this.#unpacked();
    try {
      for await (const chunk of stream) {
        const text = (chunk as Buffer)
          .toString('utf8')
          .replace(/^\uFEFF/, '')
          .trimStart();
        if (text !== '') return text.charAt(0);
      }
      return '';
    } finally {
      stream.destroy();
      this.#stream?.destroy();
    }
  }
}

function unpackerOf(
  head: Buffer,
): ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress> | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return createGunzip();
  return head.readUInt32LE(0) === 0xfd2fb528 ? createZstdDecompress() : undefined;
}

async function headOf(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    const head = Buffer.alloc(4);
    await handle.read(head, 0, 4, 0);
    return head;
  } finally {
    await handle.close();
  }
}
