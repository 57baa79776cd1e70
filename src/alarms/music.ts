import { AppError, toError } from '../base/index.js';
import type { Alarm, ErrorCode } from '../protocol/index.js';
import type { State } from '../state/index.js';
import { isAway, type Ask } from './ask.js';
import { NO_MUSIC, type MusicKept } from './kept.js';
import { TONE_ID, TONE_SECONDS } from './tone.js';

/** Puts the music of an alarm into its room, by commands alone, and takes the tone out again. */
export class Music {
  kept: MusicKept;
  readonly #ask: Ask;
  readonly #state: () => State;
  readonly #alarm: Alarm;

  constructor(parts: { ask: Ask; state: () => State; alarm: Alarm; kept: MusicKept }) {
    this.#ask = parts.ask;
    this.#state = parts.state;
    this.#alarm = parts.alarm;
    this.kept = parts.kept;
  }

  get ours(): ReadonlySet<string> {
    return new Set([...this.kept.item_ids, ...this.kept.tone_ids]);
  }

  /**
   * Plays what was chosen, in the place of the queue; what was in it comes back with undo. Rejects when that cannot be played. Players that
   * are away are no such reason.
   */
  async start(): Promise<void> {
    const { source, room_id } = this.#alarm;
    if ('tone' in source) return this.tone();
    await this.#orTaken(async () => {
      if ('last' in source) {
        this.#own();
        await this.#ask('room:play', { room_id });
        return;
      }
      const before = this.#edits();
      try {
        await this.#ask('queue:add', { room_id, source, at: 'replace', play: true });
      } finally {
        if (this.#edits() !== before) this.#own(1);
      }
      if (this.kept.item_ids.length === 0) throw new AppError('ERR_UNPLAYABLE', 'there is no music in it');
    });
  }

  /** Goes on where it was paused, or begins again at its end. */
  async goOn(): Promise<void> {
    const { room_id } = this.#alarm;
    await this.#orTaken(() => this.#ask('room:play', { room_id }));
  }

  /** Plays the tone instead, for as long as the alarm may last. */
  async tone(): Promise<void> {
    const { room_id, stop_minutes } = this.#alarm;
    const count = Math.ceil((stop_minutes * 60) / TONE_SECONDS);
    const source = { track_ids: Array.from({ length: count }, () => TONE_ID) };
    await this.#orTaken(async () => {
      const before = this.#edits();
      try {
        await this.#ask('queue:add', { room_id, source, at: 'next', play: true });
      } catch (error) {
        if (!isCode(error, 'ERR_QUEUE_FULL')) throw error;
        await this.#ask('queue:add', { room_id, source, at: 'replace', play: true });
      } finally {
        if (this.#edits() !== before) this.#ownTones();
      }
    });
  }

  /** Takes the tone out of the queue. What stopped stays so. */
  async removeTone(): Promise<void> {
    const there = new Set(this.#items());
    const item_ids = this.kept.tone_ids.filter((id) => there.has(id));
    const { edits } = this.kept;
    this.kept = { ...this.kept, tone_ids: [], edits: item_ids.length > 0 ? edits + 1 : edits };
    if (item_ids.length > 0) await this.#ask('queue:remove', { room_id: this.#alarm.room_id, item_ids });
  }

  /** After a test: the queue as it was, unless somebody had a hand in it meanwhile. */
  async takeBack(): Promise<void> {
    const { room_id } = this.#alarm;
    const { ours } = this;
    const touched = this.kept.item_ids.length === 0 || this.#items().some((id) => !ours.has(id));
    if (touched) return;
    for (let n = this.kept.edits; n > 0; n--) await this.#ask('queue:undo', { room_id });
    this.kept = NO_MUSIC;
  }

  async #orTaken(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // They play it when they are back.
      if (isAway(error)) return;
      if (!isCode(error, 'ERR_CONTROLLED_ELSEWHERE')) throw error;
      await this.#ask('room:take-over', { room_id: this.#alarm.room_id });
      await this.#ask('room:play', { room_id: this.#alarm.room_id });
    }
  }

  #own(edits = 0): void {
    this.kept = { item_ids: this.#items(), tone_ids: [], edits: this.kept.edits + edits };
  }

  #ownTones(): void {
    const { room_id } = this.#alarm;
    const items = this.#state().rooms.get(room_id)?.queue.items ?? [];
    const tone_ids = items.flatMap(({ item_id, track_id }) => (track_id === TONE_ID ? [item_id] : []));
    this.kept = { ...this.kept, tone_ids, edits: this.kept.edits + 1 };
  }

  #items(): string[] {
    return (this.#state().rooms.get(this.#alarm.room_id)?.queue.items ?? []).map(({ item_id }) => item_id);
  }

  #edits(): number {
    return this.#state().rooms.get(this.#alarm.room_id)?.edits.done.at(-1)?.seq ?? 0;
  }
}

function isCode(error: unknown, code: ErrorCode): boolean {
  return toError(error) instanceof AppError && (error as AppError).code === code;
}
