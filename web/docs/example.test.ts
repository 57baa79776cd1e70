import { expect, it } from 'vitest';
import type * as z from 'zod';
import { asyncapiDocument } from '../../src/protocol/schema-documents.js';
import { COMMANDS, SESSION_COMMANDS } from '../../src/protocol/commands.js';
import { exampleOf, type JsonSchema } from './example.js';

interface Document {
  readonly components: {
    readonly messages: Readonly<Record<string, { readonly name: string; readonly payload: JsonSchema }>>;
  };
}

const { messages } = (asyncapiDocument() as unknown as Document).components;
const sent = Object.entries(messages).flatMap(([key, { name, payload }]) =>
  key.startsWith('send_') ? [[name, payload.properties?.['data'] ?? {}] as const] : [],
);

function requestOf(type: string): z.ZodType {
  return Object.hasOwn(COMMANDS, type)
    ? COMMANDS[type as keyof typeof COMMANDS].request
    : SESSION_COMMANDS[type as keyof typeof SESSION_COMMANDS];
}

it.each(sent)('the example of %s is what the server reads', (type, schema) => {
  const example = exampleOf(schema);
  expect(requestOf(type).safeParse(example), JSON.stringify(example)).toMatchObject({ success: true });
});
