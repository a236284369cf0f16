import { z } from 'zod';
import { type Endpoint, type EndpointName, endpoints } from '../contract/endpoints.ts';

type Json = Record<string, unknown>;

/** The endpoint table as an OpenAPI 3.1 document. */
export function openApi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const name of Object.keys(endpoints) as EndpointName[]) {
    const endpoint: Endpoint = endpoints[name];
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(name, endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tributary',
      version,
      description: 'Times are milliseconds since the epoch unless a name says otherwise.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key; it acts in its own project only.' },
        session: { type: 'apiKey', in: 'cookie', name: 'tributary_session' },
      },
      responses: {
        failure: {
          description: 'What went wrong and what to do',
          content: { 'application/json': { schema: schemaOf(failure, 'output') } },
        },
      },
    },
  };
}

const failure = z.object({
  error: z.object({ code: z.string(), message: z.string(), advice: z.string() }),
});

function operationOf(name: string, endpoint: Endpoint): Json {
  const inPath = [...endpoint.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
  const { properties, required } = fieldsOf(schemaOf(endpoint.input, 'input'));
  const parameter = (field: string): Json => ({
    name: field,
    in: inPath.includes(field) ? 'path' : 'query',
    required: required.includes(field),
    schema: properties[field],
  });
  const others = Object.keys(properties).filter((field) => !inPath.includes(field));
  const hasBody = endpoint.method === 'POST' || endpoint.method === 'PATCH';
  const body = {
    type: 'object',
    properties: Object.fromEntries(others.map((field) => [field, properties[field]])),
    required: others.filter((field) => required.includes(field)),
    additionalProperties: false,
  };
  return {
    operationId: name,
    summary: endpoint.summary,
    description: accessOf(endpoint),
    security: securityOf(endpoint),
    parameters: [...inPath, ...(hasBody ? [] : others)].map(parameter),
    ...(hasBody
      ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } }
      : {}),
    responses: {
      200: {
        description: 'Done',
        content: { 'application/json': { schema: schemaOf(endpoint.output, 'output') } },
      },
      default: { $ref: '#/components/responses/failure' },
    },
  };
}

function accessOf({ access, scope }: Endpoint): string {
  if (access === 'public') return 'Open to anyone.';
  const keys = scope === 'workspace' ? ' Not with an API key.' : '';
  return `Needs the role ${access}.${keys}`;
}

function securityOf({ access, scope }: Endpoint): Json[] {
  if (access === 'public') return [];
  return scope === 'workspace' ? [{ session: [] }] : [{ key: [] }, { session: [] }];
}

function schemaOf(type: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io });
  return schema;
}

const objectSchema = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});

function fieldsOf(schema: Json): z.output<typeof objectSchema> {
  return objectSchema.parse(schema);
}
