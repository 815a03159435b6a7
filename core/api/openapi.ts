/** The HTTP API as OpenAPI 3.1, from the table and the schemas that serve it. */
import { ANSWERS, type EndpointAnswers } from './answers.ts';
import { YAML_CONTENT_TYPES } from './content-types.ts';
import { ENDPOINTS, type Endpoint, type EndpointId } from './endpoints.ts';
import { componentSchemas, inlineSchema, type Json } from './json-schema.ts';
import { networkFileSchema } from '../network/network-schema.ts';
import { PROBLEM_CONTENT_TYPE } from './problem.ts';

const ANYWHERE: Record<number, string> = {
  400: 'The request is not valid.',
  401: 'A token is needed, and did not come or is another.',
  403: 'The Origin is not allowed.',
  421: 'The Host is not one that this server answers to.',
  500: 'A fault; the host logged it under the id in `instance`.',
  503: 'The store can not be read or written now.',
};
const WITH_BODY: Record<number, string> = {
  413: 'The body is larger than 8 MiB.',
  415: 'The content type is not one that this takes.',
};
const PROBLEMS: Record<number, string> = {
  404: 'There is no such thing.',
  409: 'It conflicts with what stands: a key used for another request, a state that does not allow it.',
  422: 'The definition, or the variables, are not valid; `issues` lists what to mend.',
};

const TAGS = [
  { name: 'workflows', description: 'Named, versioned, immutable definitions.' },
  { name: 'executions', description: 'Runs of a workflow version.' },
  { name: 'tasks', description: 'Tasks by themselves, and the types that can run.' },
  { name: 'templates', description: 'Starting and polling in snake_case, by template name.' },
  { name: 'dead-letters', description: 'Messages that were set aside, and how they come back.' },
  { name: 'network', description: 'Nodes, links, satellites, contact plans, and routes over them.' },
  { name: 'host', description: 'Health, numbers, descriptions.' },
];

/** The document; `version` is Holdfast's own. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const [id, endpoint] of Object.entries(ENDPOINTS) as [EndpointId, Endpoint][]) {
    (paths[endpoint.path] ??= {})[endpoint.method.toLowerCase()] = operation(id, endpoint);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version,
      description: "Workflows that finish when the network doesn't cooperate.",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: TAGS,
    security: [{}, { token: [] }],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function operation(operationId: EndpointId, endpoint: Endpoint): Json {
  const answered = ANSWERS[operationId];
  const parameters = [
    ...pathParameters(endpoint),
    ...queryParameters(endpoint),
    ...headerParameters(endpoint),
  ];
  return {
    operationId,
    summary: endpoint.summary,
    tags: [endpoint.tag],
    ...(parameters.length > 0 && { parameters }),
    ...(endpoint.body && { requestBody: requestBody(endpoint) }),
    responses: { ...answers(answered), ...problems(endpoint, answered) },
  };
}

function pathParameters(endpoint: Endpoint): Json[] {
  return [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema:
      name === 'version' ? { type: 'integer', minimum: 1 } : { type: 'string', minLength: 1, maxLength: 200 },
  }));
}

function queryParameters({ query }: Endpoint): Json[] {
  if (query === undefined) return [];
  const { properties } = inlineSchema(query, 'output') as { properties: Record<string, Json> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description !== undefined && { description }),
    schema,
    ...(schema.type === 'array' && { style: 'form', explode: true }),
  }));
}

function headerParameters({ idempotent }: Endpoint): Json[] {
  if (idempotent === undefined) return [];
  return [
    {
      name: 'Idempotency-Key',
      in: 'header',
      description: 'The same key with the same request has its effect once, however often it is sent.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
  ];
}

function requestBody({ path, body }: Endpoint): Json {
  if (body?.kind === 'json') {
    const schema = inlineSchema(body.schema, 'input');
    return { required: 'required' in schema, content: { 'application/json': { schema } } };
  }
  const isNetwork = body?.kind === 'document' && body.of === 'network';
  const yaml = Object.fromEntries(
    [...YAML_CONTENT_TYPES, 'text/plain'].map((type) => [type, { schema: { type: 'string' } }]),
  );
  const description = isNetwork
    ? 'Nodes and links; links may name nodes of the same file.'
    : 'A definition in any accepted form; its canonical form is described by /schemas/workflow.json.';
  const schema = isNetwork ? inlineSchema(networkFileSchema, 'input') : { type: 'object', description };
  const json = { 'application/json': { schema } };
  return { required: true, description, content: path.endsWith('/from-yaml') ? yaml : { ...json, ...yaml } };
}

function answers({ responses }: EndpointAnswers): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { description, schema, text }]) => {
      const content =
        schema === undefined
          ? { [text ?? 'application/json']: {} }
          : { 'application/json': { schema: inlineSchema(schema, 'output') } };
      return [status, { description, content }];
    }),
  );
}

function problems(endpoint: Endpoint, answered: EndpointAnswers): Record<string, Json> {
  const own = (answered.problems ?? []).map((status) => [String(status), PROBLEMS[status]!] as const);
  const all = { ...ANYWHERE, ...(endpoint.body && WITH_BODY), ...Object.fromEntries(own) };
  return Object.fromEntries(
    Object.entries(all)
      .filter(([status]) => answered.responses[Number(status)] === undefined)
      .map(([status, description]) => [
        status,
        {
          description,
          content: { [PROBLEM_CONTENT_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      ]),
  );
}
