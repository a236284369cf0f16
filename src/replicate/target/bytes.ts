/** Bytes that grow at their end; emptied and filled again for every batch, so that a steady stream allocates little. */
export class GrowingBytes {
  bytes: Buffer;
  at = 0;

  constructor(size = 1024) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  clear(): void {
    this.at = 0;
    // one huge batch must not hold its memory for ever
    if (this.bytes.length > 16 * 2 ** 20) this.bytes = Buffer.allocUnsafe(1024);
  }

  reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + size));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }

  uint8(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  /** Little-endian, like everything the warehouse reads. */
  uint32(value: number): void {
    this.reserve(4);
    const { bytes, at } = this;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
    this.at = at + 4;
  }

  /** A whole number that a double holds exactly, in 64 bits and two's complement. */
  int64(value: number): void {
    const high = Math.floor(value / 2 ** 32);
    this.uint32(value - high * 2 ** 32);
    this.uint32(high);
  }

  /** `size` bytes in two's complement. */
  wide(value: bigint, size: number): void {
    let rest = BigInt.asUintN(size * 8, value);
    for (let word = 0; word < size; word += 4) {
      this.uint32(Number(rest & 0xffff_ffffn));
      rest >>= 32n;
    }
  }

  varint(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.at++] = rest;
  }

  copy(from: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.reserve(size);
    const { bytes, at } = this;
    // a short text is cheaper byte by byte than through a call into the runtime
    if (size <= 24) for (let i = 0; i < size; i++) bytes[at + i] = from[start + i] as number;
    else bytes.set(from.subarray(start, end), at);
    this.at = at + size;
  }

  zeros(size: number): void {
    this.reserve(size);
    this.bytes.fill(0, this.at, this.at + size);
    this.at += size;
  }

  text(value: string): void {
    const bytes = Buffer.from(value);
    this.varint(bytes.length);
    this.copy(bytes, 0, bytes.length);
  }
}
