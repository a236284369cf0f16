import type { Protocol } from './protocol.ts';
import { rudderstack } from './protocols/rudderstack.ts';
import { segment } from './protocols/segment.ts';
import { snowplow } from './protocols/snowplow.ts';
import { tributary } from './protocols/tributary.ts';

/** Every protocol that is spoken; of two that claim a path the first has it, the other under `/<name>/…`. */
export const protocols: readonly Protocol[] = [rudderstack, segment, tributary, snowplow];
