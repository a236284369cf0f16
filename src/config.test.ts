import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from './config.ts';

const cwd = mkdtempSync(join(tmpdir(), 'config-'));
const load = (flags: Record<string, string> = {}, env: Record<string, string> = {}) =>
  loadConfig({ flags, env, cwd });

describe('configuration', () => {
  test('flags win over the environment, the environment over the file, the file over defaults', () => {
    writeFileSync(join(cwd, 'tributary.yaml'), 'port: 1\nhost: file.test\nlog-days: 3\n');
    const config = load({ port: '3' }, { TRIBUTARY_PORT: '2', TRIBUTARY_HOST: 'environment.test' });
    expect([config.port, config.host, config['log-days'], config['warehouse-port']]).toEqual([
      3,
      'environment.test',
      3,
      8123,
    ]);
  });

  test.each([
    [{ colour: 'red' }, 'there is no option "--colour"'],
    [{ 'log-days': 'never' }, 'option "log-days"'],
    [{ log: 'kafka://broker:9092' }, 'option "log": only "embedded" is there yet'],
    [{ warehouse: 'http://clickhouse:8123' }, 'option "warehouse": only "embedded" is there yet'],
    [{ config: 'missing.yaml' }, 'missing.yaml does not exist'],
  ])('%o is refused in words', (flags, message) => {
    expect(() => load(flags as Record<string, string>)).toThrow(message);
  });

  test('a file that is no mapping, or has an unknown key, is refused in words', () => {
    writeFileSync(join(cwd, 'list.yaml'), '- port\n');
    expect(() => load({ config: 'list.yaml' })).toThrow('must be a mapping');
    writeFileSync(join(cwd, 'unknown.yaml'), 'prot: 80\n');
    expect(() => load({ config: 'unknown.yaml' })).toThrow('there is no option "prot"');
  });
});
