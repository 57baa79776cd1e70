import { beforeEach, describe, expect, it } from 'vitest';
import type { Timeline } from '../../src/protocol/room.js';
import { settle } from '../../test/fakes/manual-clock.js';
import { PlayAlong, type Sound } from './play-along.js';
import type { Piece } from './run.js';
import { Tape } from './tape.js';

const RATE = 8000;
const TRACK_SECONDS = 20;
/** Of the output, behind what can still be given. */
const LATENCY = 0.05;
/** The server's clock minus the page's. */
const OFFSET_US = 5e9;

/** An output on a clock of its own, 50 ppm slower; remembers which sample it was given for each frame. */
class FakeSound implements Sound {
  readonly rate = RATE;
  nowMs = 0;
  /** What it gives is heard so much later, for it ran dry. */
  lostSeconds = 0;
  readonly given: { piece: Piece; samples: Int16Array }[] = [];
  get frame(): number {
    return (this.nowMs / 1000) * (1 - 50e-6) * RATE;
  }
  heard() {
    return { context: this.#heardFrame / RATE, local: this.nowMs };
  }
  begin(): void {}
  play(piece: Piece, samples: Int16Array): void {
    this.given.push({ piece, samples });
  }
  takeBack(at: number): void {
    const kept = this.given.filter(({ piece }) => piece.at < at);
    this.given.splice(0, this.given.length, ...kept);
  }
  cut(at: number): void {
    const kept = this.given.filter(({ piece }) => piece.at + piece.span <= at);
    this.given.splice(0, this.given.length, ...kept);
  }
  /** The left sample that is heard now; undefined = silence. */
  get sounding(): number | undefined {
    const exactly = this.exactly;
    return exactly === undefined ? undefined : Math.floor(exactly);
  }
  /** The hundredth of a second that is heard now, and the part of it. */
  get exactly(): number | undefined {
    const frame = this.#heardFrame;
    const hit = this.given.findLast(({ piece }) => frame >= piece.at && frame < piece.at + piece.span);
    if (!hit) return undefined;
    const { piece, samples } = hit;
    const at = ((frame - piece.at) / piece.span) * piece.frames;
    const first = samples[0]!;
    const before = samples.findIndex((sample, n) => n % 2 === 0 && sample !== first) / 2;
    return first + 1 + (at - before) / (RATE / 100);
  }
  get #heardFrame(): number {
    return this.frame - (LATENCY + this.lostSeconds) * RATE;
  }
}

/** Tracks whose left channel says at which hundredth of a second it is. `a` begins with 0, `b` with 10,000. */
function track(itemId: string, offsetSeconds: number): Response {
  const from = Math.round(offsetSeconds * RATE);
  const samples = new Int16Array((TRACK_SECONDS * RATE - from) * 2);
  const first = itemId === 'a' ? 0 : 10_000;
  for (let n = 0; n < samples.length / 2; n++) samples[n * 2] = first + Math.floor((from + n) / (RATE / 100));
  return new Response(samples);
}

let sound: FakeSound;
let player: PlayAlong;
let wanted: { item_id: string; timeline: Timeline } | undefined;
let asked: string[];
let trimMs: number;

beforeEach(() => {
  sound = new FakeSound();
  wanted = undefined;
  asked = [];
  trimMs = 0;
  const tape = new Tape((itemId) => {
    const open = (offset: number): Promise<Response> => {
      asked.push(`${itemId} ${offset}`);
      return Promise.resolve(track(itemId, offset));
    };
    return itemId === 'radio' ? Promise.reject(new Error('radio')) : Promise.resolve({ rate: RATE, open });
  }, RATE);
  player = new PlayAlong(sound, tape, {
    wanted: () => wanted,
    following: (itemId) => (itemId === 'a' ? 'b' : undefined),
    offsetUs: () => OFFSET_US,
    trimMs: () => trimMs,
    nowMs: () => sound.nowMs,
  });
});

/** What the network brings arrives between two ticks. */
async function pass(seconds: number): Promise<void> {
  const until = sound.nowMs + seconds * 1000;
  while (sound.nowMs < until) {
    sound.nowMs += 50;
    player.tick();
    await settle();
  }
}

const nowUs = (): number => sound.nowMs * 1000 + OFFSET_US;
/** From now on the room plays an item, at a position. */
const plays = (item_id: string, position_seconds: number, inMs = 0): void => {
  wanted = { item_id, timeline: { position_seconds, at_us: nowUs() + inMs * 1000, rate: 1 } };
};

describe('playing along', () => {
  it('is where the room is', async () => {
    plays('a', 3);
    await pass(5);
    expect(sound.sounding).toBeGreaterThanOrEqual(799);
    expect(sound.sounding).toBeLessThanOrEqual(801);
    expect(Math.abs(player.skewMs ?? 99)).toBeLessThan(0.5);
    expect(asked).toHaveLength(1);
  });

  it('goes on to the next track without a break, before the room says so and after', async () => {
    plays('a', 14);
    await pass(7);
    expect(sound.sounding).toBeGreaterThanOrEqual(10_099);
    expect(sound.sounding).toBeLessThanOrEqual(10_101);
    plays('b', 1);
    await pass(4);
    expect(sound.sounding).toBeGreaterThanOrEqual(10_499);
    const pieces = sound.given.map(({ piece }) => piece);
    for (const [n, piece] of pieces.slice(1).entries())
      expect(piece.at).toBe(pieces[n]!.at + pieces[n]!.span);
    expect(asked.at(-1)).toBe('b 0');
  });

  it('follows a seek within half a second', async () => {
    plays('a', 0);
    await pass(3);
    plays('a', 15);
    await pass(0.5);
    expect(sound.sounding).toBeGreaterThanOrEqual(1549);
    expect(sound.sounding).toBeLessThanOrEqual(1551);
  });

  it('begins at a moment that is still to come', async () => {
    await pass(2);
    plays('a', 5, 1000);
    await pass(0.95);
    expect(sound.sounding).toBeUndefined();
    await pass(0.5);
    expect(sound.sounding).toBeGreaterThanOrEqual(544);
    expect(sound.sounding).toBeLessThanOrEqual(546);
  });

  it('is silent when the room is', async () => {
    plays('a', 0);
    await pass(3);
    wanted = undefined;
    await pass(0.4);
    expect(sound.sounding).toBeUndefined();
  });

  it('takes back a few milliseconds without a break', async () => {
    plays('a', 0);
    await pass(3);
    plays('a', 3.008);
    await pass(3);
    expect(Math.abs(player.skewMs ?? 99)).toBeLessThan(2);
    const pieces = sound.given.map(({ piece }) => piece);
    for (const [n, piece] of pieces.slice(1).entries())
      expect(piece.at).toBe(pieces[n]!.at + pieces[n]!.span);
    expect(sound.sounding).toBeGreaterThanOrEqual(600);
  });

  it('jumps over what would take seconds to take back', async () => {
    plays('a', 0);
    await pass(3);
    plays('a', 3.018);
    await pass(0.2);
    const due = (): number => 3.018 + sound.nowMs / 1000 - 3;
    const heard = (): number => (sound.exactly ?? Number.NaN) / 100;
    expect(Math.abs(heard() - due())).toBeLessThan(0.002);
  });

  it('hears at once that the output ran dry, and goes on where the room is', async () => {
    plays('a', 0);
    await pass(4);
    sound.lostSeconds = 0.02;
    await pass(0.6);
    expect(Math.abs((sound.exactly ?? Number.NaN) / 100 - sound.nowMs / 1000)).toBeLessThan(0.002);
  });

  it('plays so much earlier as it is told to be heard late', async () => {
    trimMs = 200;
    plays('a', 0);
    await pass(4);
    expect(sound.sounding).toBeGreaterThanOrEqual(419);
    expect(sound.sounding).toBeLessThanOrEqual(421);
  });

  it('comes back in step after the page slept', async () => {
    plays('a', 0);
    await pass(4);
    sound.nowMs += 6000;
    await pass(3);
    expect(sound.sounding).toBeGreaterThanOrEqual(1299);
    expect(sound.sounding).toBeLessThanOrEqual(1301);
  });

  it('waits for what has no samples', async () => {
    plays('radio', 0);
    await pass(3);
    expect(player.tick()).toBe('waiting');
    expect(sound.sounding).toBeUndefined();
  });
});
