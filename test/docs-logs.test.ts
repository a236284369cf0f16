import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Block, blocksOf, places } from './doc-blocks.ts';
import { freePort } from './program.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'tributary-docs-logs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const page = blocksOf('docs/logs.md');
const marked = (language: string, mark: string): Block[] =>
  page.filter((block) => block.language === language && block.mark === mark);

test('the guide has a configuration for each shipper', () => {
  expect(marked('yaml', 'other').length).toBeGreaterThanOrEqual(4);
  for (const mark of ['logstash', 'rsyslog', 'heroku']) expect(marked('conf', mark)).toHaveLength(1);
});

test.each(places(marked('yaml', 'other')))('%s is YAML, and names address and key', (_, { text }) => {
  expect(JSON.stringify(parse(text))).toContain('YOUR_WRITE_KEY');
  expect(text).toMatch(/localhost:8080|port: 8080/);
});

test.each(places(marked('conf', 'rsyslog')))('%s is understood by rsyslog', async (_, { text }) => {
  const file = join(folder, 'rsyslog.conf');
  writeFileSync(file, `global(workDirectory="${folder}")\n${text}\n`);
  await run('/usr/sbin/rsyslogd', ['-N1', '-f', file]);
});

test.each(places(page.filter(({ language }) => language === 'nginx')))(
  '%s is understood by nginx',
  async (_, { text }) => {
    const file = join(folder, 'nginx.conf');
    const http = text.replaceAll('/var/log/nginx', folder);
    const server = `server { listen 127.0.0.1:${await freePort()}; }`;
    writeFileSync(file, `pid ${folder}/pid; events {} http { ${http}\n${server} }`);
    await run('/usr/sbin/nginx', ['-t', '-c', file, '-e', join(folder, 'error.log')]);
  },
);
