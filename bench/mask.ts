// What masking costs of a request on its way into the log: JSON.parse of the same body is the baseline, in the same process and round.

import { maskRequest } from '../src/collect/collect.ts';
import { privacyRules } from '../src/contract/privacy-settings.ts';
import type { AcceptedRequest } from '../src/contract/request.ts';
import { rulesOf } from '../src/privacy/privacy.ts';

const rounds = 7;
const events = 50;
const key = { id: 1, secret: 'c2VjcmV0', createdAt: 1 };
const all = { email: 'mask', phone: 'mask', card: 'mask', token: 'mask' };
const policies = {
  'nothing set': rulesOf(
    privacyRules.parse({
      urls: { email: 'keep', card: 'keep', token: 'keep' },
      properties: { card: 'keep' },
    }),
    key,
  ),
  'as it comes': rulesOf(privacyRules.parse({}), key),
  'all kinds': rulesOf(privacyRules.parse({ urls: all, properties: all }), key),
  pseudonyms: rulesOf(privacyRules.parse({ pseudonyms: { userIds: true, emails: true } }), key),
};

function body(url: string): Buffer {
  const batch = Array.from({ length: events }, (_, index) => ({
    type: 'track',
    event: 'Note Created',
    messageId: `node-next-1795300903114-0abf09ac-7496-4ded-973d-${index}`,
    timestamp: '2026-11-21T22:41:43.114Z',
    userId: `user-${index}`,
    anonymousId: '912a66af-7733-4072-b69a-e5b9dc3287dc',
    context: {
      page: { url, path: '/notes', title: 'Notes', referrer: 'https://www.google.com/' },
      userAgent:
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      locale: 'en-US',
    },
    properties: { plan: 'team', words: 812, shared: true, filler: 'x'.repeat(350) },
  }));
  return Buffer.from(JSON.stringify({ batch }));
}

const bodies = {
  clean: body('https://app.example/notes?utm_source=news'),
  personal: body('https://app.example/notes?utm_source=news&email=jane%40example.com'),
};

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Microseconds per event. */
function timed(work: () => unknown): number {
  const started = performance.now();
  for (let turn = 0; turn < 100; turn++) work();
  return ((performance.now() - started) * 1_000) / (100 * events);
}

process.stdout.write('body      policy        µs/event  of JSON.parse\n');
for (const [name, bytes] of Object.entries(bodies)) {
  const request: AcceptedRequest = {
    receivedAt: 1,
    project: 'p',
    key: '',
    protocol: 'segment',
    method: 'POST',
    path: '/v1/batch',
    query: '',
    headers: {},
    address: '',
    visitor: '',
    body: bytes,
  };
  for (const [policy, rules] of Object.entries(policies)) {
    const measured: number[] = [];
    const baseline: number[] = [];
    for (let round = 0; round < rounds; round++) {
      measured.push(timed(() => maskRequest(request, rules)));
      baseline.push(timed(() => JSON.parse(bytes.toString())));
    }
    const ratio = median(measured) / median(baseline);
    process.stdout.write(
      `${name.padEnd(10)}${policy.padEnd(14)}${median(measured).toFixed(2).padStart(8)}${ratio.toFixed(2).padStart(15)}\n`,
    );
  }
}
