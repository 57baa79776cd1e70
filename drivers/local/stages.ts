import { deferred } from '../../src/base/index.js';
import type { MpvEvent } from './wire.js';

/** How far mpv has got with what it was told, from its events. */
export class Stages {
  /** The playlist entry that mpv is at; 0 before it said. */
  entryId = 0;
  /** How often it has begun, or begun again after a seek, or is ready to while paused. */
  restarts = 0;
  /** It has played all there was. */
  idle = false;
  #ready = 0;
  #ended = 0;
  #waiting = new Set<() => void>();
  #over = false;

  handle(event: MpvEvent): void {
    if (event.event === 'start-file') {
      this.entryId = event.playlist_entry_id;
      this.idle = false;
    } else if (event.event === 'idle') this.idle = true;
    else if (event.event === 'end-file') this.#ended = event.playlist_entry_id;
    else if (event.event === 'playback-restart') {
      this.restarts++;
      this.#ready = this.entryId;
    } else return;
    this.#wake();
  }

  /** Every wait ends. */
  end(): void {
    this.#over = true;
    this.#wake();
  }

  /** The entry has begun to load. */
  begun(entryId: number): boolean {
    return this.entryId >= entryId;
  }

  /** The entry can sound at once, or never will. */
  ready(entryId: number): boolean {
    return this.#ready >= entryId || this.#ended >= entryId;
  }

  /** Resolves when it holds after an event, and when the link is over or the signal aborts. */
  async until(holds: () => boolean, signal?: AbortSignal): Promise<void> {
    while (!holds() && !this.#over && signal?.aborted !== true) {
      const happened = deferred<void>();
      const wake = (): void => happened.resolve();
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
      await happened.promise;
      this.#waiting.delete(wake);
      signal?.removeEventListener('abort', wake);
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
