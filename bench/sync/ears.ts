import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
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

/** Files there are never written to a disk. */
const MEMORY = '/dev/shm';

export async function openCardEars(dir: string, choices: readonly CardChoice[]): Promise<Ears> {
  await mkdir(dir, { recursive: true });
  const tapes = existsSync(MEMORY) ? await mkdtemp(join(MEMORY, 'tutti-cards-')) : dir;
  const cards = await openCards(dir, choices, tapes);
  const rooms = cards.names;
  return {
    kind: 'alsa',
    rooms,
    env: cards.env,
    output: (room) => `alsa/${room}`,
    heard: () => Promise.all(rooms.map((room) => cards.heard(room))),
    underruns: () => Promise.all(rooms.map((room) => cards.underruns(room))),
    close: () => rm(tapes, { recursive: true, force: true }),
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
