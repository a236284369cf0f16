import type { ClickHouseClient } from '../warehouse/warehouse.ts';
import type { Position, TableState } from './table.ts';

/** What a source is, as it was when its log was first followed. JSON. */
export type SourceFacts = Readonly<Record<string, string>>;

/**
 * How far a source has been replicated. It is kept in the warehouse, so that it is lost, restored and moved together with the
 * rows that it speaks of.
 */
export class ReplicationState {
  readonly #warehouse: ClickHouseClient;
  readonly #source: string;
  #version = 0;
  facts: SourceFacts | undefined;
  position: Position | undefined;
  readonly tables = new Map<string, TableState>();

  private constructor(warehouse: ClickHouseClient, source: string) {
    this.#warehouse = warehouse;
    this.#source = source;
  }

  static async load(warehouse: ClickHouseClient, source: string): Promise<ReplicationState> {
    const state = new ReplicationState(warehouse, source);
    const answer = await warehouse.query({
      query: `SELECT key, value, toUInt64(version) AS version FROM tributary.replication FINAL WHERE source = {source:String}`,
      query_params: { source },
      format: 'JSONEachRow',
    });
    for (const { key, value, version } of await answer.json<{
      key: string;
      value: string;
      version: string;
    }>()) {
      state.#version = Math.max(state.#version, Number(version));
      state.#take(key, value);
    }
    return state;
  }

  /** Both at once: where a log begins makes no sense without which log it is. */
  async saveOrigin(facts: SourceFacts, position: Position): Promise<void> {
    this.facts = facts;
    this.position = position;
    await this.#write([
      ['facts', JSON.stringify(facts)],
      ['position', String(position)],
    ]);
  }

  async savePosition(position: Position): Promise<void> {
    this.position = position;
    await this.#write([['position', String(position)]]);
  }

  /** Of a table that was changed. */
  async saveTable(table: TableState): Promise<void> {
    this.tables.set(table.id, table);
    // a key that is hashed in the rows must not stand here as it is; such a copy begins again after a crash
    const isMasked = table.columns.some(({ name, mask }) => mask && table.key.includes(name));
    const kept = isMasked ? { ...table, copied: null } : table;
    await this.#write([[`table ${table.id}`, JSON.stringify(kept)]]);
  }

  async forgetTable(id: string): Promise<void> {
    this.tables.delete(id);
    await this.#write([[`table ${id}`, '']]);
  }

  #take(key: string, value: string): void {
    if (value === '') return;
    if (key === 'facts') this.facts = JSON.parse(value) as SourceFacts;
    else if (key === 'position') this.position = BigInt(value);
    else if (key.startsWith('table ')) {
      const table = JSON.parse(value) as TableState;
      this.tables.set(table.id, table);
    }
  }

  async #write(entries: readonly (readonly [key: string, value: string])[]): Promise<void> {
    // a clock that was set back must not let an old value win
    this.#version = Math.max(this.#version + 1, Date.now() * 1_000);
    await this.#warehouse.insert({
      table: 'tributary.replication',
      values: entries.map(([key, value]) => ({ source: this.#source, key, value, version: this.#version })),
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0 },
    });
  }
}
