import { GrowingBytes } from './bytes.ts';
import { Column } from './column.ts';

const [open, close, quote, backslash, equals] = [0x7b, 0x7d, 0x22, 0x5c, 0x3d];

/**
 * Lists as PostgreSQL writes them: `{1,NULL,"a, b"}`. What has several dimensions becomes one list, in order; a NULL list is an
 * empty one, because the warehouse has no Nullable arrays.
 */
export class ArrayColumn extends Column {
  readonly #values: Column;
  readonly #ends = new GrowingBytes();
  readonly #scratch = new GrowingBytes();
  readonly #delimiter: number;

  constructor(values: Column, delimiter = ',') {
    super(`Array(Nullable(${values.type}))`);
    this.#values = values;
    this.#delimiter = delimiter.charCodeAt(0);
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    // bounds that do not begin at 1 stand before: [0:2]={…}
    if (bytes[at] === 0x5b) while (at < end && bytes[at] !== equals) at++;
    for (; at < end; at++) {
      const code = bytes[at] as number;
      if (code === quote) at = this.#quoted(bytes, at + 1, end);
      else if (code !== open && code !== close && code !== this.#delimiter && code !== equals)
        at = this.#bare(bytes, at, end);
    }
    this.lost += this.#values.lost;
    this.#values.lost = 0;
    this.#end();
  }

  override appendNull(): void {
    this.appendBlank();
  }

  override typeOf(): string {
    return this.type;
  }

  override get size(): number {
    return this.#ends.at + this.#values.size;
  }

  override write(out: GrowingBytes): void {
    out.copy(this.#ends.bytes, 0, this.#ends.at);
    this.#values.write(out, true);
  }

  override clear(): void {
    super.clear();
    this.#values.clear();
    this.#ends.clear();
  }

  protected blank(): void {
    this.#ends.int64(this.#values.rows);
  }

  #end(): void {
    this.blank();
    this.rows++;
  }

  /** Takes a value that ends before a delimiter; returns where its last byte is. */
  #bare(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && bytes[at] !== this.#delimiter && bytes[at] !== close) at++;
    if (isNull(bytes, start, at)) this.#values.appendNull();
    else this.#values.append(bytes, start, at);
    return at - 1;
  }

  /** Takes a value in quotes; returns where the closing one is. */
  #quoted(bytes: Uint8Array, start: number, end: number): number {
    const scratch = this.#scratch;
    scratch.at = 0;
    let at = start;
    for (; at < end && bytes[at] !== quote; at++) {
      if (bytes[at] === backslash) at++;
      scratch.uint8(bytes[at] as number);
    }
    this.#values.append(scratch.bytes, 0, scratch.at);
    return at;
  }
}

function isNull(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 4 &&
    ((bytes[start] as number) | 0x20) === 0x6e &&
    ((bytes[start + 1] as number) | 0x20) === 0x75 &&
    ((bytes[start + 2] as number) | 0x20) === 0x6c &&
    ((bytes[start + 3] as number) | 0x20) === 0x6c
  );
}
