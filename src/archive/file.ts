import { createReadStream, rmSync } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createZstdCompress, createZstdDecompress, zstdCompress } from 'node:zlib';
import type { LogRecord } from '../contract/request.ts';
import { messageOf, TributaryError } from '../runtime/errors.ts';
import { fromLine } from './line.ts';

const compress = promisify(zstdCompress);
/** Level 3 packs requests to about a tenth at 200 MB/s and more; what is merged once an hour is worth more of it. */
const levels = { new: 3, merged: 6 } as const;
const levelOf = (level: number) => ({
  params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
});

/** Writes a file whole or not at all: beside its place, synced, then renamed; the folder is synced too. */
export async function writeWhole(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.tmp`;
  try {
    const file = await open(beside, 'w', 0o600);
    try {
      if (content instanceof Uint8Array) await file.writeFile(content);
      else for await (const chunk of content) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    // half a file would fill a disk that is full already
    rmSync(beside, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function writeLines(path: string, lines: readonly string[]): Promise<void> {
  await writeWhole(path, await compress(lines.join(''), levelOf(levels.new)));
}

/** The same for more lines than memory should hold. */
export async function writeStream(path: string, lines: AsyncIterable<string>): Promise<void> {
  const packed = createZstdCompress(levelOf(levels.merged));
  pipeline(inChunks(lines), packed, () => {});
  await writeWhole(path, packed);
}

/** Texts of about 64 KB: a call into the compressor per line would cost more than the compression. */
async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let waiting: string[] = [];
  let size = 0;
  for await (const line of lines) {
    waiting.push(line);
    size += line.length;
    if (size < 65_536) continue;
    yield Buffer.from(waiting.join(''));
    waiting = [];
    size = 0;
  }
  if (size > 0) yield Buffer.from(waiting.join(''));
}

/** The lines of a file without their ends. Rejects with ENOENT when the file is gone, and with the file's name when it is damaged. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const plain = createZstdDecompress();
  pipeline(createReadStream(path), plain, () => {});
  try {
    yield* split(plain);
  } catch (error) {
    if (isGone(error)) throw error;
    throw new TributaryError('internal', `the archive's file ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    plain.destroy();
  }
}

async function* split(stream: Readable): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      rest.push(chunk.subarray(from, end));
      yield (rest.length === 1 ? (rest[0] ?? chunk) : Buffer.concat(rest)).toString('utf8');
      rest = [];
      from = end + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) throw new SyntaxError('it ends in the middle of a line');
}

export async function* recordsOf(path: string): AsyncGenerator<LogRecord> {
  for await (const line of linesOf(path)) {
    let record: LogRecord;
    try {
      record = fromLine(line);
    } catch (error) {
      throw new TributaryError('internal', `a line of the archive's file ${path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    yield record;
  }
}

export function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
