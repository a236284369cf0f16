import type pg from 'pg';
import { identifier, lsnOf } from './connect.ts';

/** Microseconds from the epoch to 2000-01-01. */
const epoch = 946_684_800_000_000;

/** The parts of a connection of `pg` that streaming needs and its types do not show. */
interface RawConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  readonly stream: { pause(): void; resume(): void };
}

/**
 * The log of a slot as it is written: messages in order, one call each. A paused stream may still bring the messages of what was
 * read from the socket already.
 */
export class LogStream {
  readonly #client: pg.Client;
  readonly #ended: Promise<never>;
  #fail: (error: Error) => void = () => {};

  constructor(client: pg.Client) {
    this.#client = client;
    this.#ended = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // whoever waits hears of it; nobody may
    this.#ended.catch(() => {});
  }

  /** Rejects when the stream ends, which it does by failure only. */
  get ended(): Promise<never> {
    return this.#ended;
  }

  start(slot: string, publication: string, from: bigint, onMessage: (message: Buffer) => void): void {
    const text = `START_REPLICATION SLOT ${identifier(slot)} LOGICAL ${lsnOf(from)} (proto_version '1', publication_names '${identifier(publication).replaceAll("'", "''")}')`;
    const nothing = (): void => {};
    this.#client.query({
      submit: (connection: RawConnection) => connection.query(text),
      handleCopyData: ({ chunk }: { chunk: Buffer }) => {
        try {
          onMessage(chunk);
        } catch (error) {
          this.#fail(error as Error);
        }
      },
      handleError: (error: Error) => this.#fail(error),
      handleReadyForQuery: () => this.#fail(new Error('the server ended the stream of its log')),
      handleRowDescription: nothing,
      handleDataRow: nothing,
      handleCommandComplete: nothing,
      handlePortalSuspended: nothing,
      handleEmptyQuery: nothing,
    } as unknown as pg.Submittable);
  }

  pause(): void {
    this.#connection.stream.pause();
  }

  resume(): void {
    this.#connection.stream.resume();
  }

  /** Tells the server that everything before `position` is durable here, and asks where it is itself. */
  acknowledge(position: bigint): void {
    const message = Buffer.alloc(34);
    message[0] = 0x72;
    for (const at of [1, 9, 17]) message.writeBigUInt64BE(position, at);
    message.writeBigInt64BE(BigInt(Date.now() * 1_000 - epoch), 25);
    message[33] = 1;
    this.#connection.sendCopyFromChunk(message);
  }

  get #connection(): RawConnection {
    return (this.#client as unknown as { connection: RawConnection }).connection;
  }
}
