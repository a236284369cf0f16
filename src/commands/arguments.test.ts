import { describe, expect, test } from 'vitest';
import { checkOptions, nearest, readArguments } from './arguments.ts';
import { commands } from './commands.ts';

const read = (...argv: string[]) => readArguments(argv, commands);
const source = commands.source;
if (!source) throw new Error('there is no command "source"');

describe('what is typed', () => {
  test.each([
    [
      ['source', 'create', 'Web shop', '--key', 'k', '--json'],
      ['source', 'create', 'Web shop'],
      { key: 'k', json: 'true' },
    ],
    [['tail', '--once', 'app.log', '--key=k'], ['tail', 'app.log'], { once: 'true', key: 'k' }],
    [['source', 'limit', 'X', '--secret-file', '-'], ['source', 'limit', 'X'], { 'secret-file': '-' }],
    [['--demo', 'start', '--port=1'], ['start'], { demo: 'true', port: '1' }],
    [['start', '--demo', '--port=1'], ['start'], { demo: 'true', port: '1' }],
    [['start', '--demo', 'off'], ['start'], { demo: 'off' }],
    [['start', '--no-demo'], ['start'], { demo: 'false' }],
    [['source', '-h'], ['source'], { help: 'true' }],
  ])('%j', (argv, words, flags) => {
    expect(read(...argv)).toEqual({ words, flags });
  });

  test('an option without its value does not take the next option for it', () => {
    expect(() => read('source', 'create', 'A', '--door', '--data=x')).toThrow('--door needs a value');
    expect(() => read('source', 'create', 'A', '--door')).toThrow('--door needs a value');
  });
});

describe('an option that the command does not have', () => {
  test('is refused, with the one that was meant', () => {
    expect(() => checkOptions('source', source, { jsn: 'true' })).toThrow('did you mean --json?');
    expect(() => checkOptions('source', source, { prot: '1' })).toThrow('did you mean --port?');
    expect(() => checkOptions('source', source, { colour: 'red' })).toThrow(
      'of "source" are --project, --door',
    );
    expect(() => checkOptions('source', source, { door: 'logs', data: 'x' })).not.toThrow();
  });

  test('of another command, too', () => {
    expect(() => checkOptions('source', source, { compare: 'true' })).toThrow('no option "--compare"');
  });
});

test('the nearest name', () => {
  expect(nearest('sauce', ['start', 'source', 'tail'])).toBe('source');
  expect(nearest('frobnicate', ['start', 'source', 'tail'])).toBeUndefined();
});
