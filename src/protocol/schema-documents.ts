import * as z from 'zod';
import { COMMANDS, SESSION_COMMANDS } from './commands.js';
import type { CommandSpec } from './command-spec.js';
import * as envelope from './envelope.js';
import { ERRORS } from './errors.js';
import { EVENTS, TOPICS } from './events.js';
import { PROTOCOL } from './version.js';

type Json = { [key: string]: unknown };

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

/**
 * A schema as JSON Schema, without its own $schema. Always the side that reads: a request with optional fields where there are
 * defaults, an event or reply open for fields of a later version. [EV1]
 */
function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as Json;
  return rest;
}

const mapped = <T>(table: Readonly<Record<string, T>>, one: (entry: T, name: string) => unknown): Json =>
  Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, one(entry, name)]));

const commandTable: Readonly<Record<string, CommandSpec>> = COMMANDS;

function commandFrame(type: string, request: z.ZodType, idNeeded: boolean): Json {
  return {
    type: 'object',
    properties: {
      id: { type: 'string', minLength: 1, maxLength: 64 },
      type: { const: type },
      data: jsonSchema(request),
    },
    required: idNeeded ? ['id', 'type'] : ['type'],
    additionalProperties: false,
  };
}

function eventFrame(type: string, data: z.ZodType): Json {
  return {
    type: 'object',
    properties: {
      type: { const: type },
      topic: { type: 'string' },
      revision: { type: 'integer' },
      timestamp: { type: 'string', format: 'date-time' },
      data: jsonSchema(data),
    },
    required: ['type', 'topic', 'revision', 'timestamp', 'data'],
  };
}

/** Of the messages about the connection, those that are answered by a reply. */
const NEED_ID: ReadonlySet<string> = new Set(['auth', 'resume']);

/** Frames a client sends, and the reply to each command. */
export function commandsDocument(): Json {
  const frames = {
    ...mapped(SESSION_COMMANDS, (request, type) => commandFrame(type, request, NEED_ID.has(type))),
    ...mapped(commandTable, ({ request }, type) => commandFrame(type, request, true)),
  };
  const replies = mapped(commandTable, ({ reply }) => jsonSchema(reply));
  return {
    $schema: DRAFT,
    $id: 'https://tutti.invalid/schema/commands.schema.json',
    title: `Tutti protocol ${PROTOCOL.current}: frames from client to server`,
    oneOf: Object.keys(frames).map((type) => ({ $ref: `#/$defs/${type}` })),
    $defs: { ...frames, replies: { $defs: replies } },
  };
}

const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  hello: envelope.Hello,
  reply: envelope.ReplyFrame,
  error: envelope.ErrorFrame,
  subscribed: envelope.SubscribedFrame,
  unsubscribed: envelope.UnsubscribedFrame,
  pong: envelope.PongFrame,
  clock: envelope.ClockFrame,
};

/** Frames a server sends: events and answers, and the snapshot of each topic. */
export function eventsDocument(): Json {
  const frames = {
    ...mapped(ANSWERS, jsonSchema),
    ...mapped(EVENTS, ({ data }, type) => eventFrame(type, data)),
  };
  return {
    $schema: DRAFT,
    $id: 'https://tutti.invalid/schema/events.schema.json',
    title: `Tutti protocol ${PROTOCOL.current}: frames from server to client`,
    oneOf: Object.keys(frames).map((type) => ({ $ref: `#/$defs/${type}` })),
    $defs: { ...frames, snapshots: { $defs: mapped(TOPICS, jsonSchema) } },
  };
}

/** AsyncAPI names may have no colon or slash. */
const key = (type: string): string => type.replace(/[^A-Za-z0-9]+/g, '_');

/** AsyncAPI 3.0 of the WebSocket. */
export function asyncapiDocument(): Json {
  const sent: [string, Json][] = [
    ...Object.entries(SESSION_COMMANDS).map(([type, request]): [string, Json] => [
      type,
      commandFrame(type, request, NEED_ID.has(type)),
    ]),
    ...Object.entries(commandTable).map(([type, { request }]): [string, Json] => [
      type,
      commandFrame(type, request, true),
    ]),
  ];
  const received: [string, Json][] = [
    ...Object.entries(ANSWERS).map(([type, frame]): [string, Json] => [type, jsonSchema(frame)]),
    ...Object.entries(EVENTS).map(([type, { data }]): [string, Json] => [type, eventFrame(type, data)]),
  ];
  const names = (prefix: string, messages: [string, Json][]): [string, string][] =>
    messages.map(([type]) => [`${prefix}_${key(type)}`, type]);
  const all = [...names('send', sent), ...names('receive', received)];
  const payloads = new Map([
    ...sent.map(([type, frame]): [string, Json] => [`send_${key(type)}`, frame]),
    ...received.map(([type, frame]): [string, Json] => [`receive_${key(type)}`, frame]),
  ]);
  const refs = (prefix: string): Json[] =>
    all
      .filter(([name]) => name.startsWith(`${prefix}_`))
      .map(([name]) => ({ $ref: `#/channels/ws/messages/${name}` }));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Tutti',
      version: `${PROTOCOL.current}`,
      description: 'The WebSocket of Tutti; SPEC.md has the rules.',
    },
    defaultContentType: 'application/json',
    servers: { tutti: { host: 'localhost:8080', protocol: 'ws', pathname: '/ws' } },
    channels: {
      ws: {
        address: '/ws',
        messages: Object.fromEntries(all.map(([name]) => [name, { $ref: `#/components/messages/${name}` }])),
      },
    },
    operations: {
      send: { action: 'send', channel: { $ref: '#/channels/ws' }, messages: refs('send') },
      receive: { action: 'receive', channel: { $ref: '#/channels/ws' }, messages: refs('receive') },
    },
    components: {
      messages: Object.fromEntries(
        all.map(([name, type]) => [
          name,
          { name: type, ...summaryOf(name, type), payload: payloads.get(name) },
        ]),
      ),
    },
  };
}

function summaryOf(name: string, type: string): Json {
  const spec = name.startsWith('send_') ? commandTable[type] : undefined;
  return spec ? { summary: spec.summary, 'x-access': spec.access } : {};
}

/** OpenAPI 3.1 of the REST twins. */
export function openapiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const [type, spec] of Object.entries(commandTable)) {
    const [method = '', path = ''] = spec.http.split(' ', 2);
    (paths[path] ??= {})[method.toLowerCase()] = operation(type, spec, method, path);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tutti',
      version: `${PROTOCOL.current}`,
      description: 'The REST twins of the commands; SPEC.md has the rules.',
    },
    servers: [{ url: '/api/v1' }],
    paths,
    components: {
      schemas: {
        Error: {
          type: 'object',
          properties: { error: jsonSchema(envelope.WireError) },
          required: ['error'],
          description: Object.entries(ERRORS)
            .map(([code, { status, meaning }]) => `${code} (${status}): ${meaning}`)
            .join('\n'),
        },
      },
    },
  };
}

function operation(type: string, spec: CommandSpec, method: string, path: string): Json {
  const { properties = {}, required = [] } = jsonSchema(spec.request) as {
    properties?: Json;
    required?: string[];
  };
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  const rest = Object.entries(properties).filter(([name]) => !inPath.includes(name));
  const needed = required.filter((name) => !inPath.includes(name));
  const parameters = inPath.map((name) => ({ name, in: 'path', required: true, schema: properties[name] }));
  const query =
    method === 'GET'
      ? rest.map(([name, schema]) => ({ name, in: 'query', required: needed.includes(name), schema }))
      : [];
  const body =
    method === 'GET' || rest.length === 0
      ? {}
      : {
          requestBody: {
            required: needed.length > 0,
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: Object.fromEntries(rest),
                  required: needed,
                  additionalProperties: false,
                },
              },
            },
          },
        };
  return {
    operationId: type,
    summary: spec.summary,
    'x-access': spec.access,
    parameters: [...parameters, ...query],
    ...body,
    responses: {
      200: { description: 'Done', content: { 'application/json': { schema: jsonSchema(spec.reply) } } },
      default: {
        description: 'Refused',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

/** File name -> text, as kept in src/protocol/schema. */
export function schemaFiles(): Record<string, string> {
  const documents = {
    'commands.schema.json': commandsDocument(),
    'events.schema.json': eventsDocument(),
    'asyncapi.json': asyncapiDocument(),
    'openapi.json': openapiDocument(),
  };
  return mapped(documents, (document) => `${JSON.stringify(document, null, 2)}\n`) as Record<string, string>;
}
