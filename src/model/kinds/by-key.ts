import { columnChanges } from '../columns.ts';
import type { HeaderOf } from '../header.ts';
import { attachRows, createKeyed, differs, nextVersion, showKeyed, windowOf } from '../keyed.ts';
import type { Kind } from '../kind.ts';
import {
  announce,
  columnsNow,
  countRows,
  createTable,
  dataTable,
  newBuildId,
  shadowName,
} from '../shadow.ts';
import { recordRefresh } from '../state.ts';
import { list, quoted } from '../statements.ts';
import { runTests } from '../tests.ts';

/**
 * A row per key, of which the newest one is kept. With `{start:DateTime}` in its SQL it reads only what came since the last time; without,
 * everything, and writes what is new.
 */
export const byKey: Kind<HeaderOf<'incremental by key'>> = {
  parameters: { needs: [], may: ['start', 'end', 'now'] },
  async apply(model, step, applying) {
    const { statements, clock, run, now, state } = applying;
    const at = clock.now();
    const { key } = model.header;
    const { table: columns } = await columnsNow(model, step, applying);
    const names = list(columns.map(({ name }) => name));
    const live = state.get(model.name);
    const isNew =
      step.action !== 'refresh' || !live || columnChanges(live.columns, columns).reasons.length > 0;
    const stage = shadowName(model, applying);
    await createTable(statements, stage, { columns, order: key }, '');
    await statements.run(
      `INSERT INTO ${stage} (${names}) SELECT ${names} FROM (${model.query})`,
      windowOf(step, applying, isNew),
    );
    await runTests(model, stage, applying);
    const build = isNew ? newBuildId() : live.id;
    const data = dataTable(model.name, build);
    let rows: number;
    if (isNew) {
      await createKeyed(statements, data, columns, key);
      await statements.run(`INSERT INTO ${data} (${names}, _version) SELECT ${names}, ${at} FROM ${stage}`);
      rows = await countRows(statements, data);
      await announce(model, step, applying, { id: build, at });
    } else {
      const version = await nextVersion(statements, data, at);
      const fresh = model.parameters.has('start') ? `${stage} AS n` : changedRows(data);
      rows = await attachRows(statements, data, shadowName(model, applying, '__delta'), (delta) =>
        statements.run(
          `INSERT INTO ${delta} (${names}, _version) SELECT ${columns.map(({ name }) => `n.${quoted(name)}`).join(', ')}, ${version}
          FROM ${fresh} SETTINGS join_use_nulls = 0`,
        ),
      );
    }
    const changedAt = rows > 0 || isNew ? at : (live.refresh?.changedAt ?? live.changedAt);
    await recordRefresh(
      statements,
      { model: model.name, build, run },
      { at, changedAt, through: now, sources: step.sources },
    );
    if (isNew) await showKeyed(model, columns, build, applying);
    await statements.run(`DROP TABLE ${stage} SYNC`);
    return { rows, changed: rows > 0 || isNew };

    function changedRows(table: string): string {
      const others = columns.map(({ name }) => name).filter((name) => !key.includes(name));
      const same = key.map((name) => `n.${quoted(name)} = o.${quoted(name)}`).join(' AND ');
      return `${stage} AS n LEFT JOIN (SELECT ${names}, 1 AS _there FROM ${table} FINAL) AS o ON ${same}
        WHERE o._there = 0 OR ${differs(others)}`;
    }
  },
};
