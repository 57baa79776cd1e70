import * as z from 'zod';
import { Id } from './common.js';

/**
 * A key as the kernel names it: `KEY_PLAYPAUSE`, `BTN_0`, `KEY_583` for one without a name; `REL_DIAL+` and `REL_DIAL-` for the two ways of a knob; `GPIO17`;
 * `SCAN_40BF07` for a key of a remote that the kernel has only a code for.
 */
export const InputKey = z.string().regex(/^[A-Z0-9_]{1,40}[+-]?$/);

export const InputGesture = z.enum(['press', 'hold']);
export type InputGesture = z.infer<typeof InputGesture>;

/** What a key can do in its room. */
export const InputAction = z.enum([
  'play_pause',
  'play',
  'pause',
  'stop',
  'next',
  'previous',
  'volume_up',
  'volume_down',
  'mute',
  'seek_forward',
  'seek_back',
  'shuffle',
  'repeat',
  /** Silence in half an hour, or not after all. */
  'sleep',
  /** Of the alarm that rings in the room. */
  'snooze',
  'alarm_stop',
  /** Plays the playlist `playlist_id` instead of the queue. */
  'playlist',
]);
export type InputAction = z.infer<typeof InputAction>;

/** Key of an input -> what it does. */
export const Binding = z.object({
  key: InputKey,
  gesture: InputGesture,
  action: InputAction,
  playlist_id: Id.optional(),
});
export type Binding = z.infer<typeof Binding>;

export const MAX_BINDINGS = 128;

/** A remote control, keyboard, knob or row of buttons of this machine. */
export const Input = z.object({
  input_id: Id,
  name: z.string(),
  kind: z.enum(['keyboard', 'remote', 'knob', 'buttons', 'gpio']),
  /** It is plugged in. */
  connected: z.boolean(),
  /** Its keys are obeyed. */
  enabled: z.boolean(),
  /** Whose music it drives; absent: the room of this machine's own output, or the only room. */
  room_id: Id.optional(),
  /** Why it is not heard, and what to do about it. */
  problem: z.string().optional(),
  /** What it can send, as far as it says. */
  keys: z.array(InputKey),
  bindings: z.array(Binding),
  /** What it sent last, and what came of it. Keys with which people write, and that are bound to nothing, are left out. */
  heard: z
    .object({ key: InputKey, gesture: InputGesture, at: z.string(), problem: z.string().optional() })
    .optional(),
});
export type Input = z.infer<typeof Input>;

export const INPUT_EVENTS = {
  'input:updated': { data: Input, state: true },
  'input:removed': { data: z.object({ input_id: Id }), state: true },
} as const;
