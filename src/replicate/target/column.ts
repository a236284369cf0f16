import { GrowingBytes } from './bytes.ts';

/**
 * The values of one column of a batch, as the Native format wants them. Sources hand over each value as bytes of text, the way
 * they read it from the wire, so that no object is made per value.
 * Format: https://clickhouse.com/docs/interfaces/formats/Native
 */
export abstract class Column {
  /** Type in the warehouse, without Nullable. */
  readonly type: string;
  /** Values that the warehouse's type cannot hold, since the last batch: stored as NULL, or as the nearest that it holds. */
  lost = 0;
  rows = 0;
  protected readonly data = new GrowingBytes();
  #nulls: number[] = [];

  constructor(type: string) {
    this.type = type;
  }

  /** One value as text: `bytes[start, end)`. */
  abstract append(bytes: Uint8Array, start: number, end: number): void;
  /** What stands where there is no value. */
  protected abstract blank(): void;

  appendNull(): void {
    this.#nulls.push(this.rows);
    this.appendBlank();
  }

  /** A place that nobody reads, in the row of a deletion. */
  appendBlank(): void {
    this.blank();
    this.rows++;
  }

  /** Instead of a value that the type cannot hold. */
  protected appendLost(): void {
    this.lost++;
    this.appendNull();
  }

  /** Bytes that it will take, about. */
  get size(): number {
    return this.data.at + this.rows + 256;
  }

  /** Whether there are NULLs, which a column that is not Nullable cannot take. */
  get hasNulls(): boolean {
    return this.#nulls.length > 0;
  }

  /** Type on its way: as Nullable when asked for. */
  typeOf(nullable: boolean): string {
    return nullable ? `Nullable(${this.type})` : this.type;
  }

  write(out: GrowingBytes, nullable: boolean): void {
    if (nullable) this.writeNulls(out);
    this.writeData(out);
  }

  clear(): void {
    this.data.clear();
    this.#nulls = [];
    this.rows = 0;
    this.lost = 0;
  }

  protected writeNulls(out: GrowingBytes): void {
    const start = out.at;
    out.zeros(this.rows);
    for (const row of this.#nulls) out.bytes[start + row] = 1;
  }

  protected writeData(out: GrowingBytes): void {
    out.copy(this.data.bytes, 0, this.data.at);
  }
}
