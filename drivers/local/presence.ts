import { within, type Clock, type Timer } from '../../src/base/index.js';
import { ASOUND, cardOf, cardThere } from './cards.js';
import { realOutputs, type ListedOutput } from './outputs.js';
import { sleep } from './process.js';

export interface PresenceParts {
  /** As the options say: `null` is always there. */
  readonly ao: string | undefined;
  readonly clock: Clock;
  readonly asound?: string | undefined;
  /** What mpv lists now. */
  listed(this: void, signal?: AbortSignal): Promise<readonly ListedOutput[]>;
}

/** A card that is pulled out is noticed so soon, whether anything plays or not. */
const LOOK_MS = 1000;
const AGAIN_MS = 250;

/** Whether the output is plugged in that a player shall play to. */
export class Presence {
  readonly #parts: PresenceParts;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  /**
   * What is missing, for people; undefined when it is there, or nobody can know. With `failed` mpv could not open it: then `auto` is missing
   * when there is no output at all.
   */
  async missing(output: string, failed = false, signal?: AbortSignal): Promise<string | undefined> {
    const { ao, asound = ASOUND } = this.#parts;
    if (ao === 'null') return undefined;
    const place = cardOf(output);
    if (place) return (await cardThere(place.card, asound)) ? undefined : `the sound card ${place.card}`;
    const server = /^(pulse|pipewire)\/(.+)$/.exec(output);
    if (!server && !(failed && output === 'auto')) return undefined;
    const listed = await this.#parts.listed(signal);
    if (!server) return realOutputs(listed).length > 0 ? undefined : 'every sound output';
    const [, kind = '', sink = ''] = server;
    const spoken = listed.some(({ name }) => name === kind || name.startsWith(`${kind}/`));
    return !spoken || listed.some(({ name }) => name === output) ? undefined : `the output ${sink}`;
  }

  /** Waits until it is there. Resolves with what is still missing after `ms`. */
  async wait(output: string, ms: number, signal: AbortSignal): Promise<string | undefined> {
    const { clock } = this.#parts;
    let missing = await this.missing(output, false, signal);
    const limit = { clock, what: 'the output', ms, signal };
    await within(limit, async (inner) => {
      while (missing !== undefined && !inner.aborted) {
        await sleep(clock, AGAIN_MS);
        if (!inner.aborted) missing = await this.missing(output, false, inner);
      }
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      if (missing === undefined) throw error;
    });
    return missing;
  }

  /** Asks again and again about outputs that nobody else reports: ALSA cards. */
  watch(output: () => string, look: () => void): Timer {
    return this.#parts.clock.every(LOOK_MS, () => {
      if (cardOf(output())) look();
    });
  }
}
