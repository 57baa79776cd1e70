import { AppError } from '../../src/base/index.js';
import type { MpdConnection } from './client.js';
import type { Reporter } from '../../src/players/index.js';

/** Volume and mute. MPD has no mute: it is volume 0 and the memory of what it was. */
export class Mixer {
  #connection: MpdConnection;
  #reporter: Reporter;
  #remember: () => void;
  /** 0..100; undefined without a mixer. */
  #level: number | undefined;
  #mutedLevel: number | undefined;

  /** `remember` is called when `mutedLevel` changed. */
  constructor(
    connection: MpdConnection,
    reporter: Reporter,
    mutedLevel: number | undefined,
    remember: () => void,
  ) {
    this.#connection = connection;
    this.#reporter = reporter;
    this.#mutedLevel = mutedLevel;
    this.#remember = remember;
  }

  /** The volume before the mute, 0..100; undefined = not muted. */
  get mutedLevel(): number | undefined {
    return this.#mutedLevel;
  }

  get present(): boolean {
    return this.#level !== undefined;
  }

  /** While muted the new volume is for later. */
  async setVolume(volume: number): Promise<void> {
    this.#needed();
    const level = Math.round(volume * 100);
    if (this.#mutedLevel === undefined) {
      await this.#connection.request('setvol', String(level));
      this.#level = level;
    } else {
      this.#setMuted(level);
    }
    this.#report();
  }

  async setMuted(muted: boolean): Promise<void> {
    const level = this.#needed();
    const before = this.#mutedLevel;
    if (muted === (before !== undefined)) return;
    this.#setMuted(muted ? level : undefined);
    try {
      await this.#connection.request('setvol', String(muted ? 0 : before));
    } catch (error) {
      this.#setMuted(before);
      throw error;
    }
    this.#level = muted ? 0 : before;
    this.#report();
  }

  /** What `status` said. A volume that somebody else turned up ends the mute. */
  observe(level: number | undefined): void {
    this.#level = level;
    if (this.#mutedLevel !== undefined && level !== undefined && level > 0) this.#setMuted(undefined);
    this.#report();
  }

  #setMuted(level: number | undefined): void {
    this.#mutedLevel = level;
    this.#remember();
  }

  #report(): void {
    if (this.#level === undefined) {
      this.#reporter.report({ type: 'volume', muted: false });
      return;
    }
    const muted = this.#mutedLevel !== undefined;
    this.#reporter.report({ type: 'volume', volume: (this.#mutedLevel ?? this.#level) / 100, muted });
  }

  #needed(): number {
    if (this.#level !== undefined) return this.#level;
    throw new AppError('ERR_NOT_SUPPORTED', 'this MPD has no mixer, so its volume is fixed');
  }
}
