import * as z from 'zod';
import { Nothing, type CommandSpec } from './command-spec.js';
import { Id } from './common.js';
import { Binding, Input, InputAction, InputGesture, InputKey } from './inputs.js';

const input = { input_id: Id };
const key = { ...input, key: InputKey, gesture: InputGesture.default('press') };

export const inputCommands = {
  'input:list': {
    request: z.strictObject({}),
    reply: z.object({
      inputs: z.array(Input),
      /** Why none can be heard, and what to do about it. */
      problem: z.string().optional(),
    }),
    access: 'manage',
    http: 'GET /inputs',
    summary: 'Remote controls, keyboards, knobs and buttons of this machine, and what their keys do',
  },
  'input:set': {
    request: z.strictObject({
      ...input,
      enabled: z.boolean().optional(),
      /** null = the room of this machine's own output, or the only room. */
      room_id: Id.nullable().optional(),
    }),
    reply: Nothing,
    access: 'manage',
    http: 'PUT /inputs/{input_id}',
    summary: 'Switch it on or off, or choose the room that it drives',
  },
  'input:bind': {
    request: z.strictObject({
      ...key,
      /** null = the key does nothing. */
      action: InputAction.nullable(),
      playlist_id: Id.optional(),
    }),
    reply: Nothing,
    access: 'manage',
    http: 'PUT /inputs/{input_id}/bindings',
    summary: 'Say what a key does',
  },
  'input:reset': {
    request: z.strictObject(input),
    reply: z.object({ bindings: z.array(Binding) }),
    access: 'manage',
    http: 'POST /inputs/{input_id}/reset',
    summary: 'What its keys did at first',
  },
  'input:learn': {
    cost: 5,
    /** Default: whichever input is pressed. With `end`, nobody waits for a key any more. */
    request: z.strictObject({ input_id: Id.optional(), end: z.literal(true).optional() }),
    reply: z.object({
      /** Absent: nobody pressed one within 20 s, or the lesson was ended. */
      heard: z.object({ ...input, key: InputKey, gesture: InputGesture }).optional(),
      /** Somebody else asked meanwhile. */
      taken: z.literal(true).optional(),
    }),
    access: 'manage',
    http: 'POST /inputs/learn',
    summary: 'The next key that is pressed, which does nothing this once',
  },
  'input:test': {
    request: z.strictObject(key),
    reply: Nothing,
    access: 'manage',
    http: 'POST /inputs/{input_id}/test',
    summary: 'Do what a key does',
  },
  'input:forget': {
    request: z.strictObject(input),
    reply: Nothing,
    access: 'manage',
    http: 'DELETE /inputs/{input_id}',
    summary: 'Forget an input that is not plugged in, with its bindings',
  },
} as const satisfies Record<string, CommandSpec>;
