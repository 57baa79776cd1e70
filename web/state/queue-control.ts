import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { QueueItem } from '../../src/protocol/queue.js';
import type { House } from './house.js';
import { withEdits, type QueueEdit } from './queue-edits.js';
import type { Controls } from './room-control.js';

/** A reply without a patch means that nothing changed; an edit is drawn no longer than this after it. */
const HOLD_MS = 1_000;

/** The queue of the room, drawn as edited the moment it is. */
export class QueueControl {
  readonly items: ReadonlySignal<readonly QueueItem[]>;
  readonly #edits = signal<readonly QueueEdit[]>([]);
  readonly #house: House;
  readonly #controls: Controls;

  constructor(controls: Controls, house: House) {
    this.#controls = controls;
    this.#house = house;
    this.items = computed(() => withEdits(house.items.value, this.#edits.value));
    effect(() => {
      void house.roomId.value;
      this.#edits.value = [];
    });
  }

  /** Resolves true when the server did it. */
  remove(item_ids: string[]): Promise<boolean> {
    return this.#edit({ type: 'remove', item_ids: new Set(item_ids) }, (room_id) =>
      this.#controls.client.send('queue:remove', { room_id, item_ids }),
    );
  }

  move(item_id: string, index: number): Promise<boolean> {
    return this.#edit({ type: 'move', item_id, index }, (room_id) =>
      this.#controls.client.send('queue:move', { room_id, item_ids: [item_id], index }),
    );
  }

  clear(): Promise<boolean> {
    return this.#edit({ type: 'clear' }, (room_id) => this.#controls.client.send('queue:clear', { room_id }));
  }

  async #edit(edit: QueueEdit, send: (roomId: string) => Promise<unknown>): Promise<boolean> {
    const roomId = this.#house.roomId.peek();
    if (roomId === undefined) return false;
    const before = this.#house.items.peek();
    this.#edits.value = [...this.#edits.peek(), edit];
    try {
      await send(roomId);
    } catch (error) {
      this.#drop(edit);
      this.#controls.onError(error);
      return false;
    }
    this.#dropAfterPatch(edit, before);
    return true;
  }

  #dropAfterPatch(edit: QueueEdit, before: readonly QueueItem[]): void {
    const timer = this.#controls.after(HOLD_MS, () => done());
    let stop: (() => void) | undefined = undefined;
    const done = (): void => {
      timer.cancel();
      stop?.();
      this.#drop(edit);
    };
    stop = effect(() => {
      if (this.#house.items.value !== before) queueMicrotask(done);
    });
  }

  #drop(edit: QueueEdit): void {
    this.#edits.value = this.#edits.peek().filter((other) => other !== edit);
  }
}
