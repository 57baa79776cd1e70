import { access } from 'node:fs/promises';
import { AppError, deferred, type Timer } from '../../src/base/index.js';
import type { PlaybackStatus } from '../../src/protocol/index.js';
import type { Fact, LinkContext, Media, PlayerCommand, PlayerLink } from '../../src/players/index.js';

/** A stream, or a track of unknown length, is silent for this long. */
const UNKNOWN_SECONDS = 24 * 3600;
const REANCHOR_MS = 10_000;

interface Loaded {
  readonly media: Media;
  readonly seconds: number;
}

/** Keeps time as a loudspeaker would: position moves with the clock, ends come when they are due, the next media follows at once. */
export class SilentLink implements PlayerLink {
  readonly #context: LinkContext;
  readonly #end = deferred<Error>();
  readonly closed = this.#end.promise;
  #over = false;
  #current: Loaded | undefined;
  #next: Media | undefined;
  #position = 0;
  #atUs = 0;
  #playing = false;
  #volume = 0.5;
  #muted = false;
  #timer: Timer | undefined;

  constructor(context: LinkContext) {
    this.#context = context;
    this.#emit({
      type: 'info',
      version: '1',
      capabilities: ['seek', 'pause', 'volume', 'mute', 'gapless', 'radio'],
      fresh: true,
    });
    this.#emit({ type: 'volume', volume: this.#volume, muted: this.#muted });
    this.#report();
  }

  async execute(command: PlayerCommand, signal: AbortSignal): Promise<void> {
    if (this.#over) throw new AppError('ERR_PLAYER_OFFLINE', 'the silent output is closed');
    signal.throwIfAborted();
    switch (command.type) {
      case 'load':
        this.#next = command.next;
        return this.#start(command.media, command.position_seconds, command.playing);
      case 'preload':
        this.#next = command.next;
        return;
      case 'play':
        return this.#current && this.#anchor(this.#now(), true);
      case 'pause':
        return this.#current && this.#anchor(this.#now(), false);
      case 'seek':
        return (
          this.#current &&
          this.#anchor(Math.min(command.position_seconds, this.#current.seconds), this.#playing)
        );
      case 'stop':
      case 'take-over':
        this.#current = undefined;
        this.#next = undefined;
        return this.#anchor(0, false);
      case 'volume':
        this.#volume = command.volume;
        return this.#emit({ type: 'volume', volume: this.#volume, muted: this.#muted });
      case 'mute':
        this.#muted = command.muted;
        return this.#emit({ type: 'volume', volume: this.#volume, muted: this.#muted });
      case 'output':
        throw new AppError('ERR_NOT_SUPPORTED', 'the silent output has no outputs to choose');
      case 'follow':
        // It cannot measure itself yet.
        return;
      case 'latency':
        throw new AppError('ERR_NOT_SUPPORTED', 'the silent output is told shifted times instead');
      default:
        return command satisfies never;
    }
  }

  async probe(): Promise<void> {
    if (this.#over) throw new AppError('ERR_PLAYER_OFFLINE', 'the silent output is closed');
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#over = true;
    this.#timer?.cancel();
    this.#end.resolve(new Error('closed'));
    return Promise.resolve();
  }

  async #start(media: Media, position: number, playing: boolean): Promise<void> {
    if (!(await readable(media))) {
      this.#tell('loading', media.ref, 0, position);
      this.#emit({ type: 'ended', ref: media.ref, reason: 'failed', message: 'the file cannot be read' });
      return this.#advance();
    }
    this.#current = {
      media,
      seconds: media.live ? UNKNOWN_SECONDS : (media.duration_seconds ?? UNKNOWN_SECONDS),
    };
    this.#anchor(Math.min(position, this.#current.seconds), playing);
  }

  #now(): number {
    if (!this.#playing) return this.#position;
    return this.#position + (this.#context.clock.nowUs() - this.#atUs) / 1e6;
  }

  #anchor(position: number, playing: boolean): void {
    this.#position = position;
    this.#atUs = this.#context.clock.nowUs();
    this.#playing = playing;
    this.#report();
    this.#arm();
  }

  /** Wakes at the end of the media, and now and then before. */
  #arm(): void {
    this.#timer?.cancel();
    if (!this.#current || !this.#playing || this.#over) return;
    const leftMs = (this.#current.seconds - this.#now()) * 1000;
    this.#timer = this.#context.clock.after(Math.max(0, Math.min(leftMs, REANCHOR_MS)), () => {
      if (leftMs <= REANCHOR_MS) return void this.#advance();
      this.#report();
      this.#arm();
    });
  }

  async #advance(): Promise<void> {
    const ended = this.#current?.media;
    const next = this.#next;
    this.#next = undefined;
    this.#current = undefined;
    if (next) return this.#start(next, 0, true);
    this.#playing = false;
    this.#position = 0;
    if (ended) this.#emit({ type: 'ended', ref: ended.ref, reason: 'finished' });
    this.#report();
  }

  #report(): void {
    const loaded = this.#current;
    if (!loaded) return this.#tell('stopped', undefined, 0, 0);
    const duration = loaded.media.live ? undefined : loaded.seconds;
    this.#tell(
      this.#playing ? 'playing' : 'paused',
      loaded.media.ref,
      this.#playing ? 1 : 0,
      this.#now(),
      duration,
    );
  }

  #tell(
    status: PlaybackStatus,
    ref: string | undefined,
    rate: 0 | 1,
    position: number,
    duration?: number,
  ): void {
    this.#emit({
      type: 'playback',
      status,
      ...(ref !== undefined && { ref }),
      position_seconds: position,
      at_us: this.#context.clock.nowUs(),
      rate,
      ...(duration !== undefined && { duration_seconds: duration }),
    });
  }

  #emit(fact: Fact): void {
    if (!this.#over) this.#context.emit(fact);
  }
}

/** A file that is gone fails here as it would on a player with ears. */
async function readable(media: Media): Promise<boolean> {
  if (media.path === undefined) return true;
  return access(media.path).then(
    () => true,
    () => false,
  );
}
