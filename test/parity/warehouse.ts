import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, post } from '../program.ts';
import type { People } from './compare.ts';
import type { Row } from './expected.ts';
import type { Journey } from './journey.ts';

type Columns = Omit<Row, 'items'> & Record<'ids' | 'names' | 'prices' | 'quantities', unknown[]>;

/** All events of a project, once a last one has come through: the log keeps the order. */
export async function storedOf(program: Program, project: string, key: string): Promise<Row[]> {
  const last = { event: 'The last one', userId: 'nobody', messageId: `last-${project}` };
  await post(`${program.url}/v1/track`, JSON.stringify(last), { authorization: `Basic ${btoa(`${key}:`)}` });
  const sql = `SELECT event_id, type, event, user_id, anonymous_id, account_id, toUnixTimestamp64Milli(timestamp) AS at, url, title,
      revenue, currency, order_id, items.id AS ids, items.name AS names, items.price AS prices, items.quantity AS quantities,
      protocol, library, properties
    FROM tributary.events WHERE project = {project:String} ORDER BY timestamp, log_offset`;
  const deadline = Date.now() + 60_000;
  for (;;) {
    const rows = await program.rows<Columns>(sql, { project });
    if (rows.some((row) => row.event_id === last.messageId))
      return rows.filter((row) => row.event_id !== last.messageId).map(rowOf);
    if (Date.now() > deadline)
      throw new Error(`nothing came through to ${project}:\n${program.output().slice(-2_000)}`);
    await sleep(100);
  }
}

function rowOf({ ids, names, prices, quantities, ...row }: Columns): Row {
  const items = ids.map((id, index) => ({
    id: String(id),
    name: String(names[index]),
    price: Number(prices[index]),
    quantity: Number(quantities[index]),
  }));
  return { ...row, at: Number(row.at), items };
}

/** Resolves when the project has so many events, or when it is clear that it will not. */
export async function untilStored(program: Program, project: string, count: number): Promise<void> {
  const deadline = Date.now() + 90_000;
  const sql = 'SELECT count() AS count FROM tributary.events WHERE project = {project:String}';
  while (Date.now() < deadline) {
    const [row] = await program.rows<{ count: number | string }>(sql, { project });
    if (Number(row?.count ?? 0) >= count) return;
    await sleep(200);
  }
}

export async function quarantinedOf(program: Program, project: string): Promise<string[]> {
  const rows = await program.rows<Record<'reason' | 'detail' | 'protocol' | 'payload', string>>(
    'SELECT reason, detail, protocol, payload FROM tributary.quarantine WHERE project = {project:String}',
    { project },
  );
  return rows.map(
    ({ reason, detail, protocol, payload }) => `quarantine of ${protocol}: ${reason}: ${detail}: ${payload}`,
  );
}

export async function peopleOf(
  program: Program,
  project: string,
  { user, account, alias }: Journey,
): Promise<People> {
  const all = async <T>(sql: string, id: string) =>
    (await program.rows<{ value: T }>(sql, { project, id })).map(({ value }) => value);
  const [person] = await all<unknown>(
    `SELECT traits AS value FROM tributary.persons FINAL WHERE project = {project:String}
       AND person_id IN (SELECT person_id FROM tributary.events WHERE project = {project:String} AND user_id = {id:String}) LIMIT 1`,
    user,
  );
  const [known] = await all<unknown>(
    'SELECT traits AS value FROM tributary.accounts FINAL WHERE project = {project:String} AND account_id = {id:String}',
    account,
  );
  const [pair] = await all<string[]>(
    `SELECT [alias_id, user_id] AS value FROM tributary.identities FINAL WHERE project = {project:String}
       AND {id:String} IN (alias_id, user_id) LIMIT 1`,
    alias.previous,
  );
  return { person, account: known, alias: pair?.sort() };
}
