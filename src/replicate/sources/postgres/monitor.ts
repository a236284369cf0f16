import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { SourceContext, TableStatus } from '../../source.ts';
import type { ReplicationState } from '../../state.ts';
import type { Position } from '../../table.ts';
import type { Applier } from './applier.ts';
import type { Follower } from './follower.ts';
import { nudge, readSlot } from './slot.ts';

export interface MonitorOptions extends SourceContext {
  readonly client: pg.Client;
  readonly slot: string;
  readonly follower: Follower;
  readonly applier: Applier;
  readonly state: ReplicationState;
  readonly lost: Readonly<Record<string, number>>;
}

/** Every so many rounds something is written into the log, so that it moves on although nobody writes to our tables. */
const heartbeat = 10;

/** Measures once a second how far behind the warehouse is, and says it. */
export class Monitor {
  readonly #options: MonitorOptions;
  /** Where the log ended when, oldest first; those that we have passed are dropped. */
  #ends: { readonly at: number; readonly end: Position }[] = [];

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  async run(): Promise<never> {
    const { pauses, signal } = this.#options;
    for (let round = 0; ; round++) {
      await this.#measure();
      if (round % heartbeat === 0) await nudge(this.#options.client);
      await sleep(pauses.status, undefined, { signal });
    }
  }

  async #measure(): Promise<void> {
    const { client, slot: name, follower, clock, report, state, applier, lost } = this.#options;
    const slot = await readSlot(client, name);
    if (!slot || slot.lost)
      throw new Error(`the replication slot ${name} is gone${slot ? `: ${slot.lost}` : ''}`);
    const now = clock.now();
    this.#ends.push({ at: now, end: slot.end });
    // what is asked for first tells: the position of before may be behind the end of before
    this.#ends = this.#ends.filter(({ end }) => end > follower.position);
    const tables = [...state.tables.values()].map(
      (table): TableStatus => ({
        table: table.name,
        target: table.target,
        phase: table.phase,
        copiedRows: table.copiedRows,
        history: table.history,
      }),
    );
    report({
      state: tables.every(({ phase }) => phase === 'live') ? 'live' : 'copying',
      message: budgetMessage(slot.retained, slot.budget),
      lagBytes: slot.end > follower.position ? Number(slot.end - follower.position) : 0,
      lagSeconds: this.#ends[0] ? (now - this.#ends[0].at) / 1_000 : 0,
      retainedBytes: slot.retained,
      budgetBytes: slot.budget,
      changes: applier.rows,
      tables,
      lost: { ...lost },
    });
  }
}

function budgetMessage(retained: number, budget: number | null): string {
  if (budget === null || budget > retained) return '';
  const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
  return `the server keeps ${megabytes(retained)} of its log for us and gives up after ${megabytes(Math.max(0, budget))} more: raise max_slot_wal_keep_size`;
}
