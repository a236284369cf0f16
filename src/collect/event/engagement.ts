import type { JsonObject } from '../../contract/event.ts';

/** Time that somebody really spent with a page, under one name whatever the tracker calls it. */
export const engagementEvent = '$engagement';

/** `engaged_ms`: milliseconds in the foreground since the report before; `scroll_depth`: percent of the page seen so far. */
export function engagementOf(engagedMs: number | undefined, scrollDepth?: number): JsonObject {
  return {
    ...(engagedMs !== undefined && engagedMs >= 0 && { engaged_ms: Math.round(engagedMs) }),
    ...(scrollDepth !== undefined && scrollDepth >= 0 && scrollDepth <= 100 && { scroll_depth: scrollDepth }),
  };
}
