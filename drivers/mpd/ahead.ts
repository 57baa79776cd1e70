import * as z from 'zod';
import { median } from './envelope.js';

const MOST_OUTPUTS = 4;
const MOST_STARTS = 5;
const MOST_NAME = 60;

/** By output set, newest last: how far MPD's position ran ahead of what it was told to start with, ms. */
export const LearntAhead = z.record(
  z.string().max(MOST_NAME),
  z.array(z.number().min(-1000).max(10_000)).max(MOST_STARTS),
);
export type LearntAhead = z.infer<typeof LearntAhead>;

/**
 * How far MPD's position runs ahead of what is heard: it counts what it has handed to the sound card's buffer. What was learnt at
 * scheduled starts takes the start itself for immediate; what lies between the start and the first sound nobody can see, so
 * `output_latency_ms` may say it.
 */
export class Ahead {
  #configured: number | undefined;
  #learnt: Map<string, readonly number[]>;
  #outputs = '';

  constructor(configuredMs: number | undefined, learnt: LearntAhead) {
    this.#configured = configuredMs;
    this.#learnt = new Map(Object.entries(learnt));
  }

  /** Another set of outputs has another buffer. */
  use(names: readonly string[]): void {
    this.#outputs = [...names].sort().join('+').slice(0, MOST_NAME);
  }

  /** Position minus what is heard; undefined = neither told nor learnt. */
  get ms(): number | undefined {
    return this.#configured ?? this.#median;
  }

  /** From the command to start until sound is heard. 0 unless the latency is told, and a start has shown how much of it is buffer. */
  get startMs(): number {
    const buffered = this.#median;
    if (this.#configured === undefined || buffered === undefined) return 0;
    return Math.max(0, this.#configured - buffered);
  }

  get told(): boolean {
    return this.#configured !== undefined;
  }

  /** How much the starts differed. */
  get spreadMs(): number {
    const starts = this.#starts;
    return starts.length === 0 ? 0 : Math.max(...starts) - Math.min(...starts);
  }

  /** False when it is no number to keep. */
  learn(ms: number): boolean {
    const rounded = Math.round(ms * 10) / 10;
    if (!LearntAhead.safeParse({ '': [rounded] }).success) return false;
    const starts = [...this.#starts, rounded].slice(-MOST_STARTS);
    this.#learnt.delete(this.#outputs);
    this.#learnt.set(this.#outputs, starts);
    for (const name of this.#learnt.keys()) if (this.#learnt.size > MOST_OUTPUTS) this.#learnt.delete(name);
    return true;
  }

  toMemory(): LearntAhead {
    return Object.fromEntries(Array.from(this.#learnt, ([name, starts]) => [name, [...starts]]));
  }

  get #starts(): readonly number[] {
    return this.#learnt.get(this.#outputs) ?? [];
  }

  get #median(): number | undefined {
    return this.#starts.length === 0 ? undefined : median(this.#starts);
  }
}
