/** A message may be this long; what a sender announces above it is no syslog. */
export const maxMessage = 256 * 1024;
const maxDigits = 7;
const space = 0x20;
const newline = 0x0a;

/**
 * Cuts a TCP stream into messages as RFC 6587 says: a count of bytes and a space in front where a digit from 1 to 9 begins,
 * else up to the end of the line. Throws `FramingError` when the stream cannot be followed any more.
 */
export class FrameBuffer {
  #bytes: Buffer = Buffer.alloc(0);

  /** Adds what came and gives the messages that are whole now. */
  push(chunk: Buffer): Buffer[] {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const messages: Buffer[] = [];
    let at = 0;
    while (at < this.#bytes.length) {
      const message = this.#messageAt(at);
      if (!message) break;
      if (message.end > message.start) messages.push(this.#bytes.subarray(message.start, message.end));
      at = message.next;
    }
    this.#bytes = this.#bytes.subarray(at);
    return messages;
  }

  /** What is left when the stream ends: a line without its end. */
  rest(): Buffer | undefined {
    const rest = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return rest.length === 0 ? undefined : rest;
  }

  #messageAt(
    at: number,
  ): { readonly start: number; readonly end: number; readonly next: number } | undefined {
    const bytes = this.#bytes;
    const first = bytes[at] ?? 0;
    if (first >= 0x31 && first <= 0x39) {
      const count = this.#countAt(at);
      if (count === undefined) return undefined;
      if (count) {
        const end = count.start + count.length;
        return end > bytes.length ? undefined : { start: count.start, end, next: end };
      }
    }
    const end = bytes.indexOf(newline, at);
    if (end >= 0) return { start: at, end, next: end + 1 };
    if (bytes.length - at > maxMessage) throw new FramingError(`a line is longer than ${maxMessage} bytes`);
    return undefined;
  }

  /** Undefined while it is not all there, false when it is none. */
  #countAt(from: number): { readonly start: number; readonly length: number } | undefined | false {
    let length = 0;
    for (let at = from; at <= from + maxDigits; at++) {
      const byte = this.#bytes[at];
      if (byte === undefined) return undefined;
      if (byte === space) {
        if (length > maxMessage) throw new FramingError(`a message of ${length} bytes is announced`);
        return { start: at + 1, length };
      }
      if (byte < 0x30 || byte > 0x39) return false;
      length = length * 10 + byte - 0x30;
    }
    return false;
  }
}

export class FramingError extends Error {}
