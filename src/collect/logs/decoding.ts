import type { Decoded, DecodedEvent, Failure } from '../../contract/event.ts';
import type { LogLine } from '../../contract/log-line.ts';

/** Collects what a request of log lines decodes to. */
export class LogDecoding {
  readonly #events: DecodedEvent[] = [];
  readonly #logs: LogLine[] = [];
  readonly #failures: Failure[] = [];
  #dropped: Record<string, number> | undefined;

  log(line: LogLine): void {
    this.#logs.push(line);
  }

  event(event: DecodedEvent): void {
    this.#events.push(event);
  }

  /** Without `payload` the whole request has failed, and its body is what is kept. */
  fail(reason: string, detail: string, payload?: string, envelope?: string): this {
    this.#failures.push({ stage: 'decode', reason, detail, payload, envelope });
    return this;
  }

  drop(reason: string): void {
    this.#dropped ??= {};
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1;
  }

  /** Runs `decode` for one item; what breaks it becomes a failure of that item alone. */
  item(payload: () => string, decode: () => void, envelope?: () => string): void {
    try {
      decode();
    } catch (error) {
      this.fail('decoder failed', String(error), payload(), envelope?.());
    }
  }

  result(): Decoded {
    return { events: this.#events, logs: this.#logs, failures: this.#failures, dropped: this.#dropped };
  }
}
