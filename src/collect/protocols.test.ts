import { expect, it } from 'vitest';
import { endpoints } from '../contract/endpoints.ts';
import { protocols } from './protocols.ts';

it('no tracker takes a path of our own API, though some have theirs under /api too', () => {
  const taken = Object.values(endpoints).flatMap(({ path }) => {
    const called = path.replace(/:\w+/g, 'x');
    return protocols.filter((protocol) => protocol.route(called)).map(({ name }) => `${name} takes ${path}`);
  });
  expect(taken).toEqual([]);
  expect(protocols.some((protocol) => protocol.route('/api/send'))).toBe(true);
});
