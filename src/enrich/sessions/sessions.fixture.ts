import type { EnrichedBatch } from '../../contract/pipeline.ts';
import type { SessionRepairRow, SessionRow } from '../../contract/row.ts';
import { isNoSession } from './key.ts';

/** What readers see of sessions: the newest versions of rows, and keys looked up as the dictionaries of the warehouse do. */
export class SeenSessions {
  readonly #rows = new Map<string, SessionRow>();
  readonly #repairs = new Map<string, SessionRepairRow>();

  take({ sessionRepairs, sessions }: EnrichedBatch): void {
    for (const row of sessions) replace(this.#rows, `${row.day_key} ${row.session_id}`, row);
    for (const row of sessionRepairs) replace(this.#repairs, `${row.session_key} ${row.from_time}`, row);
  }

  rows(): SessionRow[] {
    return [...this.#rows.values()]
      .filter((row) => row.is_deleted === 0)
      .toSorted((a, b) => a.started_at - b.started_at || Number(a.session_id - b.session_id));
  }

  repairs(): SessionRepairRow[] {
    return [...this.#repairs.values()].filter((row) => row.is_deleted === 0);
  }

  /** `session_id` of a row with that key and time. */
  idOf({
    session_key: key,
    timestamp,
  }: {
    readonly session_key: bigint;
    readonly timestamp: number;
  }): bigint {
    let found: SessionRepairRow | undefined;
    for (const repair of this.repairs()) {
      if (repair.session_key !== key || timestamp < repair.from_time || timestamp > repair.to_time) continue;
      if (found === undefined || repair.from_time > found.from_time) found = repair;
    }
    return found?.session_id ?? (isNoSession(key) ? 0n : key);
  }
}

function replace<Row extends { readonly version: number }>(
  rows: Map<string, Row>,
  key: string,
  row: Row,
): void {
  const known = rows.get(key);
  if (known !== undefined && known.version === row.version) throw new Error('two rows of one version');
  if (known === undefined || row.version > known.version) rows.set(key, row);
}
