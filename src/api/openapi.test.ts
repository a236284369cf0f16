import { expect, test } from 'vitest';
import { z } from 'zod';
import { endpoints } from '../contract/endpoints.ts';
import { openApi } from './openapi.ts';
import { testServer } from './test-server.fixture.ts';

const schema = z.record(z.string(), z.unknown());
const content = z.strictObject({ 'application/json': z.strictObject({ schema }) });
/** The part of the OpenAPI 3.1 specification that the document uses; anything else is a mistake. */
const documentSchema = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d+$/),
  info: z.strictObject({ title: z.string().min(1), version: z.string().min(1), description: z.string() }),
  servers: z.array(z.strictObject({ url: z.string() })),
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(
      z.enum(['get', 'post', 'patch', 'delete']),
      z.strictObject({
        operationId: z.string(),
        summary: z.string().min(1),
        description: z.string().min(1),
        security: z.array(z.partialRecord(z.enum(['key', 'session']), z.array(z.string()))),
        parameters: z.array(
          z.strictObject({ name: z.string(), in: z.enum(['path', 'query']), required: z.boolean(), schema }),
        ),
        requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
        responses: z.strictObject({
          200: z.strictObject({ description: z.string(), content }),
          default: z.strictObject({ $ref: z.literal('#/components/responses/failure') }),
        }),
      }),
    ),
  ),
  components: z.strictObject({
    securitySchemes: z.strictObject({ key: schema, session: schema }),
    responses: z.strictObject({ failure: z.strictObject({ description: z.string(), content }) }),
  }),
});

test('the description is OpenAPI 3.1, served to anyone, with every endpoint once', async () => {
  const server = await testServer();
  const answer = await server.app.inject({ url: '/api/openapi.json' });
  await server.close();
  const document = documentSchema.parse(answer.json());
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );
  expect(operations.map((operation) => operation.operationId).toSorted()).toEqual(
    Object.keys(endpoints).toSorted(),
  );
  for (const { path, method, parameters, requestBody } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const declared = parameters.filter((parameter) => parameter.in === 'path');
    expect(declared.map((parameter) => parameter.name)).toEqual(inPath);
    expect(declared.every((parameter) => parameter.required)).toBe(true);
    expect(path).not.toContain(':');
    expect(requestBody !== undefined).toBe(method === 'post' || method === 'patch');
  }
});

test('fields with a default are optional, those in the path are not in the body', () => {
  const { paths } = documentSchema.parse(JSON.parse(JSON.stringify(openApi('1'))));
  expect(paths['/api/projects']?.post?.requestBody?.content['application/json'].schema).toMatchObject({
    required: ['name'],
    additionalProperties: false,
    properties: { timezone: { default: 'UTC' } },
  });
  const createKey =
    paths['/api/projects/{project}/keys']?.post?.requestBody?.content['application/json'].schema;
  expect(createKey).toMatchObject({ required: ['name'] });
  expect(createKey?.properties).not.toHaveProperty('project');
  const live = paths['/api/live']?.get?.parameters.map(({ name, required }) => [name, required]);
  expect(live).toEqual([
    ['project', true],
    ['after', false],
    ['event', false],
    ['limit', false],
  ]);
});
