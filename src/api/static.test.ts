import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../runtime/logger.ts';
import { registerUi } from './static.ts';
import { temporaryFolder } from './test-server.fixture.ts';

let folder: ReturnType<typeof temporaryFolder>;
let app: FastifyInstance;
beforeEach(() => {
  folder = temporaryFolder();
  app = fastify();
});
afterEach(async () => {
  await app.close();
  folder.remove();
});

const html = { accept: 'text/html,*/*' };
const get = (url: string, headers: Record<string, string> = html) => app.inject({ url, headers });

describe('the built interface', () => {
  beforeEach(async () => {
    const dist = join(folder.path, 'dist');
    mkdirSync(join(dist, 'assets'), { recursive: true });
    writeFileSync(join(dist, 'index.html'), '<!doctype html><title>Tributary</title>');
    writeFileSync(join(dist, 'assets/index-4f2a.js'), 'run()');
    writeFileSync(join(dist, '.env'), 'secret');
    writeFileSync(join(folder.path, 'outside.txt'), 'secret');
    app.get('/v1/p', () => 'neighbour');
    await registerUi(app, { folder: dist, logger: silentLogger });
  });

  test('opens at every address that a person opens', async () => {
    for (const url of ['/', '/live', '/projects/main/funnel?steps=2', '/sign-in?token=x']) {
      const answer = await get(url);
      expect([answer.statusCode, answer.body]).toEqual([200, expect.stringContaining('<title>Tributary')]);
      expect(answer.headers).toMatchObject({
        'content-type': expect.stringContaining('text/html'),
        'cache-control': 'no-cache',
        'content-security-policy': expect.stringContaining("script-src 'self'"),
        'x-content-type-options': 'nosniff',
      });
    }
  });

  test('keeps files with a hash in their name for good', async () => {
    const answer = await get('/assets/index-4f2a.js', { accept: '*/*' });
    expect(answer.body).toBe('run()');
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-type']).toContain('javascript');
  });

  test('does not answer with a page where a file, data or another method was meant', async () => {
    const missing = [
      await get('/assets/index-old.js'),
      await get('/live', { accept: 'application/json' }),
      await app.inject({ method: 'POST', url: '/live', headers: html }),
    ];
    for (const answer of missing) {
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toMatchObject({ error: { code: 'not-found' } });
    }
  });

  test('shows nothing outside its folder, nothing hidden, and leaves other routes alone', async () => {
    for (const url of ['/../outside.txt', '/..%2foutside.txt', '/%2e%2e/outside.txt', '/.env']) {
      expect((await get(url)).body).not.toContain('secret');
    }
    expect((await get('/v1/p')).body).toBe('neighbour');
  });
});

test('an interface that is not built says how to build it', async () => {
  await registerUi(app, { folder: join(folder.path, 'missing'), logger: silentLogger });
  const page = await get('/');
  expect([page.statusCode, page.body]).toEqual([503, expect.stringContaining('npm run build:web')]);
  expect((await get('/assets/x.js', { accept: '*/*' })).statusCode).toBe(404);
});
