import { createHash } from 'node:crypto';
import * as z from 'zod';

/** Crystals are within 100; a sound server that counts in whole blocks and rounds may be some hundred off. */
const MAX_DRIFT_PPM = 1000;

/** The last so many starts count. */
const STARTS = 5;
const MAX_START_US = 200_000;

/** What an output taught: how fast its clock runs, and how long after the command its first sound is heard. */
export const LearntOutput = z.object({
  key: z.string().length(12),
  drift_ppm: z.number().min(-MAX_DRIFT_PPM).max(MAX_DRIFT_PPM).optional(),
  /** It says where it is in steps. */
  coarse: z.boolean().optional(),
  starts_us: z.array(z.int().min(-MAX_START_US).max(MAX_START_US)).max(STARTS).optional(),
});
export type LearntOutput = z.infer<typeof LearntOutput>;

export const LEARNT_OUTPUTS = 8;
/** A start further off than this was disturbed, and teaches nothing. */
const MAX_START_ERROR_US = 100_000;
/** A sound server may have lengthened its queue for good: what is this far off is no disturbance. */
const CHANGED_US = 10_000;

/** Of the outputs used last. Keys are hashes: names of outputs can be long. */
export class Learnt {
  #outputs = new Map<string, LearntOutput>();

  constructor(remembered: readonly LearntOutput[] = []) {
    for (const output of remembered) this.#outputs.set(output.key, output);
  }

  static keyOf(ao: string, output: string): string {
    return createHash('sha256').update(`${ao} ${output}`).digest('hex').slice(0, 12);
  }

  get(key: string): LearntOutput {
    return this.#outputs.get(key) ?? { key };
  }

  clock(key: string, drift_ppm: number, coarse: boolean): void {
    this.#set({ ...this.get(key), drift_ppm: Math.round(drift_ppm * 100) / 100, coarse });
  }

  /** How long after the command the first sound is heard: the middle one of the last starts, for one in some is late by ms on a busy machine. */
  startUs(key: string): number {
    const sorted = [...(this.get(key).starts_us ?? [0])].sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  }

  /** `early_us`: how much earlier than meant the music began, with `start_us` taken off. */
  start(key: string, early_us: number, start_us: number): void {
    if (Math.abs(early_us) > MAX_START_ERROR_US) return;
    const before = Math.abs(early_us) > CHANGED_US ? [] : (this.get(key).starts_us ?? []);
    const took = Math.round(Math.min(MAX_START_US, Math.max(-MAX_START_US, start_us - early_us)));
    this.#set({ ...this.get(key), starts_us: [...before, took].slice(-STARTS) });
  }

  /** The one used last comes last. */
  get all(): LearntOutput[] {
    return [...this.#outputs.values()];
  }

  #set(output: LearntOutput): void {
    this.#outputs.delete(output.key);
    this.#outputs.set(output.key, output);
    for (const old of [...this.#outputs.keys()].slice(0, -LEARNT_OUTPUTS)) this.#outputs.delete(old);
  }
}
