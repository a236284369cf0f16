import type { HeaderOf } from '../header.ts';
import type { Kind } from '../kind.ts';
import { announce, columnsNow, newBuildId, shadowName, swapIn, tableComment } from '../shadow.ts';
import { recordRefresh } from '../state.ts';
import { literal, quoted, viewSettings } from '../statements.ts';
import { runTests } from '../tests.ts';

/** A query under a name: it keeps no rows, and is always as fresh as what it reads. */
export const view: Kind<HeaderOf<'view'>> = {
  parameters: { needs: [], may: [] },
  async apply(model, step, applying) {
    const { statements, run, clock, now } = applying;
    const at = clock.now();
    const known = applying.builds.get(model.name);
    const refreshed = (build: string) =>
      recordRefresh(
        statements,
        { model: model.name, build, run },
        { at, changedAt: at, through: now, sources: step.sources },
      );
    if (step.action === 'test' && known !== undefined) {
      await runTests(model, `mart.${quoted(model.name)}`, applying);
      await refreshed(known);
      return { rows: 0, changed: true };
    }
    await columnsNow(model, step, applying);
    const build = newBuildId();
    const shadow = shadowName(model, applying);
    await statements.run(
      `CREATE VIEW ${shadow} AS SELECT * FROM (${model.query}) ${viewSettings} COMMENT ${literal(tableComment(model, build))}`,
    );
    await runTests(model, shadow, applying);
    await announce(model, step, applying, { id: build, at });
    await refreshed(build);
    await swapIn(model, shadow, build, applying);
    return { rows: 0, changed: true };
  },
};
