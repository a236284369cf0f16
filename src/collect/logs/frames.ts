/** One message of a stream. */
export interface Frame {
  readonly start: number;
  readonly end: number;
}

const space = 0x20;
const newline = 0x0a;
const maxDigits = 8;

/**
 * Messages framed as RFC 6587 says: by a count of bytes and a space where a digit from 1 to 9 begins, else by the end of
 * the line. A message that is cut off at the end of the bytes is `rest`.
 */
export function framesOf(bytes: Uint8Array, from = 0): { readonly frames: Frame[]; readonly rest: number } {
  const frames: Frame[] = [];
  let at = from;
  while (at < bytes.length) {
    const counted = countAt(bytes, at);
    if (counted === 'unfinished') break;
    if (counted) {
      const end = counted.start + counted.length;
      if (end > bytes.length) break;
      frames.push({ start: counted.start, end });
      at = end;
      // some senders end a counted message with a newline that they did not count
      if (bytes[at] === newline) at++;
      continue;
    }
    const end = bytes.indexOf(newline, at);
    if (end < 0) break;
    if (end > at) frames.push({ start: at, end });
    at = end + 1;
  }
  return { frames, rest: at };
}

function countAt(
  bytes: Uint8Array,
  from: number,
): { readonly start: number; readonly length: number } | 'unfinished' | undefined {
  const first = bytes[from] ?? 0;
  if (first < 0x31 || first > 0x39) return undefined;
  let length = 0;
  for (let at = from; at - from <= maxDigits; at++) {
    const byte = bytes[at];
    if (byte === undefined) return 'unfinished';
    if (byte === space) return { start: at + 1, length };
    if (byte < 0x30 || byte > 0x39) return undefined;
    length = length * 10 + byte - 0x30;
  }
  return undefined;
}

/** Messages one after the other, each with its count of bytes in front. */
export function counted(messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message]));
}

/** The same frames with each message changed; the very bytes when none is. */
export function mapFrames(bytes: Buffer, change: (message: Buffer) => Buffer): Buffer {
  const { frames, rest } = framesOf(bytes);
  let changed = false;
  const messages = frames.map(({ start, end }) => {
    const message = bytes.subarray(start, end);
    const result = change(message);
    changed ||= result !== message;
    return result;
  });
  return changed ? Buffer.concat([counted(messages), change(bytes.subarray(rest))]) : bytes;
}
