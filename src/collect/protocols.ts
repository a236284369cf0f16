import type { Protocol } from './protocol.ts';
import { segment } from './protocols/segment.ts';
import { snowplow } from './protocols/snowplow.ts';
import { tributary } from './protocols/tributary.ts';

/** Every protocol that is spoken; of two that claim a path the first has it, the other under `/<name>/…`. */
export const protocols: readonly Protocol[] = [segment, tributary, snowplow];
