import { access } from 'node:fs/promises';
import { AppError, deferred, Serial, type Timer } from '../../src/base/index.js';
import type { PlaybackStatus } from '../../src/protocol/index.js';
import type { Cue, Fact, LinkContext, Media, PlayerCommand, PlayerLink } from '../../src/players/index.js';

/** A stream, or a track of unknown length, is silent for this long. */
const UNKNOWN_SECONDS = 24 * 3600;
const REANCHOR_MS = 10_000;
/** A step to the room's timeline that is smaller is no news. */
const NEWS_SECONDS = 0.001;

interface Loaded {
  readonly media: Media;
  readonly seconds: number;
}

type CommandOf<T extends PlayerCommand['type']> = Extract<PlayerCommand, { type: T }>;

/**
 * Keeps time as a loudspeaker would: position moves with the clock, ends come when they are due, the next media follows at once. Cues are
 * kept by arithmetic: whenever a timer comes late, the music is where it would have been.
 */
export class SilentLink implements PlayerLink {
  readonly #context: LinkContext;
  readonly #serial = new Serial();
  readonly #end = deferred<Error>();
  readonly closed = this.#end.promise;
  #over = false;
  #current: Loaded | undefined;
  #next: Media | undefined;
  /** Where the music is while it moves; while it does not, only the position counts. */
  #line: Cue = { position_seconds: 0, at_us: 0 };
  #moving = false;
  /** A start or a jump that is due. */
  #awaited: Cue | undefined;
  /** The timeline of media that does not play yet. */
  #promised: { readonly ref: string; readonly cue: Cue } | undefined;
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
      lead_ms: 0,
    });
    this.#emit({ type: 'volume', volume: this.#volume, muted: this.#muted });
    this.#report();
  }

  async execute(command: PlayerCommand, signal: AbortSignal): Promise<void> {
    return this.#serial.run(() => {
      if (this.#over) throw new AppError('ERR_PLAYER_OFFLINE', 'the silent output is closed');
      signal.throwIfAborted();
      return this.#obey(command);
    });
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

  #obey(command: PlayerCommand): Promise<void> | void {
    switch (command.type) {
      case 'load':
        return this.#load(command);
      case 'preload':
        this.#next = command.next;
        return;
      case 'play':
        if (!this.#current) return;
        return command.cue ? this.#await(command.cue) : this.#stand(this.#now(), true);
      case 'pause':
        return this.#current && this.#stand(this.#now(), false);
      case 'seek':
        return this.#seek(command);
      case 'follow':
        return this.#follow(command.ref, command.cue);
      case 'stop':
      case 'take-over':
        this.#current = undefined;
        this.#next = undefined;
        return this.#stand(0, false);
      case 'volume':
        this.#volume = command.volume;
        return this.#emit({ type: 'volume', volume: this.#volume, muted: this.#muted });
      case 'mute':
        this.#muted = command.muted;
        return this.#emit({ type: 'volume', volume: this.#volume, muted: this.#muted });
      case 'output':
        throw new AppError('ERR_NOT_SUPPORTED', 'the silent output has no outputs to choose');
      case 'latency':
        throw new AppError('ERR_NOT_SUPPORTED', 'the silent output is told shifted times instead');
      default:
        return command satisfies never;
    }
  }

  async #load(command: CommandOf<'load'>): Promise<void> {
    const { media, next, position_seconds, playing, at_us } = command;
    this.#next = next;
    this.#promised = undefined;
    if (!(await this.#take(media, position_seconds))) return this.#goOn(this.#clockUs());
    const position = Math.min(position_seconds, this.#length());
    if (!playing || at_us === undefined) return this.#stand(position, playing);
    this.#line = { position_seconds: position, at_us: this.#clockUs() };
    this.#moving = false;
    this.#await({ position_seconds: position, at_us });
  }

  #seek({ position_seconds, at_us }: CommandOf<'seek'>): void {
    if (!this.#current) return;
    const position = Math.min(position_seconds, this.#length());
    const willPlay = this.#moving || this.#awaited !== undefined;
    if (willPlay && at_us !== undefined) this.#await({ position_seconds: position, at_us });
    else this.#stand(position, willPlay);
  }

  /** A silent player stays silent; one that waits for its moment keeps the moment, and may begin elsewhere. */
  #follow(ref: string | undefined, cue: Cue | undefined): void {
    this.#promised = undefined;
    if (ref === undefined || !cue) return;
    if (ref !== this.#current?.media.ref) {
      this.#promised = { ref, cue };
      return;
    }
    if (this.#awaited) {
      const { at_us } = this.#awaited;
      this.#awaited = { position_seconds: Math.max(0, on(cue, at_us)), at_us };
    } else if (this.#moving) {
      this.#step(cue);
    }
  }

  /** To the timeline at once, or, when that has not begun, as soon as it has. */
  #step(cue: Cue): void {
    const now = this.#clockUs();
    const step = on(cue, now) - this.#now();
    if (on(cue, now) < 0) return this.#await({ position_seconds: 0, at_us: zeroUs(cue) });
    this.#line = cue;
    this.#arm();
    if (Math.abs(step) > NEWS_SECONDS) this.#report();
  }

  /** Be there then; until then it goes on as it was, or waits. What is past is where the music would be by now. */
  #await(cue: Cue): void {
    this.#awaited = cue;
    if (cue.at_us <= this.#clockUs()) return this.#begin();
    if (!this.#moving) this.#tell('loading', cue.position_seconds);
    this.#arm();
  }

  #begin(): void {
    this.#line = this.#awaited ?? this.#line;
    this.#awaited = undefined;
    this.#moving = true;
    this.#report();
    this.#arm();
  }

  /** From now on at a position, moving or not, and on its own. */
  #stand(position: number, moving: boolean): void {
    this.#line = { position_seconds: position, at_us: this.#clockUs() };
    this.#moving = moving;
    this.#awaited = undefined;
    this.#promised = undefined;
    this.#report();
    this.#arm();
  }

  /** Wakes for what is due: a start or jump, the end of the media, or another anchor. */
  #arm(): void {
    this.#timer?.cancel();
    if (!this.#current || this.#over) return;
    const now = this.#clockUs();
    const wakes = this.#awaited ? [this.#awaited.at_us] : [];
    if (this.#moving) wakes.push(this.#endUs(), now + REANCHOR_MS * 1000);
    if (wakes.length === 0) return;
    const ms = Math.max(0, (Math.min(...wakes) - now) / 1000);
    this.#timer = this.#context.clock.after(ms, () => void this.#serial.run(() => this.#wake()));
  }

  #wake(): Promise<void> | void {
    if (this.#over || !this.#current) return;
    const now = this.#clockUs();
    if (this.#awaited && this.#awaited.at_us <= now) return this.#begin();
    if (this.#moving && this.#endUs() <= now) return this.#goOn(this.#endUs());
    if (this.#moving) this.#report();
    this.#arm();
  }

  /** The next media begins at the very moment at which the current one ended. */
  async #goOn(endUs: number): Promise<void> {
    const ended = this.#current?.media;
    const [next, promised] = [this.#next, this.#promised];
    this.#next = undefined;
    this.#current = undefined;
    this.#awaited = undefined;
    if (next && (await this.#take(next, 0))) {
      this.#awaited = { position_seconds: 0, at_us: endUs };
      this.#begin();
      if (promised) this.#follow(promised.ref, promised.cue);
      return;
    }
    if (ended && !next) this.#emit({ type: 'ended', ref: ended.ref, reason: 'finished' });
    this.#stand(0, false);
  }

  /** False when the media cannot be played; that is told. */
  async #take(media: Media, position: number): Promise<boolean> {
    this.#timer?.cancel();
    if (await readable(media)) {
      const length = media.live ? undefined : media.duration_seconds;
      this.#current = { media, seconds: length ?? UNKNOWN_SECONDS };
      return true;
    }
    this.#current = { media, seconds: UNKNOWN_SECONDS };
    this.#moving = false;
    this.#tell('loading', position);
    this.#current = undefined;
    this.#emit({ type: 'ended', ref: media.ref, reason: 'failed', message: 'the file cannot be read' });
    return false;
  }

  #clockUs(): number {
    return this.#context.clock.nowUs();
  }

  #now(): number {
    const position = this.#moving ? on(this.#line, this.#clockUs()) : this.#line.position_seconds;
    return Math.min(Math.max(0, position), this.#length());
  }

  #length(): number {
    return this.#current?.seconds ?? 0;
  }

  /** When the music on the line is over. */
  #endUs(): number {
    return zeroUs(this.#line) + this.#length() * 1e6;
  }

  #report(): void {
    if (!this.#current) return this.#tell('stopped', 0);
    this.#tell(this.#moving ? 'playing' : 'paused', this.#now());
  }

  #tell(status: PlaybackStatus, position: number): void {
    const loaded = this.#current;
    const duration = loaded && status !== 'loading' && !loaded.media.live ? loaded.seconds : undefined;
    this.#emit({
      type: 'playback',
      status,
      ...(loaded && { ref: loaded.media.ref }),
      position_seconds: position,
      at_us: this.#clockUs(),
      rate: status === 'playing' ? 1 : 0,
      ...(duration !== undefined && { duration_seconds: duration }),
    });
  }

  #emit(fact: Fact): void {
    if (!this.#over) this.#context.emit(fact);
  }
}

/** Where a timeline is at a moment, also before its cue. */
function on(cue: Cue, us: number): number {
  return cue.position_seconds + (us - cue.at_us) / 1e6;
}

/** When the first sample of a timeline is due. */
function zeroUs(cue: Cue): number {
  return cue.at_us - cue.position_seconds * 1e6;
}

/** A file that is gone fails here as it would on a player with ears. */
async function readable(media: Media): Promise<boolean> {
  if (media.path === undefined) return true;
  return access(media.path).then(
    () => true,
    () => false,
  );
}
