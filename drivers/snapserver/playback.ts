import { AppError, type Clock } from '../../src/base/index.js';
import {
  decoderPlace,
  type Cue,
  type LinkContext,
  type Media,
  type PlayerCommand,
} from '../../src/players/index.js';
import type { PlaybackStatus } from '../../src/protocol/index.js';
import { Decoder } from './decoder.js';
import type { Feed } from './feed.js';

/** Silence goes out for so long after the last sound: a start from there is quicker. */
const DOZE_US = 5e6;
const REANCHOR_US = 8e6;
/** A decoder that is told to begin this much too early is begun anew. */
const SKIP_SECONDS = 2;
/** Time for that. */
const DECODE_SECONDS = 0.5;
/** Off by more, it goes to its timeline with a gap. */
const REJOIN_US = 100_000;

export interface PlaybackParts {
  readonly feed: Feed;
  readonly clock: Clock;
  readonly httpPort: number;
  readonly emit: LinkContext['emit'];
}

interface Item {
  readonly media: Media;
  decoder: Decoder;
  /** The frame of the feed that is the decoder's first. */
  start: number;
  /** Frames of the decoder that are used up. */
  taken: number;
  /** It keeps its time where sound is missing; else it goes on later. */
  cued: boolean;
  /** Its sound was interrupted, or has not begun. */
  dry: boolean;
}

interface Happening {
  readonly us: number;
  /** It belongs to what follows the item that is heard. */
  readonly tail: boolean;
  run(): void;
}

/** What is fed to the source, and where it is heard: commands in, facts out. */
export class Playback {
  #parts: PlaybackParts;
  /** What is heard, or will be. */
  #item: Item | undefined;
  /** What is being written: the same, or what follows it. */
  #writing: Item | undefined;
  #next: Media | undefined;
  #warm: Decoder | undefined;
  #cue: { readonly ref: string; readonly cue: Cue } | undefined;
  /** Where it stands while it is silent, in frames. */
  #stand = 0;
  #running = false;
  #sounding = false;
  #happenings: Happening[] = [];
  #toldUs = 0;
  #quietSinceUs = 0;
  #turn = 0;

  constructor(parts: PlaybackParts) {
    this.#parts = parts;
    const { feed } = parts;
    feed.fill = (due, must) => this.#fill(due, must);
    feed.onTick = () => this.#tick();
    feed.onLate = (frames) => this.#late(frames);
  }

  get playing(): boolean {
    return this.#running;
  }

  begin(): void {
    this.#tell('stopped');
  }

  async load(command: Extract<PlayerCommand, { type: 'load' }>): Promise<void> {
    const { media, next, position_seconds, playing, at_us } = command;
    this.#place(media);
    if (next) this.#place(next);
    this.#clear();
    const turn = ++this.#turn;
    const stand = this.#frames(position_seconds);
    const item = (this.#item = this.#make(media, stand));
    this.#next = next;
    this.#tell('loading');
    this.#stand = stand;
    this.#parts.feed.wake();
    if (playing) return this.#start(at_us === undefined ? undefined : { position_seconds, at_us });
    await item.decoder.ready;
    if (turn !== this.#turn) return;
    const { failure, decoded } = item.decoder;
    if (failure === undefined || decoded > 0) return this.#tell('paused');
    this.#parts.emit({ type: 'ended', ref: media.ref, reason: 'failed', message: failure });
    this.stop();
  }

  /** What of the old one is written already is heard. */
  preload(next: Media | undefined): void {
    if (next) this.#place(next);
    const [item, writing] = [this.#item, this.#writing];
    const begun = writing === item ? undefined : writing?.media.ref;
    if (this.#running && writing !== item && next?.ref === begun) return;
    this.#warm?.close();
    this.#warm = undefined;
    this.#next = next;
    if (!this.#running || !item || writing === item) return;
    writing?.decoder.close();
    this.#happenings = this.#happenings.filter(({ tail }) => !tail);
    this.#advance(item, this.#parts.feed.written);
  }

  play(cue: Cue | undefined): void {
    const item = this.#item;
    if (!item || (this.#running && !cue)) return;
    if (this.#running && cue) {
      this.#stand = this.#frames(cue.position_seconds);
      this.#halt();
    }
    if (item.media.live) this.#decode(item, 0);
    this.#start(cue);
  }

  /** What is in snapserver's buffer is still heard; it goes on from what was heard when it was told. */
  pause(): void {
    this.#turn++;
    if (!this.#item) return;
    if (this.#running) {
      this.#stand = this.#heardFrames();
      this.#halt();
    }
    this.#tell('paused');
  }

  stop(): void {
    this.#turn++;
    this.#clear();
    this.#tell('stopped');
  }

  seek(position_seconds: number, at_us: number | undefined): void {
    const item = this.#item;
    if (!item) return;
    if (item.media.live) throw new AppError('ERR_NOT_SEEKABLE', 'a stream without end cannot be sought');
    this.#turn++;
    const playing = this.#running;
    this.#stand = this.#frames(position_seconds);
    this.#halt();
    this.#tell(playing ? 'loading' : 'paused');
    if (playing) this.#start(at_us === undefined ? undefined : { position_seconds, at_us });
  }

  follow(ref: string | undefined, cue: Cue | undefined): void {
    this.#cue = ref === undefined || cue === undefined ? undefined : { ref, cue };
    this.#keepCue();
  }

  close(): void {
    this.#turn++;
    this.#clear();
  }

  /** Where it is far from the timeline it goes there. */
  #keepCue(): void {
    const [item, { feed }] = [this.#item, this.#parts];
    if (!item || !this.#running || this.#cue?.ref !== item.media.ref || item.media.live) return;
    const { cue } = this.#cue;
    this.#cue = undefined;
    const due = feed.frameAt(cue.at_us) + item.decoder.from - this.#frames(cue.position_seconds);
    if (Math.abs(due - item.start) * 1e6 <= REJOIN_US * feed.format.rate) return;
    this.#stand = this.#heardFrames();
    this.#halt();
    this.#tell('loading');
    this.#start(cue);
  }

  /** From here on it keeps to the cue: the first sound is the one that is due when it can be heard. */
  #start(cue: Cue | undefined): void {
    const { feed } = this.#parts;
    const item = this.#item;
    if (!item) return;
    this.#turn++;
    feed.wake();
    item.start = feed.earliest;
    item.cued = cue !== undefined && !item.media.live;
    if (cue && item.cued) this.#aim(item, cue);
    this.#running = true;
    this.#writing = item;
  }

  #aim(item: Item, cue: Cue): void {
    const { feed } = this.#parts;
    const at = feed.frameAt(cue.at_us);
    const position = this.#frames(cue.position_seconds);
    const late = Math.max(0, feed.earliest - at);
    const tooFar = position + late - item.decoder.from;
    if (tooFar < 0 || tooFar > this.#frames(SKIP_SECONDS))
      this.#decode(item, position + late + (late > 0 ? this.#frames(DECODE_SECONDS) : 0));
    item.start = at + item.decoder.from - position;
  }

  /** Silences it and makes it ready at `#stand`. What was going to follow still is. */
  #halt(): void {
    const [item, writing] = [this.#item, this.#writing];
    if (writing && writing !== item) {
      writing.decoder.close();
      this.#next = writing.media;
    }
    this.#silence();
    if (item?.media.live === true) item.decoder.close();
    else if (item) this.#decode(item, this.#stand);
  }

  #silence(): void {
    this.#writing = undefined;
    this.#running = this.#sounding = false;
    this.#happenings = [];
    this.#quietSinceUs = this.#parts.clock.nowUs();
  }

  #clear(): void {
    this.#writing?.decoder.close();
    this.#item?.decoder.close();
    this.#warm?.close();
    this.#item = this.#warm = this.#next = this.#cue = undefined;
    this.#stand = 0;
    this.#silence();
  }

  #make(media: Media, from: number): Item {
    const decoder = new Decoder(this.#place(media), from, this.#parts.feed.format);
    return { media, decoder, start: 0, taken: 0, cued: false, dry: true };
  }

  #decode(item: Item, from: number): void {
    item.decoder.close();
    Object.assign(item, this.#make(item.media, from), { cued: item.cued });
  }

  #fill(due: number, must: number): Buffer[] {
    const { feed } = this.#parts;
    const parts: Buffer[] = [];
    let done = 0;
    const put = (bytes: Buffer): void => {
      if (bytes.length > 0) parts.push(bytes);
      done += bytes.length / (2 * feed.format.channels);
    };
    while (done < due) {
      const item = this.#writing;
      const frame = feed.written + done;
      if (!item || frame < item.start) {
        put(feed.silence(Math.min(due - done, item ? item.start - frame : due)));
        continue;
      }
      const missed = frame - item.start - item.taken;
      if (missed > 0) this.#take(item, missed);
      const sound = missed > 0 && frame - item.start > item.taken ? undefined : this.#take(item, due - done);
      if (sound && sound.length > 0) {
        if (item.dry) this.#sounds(item, frame);
        put(sound);
      } else if (item.decoder.ended) this.#advance(item, item.start + item.taken);
      else if (done >= must) break;
      else {
        if (!item.dry) this.#dries(item, frame);
        if (!item.cued) item.start += must - done;
        put(feed.silence(must - done));
      }
    }
    return parts;
  }

  #take(item: Item, frames: number): Buffer {
    const bytes = item.decoder.take(frames);
    item.taken += bytes.length / (2 * this.#parts.feed.format.channels);
    return bytes;
  }

  #sounds(item: Item, frame: number): void {
    item.dry = false;
    this.#when(frame, item !== this.#item, (us) => {
      this.#item = item;
      this.#sounding = true;
      this.#tell('playing', us);
    });
  }

  #dries(item: Item, frame: number): void {
    item.dry = true;
    this.#when(frame, item !== this.#item, (us) => {
      this.#stand = this.#heardFrames(us);
      this.#sounding = false;
      this.#tell('loading', us);
    });
  }

  /** An item's last frame is written: what follows begins there. The facts come when that is heard. */
  #advance(item: Item, frame: number): void {
    const media = this.#next;
    this.#next = undefined;
    const following = (this.#writing = media && this.#makeNext(media));
    if (following) Object.assign(following, { start: frame, cued: item.cued });
    const { emit } = this.#parts;
    const { ref } = item.media;
    this.#when(frame, true, (us) => {
      const message = item.decoder.failure;
      if (message !== undefined) emit({ type: 'ended', ref, reason: 'failed', message });
      else if (!following) emit({ type: 'ended', ref, reason: 'finished' });
      if (!following) return this.stop();
      this.#item = following;
      this.#stand = 0;
      this.#sounding = false;
      if (following.taken === 0) this.#tell('loading', us);
      this.#keepCue();
    });
  }

  #makeNext(media: Media): Item {
    const warm = this.#warm;
    this.#warm = undefined;
    if (!warm) return this.#make(media, 0);
    return { media, decoder: warm, start: 0, taken: 0, cued: false, dry: true };
  }

  #when(frame: number, tail: boolean, run: (us: number) => void): void {
    const us = this.#parts.feed.heardUs(frame);
    this.#happenings.push({ us, tail, run: () => run(us) });
  }

  #tick(): void {
    const { clock, feed, httpPort } = this.#parts;
    const now = clock.nowUs();
    if (this.#next && !this.#warm && this.#writing?.decoder.ended === true)
      this.#warm = new Decoder(decoderPlace(this.#next, httpPort), 0, feed.format);
    for (let first = this.#happenings[0]; first && first.us <= now; first = this.#happenings[0]) {
      this.#happenings.shift();
      first.run();
    }
    if (this.#sounding && now - this.#toldUs > REANCHOR_US) this.#tell('playing');
    if (!this.#running && now - this.#quietSinceUs > DOZE_US) feed.sleep();
  }

  #late(frames: number): void {
    const item = this.#writing;
    if (!item) return;
    if (item.cued) item.start -= frames;
    item.dry = true;
  }

  #place(media: Media): string {
    return decoderPlace(media, this.#parts.httpPort);
  }

  #frames(seconds: number): number {
    return Math.round(seconds * this.#parts.feed.format.rate);
  }

  /** Frames from the beginning of the item to what is heard. */
  #heardFrames(us = this.#parts.clock.nowUs()): number {
    const item = this.#item;
    if (!item || !this.#sounding) return this.#stand;
    return Math.max(0, item.decoder.from + this.#parts.feed.frameAt(us) - item.start);
  }

  #tell(status: PlaybackStatus, us = this.#parts.clock.nowUs()): void {
    const { emit, feed } = this.#parts;
    const media = this.#item?.media;
    this.#toldUs = us;
    emit({
      type: 'playback',
      status,
      ...(media && { ref: media.ref }),
      position_seconds: media ? this.#heardFrames(us) / feed.format.rate : 0,
      at_us: us,
      rate: status === 'playing' ? 1 : 0,
      ...(media?.duration_seconds !== undefined &&
        !media.live && { duration_seconds: media.duration_seconds }),
    });
  }
}
