/** A seeded stream of everything that an application does to its tables. */

/** The same numbers for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const workloadSchema = `
  CREATE TYPE state AS ENUM ('new', 'paid', 'sent');
  CREATE DOMAIN price AS numeric(12, 2);
  CREATE TABLE orders (id int PRIMARY KEY, state state NOT NULL DEFAULT 'new', total price, placed timestamptz DEFAULT now(), tags text[], data jsonb, note text);
  CREATE TABLE items (order_id int, line int, sku varchar(20), amount numeric, weight float8, PRIMARY KEY (order_id, line));
  CREATE TABLE large (id uuid PRIMARY KEY, title text, body text); ALTER TABLE large ALTER COLUMN body SET STORAGE EXTERNAL;
  CREATE TABLE full_rows (id bigint PRIMARY KEY, a text, b text); ALTER TABLE full_rows REPLICA IDENTITY FULL; ALTER TABLE full_rows ALTER COLUMN b SET STORAGE EXTERNAL;
  CREATE TABLE parts (id int, day date, v int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
  CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');
  CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2024-07-01') TO ('2025-01-01');
  INSERT INTO orders SELECT i, 'new', i, '2024-01-01', '{a}', '{}', 'n' FROM generate_series(1, 3000) i;
  INSERT INTO items SELECT i, 1, 'sku', i, i FROM generate_series(1, 3000) i;
  INSERT INTO parts SELECT i, '2024-01-01'::date + i % 366, i FROM generate_series(1, 2000) i;
  INSERT INTO full_rows SELECT i, 'a', repeat('b', 3000) FROM generate_series(1, 300) i;
  INSERT INTO large SELECT md5(i::text)::uuid, 't', repeat('x', 4000) FROM generate_series(1, 300) i`;

export const workloadTables = ['orders', 'items', 'large', 'full_rows', 'parts'];

/** One transaction; most are small, some touch thousands of rows, some change a table. */
export function randomTransaction(random: () => number): string {
  const upTo = (most: number): number => Math.floor(random() * most);
  const statements = Array.from({ length: 1 + upTo(5) }, () => randomStatement(upTo));
  const end = random() < 0.1 ? 'ROLLBACK' : 'COMMIT';
  return `BEGIN; ${statements.join('; ')}; ${end}`;
}

function randomStatement(upTo: (most: number) => number): string {
  const id = 1 + upTo(4000);
  const span = upTo(20) === 0 ? 1500 : 1 + upTo(5);
  const range = `BETWEEN ${id} AND ${id + span}`;
  const kinds = [
    `INSERT INTO orders SELECT i, 'paid', i * 1.5, '2024-05-05 10:00:00.123456+02', ARRAY['x', NULL, 'q"'], '{"n": ${id}}', NULL FROM generate_series(${id}, ${id + span}) i
       ON CONFLICT (id) DO UPDATE SET note = 'again', total = excluded.total`,
    `UPDATE orders SET state = 'sent', note = md5(random()::text), total = total + 0.01 WHERE id ${range}`,
    `UPDATE orders SET placed = 'infinity' WHERE id = ${id}`,
    `DELETE FROM orders WHERE id ${range}`,
    `UPDATE orders SET id = id + 100000 WHERE id ${range} AND NOT EXISTS (SELECT FROM orders o WHERE o.id = orders.id + 100000)`,
    `DELETE FROM orders WHERE id > 100000 AND id % 3 = ${upTo(3)}`,
    `INSERT INTO items SELECT i, ${upTo(9)}, 'sku-' || i, random() * 1e10, random() FROM generate_series(${id}, ${id + span}) i ON CONFLICT DO NOTHING`,
    `UPDATE items SET line = line + 10, weight = 'NaN' WHERE order_id ${range} AND NOT EXISTS (SELECT FROM items o WHERE o.order_id = items.order_id AND o.line = items.line + 10)`,
    `DELETE FROM items WHERE order_id ${range}`,
    `UPDATE large SET title = 't' || ${id} WHERE id > md5('${id}')::uuid AND random() < 0.05`,
    `UPDATE large SET body = repeat(md5('${id}'), 150) WHERE id = md5('${id % 300}')::uuid`,
    `INSERT INTO large VALUES (gen_random_uuid(), 'new', repeat('y', 5000))`,
    `UPDATE large SET id = gen_random_uuid() WHERE id = md5('${id % 300}')::uuid`,
    `DELETE FROM large WHERE id = md5('${id % 300}')::uuid`,
    `UPDATE full_rows SET a = '${id}' WHERE id ${range}`,
    `UPDATE full_rows SET id = id + 100000 WHERE id ${range} AND id < 100000 AND NOT EXISTS (SELECT FROM full_rows o WHERE o.id = full_rows.id + 100000)`,
    `INSERT INTO full_rows SELECT i, 'in', repeat('z', 2500) FROM generate_series(${id}, ${id + 3}) i ON CONFLICT (id) DO UPDATE SET a = 'up'`,
    `DELETE FROM full_rows WHERE id ${range}`,
    `UPDATE parts SET day = '2024-01-01'::date + (id * 7 + ${id}) % 366 WHERE id ${range}`,
    `INSERT INTO parts SELECT i, '2024-08-08', i FROM generate_series(${id}, ${id + span}) i ON CONFLICT DO NOTHING`,
    `DELETE FROM parts WHERE id ${range}`,
    `SAVEPOINT s; UPDATE orders SET note = 'never' WHERE id ${range}; ROLLBACK TO s`,
    ...(upTo(12) === 0 ? [`TRUNCATE ${['items', 'parts', 'full_rows'][upTo(3)]}`] : []),
  ];
  return kinds[upTo(kinds.length)] ?? '';
}

/** A change of a table's columns, each of which may come once. */
export const schemaChanges = [
  'ALTER TABLE orders ADD COLUMN channel text',
  'ALTER TABLE items ADD COLUMN discount int NOT NULL DEFAULT 5; UPDATE items SET discount = 7 WHERE order_id % 10 = 0',
  'ALTER TABLE orders RENAME COLUMN note TO remark; ALTER TABLE orders RENAME COLUMN remark TO note',
  'ALTER TABLE items ALTER COLUMN amount TYPE numeric(20, 4)',
  'ALTER TABLE orders DROP COLUMN channel; ALTER TABLE orders ADD COLUMN channel int DEFAULT 3',
  'ALTER TABLE parts ALTER COLUMN v TYPE bigint',
  'ALTER TABLE large ADD COLUMN size int GENERATED ALWAYS AS (length(body)) STORED',
];
