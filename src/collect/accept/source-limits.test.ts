import { expect, test } from 'vitest';
import { fakeClock } from '../../runtime/clock.ts';
import { TributaryError } from '../../runtime/errors.ts';
import { Refusals, type SourceKey } from '../collect.ts';
import { collectorTests } from '../collector-under-test.ts';

const startCollector = await collectorTests();

const basic = { authorization: `Basic ${btoa('wk_one:')}` };
const event = '{"event":"E","userId":"u"}';

async function limited(limits: Partial<SourceKey>) {
  const clock = fakeClock(1_795_300_000_000);
  const refusals = new Refusals();
  const key: SourceKey = { id: 'k1', project: 'one', door: 'tracker', ...limits };
  const started = await startCollector({ keyOf: () => key, clock, refusals });
  const post = (headers: Record<string, string> = {}) =>
    started.call('POST', '/v1/track', { ...basic, ...headers }, event);
  return { ...started, clock, refusals, post };
}

test('a page that the source does not allow is refused in words that its developer can read', async () => {
  const { post, records, metrics, refusals, clock } = await limited({ origins: ['https://*.example.com'] });
  const refused = await post({ origin: 'https://evil.test' });
  expect(refused.status).toBe(403);
  expect(refused.headers).toMatchObject({
    'access-control-allow-origin': 'https://evil.test',
    'access-control-allow-credentials': 'true',
  });
  expect(JSON.parse(refused.body)).toMatchObject({
    success: false,
    error: { code: 'origin-refused', message: expect.stringContaining('https://evil.test') },
  });
  expect(records()).toEqual([]);
  expect(metrics.toString()).toContain('{protocol="segment",outcome="origin"} 1');
  expect(refusals.of('k1')).toEqual([
    { outcome: 'origin', count: 1, last: clock.now(), detail: 'https://evil.test' },
  ]);
});

test('pages that it allows pass, and programs, which have no origin', async () => {
  const { post, records } = await limited({ origins: ['https://*.example.com'] });
  const statuses = [
    await post({ origin: 'https://app.example.com' }),
    await post({ referer: 'https://app.example.com/x' }),
    await post(),
    await post({ referer: 'https://evil.test/x' }),
  ].map(({ status }) => status);
  expect(statuses).toEqual([200, 200, 200, 403]);
  expect(records()).toHaveLength(3);
});

test('more than the source’s rate is 503 with a time to come back, and passes then', async () => {
  const { post, records, metrics, refusals, clock } = await limited({ requestsPerSecond: 2 });
  const page = { origin: 'https://app.example.com' };
  const answers = [await post(page), await post(page), await post(page)];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 503]);
  const [, , refused] = answers;
  expect(refused?.headers).toMatchObject({
    'retry-after': '1',
    'access-control-allow-origin': 'https://app.example.com',
  });
  expect(JSON.parse(refused?.body ?? '')).toMatchObject({ error: { code: 'source-limit' } });
  expect(metrics.toString()).toContain('{protocol="segment",outcome="rate-limit"} 1');
  expect(refusals.of('k1')).toMatchObject([{ outcome: 'rate-limit', count: 1, detail: '2/s' }]);
  clock.advance(1_000);
  expect((await post(page)).status).toBe(200);
  expect(records()).toHaveLength(3);
});

test('a secret that does not open is 503 without a word about it, since it is no fault of the sender', async () => {
  const broken = () =>
    Promise.reject(new TributaryError('secret-key-wrong', 'the key in /var/lib/secret.key'));
  const { call, metrics } = await startCollector({ keyOf: broken });
  const refused = await call('POST', '/v1/track', basic, event);
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
  expect(refused.body).not.toContain('secret');
  expect(metrics.toString()).toContain('{protocol="segment",outcome="secret-key-wrong"} 1');
});

test('the memory for refusals has an end', () => {
  const refusals = new Refusals();
  for (let i = 0; i < 10_001; i++) refusals.add(`key ${i}`, 'origin', i, 'x'.repeat(1_000));
  for (let i = 0; i < 30; i++) refusals.add('busy', `outcome ${i}`, i, '');
  expect(refusals.of('key 0')).toEqual([]);
  expect(refusals.of('key 10000')[0]?.detail).toHaveLength(200);
  expect(refusals.of('busy')).toHaveLength(20);
});

test.each(['stripe', 'generic', 'email'])(
  'a key for %s, whose calls are signed, lets no unsigned events in',
  async (door) => {
    const { post, call, records, refusals } = await limited({ door, secret: 'whsec_x' });
    const refused = await post();
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.body)).toMatchObject({ error: { message: expect.stringContaining(door) } });
    expect((await call('POST', '/t', {}, '{"k":"wk_one","e":[{"n":"E","u":"u"}]}')).status).toBe(401);
    expect((await call('POST', '/lines/v1', basic, 'a line')).status).toBe(401);
    expect(records()).toEqual([]);
    expect(refusals.of('k1')).toContainEqual(expect.objectContaining({ outcome: 'wrong-door', count: 3 }));
  },
);

test.each(['logs', 'import'])('a key for %s is a tracker’s too', async (door) => {
  const { post } = await limited({ door });
  expect((await post()).status).toBe(200);
});
