import { posthog } from 'posthog-js';
import { onPage } from './page.ts';

onPage({
  start({ key, url }) {
    return new Promise((resolve) => {
      posthog.init(key, {
        api_host: url,
        autocapture: false,
        capture_pageview: false,
        capture_pageleave: false,
        capture_performance: false,
        capture_dead_clicks: false,
        disable_session_recording: true,
        disable_surveys: true,
        // a browser without a window is a bot to it
        opt_out_useragent_filter: true,
        loaded: () => resolve(),
      });
    });
  },
  run({ user, account, track, identify, group, page, revenue, alias }) {
    const call = ({ id, at }: { id: string; at: number }) => ({ uuid: id, timestamp: new Date(at) });
    posthog.identify(user, identify.traits);
    posthog.capture(track.event, track.properties, call(track));
    posthog.group('company', account, group.traits);
    posthog.capture('$pageview', { title: page.title }, call(page));
    const products = revenue.items.map(({ id, ...item }) => ({ product_id: id, ...item }));
    const { order, amount, currency } = revenue;
    posthog.capture(revenue.event, { order_id: order, revenue: amount, currency, products }, call(revenue));
    posthog.alias(alias.previous, user);
  },
});
