/** A condition on rows, and the share of them that it keeps. */
export interface Sample {
  readonly sql: string;
  readonly share: number;
}

/** Rows side by side: the engine then reads only the blocks of wide columns that have such a run. */
const run = 128;

/** About `wanted` rows of `count`, in runs of neighbours; all of them when they are few. */
export function runsOf(count: number, wanted: number): Sample {
  if (count <= wanted) return { sql: '1', share: 1 };
  const every = Math.ceil((run * count) / wanted);
  return { sql: `_part_offset % ${every} < ${run}`, share: run / every };
}
