import { toError, type Clock, type Logger } from '../base/index.js';
import type { State } from '../state/index.js';
import type { Ask } from './ask.js';
import { Company } from './company.js';
import { isTouched, levelAt, type Fade, type Left } from './fade.js';
import { announces } from './standing.js';

export interface RingVolumeParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly state: () => State;
  readonly ask: Ask;
  readonly roomId: string;
  readonly fade: Fade;
  later(ms: number, run: () => void): void;
  /** How loud the room was, from before a restart. */
  readonly before: number | undefined;
}

/** After a pause, players may still be heard for so long. */
const SILENT_MS = 1_500;
/** Steps that nobody hears are not told. */
const FINEST = 0.004;

/**
 * How loud a room is while an alarm rings in it: from quiet to what was chosen, and afterwards as before. Whoever turns the knob meanwhile
 * has the last word: then there is no more fading, and nothing is put back.
 */
export class RingVolume {
  before: number | undefined;
  readonly #parts: RingVolumeParts;
  readonly #company: Company;
  #begunUs: number | undefined;
  #left: Left | undefined;
  #ours = true;

  constructor(parts: RingVolumeParts) {
    this.#parts = parts;
    this.before = parts.before;
    this.#company = new Company(parts.clock, parts.state, parts.roomId);
  }

  /** What the room gets back; undefined where somebody turned the knob. */
  get givesBack(): number | undefined {
    return this.#ours && this.#left !== undefined && !this.#isTouched() ? this.before : undefined;
  }

  /** Once a second: who comes and goes is seen also while nothing is heard. */
  look(): void {
    this.#company.hasChanged();
  }

  /** Before the music begins: not muted, and as quiet as the fade begins. */
  async prepare(): Promise<void> {
    const { state, ask, roomId, fade, log } = this.#parts;
    const room = state().rooms.get(roomId);
    if (!announces(state(), roomId)) this.before ??= room?.kept.volume;
    this.#begunUs = undefined;
    const muted = room?.kept.player_ids.some((id) => state().players.get(id)?.live.muted) ?? false;
    try {
      if (muted || room?.kept.muted) await ask('room:mute', { room_id: roomId, muted: false });
    } catch (error) {
      log.warn({ room_id: roomId, error: toError(error).message }, 'an alarm could not unmute its room');
    }
    if (this.#ours) await this.#tell(levelAt(fade, 0));
  }

  /** Once a second while it is heard. */
  async step(): Promise<void> {
    if (!this.#ours) return;
    const { clock, fade } = this.#parts;
    this.#begunUs ??= clock.nowUs();
    if (this.#isTouched()) {
      this.#ours = false;
      return;
    }
    const level = levelAt(fade, (clock.nowUs() - this.#begunUs) / 1e6);
    const isNews = this.#isMoved() || Math.abs(level - (this.#left?.told ?? -1)) >= FINEST;
    if (isNews || (level === fade.to && this.#left?.told !== fade.to)) await this.#tell(level);
  }

  /** The fade begins anew, from where the knob stands if somebody turned it. */
  again(): void {
    if (this.#isTouched()) this.#ours = false;
    this.#begunUs = undefined;
  }

  /** As loud as it was, as soon as nothing is heard any more. */
  restore(): void {
    const { ask, roomId, log } = this.#parts;
    const { before } = this;
    if (before === undefined || !this.#ours || this.#left === undefined) return;
    this.#parts.later(SILENT_MS, () => {
      if (this.#isTouched() || this.#parts.state().rooms.get(roomId)?.kept.intent === 'playing') return;
      ask('room:volume', { room_id: roomId, volume: before }).catch((error: unknown) =>
        log.warn({ room_id: roomId, error: toError(error).message }, 'a room did not get its volume back'),
      );
    });
  }

  /** By somebody; who comes or goes moves it too. */
  #isTouched(): boolean {
    return !this.#company.hasChanged() && this.#isMoved();
  }

  #isMoved(): boolean {
    const stands = this.#parts.state().rooms.get(this.#parts.roomId)?.kept.volume;
    return stands !== undefined && isTouched(this.#left, stands);
  }

  /** Limits hold: what comes of it is where the knob then stands. */
  async #tell(volume: number): Promise<void> {
    const { ask, roomId, state, log } = this.#parts;
    try {
      await ask('room:volume', { room_id: roomId, volume });
      this.#left = { told: volume, stood: state().rooms.get(roomId)?.kept.volume ?? volume };
    } catch (error) {
      log.debug({ room_id: roomId, error: toError(error).message }, 'an alarm could not turn the volume');
    }
  }
}
