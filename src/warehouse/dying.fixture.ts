import type { PipelineState } from './staged-state.ts';
import type { ClickHouseClient } from './warehouse.ts';

/** A client whose process dies just before (or after) the n-th request to the warehouse, or that loses its answer. */
export function dying(
  client: ClickHouseClient,
  step: number,
  when: 'before' | 'after',
  die: () => void,
): ClickHouseClient {
  let steps = 0;
  const wrap =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      const isLast = ++steps === step;
      if (isLast && when === 'before') {
        die();
        throw new Error('died before the request');
      }
      const result = await call(...args);
      if (isLast) {
        die();
        throw new Error('died before the answer');
      }
      return result;
    };
  return Object.assign(Object.create(client) as ClickHouseClient, {
    exec: wrap(client.exec.bind(client)),
    query: wrap(client.query.bind(client)),
    command: wrap(client.command.bind(client)),
  });
}

/** A state whose process dies around the n-th write. */
export function dyingState(
  inner: PipelineState,
  step: number,
  when: 'before' | 'after',
  die: () => void,
): PipelineState {
  let steps = 0;
  const around = async (write: () => Promise<void>): Promise<void> => {
    const isLast = ++steps === step;
    if (isLast && when === 'before') {
      die();
      throw new Error('died before the write');
    }
    await write();
    if (isLast) {
      die();
      throw new Error('died after the write');
    }
  };
  return {
    ...inner,
    intend: (to) => around(() => inner.intend(to)),
    commit: (next, changes) => around(() => inner.commit(next, changes)),
  };
}
