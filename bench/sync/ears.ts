import { mkdir } from 'node:fs/promises';
import { openBus } from './bus.js';
import type { Segment } from './capture.js';
import { openCards, type CardChoice } from './cards.js';

/** Rooms that can be played to and listened to. */
export interface Ears {
  readonly kind: 'alsa' | 'pulse';
  readonly rooms: readonly string[];
  /** For programs that shall play here. */
  readonly env: Readonly<Record<string, string>>;
  /** mpv's name of a room's output. */
  output(room: string): string;
  /** Ends listening. What was heard, in the order of the rooms. */
  heard(): Promise<Segment[][]>;
  /** How often a room ran dry; unknown with PulseAudio. */
  underruns(): Promise<readonly number[] | undefined>;
  close(): Promise<void>;
}

export async function openCardEars(dir: string, choices: readonly CardChoice[]): Promise<Ears> {
  await mkdir(dir, { recursive: true });
  const cards = await openCards(dir, choices);
  const rooms = cards.names;
  return {
    kind: 'alsa',
    rooms,
    env: cards.env,
    output: (room) => `alsa/${room}`,
    heard: () => Promise.all(rooms.map((room) => cards.heard(room))),
    underruns: () => Promise.all(rooms.map((room) => cards.underruns(room))),
    close: () => Promise.resolve(),
  };
}

export async function openBusEars(rooms: readonly string[], before: readonly string[]): Promise<Ears> {
  const bus = await openBus(rooms, before);
  try {
    await bus.listen();
  } catch (error) {
    await bus.close();
    throw error;
  }
  return {
    kind: 'pulse',
    rooms,
    env: bus.env,
    output: (room) => `pulse/${room}`,
    heard: () => bus.heard(),
    underruns: () => Promise.resolve(undefined),
    close: () => bus.close(),
  };
}
