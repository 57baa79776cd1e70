import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Steering, type Heard, type Moment } from './steering.js';

/** The same dice each time: 0..1. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

interface Scene {
  readonly ppm?: number;
  /** What is buffered really. */
  readonly buffered?: number;
  readonly told?: number;
  readonly start_ms?: number;
  readonly remembered?: number;
  /** The pointer moves in steps of so many ms. */
  readonly granule_ms?: number;
  readonly noise_ms?: number;
  readonly seed?: number;
}

/** A player with buffers, a clock of its own and an unsteady hand, as mpv is one: it says what is heard as if all that is buffered had the speed of now. */
class SimulatedPlayer {
  readonly steering: Steering;
  readonly cue: Moment = { position_seconds: 100, at_us: 50_000_000 };
  readonly #scene: Required<Omit<Scene, 'remembered'>>;
  readonly #random: () => number;
  #now = 50;
  /** Ahead of the cue, seconds. */
  ahead: number;
  #speeds: { at: number; off: number }[] = [];
  /** [seconds since the start, ms] */
  readonly trace: [number, number][] = [];
  readonly reported: number[] = [];

  constructor(scene: Scene) {
    const all = { ppm: 0, buffered: 0.4, start_ms: 0, granule_ms: 0, noise_ms: 0.03, seed: 1, ...scene };
    this.#scene = { told: all.buffered, ...all };
    this.#random = dice(this.#scene.seed);
    this.ahead = this.#scene.start_ms / 1e3;
    this.steering = new Steering({
      buffered_seconds: this.#scene.told,
      ...(scene.remembered !== undefined && { drift_ppm: scene.remembered }),
    });
    this.#speeds.push({ at: -Infinity, off: this.steering.speed - 1 });
  }

  #offAt(at: number): number {
    return this.#speeds.findLast((speed) => speed.at <= at)?.off ?? 0;
  }

  /** Moves by a ms at a time. */
  #move(seconds: number): void {
    for (let left = Math.round(seconds * 1000); left > 0; left--) {
      this.ahead += (this.#offAt(this.#now - this.#scene.buffered) + this.#scene.ppm * 1e-6) * 1e-3;
      this.#now += 1e-3;
      if (left % 25 === 0) this.trace.push([this.#now - 50, this.ahead * 1e3]);
    }
  }

  jump(seconds: number): void {
    this.ahead += seconds;
  }

  #look(): Heard {
    const { buffered, granule_ms, noise_ms } = this.#scene;
    let pending = 0;
    for (let ago = 0.0005; ago < buffered; ago += 1e-3) pending += this.#offAt(this.#now - ago) * 1e-3;
    const said = this.ahead + pending - buffered * this.#offAt(this.#now);
    const lag = granule_ms === 0 ? 0 : (this.#now * 1e3 + this.#random()) % granule_ms;
    const noise = Math.sign(this.#random() - 0.5) * -Math.log(1 - this.#random()) * noise_ms;
    return {
      position_seconds: 50 + this.#now + said + (noise - lag) / 1e3,
      at_us: this.#now * 1e6,
      rtt_us: this.#random() < 0.02 ? 5000 : 120 + this.#random() * 300,
    };
  }

  /** Three looks, ten times a second, and sooner when asked to. Returns whether it ever wanted to rejoin. */
  run(seconds: number): boolean {
    let lost = false;
    for (const end = this.#now + seconds - 0.05; this.#now < end;) {
      const heard: Heard[] = [];
      for (let look = 0; look < 3; look++) {
        heard.push(this.#look());
        this.#move(0.001);
      }
      const steer = this.steering.take(heard, this.cue, this.#now * 1e6);
      if (steer.kind === 'speed') this.#speeds.push({ at: this.#now, off: steer.speed - 1 });
      lost ||= steer.kind === 'rejoin';
      if (this.#speeds.length > 60) this.#speeds.splice(0, 1);
      this.reported.push(Math.abs((this.steering.skew_ms ?? 0) - this.ahead * 1e3));
      this.#move(steer.kind === 'speed' ? 0.1 : 0.02);
    }
    return lost;
  }

  absolute(from: number, to = Infinity): number[] {
    const within = this.trace.filter(([at]) => at >= from && at < to);
    return within.map(([, ms]) => Math.abs(ms)).sort((a, b) => a - b);
  }
}

const p95 = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length * 0.95)] ?? Infinity;
const worst = (sorted: readonly number[]): number => sorted.at(-1) ?? Infinity;

describe('steering', () => {
  it('is within 1 ms a second after a start up to 3 ms off', () => {
    for (const start_ms of [-3, -1, 1, 3]) {
      const player = new SimulatedPlayer({ ppm: 60, start_ms, remembered: 60 });
      player.run(6);
      expect(worst(player.absolute(1.05))).toBeLessThan(1);
    }
  });
  it('keeps within 0.05 ms of the cue for 95 % of the time at 60 ppm', () => {
    for (const seed of [1, 2, 3]) {
      const player = new SimulatedPlayer({ ppm: 60, remembered: 58, start_ms: 0.12, seed });
      player.run(60);
      expect(p95(player.absolute(3))).toBeLessThan(0.05);
    }
  });
  it('learns the drift of an output it has not met, and holds 0.1 ms on the way there', () => {
    const player = new SimulatedPlayer({ ppm: 60, start_ms: 0.12 });
    player.run(60);
    expect(player.steering.learnt).toBe(true);
    expect(Math.abs(player.steering.drift_ppm - 60)).toBeLessThan(8);
    expect(p95(player.absolute(3))).toBeLessThan(0.06);
    expect(worst(player.absolute(3))).toBeLessThan(0.15);
  });
  it('learns a drift so large that what it leaves would pass for being on the way', () => {
    const player = new SimulatedPlayer({ ppm: -600, start_ms: 0.5 });
    player.run(60);
    expect(Math.abs(player.steering.drift_ppm + 600)).toBeLessThan(12);
    expect(worst(player.absolute(40))).toBeLessThan(0.1);
  });
  it('says what is heard, also while the speed changes', () => {
    const player = new SimulatedPlayer({ ppm: -40, start_ms: 8 });
    player.run(10);
    expect(worst(player.reported.slice(4).sort((a, b) => a - b))).toBeLessThan(0.15);
  });
  it('does not swing with 800 ms of buffers when it is told of them', () => {
    const player = new SimulatedPlayer({ ppm: 60, buffered: 0.8, start_ms: 6 });
    player.run(40);
    expect(worst(player.absolute(8))).toBeLessThan(0.25);
    expect(player.trace.some(([, ms]) => ms < -1)).toBe(false);
  });
  it('bears buffers a third other than told', () => {
    for (const told of [0.3, 0.55]) {
      const player = new SimulatedPlayer({ ppm: 60, buffered: 0.42, told, start_ms: 5 });
      player.run(40);
      expect(worst(player.absolute(8))).toBeLessThan(0.3);
    }
  });
  it('stays within 0.6 ms where the pointer moves in steps of 10 ms', () => {
    const player = new SimulatedPlayer({ ppm: 60, granule_ms: 10, remembered: 60 });
    player.run(40);
    expect(worst(player.absolute(4))).toBeLessThan(0.6);
  });
  it('never leaves half a percent of the true speed', () => {
    const start = fc.integer({ min: -19, max: 19 });
    const scene = fc.record({
      ppm: fc.integer({ min: -200, max: 200 }),
      start_ms: start,
      seed: fc.nat(1000),
    });
    fc.assert(
      fc.property(scene, (given) => {
        const player = new SimulatedPlayer(given);
        let far = 0;
        for (let n = 0; n < 40; n++) {
          player.run(0.1);
          far = Math.max(far, Math.abs(player.steering.speed - 1));
        }
        expect(far).toBeLessThan(0.005001);
      }),
      { numRuns: 25 },
    );
  });
  it('comes to rest from wherever it may begin, and does not swing', () => {
    const scene = fc.record({
      ppm: fc.integer({ min: -100, max: 100 }),
      start_ms: fc.integer({ min: -18, max: 18 }),
      buffered: fc.constantFrom(0.15, 0.3, 0.4, 0.52, 0.8),
      seed: fc.nat(1000),
    });
    fc.assert(
      fc.property(scene, (given) => {
        const player = new SimulatedPlayer(given);
        expect(player.run(20)).toBe(false);
        expect(worst(player.absolute(12))).toBeLessThan(0.5);
      }),
      { numRuns: 30 },
    );
  });
  it('asks to rejoin when it is further off than 20 ms, and not for one bad look', () => {
    const player = new SimulatedPlayer({});
    player.run(3);
    player.jump(-0.4);
    expect(player.run(0.06)).toBe(false);
    expect(player.run(0.2)).toBe(true);
    player.jump(0.4);
    player.steering.restart();
    expect(player.run(5)).toBe(false);
    expect(p95(player.absolute(6))).toBeLessThan(0.1);
  });
  it('learns nothing from looks that took too long', () => {
    const { steering, cue } = new SimulatedPlayer({});
    const slow = { position_seconds: 90, at_us: 50_000_000, rtt_us: 600_000 };
    expect(steering.take([slow, slow, slow], cue, 50_300_000)).toEqual({ kind: 'look-again' });
    expect(steering.skew_ms).toBeUndefined();
  });
  it('takes slow looks when there are no others, and says how doubtful they are', () => {
    const steering = new Steering({ buffered_seconds: 0.4 });
    const cue = { position_seconds: 0, at_us: 0 };
    const look = (n: number): Heard => ({ position_seconds: n / 10, at_us: n * 1e5, rtt_us: 9000 });
    for (let n = 0; n < 15; n++) steering.take([look(n)], cue, n * 1e5 + 4500);
    expect(steering.skew_ms).toBeCloseTo(0, 3);
    expect(steering.error_ms).toBeGreaterThanOrEqual(4.5);
  });
  it('carries the cue over to the next item as if nothing had happened', () => {
    const steering = new Steering({ buffered_seconds: 0.4, drift_ppm: 0 });
    const cue = { position_seconds: 0, at_us: 0 };
    const look = (at: number, by: number): Heard[] =>
      [0, 1, 2].map((n) => ({
        position_seconds: at + n / 1e3 - by,
        at_us: (at + n / 1e3) * 1e6,
        rtt_us: 200,
      }));
    for (let at = 200; at < 201; at += 0.1) steering.take(look(at, -0.0001), cue, at * 1e6 + 3000);
    const before = steering.skew_ms ?? Infinity;
    const next = steering.carry(look(201, 240 - 0.0001), cue)!;
    expect(next.position_seconds - next.at_us / 1e6).toBeCloseTo(-240, 4);
    expect(steering.take(look(201.1, 240 - 0.0001), next, 201_103_000).kind).toBe('speed');
    expect(Math.abs((steering.skew_ms ?? Infinity) - before)).toBeLessThan(0.2);
  });
});
