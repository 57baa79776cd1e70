import type { FastifyInstance, FastifyReply } from 'fastify';
import { AppError } from '../base/index.js';
import {
  COMMAND_TYPES,
  COMMANDS,
  openapiDocument,
  type CommandSpec,
  type CommandType,
} from '../protocol/index.js';
import { textCoercion } from './coercion.js';
import type { CommandRates } from './command-rates.js';
import type { RunCommand } from './commands.js';
import type { HttpPeople } from './http-people.js';
import { ERRORS } from '../protocol/index.js';
import { refuseForbiddenKeys } from './json-door.js';

const PREFIX = '/api/v1';

/** The REST twin of every command, generated from the command table, and the OpenAPI document of the same table. [RS1] */
export function restRoutes(
  app: FastifyInstance,
  run: RunCommand,
  people: HttpPeople,
  rates: CommandRates,
): void {
  for (const type of COMMAND_TYPES) commandRoute(app, type, run, people, rates);
  app.get(`${PREFIX}/openapi.json`, () => openapiDocument());
}

function commandRoute(
  app: FastifyInstance,
  type: CommandType,
  run: RunCommand,
  people: HttpPeople,
  rates: CommandRates,
): void {
  const spec: CommandSpec = COMMANDS[type];
  const [method, path] = spec.http.split(' ', 2) as ['GET' | 'POST' | 'PUT' | 'DELETE', string];
  const coerce = textCoercion(spec.request);
  app.route({
    method,
    url: PREFIX + path.replace(/\{(\w+)\}/g, ':$1'),
    handler: async (request, reply) => {
      const caller = await people.caller(request);
      if (caller.subject_id === undefined) rates.countAddress(people.see(request).address);
      const fields = { ...coerce(fieldsOf(request.params)) };
      const rest = method === 'GET' ? coerce(fieldsOf(request.query)) : fieldsOf(request.body);
      for (const [name, value] of Object.entries(rest)) {
        if (Object.hasOwn(fields, name))
          throw new AppError('ERR_INVALID', `${name} is given by the path`, { params: { path: name } });
        fields[name] = value;
      }
      return answer(reply, await run(type, fields, caller));
    },
  });
}

async function answer(reply: FastifyReply, result: Awaited<ReturnType<RunCommand>>): Promise<unknown> {
  if (result.ok) return result.data ?? {};
  void reply.code(ERRORS[result.error.code].status);
  return { error: result.error };
}

/** A part of the request as own fields of a plain object. */
function fieldsOf(part: unknown): Record<string, unknown> {
  if (part === undefined || part === null) return {};
  if (typeof part !== 'object' || Array.isArray(part))
    throw new AppError('ERR_BAD_MESSAGE', 'The body has to be a JSON object');
  refuseForbiddenKeys(part, '');
  return Object.fromEntries(Object.entries(part));
}
