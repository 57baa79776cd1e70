import type { Clock, Logger } from '../../src/base/index.js';
import type { Cue, Fact } from '../../src/players/index.js';
import { Ahead, type LearntAhead } from './ahead.js';
import type { MpdConnection } from './client.js';
import { Follower, type Playing } from './follower.js';
import { Heard } from './heard.js';
import type { OurSong } from './songs.js';
import { Starting, type SongToStart } from './starting.js';
import type { MpdStatus } from './status.js';

export interface TimingParts {
  readonly connection: MpdConnection;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: (fact: Fact) => void;
  /** Runs when no other command does. */
  readonly inTurn: (work: () => Promise<void>) => void;
  /** Asks MPD where it is, soon. */
  readonly look: () => void;
  readonly remember: () => void;
  readonly output_latency_ms: number | undefined;
  readonly learnt: LearntAhead;
}

/** Times: when to start, where the music is heard, and how far that is from the room's timeline. */
export class Timing {
  #clock: Clock;
  #ahead: Ahead;
  #heard: Heard;
  #starting: Starting;
  #follower: Follower;
  #song: SongToStart | undefined;

  constructor(parts: TimingParts) {
    const { connection, clock, log, inTurn, look, emit, remember } = parts;
    this.#clock = clock;
    this.#ahead = new Ahead(parts.output_latency_ms, parts.learnt);
    this.#heard = new Heard(this.#ahead);
    const common = { connection, clock, log, ahead: this.#ahead, heard: this.#heard };
    this.#starting = new Starting({
      ...common,
      inTurn,
      onStarted: (start) => {
        this.#heard.started(start.song_id, start.cue);
        this.#follower.started(start);
        look();
      },
    });
    this.#follower = new Follower({
      ...common,
      emit,
      remember,
      measured: look,
      rejoin: (cue) => inTurn(() => this.#rejoin(cue)),
    });
  }

  get leadMs(): number {
    return this.#starting.leadMs;
  }

  /** The song that stands ready and waits for its moment. */
  get waiting(): { readonly song_id: string; readonly cue: Cue } | undefined {
    return this.#starting.waiting;
  }

  learnt(): LearntAhead {
    return this.#ahead.toMemory();
  }

  /** The outputs that are on; each set has a latency of its own. */
  useOutputs(names: readonly string[]): void {
    this.#ahead.use(names);
  }

  /** A command without a time: whatever was to be kept to is forgotten. */
  onItsOwn(): void {
    this.#starting.cancel();
    this.#follower.letGo();
    this.#heard.forget();
  }

  /** An untimed start or seek took effect now. Without any idea of the latency, what MPD says stands as it is. */
  began(song: OurSong, position_seconds: number): void {
    if (this.#ahead.ms === undefined) return;
    this.#heard.started(song.id, { position_seconds, at_us: this.#clock.nowUs() });
  }

  /** Be on this line, and keep to it. */
  async start(song: OurSong, cue: Cue, state: MpdStatus['state']): Promise<void> {
    this.#song = song;
    this.#follower.letGo();
    this.#follower.follow(song.ref, cue, song.ref);
    await this.#starting.arrange(song, cue, state);
  }

  async follow(ref: string | undefined, cue: Cue | undefined, current: OurSong | undefined): Promise<void> {
    if (ref === undefined || !cue) {
      this.#follower.letGo();
      return;
    }
    this.#song = current;
    this.#follower.follow(ref, cue, current?.ref);
    const { waiting } = this.#starting;
    if (!waiting || !current || waiting.song_id !== current.id || ref !== current.ref) return;
    const { position_seconds, at_us } = waiting.cue;
    const meant = cue.position_seconds + (at_us - cue.at_us) / 1e6;
    if (Math.abs(meant - position_seconds) < 0.002) return;
    await this.#starting.arrange(current, { position_seconds: Math.max(0, meant), at_us }, 'pause');
  }

  /** Where our song is heard, by what MPD says about it. */
  place(song: OurSong, status: MpdStatus, atUs: number, unsureUs: number): Cue {
    const { waiting } = this.#starting;
    if (status.state === 'play') return this.#heard.place(song.id, status.elapsed_seconds, atUs, unsureUs);
    const position = waiting?.song_id === song.id ? waiting.cue.position_seconds : status.elapsed_seconds;
    return { position_seconds: position, at_us: atUs };
  }

  /** Every look at MPD ends here. `song` is ours and the current one; undefined = MPD has nothing of ours. */
  saw(song: OurSong | undefined, status: MpdStatus): void {
    const { waiting } = this.#starting;
    if (waiting && waiting.song_id !== song?.id) this.#starting.cancel();
    this.#song = song;
    const sounds = song && status.state === 'play' && status.decoding;
    if (!sounds) this.#heard.forget();
    this.#follower.saw(sounds ? playingOf(song, status) : undefined);
  }

  /** MPD went on to our next song by itself. */
  wentOn(from: OurSong, seconds: number | undefined, to: OurSong): void {
    this.#follower.wentOn(
      { song_id: from.id, ref: from.ref, duration_seconds: seconds },
      { song_id: to.id, ref: to.ref, skip_seconds: to.skip_seconds },
    );
  }

  close(): void {
    this.#starting.cancel();
    this.#follower.close();
  }

  async #rejoin(cue: Cue): Promise<void> {
    const song = this.#song;
    if (song && !this.#starting.waiting) await this.#starting.arrange(song, cue, 'play');
  }
}

function playingOf(song: OurSong, { duration_seconds }: MpdStatus): Playing {
  return {
    song_id: song.id,
    ref: song.ref,
    duration_seconds: duration_seconds ?? song.duration_seconds,
    skip_seconds: song.skip_seconds,
  };
}
