import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';

/** As sent: eight times what the largest known SDK puts into one request. */
const maxSentBytes = 4 * 1024 * 1024;
/** After decompression. */
const maxBodyBytes = 20 * 1024 * 1024;
/**
 * Real batches of events shrink 5 to 30 times; a bomb 1,000 times. Small bodies may repeat themselves more, hence the
 * first megabyte free.
 */
const maxRatio = 100;
const freeBytes = 1024 * 1024;
/** What is read and thrown away of a body over the limit, so that the client gets to read the answer. */
const drainBytes = 64 * 1024 * 1024;

export type BodyProblem = 'too-large' | 'broken-encoding' | 'aborted';

/** Calls back once with the bytes as sent, or with what is wrong. */
export function receiveBody(
  request: IncomingMessage,
  done: (problem: BodyProblem | undefined, body: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let settled = false;
  const settle = (problem: BodyProblem | undefined): void => {
    if (settled) return;
    settled = true;
    if (problem) done(problem, empty);
    else done(undefined, chunks.length === 1 ? (chunks[0] ?? empty) : Buffer.concat(chunks, size));
  };
  if (Number(request.headers['content-length']) > drainBytes) {
    settle('too-large');
    return;
  }
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxSentBytes) chunks.push(chunk);
    else chunks.length = 0;
    if (size > drainBytes) {
      request.pause();
      settle('too-large');
    }
  });
  request.on('end', () => settle(size > maxSentBytes ? 'too-large' : undefined));
  request.on('error', () => settle('aborted'));
  request.on('close', () => settle('aborted'));
}

const empty = Buffer.alloc(0);
const decoders = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  raw: promisify(inflateRaw),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

/**
 * How the body is compressed. The bytes are believed before the header: SDKs send gzip without saying so, and proxies
 * unpack it and leave the header.
 */
export function encodingOf(body: Buffer, header: string | undefined): keyof typeof decoders | undefined {
  if (body.length < 4) return undefined;
  if (body[0] === 0x1f && body[1] === 0x8b) return 'gzip';
  if (header === undefined) return undefined;
  const named = header.toLowerCase();
  const first = body[0];
  const json = first === 0x7b || first === 0x5b;
  if (named.includes('zstd')) return body.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : undefined;
  if (json) return undefined;
  if (named.includes('br')) return 'br';
  if (named.includes('deflate')) return body.readUInt16BE(0) % 31 === 0 ? 'deflate' : 'raw';
  return undefined;
}

/** Decompresses off the event loop, and stops as soon as the output goes over what its input may give. */
export async function decompress(
  body: Buffer,
  encoding: keyof typeof decoders,
): Promise<Buffer | BodyProblem> {
  const maxOutputLength = Math.min(maxBodyBytes, freeBytes + body.length * maxRatio);
  // Each chunk is a trip to the thread pool and back, so a large body gets large ones.
  const chunkSize = Math.max(16_384, Math.min(1024 * 1024, body.length * 8));
  try {
    return await decoders[encoding](body, { maxOutputLength, chunkSize });
  } catch (error) {
    return (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'broken-encoding';
  }
}
