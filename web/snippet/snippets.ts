/** How to send a first event with each client. `origin` is where this Tributary listens, as the browser sees it. */
export interface Snippet {
  readonly id: string;
  readonly label: string;
  readonly where: string;
  readonly code: (origin: string, key: string) => string;
}

export const snippets: readonly Snippet[] = [
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
    id: 'snowplow-browser',
    label: 'Snowplow browser',
    where: 'In the web app: npm install @snowplow/browser-tracker',
    code: (origin, key) => `import { newTracker, trackPageView } from '@snowplow/browser-tracker';

newTracker('tributary', '${origin}', { appId: '${key}' });

trackPageView();`,
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
