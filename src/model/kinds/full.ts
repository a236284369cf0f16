import type { HeaderOf } from '../header.ts';
import { sqlTime } from '../intervals.ts';
import type { Kind } from '../kind.ts';
import {
  announce,
  columnsNow,
  countRows,
  createTable,
  newBuildId,
  shadowName,
  swapIn,
  tableComment,
} from '../shadow.ts';
import { recordRefresh } from '../state.ts';
import { list } from '../statements.ts';
import { runTests } from '../tests.ts';

/** A table that is made anew, beside the one that is there, whenever something it reads has changed. */
export const full: Kind<HeaderOf<'full'>> = {
  parameters: { needs: [], may: ['now'] },
  async apply(model, step, applying) {
    const { statements, run, clock, now } = applying;
    const at = clock.now();
    const { table } = await columnsNow(model, step, applying);
    const known = applying.builds.get(model.name);
    const build = step.action === 'refresh' && known !== undefined && !step.asked ? known : newBuildId();
    const shadow = shadowName(model, applying);
    const { order = model.header.grain ?? [] } = model.header;
    await createTable(statements, shadow, { columns: table, order }, tableComment(model, build));
    const names = list(table.map(({ name }) => name));
    await statements.run(`INSERT INTO ${shadow} (${names}) SELECT ${names} FROM (${model.query})`, {
      now: sqlTime(now),
    });
    await runTests(model, shadow, applying);
    const rows = await countRows(statements, shadow);
    if (build !== known) await announce(model, step, applying, { id: build, at });
    await swapIn(model, shadow, build, applying);
    // written down after the swap: a run that is ended in between does it again
    await recordRefresh(
      statements,
      { model: model.name, build, run },
      { at, changedAt: changedAt(), through: now, sources: step.sources },
    );
    return { rows, changed: true };

    function changedAt(): number {
      const before = applying.state.get(model.name);
      return step.change === 'additive' ? (before?.refresh?.changedAt ?? before?.changedAt ?? at) : at;
    }
  },
};
