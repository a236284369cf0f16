/**
 * What a walsender sends for a logical slot: the messages of pgoutput, protocol version 1, inside of those of streaming replication.
 * Formats: https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html and …/protocol-replication.html.
 * A transaction arrives as a whole, after its commit, whose position is already in its first message.
 */
export interface Relation {
  readonly id: number;
  readonly schema: string;
  readonly name: string;
  /** `d` primary key, `i` an index, `f` all columns, `n` nothing. */
  readonly identity: string;
  readonly columns: readonly RelationColumn[];
}

export interface RelationColumn {
  readonly name: string;
  readonly type: number;
  readonly modifier: number;
  readonly isKey: boolean;
}

export const isNull = 0;
/** Stored outside of the row and left as it was; the log does not have it. */
export const isUnchanged = 1;
export const isText = 2;

/** Where the values of a row are in the bytes of the message; one object serves all rows. */
export class Tuple {
  count = 0;
  bytes: Buffer = Buffer.alloc(0);
  kinds = new Uint8Array(64);
  starts = new Int32Array(64);
  ends = new Int32Array(64);

  /** Reads the values that begin at `at`; returns where they end. */
  read(bytes: Buffer, at: number): number {
    this.bytes = bytes;
    this.count = bytes.readUInt16BE(at);
    if (this.count > this.kinds.length) this.#grow();
    let next = at + 2;
    for (let i = 0; i < this.count; i++) {
      const kind = bytes[next++];
      if (kind === 0x74) {
        const start = next + 4;
        const end = start + bytes.readInt32BE(next);
        this.kinds[i] = isText;
        this.starts[i] = start;
        this.ends[i] = end;
        next = end;
      } else if (kind === 0x6e) this.kinds[i] = isNull;
      else if (kind === 0x75) this.kinds[i] = isUnchanged;
      else throw new Error(`pgoutput: a value of the unknown kind ${kind}`);
    }
    return next;
  }

  #grow(): void {
    // a table has at most 1,600 columns
    this.kinds = new Uint8Array(1_664);
    this.starts = new Int32Array(1_664);
    this.ends = new Int32Array(1_664);
  }
}

export interface Begin {
  readonly positionHigh: number;
  readonly positionLow: number;
  /** Microseconds since the epoch. */
  readonly committedAt: number;
  readonly transaction: number;
}

/** Rows are valid during the call only. `old` has the key, or with REPLICA IDENTITY FULL everything. */
export interface Changes {
  begin(begin: Begin): void;
  /** `end`: where the next transaction may begin. */
  commit(end: bigint): void;
  relation(relation: Relation): void;
  insert(relation: number, row: Tuple): void;
  update(relation: number, row: Tuple, old: Tuple | undefined, isWhole: boolean): void;
  remove(relation: number, old: Tuple, isWhole: boolean): void;
  truncate(relations: readonly number[]): void;
  /** The server has nothing before this position for us any more. */
  alive(position: bigint, wantsReply: boolean): void;
}

/** Microseconds from the epoch to 2000-01-01, where PostgreSQL counts from. */
const epoch = 946_684_800_000_000;
const header = 25;
const row = new Tuple();
const before = new Tuple();

/** Hands one message (the content of a CopyData) to `changes`. Throws when the bytes are not what the protocol says. */
export function decodeMessage(bytes: Buffer, changes: Changes): void {
  if (bytes[0] === 0x6b) changes.alive(bytes.readBigUInt64BE(1), bytes[17] === 1);
  else if (bytes[0] === 0x77) decodeChange(bytes, changes);
  else throw new Error(`streaming replication: the unknown message ${bytes[0]}`);
}

function decodeChange(bytes: Buffer, changes: Changes): void {
  const at = header + 1;
  switch (bytes[header] ?? 0) {
    case 0x49: // I
      row.read(bytes, at + 5);
      changes.insert(bytes.readUInt32BE(at), row);
      break;
    case 0x55: // U
      decodeUpdate(bytes, at, changes);
      break;
    case 0x44: // D
      before.read(bytes, at + 5);
      changes.remove(bytes.readUInt32BE(at), before, bytes[at + 4] === 0x4f);
      break;
    case 0x42: // B
      changes.begin({
        positionHigh: bytes.readUInt32BE(at),
        positionLow: bytes.readUInt32BE(at + 4),
        committedAt: Number(bytes.readBigInt64BE(at + 8)) + epoch,
        transaction: bytes.readUInt32BE(at + 16),
      });
      break;
    case 0x43: // C
      changes.commit(bytes.readBigUInt64BE(at + 9));
      break;
    case 0x52: // R
      changes.relation(readRelation(bytes, at));
      break;
    case 0x54: // T
      changes.truncate(
        Array.from({ length: bytes.readUInt32BE(at) }, (_, index) => bytes.readUInt32BE(at + 5 + index * 4)),
      );
      break;
    default: // origins, types and messages say nothing that is needed
  }
}

function decodeUpdate(bytes: Buffer, at: number, changes: Changes): void {
  const kind = bytes[at + 4];
  if (kind === 0x4e) {
    row.read(bytes, at + 5);
    changes.update(bytes.readUInt32BE(at), row, undefined, false);
    return;
  }
  const next = before.read(bytes, at + 5);
  row.read(bytes, next + 1);
  changes.update(bytes.readUInt32BE(at), row, before, kind === 0x4f);
}

function readRelation(bytes: Buffer, start: number): Relation {
  let at = start + 4;
  const text = (): string => {
    const end = bytes.indexOf(0, at);
    const value = bytes.toString('utf8', at, end);
    at = end + 1;
    return value;
  };
  const schema = text() || 'pg_catalog';
  const name = text();
  const identity = String.fromCharCode(bytes[at++] as number);
  const count = bytes.readUInt16BE(at);
  at += 2;
  const columns = Array.from({ length: count }, () => {
    const isKey = (bytes[at++] as number) === 1;
    const column = { name: text(), type: bytes.readUInt32BE(at), modifier: bytes.readInt32BE(at + 4), isKey };
    at += 8;
    return column;
  });
  return { id: bytes.readUInt32BE(start), schema, name, identity, columns };
}
