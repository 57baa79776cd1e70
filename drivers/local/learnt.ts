import { createHash } from 'node:crypto';
import * as z from 'zod';

/** Crystals are within 100; a sound server that counts in whole blocks and rounds may be some hundred off. */
const MAX_DRIFT_PPM = 1000;

/** What an output taught: how fast its clock runs, and how long after the command its first sound is heard. */
export const LearntOutput = z.object({
  key: z.string().length(12),
  drift_ppm: z.number().min(-MAX_DRIFT_PPM).max(MAX_DRIFT_PPM).optional(),
  /** It says where it is in steps. */
  coarse: z.boolean().optional(),
  start_us: z.number().min(-50_000).max(200_000).optional(),
});
export type LearntOutput = z.infer<typeof LearntOutput>;

export const LEARNT_OUTPUTS = 8;
/** A start further off than this was disturbed, and teaches nothing. */
const MAX_START_ERROR_US = 100_000;
/** One start in many is disturbed a little: the first is believed, later ones count in part. */
const LATER_STARTS = 0.25;
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

  /** `early_us`: how much earlier than meant the music began. */
  start(key: string, early_us: number): void {
    if (Math.abs(early_us) > MAX_START_ERROR_US) return;
    const { start_us } = this.get(key);
    const part = Math.abs(early_us) > CHANGED_US ? 1 : LATER_STARTS;
    const next = start_us === undefined ? -early_us : start_us - part * early_us;
    this.#set({ ...this.get(key), start_us: Math.round(Math.min(200_000, Math.max(-50_000, next))) });
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
