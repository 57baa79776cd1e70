import { within, type Clock, type Timer } from '../../src/base/index.js';
import { ASOUND, cardInSeat, cardOf, cardThere, seatOf, twinsOf } from './cards.js';
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
  /** The socket of its card, where there are several of that make: ALSA numbers those as it finds them. */
  seat: string | undefined;
  /** The output that the card in that socket is, as it is called now. */
  #seated: string | undefined;
  readonly #parts: PresenceParts;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
  }

  /**
   * What is missing, for people; undefined when it is there, or nobody can know. With `failed` mpv could not open it: then `auto` is missing
   * when there is no output at all.
   */
  async missing(output: string, failed = false, signal?: AbortSignal): Promise<string | undefined> {
    const { ao } = this.#parts;
    if (ao === 'null') return undefined;
    const place = cardOf(output);
    if (place) {
      if ((await this.#cardNow(place.card)) === place.card) return undefined;
      const socket = this.seat && ` of USB socket ${this.seat.slice(this.seat.lastIndexOf('-') + 1)}`;
      return `the sound card ${place.card}${socket ?? ''}`;
    }
    const server = /^(pulse|pipewire)\/(.+)$/.exec(output);
    if (!server && !(failed && output === 'auto')) return undefined;
    const listed = await this.#parts.listed(signal);
    if (!server) return realOutputs(listed).length > 0 ? undefined : 'every sound output';
    const [, kind = '', sink = ''] = server;
    const spoken = listed.some(({ name }) => name === kind || name.startsWith(`${kind}/`));
    return !spoken || listed.some(({ name }) => name === output) ? undefined : `the output ${sink}`;
  }

  async #cardNow(card: string): Promise<string | undefined> {
    const { asound = ASOUND } = this.#parts;
    if (this.seat !== undefined && (await twinsOf(card, asound)).length > 0)
      return cardInSeat(card, this.seat, asound);
    return (await cardThere(card, asound)) ? card : undefined;
  }

  /** The output by the name that its card has now, when that is another one. */
  async renamed(output: string): Promise<string | undefined> {
    const place = cardOf(output);
    const card = place && (await this.#cardNow(place.card));
    if (!card || card === place.card) return undefined;
    return (this.#seated = output.replace(`CARD=${place.card}`, `CARD=${card}`));
  }

  /** What was remembered of an output: the socket of its card. */
  recall(output: string, seat: string | undefined): void {
    this.#seated = output;
    this.seat = seat;
  }

  /** Another output is in use. The socket of the one before does not matter any more, unless that is what the same card is called now. */
  moved(output: string): void {
    if (output !== this.#seated) this.seat = undefined;
  }

  /** Remembers the socket of a card as soon as there are two of its make. True when that is news. */
  async learnSeat(output: string): Promise<boolean> {
    const { asound = ASOUND, ao } = this.#parts;
    const card = cardOf(output)?.card;
    if (card === undefined || ao === 'null' || this.seat !== undefined) return false;
    const twins = await twinsOf(card, asound);
    if (twins.length > 1 && twins.includes(card)) this.recall(output, await seatOf(card, asound));
    return this.seat !== undefined;
  }

  /** Waits until it is there. Resolves with what is still missing after `ms`, and with the name that it has now. */
  async wait(
    output: string,
    ms: number,
    signal: AbortSignal,
  ): Promise<{ readonly missing: string | undefined; readonly output: string }> {
    const { clock } = this.#parts;
    let now = output;
    const look = async (inner?: AbortSignal): Promise<string | undefined> => {
      now = (await this.renamed(output)) ?? output;
      return this.missing(now, false, inner);
    };
    let missing = await look();
    const limit = { clock, what: 'the output', ms, signal };
    await within(limit, async (inner) => {
      while (missing !== undefined && !inner.aborted) {
        await sleep(clock, AGAIN_MS);
        if (!inner.aborted) missing = await look(inner);
      }
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      if (missing === undefined) throw error;
    });
    return { missing, output: now };
  }

  /** Asks again and again about outputs that nobody else reports: ALSA cards. */
  watch(output: () => string, look: () => void): Timer {
    return this.#parts.clock.every(LOOK_MS, () => {
      if (cardOf(output())) look();
    });
  }
}
