/** One event of one person: when, and which steps (from 0) it can be. */
export interface StepEvent {
  readonly at: number;
  readonly steps: readonly number[];
}

export interface Way {
  readonly level: number;
  /** Times of the steps done. */
  readonly times: readonly number[];
}

/**
 * The definition of a funnel, by trying every way: all choices of distinct events for the steps in the order of time
 * (equal times in any order) within the window from the first. The furthest way counts; of several the one that gets there first; of those the one
 * whose earlier steps are latest, looking back from the last. Only for tests: it takes exponential time.
 */
export function bestWay(
  events: readonly StepEvent[],
  steps: number,
  windowMs: number,
  entryEnd: number,
): Way {
  let best: Way = { level: 0, times: [] };
  const follow = (times: readonly number[], used: ReadonlySet<number>): void => {
    if (isBetter(times, best.times)) best = { level: times.length, times };
    if (times.length === steps) return;
    const first = times[0];
    for (const [index, event] of events.entries()) {
      if (used.has(index) || !event.steps.includes(times.length)) continue;
      const isPossible =
        first === undefined
          ? event.at < entryEnd
          : event.at >= (times.at(-1) ?? 0) && event.at - first <= windowMs;
      if (isPossible) follow([...times, event.at], new Set(used).add(index));
    }
  };
  follow([], new Set());
  return best;
}

function isBetter(times: readonly number[], best: readonly number[]): boolean {
  if (times.length !== best.length) return times.length > best.length;
  const end = times.at(-1) ?? 0;
  const bestEnd = best.at(-1) ?? 0;
  if (end !== bestEnd) return end < bestEnd;
  for (let step = times.length - 2; step >= 0; step--) {
    const [time = 0, bestTime = 0] = [times[step], best[step]];
    if (time !== bestTime) return time > bestTime;
  }
  return false;
}
