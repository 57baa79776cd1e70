import { Serial } from '../base/index.js';
import type { RoomRecord } from '../state/index.js';

/** Commands and reactions of one room run one after the other; its volume knob has a line of its own, so that it never waits for a load. */
export class Turns {
  readonly #lines = new Map<string, Serial>();
  readonly #held = new Set<string>();

  take<T>(room: RoomRecord, work: () => Promise<T>): Promise<T> {
    return this.#line(`room ${room.kept.room_id}`).run(work);
  }

  /** The turns of several rooms at once, taken in one order by everybody, so that nobody waits for somebody who waits for him. */
  takeAll<T>(roomIds: Iterable<string>, work: () => Promise<T>): Promise<T> {
    const nested = [...new Set(roomIds)]
      .sort()
      .reduceRight<() => Promise<T>>((inner, roomId) => () => this.#line(`room ${roomId}`).run(inner), work);
    return nested();
  }

  /** The turns of every room that work touches. That may change while it waits for them; then it waits again. */
  async takeTouched<T>(touched: () => readonly string[], work: () => Promise<T>): Promise<T> {
    for (;;) {
      const held = new Set(touched());
      const done = await this.takeAll(held, async () =>
        touched().every((roomId) => held.has(roomId)) ? { value: await work() } : undefined,
      );
      if (done) return done.value;
    }
  }

  takeKnob<T>(room: RoomRecord, work: () => Promise<T>): Promise<T> {
    return this.#line(`knob ${room.kept.room_id}`).run(work);
  }

  /** From now on the room does nothing by itself: an announcement has its players. What people ask for is done. */
  hold(roomId: string): void {
    this.#held.add(roomId);
  }

  release(roomId: string): void {
    this.#held.delete(roomId);
  }

  isHeld(roomId: string): boolean {
    return this.#held.has(roomId);
  }

  /** Forgets a room that is gone. */
  drop(roomId: string): void {
    this.#lines.delete(`room ${roomId}`);
    this.#lines.delete(`knob ${roomId}`);
    this.#held.delete(roomId);
  }

  async idle(): Promise<void> {
    await Promise.all([...this.#lines.values()].map((line) => line.idle()));
  }

  #line(key: string): Serial {
    let line = this.#lines.get(key);
    if (!line) this.#lines.set(key, (line = new Serial()));
    return line;
  }
}
