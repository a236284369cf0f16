import type { ClickHouseClient } from '@clickhouse/client';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';

/** A machine that is busy with other things makes a reload slow; that must not hide what was written for minutes. */
const longestPause = 5_000;

/**
 * Makes queries see what was just written to the tables behind dictionaries (identities, repairs of sessions). The embedded engine does not
 * refresh dictionaries by itself; a reload reads the whole table, so the more it costs the rarer it is.
 */
export class DictionaryReload {
  readonly #warehouse: ClickHouseClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #names: readonly string[];
  #isStale = false;
  #isRunning = false;
  #notBefore = 0;

  constructor(warehouse: ClickHouseClient, clock: Clock, logger: Logger, names: readonly string[]) {
    this.#warehouse = warehouse;
    this.#clock = clock;
    this.#logger = logger;
    this.#names = names;
  }

  changed(): void {
    this.#isStale = true;
    this.tick();
  }

  /** Starts a reload when one is due; never fails and is not waited for. */
  tick(): void {
    if (!this.#isStale || this.#isRunning || this.#clock.now() < this.#notBefore) return;
    this.#isRunning = true;
    this.#isStale = false;
    const started = this.#clock.now();
    this.#reload()
      .catch((error: unknown) => {
        this.#isStale = true;
        this.#logger.warn('dictionaries cannot be reloaded now', { dictionaries: this.#names, error });
      })
      .finally(() => {
        const now = this.#clock.now();
        this.#notBefore = now + Math.min(longestPause, Math.max(500, 10 * (now - started)));
        this.#isRunning = false;
      });
  }
  async #reload(): Promise<void> {
    for (const name of this.#names)
      await this.#warehouse.command({ query: `SYSTEM RELOAD DICTIONARY tributary.${name}` });
  }
}
