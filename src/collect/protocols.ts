import type { Protocol } from './protocol.ts';
import { amplitude } from './protocols/amplitude.ts';
import { elasticsearch } from './protocols/elasticsearch.ts';
import { email } from './protocols/email.ts';
import { ga4 } from './protocols/ga4.ts';
import { hook } from './protocols/hook.ts';
import { lines } from './protocols/lines.ts';
import { logplex } from './protocols/logplex.ts';
import { matomo } from './protocols/matomo.ts';
import { mixpanel } from './protocols/mixpanel.ts';
import { otlp } from './protocols/otlp.ts';
import { plausible } from './protocols/plausible.ts';
import { posthog } from './protocols/posthog.ts';
import { rudderstack } from './protocols/rudderstack.ts';
import { segment } from './protocols/segment.ts';
import { snowplow } from './protocols/snowplow.ts';
import { syslog } from './protocols/syslog.ts';
import { tributary } from './protocols/tributary.ts';
import { umami } from './protocols/umami.ts';

/** Every protocol that is spoken; of two that claim a path the first has it, the other under `/<name>/…`. */
export const protocols: readonly Protocol[] = [
  posthog,
  mixpanel,
  rudderstack,
  segment,
  tributary,
  amplitude,
  ga4,
  matomo,
  plausible,
  umami,
  email,
  hook,
  elasticsearch,
  otlp,
  logplex,
  syslog,
  lines,
  snowplow,
];
