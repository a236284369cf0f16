import { describe, expect, test } from 'vitest';
import { shapeOf, tokens } from './sql-text.ts';

describe('the shape of a statement', () => {
  test.each([
    ['SELECT 1', 'SELECT 1', undefined, ''],
    ['SELECT 1 -- done', 'SELECT 1', undefined, ''],
    ['SELECT 1;', 'SELECT 1', undefined, ''],
    ['select 1\nformat JSONEachRow', 'select 1\n', 'JSONEachRow', ''],
    ['SELECT 1 FORMAT CSV SETTINGS max_threads = 1', 'SELECT 1 ', 'CSV', ' SETTINGS max_threads = 1'],
    ['SELECT format FROM t', 'SELECT format FROM t', undefined, ''],
    ["(SELECT ';') UNION ALL (SELECT 2)", "(SELECT ';') UNION ALL (SELECT 2)", undefined, ''],
    [
      '/* FORMAT X */ WITH a AS (SELECT 1) SELECT * FROM a',
      '/* FORMAT X */ WITH a AS (SELECT 1) SELECT * FROM a',
      undefined,
      '',
    ],
  ])('of %j has its format and settings apart', (sql, head, format, settings) => {
    expect(shapeOf(sql)).toEqual({ kind: 'select', head, format, settings });
  });

  test.each([
    ['INSERT INTO t FORMAT Native\n\n\nx', 'INSERT INTO t ', '', 'Native', '\n\nx'],
    [
      'insert into d.t (a, `b c`) format JSONEachRow {"a":1}',
      'insert into d.t (a, `b c`) ',
      '',
      'JSONEachRow',
      '{"a":1}',
    ],
    ['INSERT INTO t SETTINGS a = 1 VALUES (1)', 'INSERT INTO t ', 'SETTINGS a = 1 ', 'Values', ' (1)'],
    ['INSERT INTO values VALUES (1)', 'INSERT INTO values ', '', 'Values', ' (1)'],
    [
      "INSERT INTO FUNCTION null('a UInt8') FORMAT CSV\n1",
      "INSERT INTO FUNCTION null('a UInt8') ",
      '',
      'CSV',
      '1',
    ],
  ])('of %j ends where its rows begin', (sql, head, settings, format, rows) => {
    const shape = shapeOf(sql);
    expect(shape).toMatchObject({ kind: 'insert', head, settings, format });
    expect(shape.kind === 'insert' && sql.slice(shape.dataStart)).toBe(rows);
  });

  test.each([
    'INSERT INTO t SELECT 1',
    'INSERT INTO t WITH a AS (SELECT 1) SELECT * FROM a',
    "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
    "SELECT 1 INTO OUTFILE 'x' FORMAT CSV",
    'SELECT 1; DROP TABLE t',
    'SHOW TABLES',
    'EXPLAIN SELECT 1',
    '-- nothing',
  ])('of %j is left to the engine', (sql) => {
    expect(shapeOf(sql)).toEqual({ kind: 'other' });
  });
});

test('strings, quoted names, heredocs and comments hide what they contain', () => {
  const sql = "SELECT 'a\\'; b', \"c;d\", `e;f`, $x$g;h$x$, 'i'';j' -- ;\n/* ; */ # ;\n, k";
  expect([...tokens(sql)].filter((token) => token.text === ';')).toEqual([]);
  expect([...tokens(sql)].at(-1)?.text).toBe('k');
});
