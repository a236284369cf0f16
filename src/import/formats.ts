import type { Format } from './format.ts';
import { amplitude } from './formats/amplitude.ts';
import { ga4 } from './formats/ga4.ts';
import { matomo } from './formats/matomo.ts';
import { mixpanel } from './formats/mixpanel.ts';
import { posthog } from './formats/posthog.ts';
import { segment } from './formats/segment.ts';
import { umami } from './formats/umami.ts';

/** Exports of other products; anything else is read with a mapping. */
export const formats: readonly Format[] = [amplitude, ga4, matomo, mixpanel, posthog, segment, umami];
