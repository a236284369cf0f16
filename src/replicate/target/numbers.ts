import { Column } from './column.ts';

const minus = 0x2d;
const zero = 0x30;
const dot = 0x2e;
/** Digits that a double holds exactly, whatever they are. */
const safeDigits = 15;

export class BoolColumn extends Column {
  constructor() {
    super('Bool');
  }

  append(bytes: Uint8Array, start: number): void {
    const code = bytes[start];
    // t, true, 1
    this.data.uint8(code === 0x74 || code === 0x31 ? 1 : 0);
    this.rows++;
  }

  protected blank(): void {
    this.data.uint8(0);
  }
}

/** Whole numbers of up to 64 bits. */
export class IntegerColumn extends Column {
  readonly #size: number;

  constructor(type: string, size: number) {
    super(type);
    this.#size = size;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const { data } = this;
    if (end - start > safeDigits) {
      data.wide(BigInt(latin(bytes, start, end)), this.#size);
    } else {
      const value = wholeOf(bytes, start, end);
      if (this.#size === 8) data.int64(value);
      else if (this.#size === 4) data.uint32(value);
      else for (let byte = 0; byte < this.#size; byte++) data.uint8((value >> (byte * 8)) & 0xff);
    }
    this.rows++;
  }

  protected blank(): void {
    this.data.zeros(this.#size);
  }
}

export class FloatColumn extends Column {
  readonly #size: 4 | 8;

  constructor(size: 4 | 8) {
    super(size === 4 ? 'Float32' : 'Float64');
    this.#size = size;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    // NaN and ±Infinity are written by databases as JavaScript reads them
    const value = Number(latin(bytes, start, end));
    const { data } = this;
    data.reserve(8);
    if (this.#size === 4) data.bytes.writeFloatLE(value, data.at);
    else data.bytes.writeDoubleLE(value, data.at);
    data.at += this.#size;
    this.rows++;
  }

  protected blank(): void {
    this.data.zeros(this.#size);
  }
}

/** `scale` digits stand after the point; NaN has no place in a decimal and becomes NULL. */
export class DecimalColumn extends Column {
  readonly #size: number;
  readonly #scale: number;
  readonly #precision: number;

  constructor(precision: number, scale: number) {
    super(`Decimal(${precision}, ${scale})`);
    this.#size = precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32;
    this.#scale = scale;
    this.#precision = precision;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const isNegative = bytes[start] === minus;
    let at = isNegative ? start + 1 : start;
    let value = 0;
    let count = 0;
    let fraction = -1;
    for (; at < end; at++) {
      const code = bytes[at] as number;
      if (code === dot) fraction = 0;
      else if (code >= zero && code < zero + 10) {
        if (fraction >= this.#scale) continue;
        if (fraction >= 0) fraction++;
        value = value * 10 + code - zero;
        count++;
      } else {
        this.appendLost();
        return;
      }
    }
    for (let missing = Math.max(fraction, 0); missing < this.#scale; missing++, count++) value *= 10;
    if (count <= safeDigits) this.#number(isNegative ? -value : value);
    else this.#wide(latin(bytes, isNegative ? start + 1 : start, end), isNegative);
  }

  protected blank(): void {
    this.data.zeros(this.#size);
  }

  #number(value: number): void {
    const { data } = this;
    if (this.#size === 4) data.uint32(value);
    else {
      data.int64(value);
      for (let size = 8; size < this.#size; size += 4) data.uint32(value < 0 ? 0xffff_ffff : 0);
    }
    this.rows++;
  }

  #wide(text: string, isNegative: boolean): void {
    const [whole = '', fraction = ''] = text.split('.');
    const digits = whole + fraction.slice(0, this.#scale).padEnd(this.#scale, '0');
    if (digits.replace(/^0+/, '').length > this.#precision) {
      this.appendLost();
      return;
    }
    const value = BigInt(digits);
    this.data.wide(isNegative ? -value : value, this.#size);
    this.rows++;
  }
}

/** A whole number of at most 15 digits. */
export function wholeOf(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === minus;
  let value = 0;
  for (let at = isNegative ? start + 1 : start; at < end; at++)
    value = value * 10 + (bytes[at] as number) - zero;
  return isNegative ? -value : value;
}

export function latin(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
