import { expect, test } from 'vitest';
import { errorOf } from './call.ts';
import { prepareRequest } from './request.ts';
import { routes } from './routes.ts';

test('path parameters are filled and escaped, and leave the rest for the body', () => {
  expect(prepareRequest(routes.updateProject, { project: 'a/b', name: 'New', timezone: undefined })).toEqual({
    method: 'PATCH',
    url: '/api/projects/a%2Fb',
    body: '{"name":"New"}',
  });
});

test('what a GET is asked becomes its query', () => {
  expect(prepareRequest(routes.live, { project: 'p', limit: 50, after: undefined })).toEqual({
    method: 'GET',
    url: '/api/live?project=p&limit=50',
    body: undefined,
  });
});

test('a POST without input sends an empty object, since a body is expected', () => {
  expect(prepareRequest(routes.signOut, {}).body).toBe('{}');
});

test('a missing path parameter is a fault of the caller', () => {
  expect(() => prepareRequest(routes.revokeKey, { project: 'p' })).toThrow('key is missing');
});

test('an error of the API keeps its code and its advice', () => {
  const error = errorOf(422, {
    error: { code: 'query-too-expensive', message: 'Too long.', advice: 'Narrow the range.' },
  });
  expect([error.status, error.code, error.message, error.advice]).toEqual([
    422,
    'query-too-expensive',
    'Too long.',
    'Narrow the range.',
  ]);
});

test('an answer that is not from the API still becomes an error with words', () => {
  expect(errorOf(502, undefined).message).toBe('The server answered 502.');
});
