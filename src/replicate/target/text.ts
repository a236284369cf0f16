import { createHmac } from 'node:crypto';
import { Column } from './column.ts';

/** Text as it is. */
export class TextColumn extends Column {
  constructor() {
    super('String');
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    this.data.varint(end - start);
    this.data.copy(bytes, start, end);
    this.rows++;
  }

  protected blank(): void {
    this.data.uint8(0);
  }
}

/** Bytes that come as hexadecimal digits after `\x`. */
export class HexColumn extends TextColumn {
  override append(bytes: Uint8Array, start: number, end: number): void {
    const size = (end - start - 2) >>> 1;
    this.data.varint(size);
    this.data.reserve(size);
    for (let i = 0; i < size; i++) {
      const at = start + 2 + i * 2;
      this.data.bytes[this.data.at + i] =
        (digitOf(bytes[at] as number) << 4) | digitOf(bytes[at + 1] as number);
    }
    this.data.at += size;
    this.rows++;
  }
}

export class UuidColumn extends Column {
  constructor() {
    super('UUID');
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const digits: number[] = [];
    for (let at = start; at < end; at++) if (bytes[at] !== 0x2d) digits.push(digitOf(bytes[at] as number));
    if (digits.length !== 32) {
      this.appendLost();
      return;
    }
    // two 64-bit numbers, each with its lowest byte first
    for (const half of [0, 16])
      for (let i = 14; i >= 0; i -= 2)
        this.data.uint8(((digits[half + i] as number) << 4) | (digits[half + i + 1] as number));
    this.rows++;
  }

  protected blank(): void {
    this.data.zeros(16);
  }
}

/** What a column's values are replaced with before they are written anywhere. */
export type MaskRule =
  | { readonly rule: 'hash' }
  | { readonly rule: 'domain' }
  | { readonly rule: 'truncate'; readonly length: number };

/** A text in whose place only what the rule leaves is kept. */
export class MaskedColumn extends TextColumn {
  readonly #apply: (value: string) => string;

  /** `key` of the hash; whoever does not have it cannot try out values. */
  constructor(mask: MaskRule, key: string) {
    super();
    this.#apply = (value) => masked(value, mask, key);
  }

  override append(bytes: Uint8Array, start: number, end: number): void {
    const value = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
    const kept = Buffer.from(this.#apply(value));
    super.append(kept, 0, kept.length);
  }
}

function masked(value: string, mask: MaskRule, key: string): string {
  switch (mask.rule) {
    case 'hash':
      return createHmac('sha256', key).update(value).digest('base64url').slice(0, 22);
    case 'domain':
      return value.includes('@') ? value.slice(value.lastIndexOf('@') + 1).toLowerCase() : '';
    case 'truncate':
      // characters, not halves of them
      return Array.from(value.slice(0, mask.length * 2))
        .slice(0, mask.length)
        .join('');
  }
}

function digitOf(code: number): number {
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}
