/** How to send a first event with each client. `origin` is where this Tributary listens, as the browser sees it. */
export interface Snippet {
  readonly id: string;
  readonly label: string;
  readonly where: string;
  /** `script`: path of our tracker's script. */
  readonly code: (origin: string, key: string, script: string) => string;
}

/** Trackers: each is used as it is, with another host. */
export const snippets: readonly Snippet[] = [
  {
    id: 'tributary',
    label: 'Tributary',
    where: 'In every page: nothing to install, 3 KB. Page views, links, forms and more come by themselves',
    code: (origin, key, script) => `<script defer src="${origin}${script}" data-key="${key}"></script>

<button data-track="Signed up" data-track-plan="team">Sign up</button>`,
  },
  {
    id: 'segment-browser',
    label: 'Segment browser',
    where: 'In the web app: npm install @segment/analytics-next',
    code: (origin, key) => `import { AnalyticsBrowser } from '@segment/analytics-next';

export const analytics = AnalyticsBrowser.load({
  writeKey: '${key}',
  cdnURL: '${origin}',
});

analytics.page();
analytics.track('Signed up', { plan: 'team' });`,
  },
  {
    id: 'segment-node',
    label: 'Segment Node',
    where: 'On the server: npm install @segment/analytics-node',
    code: (origin, key) => `import { Analytics } from '@segment/analytics-node';

const analytics = new Analytics({ writeKey: '${key}', host: '${origin}' });

analytics.track({
  userId: 'user_42',
  event: 'Signed up',
  properties: { plan: 'team' },
});
await analytics.closeAndFlush();`,
  },
  {
    id: 'posthog',
    label: 'PostHog',
    where: 'In the web app: npm install posthog-js',
    code: (origin, key) => `import posthog from 'posthog-js';

posthog.init('${key}', { api_host: '${origin}' });

posthog.capture('Signed up', { plan: 'team' });`,
  },
  {
    id: 'mixpanel',
    label: 'Mixpanel',
    where: 'In the web app: npm install mixpanel-browser',
    code: (origin, key) => `import mixpanel from 'mixpanel-browser';

mixpanel.init('${key}', { api_host: '${origin}' });

mixpanel.track('Signed up', { plan: 'team' });`,
  },
  {
    id: 'amplitude',
    label: 'Amplitude',
    where: 'In the web app: npm install @amplitude/analytics-browser',
    code: (origin, key) => `import * as amplitude from '@amplitude/analytics-browser';

amplitude.init('${key}', {
  serverUrl: '${origin}/2/httpapi',
  remoteConfig: { fetchRemoteConfig: false },
});

amplitude.track('Signed up', { plan: 'team' });`,
  },
  {
    id: 'ga4',
    label: 'Google Analytics',
    where: 'In the page that has gtag.js already',
    code: (origin, key) => `gtag('config', '${key}', { server_container_url: '${origin}' });

// on the server, the Measurement Protocol:
// POST ${origin}/mp/collect?measurement_id=${key}&api_secret=any`,
  },
  {
    id: 'rudderstack',
    label: 'RudderStack',
    where: 'In the web app: npm install @rudderstack/analytics-js',
    code: (origin, key) => `import { RudderAnalytics } from '@rudderstack/analytics-js/bundled';

const analytics = new RudderAnalytics();
analytics.load('${key}', '${origin}', { configUrl: '${origin}' });

analytics.page();
analytics.track('Signed up', { plan: 'team' });`,
  },
  {
    id: 'snowplow-browser',
    label: 'Snowplow',
    where: 'In the web app: npm install @snowplow/browser-tracker',
    code: (origin, key) => `import { newTracker, trackPageView } from '@snowplow/browser-tracker';

newTracker('tributary', '${origin}', { appId: '${key}' });

trackPageView();`,
  },
  {
    id: 'matomo',
    label: 'Matomo',
    where: 'In the page that has matomo.js already',
    code: (origin, key) => `_paq.push(['setTrackerUrl', '${origin}/matomo.php']);
_paq.push(['setSiteId', '${key}']);
_paq.push(['trackPageView']);`,
  },
  {
    id: 'plausible',
    label: 'Plausible',
    where: 'In the web app: npm install @plausible-analytics/tracker',
    code: (origin, key) => `import { init, track } from '@plausible-analytics/tracker';

init({ domain: '${key}', endpoint: '${origin}/api/event' });

track('Signed up', { props: { plan: 'team' } });`,
  },
  {
    id: 'umami',
    label: 'Umami',
    where: 'In the page that has the Umami script already',
    code: (origin, key) =>
      `<script defer src="https://your-umami/script.js" data-website-id="${key}" data-host-url="${origin}"></script>`,
  },
  {
    id: 'curl',
    label: 'curl',
    where: 'In a terminal',
    code: (origin, key) => `curl -u '${key}:' '${origin}/v1/track' \\
  -H 'content-type: application/json' \\
  -d '{"userId": "user_42", "event": "Signed up", "properties": {"plan": "team"}}'`,
  },
];
