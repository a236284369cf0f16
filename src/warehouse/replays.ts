import type { ClickHouseClient } from '@clickhouse/client';
import type { LogRecord } from '../contract/request.ts';
import type { QuarantineOutcomeRow, QuarantineRow } from '../contract/row.ts';

/** A row of quarantine that a record says it replays. */
export interface ReplayedPlace {
  readonly project: string;
  readonly offset: number;
  readonly item: number;
}

/** Which of the places were replayed by records with offsets before `before`, as `placeKey` writes them. */
export type ConfirmReplayed = (places: readonly ReplayedPlace[], before: number) => Promise<Set<string>>;

export function placeKey({ project, offset, item }: ReplayedPlace): string {
  return `${project}\0${offset}.${item}`;
}

/** Asks the warehouse; only records before `before` count, so that a range that is processed again decides the same. */
export async function confirmReplayed(
  warehouse: ClickHouseClient,
  places: readonly ReplayedPlace[],
  before: number,
  database = 'tributary',
): Promise<Set<string>> {
  const found = new Set<string>();
  const perQuery = 5_000;
  for (let at = 0; at < places.length; at += perQuery) {
    const some = places.slice(at, at + perQuery);
    const projects = [...new Set(some.map(({ project }) => project))].map(quote).join(',');
    const list = some.map(({ project, offset, item }) => `(${quote(project)},${offset},${item})`).join(',');
    const result = await warehouse.query({
      query: `SELECT DISTINCT project, log_offset, item FROM ${database}.quarantine_outcomes
        WHERE project IN (${projects}) AND (project, log_offset, item) IN (${list}) AND replay_offset > 0 AND replay_offset < ${before}`,
      format: 'JSONEachRow',
    });
    for (const row of await result.json<{ project: string; log_offset: string | number; item: number }>())
      found.add(placeKey({ project: row.project, offset: Number(row.log_offset), item: row.item }));
  }
  return found;
}

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

type Counted = 'loaded' | 'duplicate' | 'dropped';

/** The replays of one range: which of its records may pass, and what became of those. */
export class Replays {
  /** Of the records that pass. */
  readonly places = new Set<string>();
  readonly #passed = new Map<number, LogRecord>();
  readonly #refused = new Set<number>();
  readonly #counts = new Map<number, Set<Counted>>();

  /** `inFlight`: places of the range before, whose outcomes the warehouse may not have yet. */
  static async of(
    records: readonly LogRecord[],
    from: number,
    confirm: ConfirmReplayed,
    inFlight: ReadonlySet<string> | undefined,
  ): Promise<Replays | undefined> {
    const marked = records.filter(({ replay }) => replay !== undefined);
    if (marked.length === 0) return undefined;
    const replays = new Replays();
    const known = await confirm(marked.flatMap(placeOf), from);
    for (const record of marked) {
      const [place] = placeOf(record);
      const key = place === undefined ? '' : placeKey(place);
      if (known.has(key) || inFlight?.has(key) || replays.places.has(key)) {
        replays.#refused.add(record.offset);
        continue;
      }
      replays.places.add(key);
      replays.#passed.set(record.offset, record);
    }
    return replays;
  }

  /** Whether what the record brings was replayed before. */
  wasReplayed({ offset }: LogRecord): boolean {
    return this.#refused.has(offset);
  }

  count({ offset }: LogRecord, what: Counted): void {
    if (!this.#passed.has(offset)) return;
    const counts = this.#counts.get(offset) ?? new Set();
    this.#counts.set(offset, counts.add(what));
  }

  outcomes(quarantine: readonly QuarantineRow[]): QuarantineOutcomeRow[] {
    const failed = new Set(quarantine.map(({ log_offset }) => log_offset));
    return [...this.#passed.values()].flatMap(({ project, offset, replay }) =>
      replay === undefined
        ? []
        : [
            {
              project,
              log_offset: replay.offset,
              item: replay.item,
              outcome: failed.has(offset) ? 'failed' : this.#outcome(offset),
              at: replay.at,
              replay: replay.id,
              fix: replay.fix,
              by: replay.by,
              replay_offset: offset,
            },
          ],
    );
  }

  #outcome(offset: number): Counted {
    const counts = this.#counts.get(offset);
    if (counts?.has('loaded')) return 'loaded';
    return counts?.has('duplicate') ? 'duplicate' : 'dropped';
  }
}

function placeOf({ project, replay }: LogRecord): ReplayedPlace[] {
  return replay === undefined ? [] : [{ project, offset: replay.offset, item: replay.item }];
}
