import { AppError, type Clock, type Timer } from '../../src/base/index.js';
import {
  decoderPlace,
  type Cue,
  type LinkContext,
  type Media,
  type PlayerCommand,
} from '../../src/players/index.js';
import type { PlaybackStatus } from '../../src/protocol/index.js';
import type { Feed, Feeds, Prepared } from './feeds.js';
import type { Playout } from './playout.js';
import { framesOf, RATE, usOf, type Codec } from './sound-format.js';
import { Upcoming, type Loaded } from './upcoming.js';

/** A start without a time is heard so long after it is ready: a snapclient opens its sound card first. */
const START_US = 150_000;
/** Differences of a mapping below this are made up by the client, which turns its rate: it hears no gap. */
const GLIDE_US = 2000;
/** Up to this difference the sound is spliced; beyond it the client begins anew. */
const SPLICE_US = 500_000;
/** So long before the end of an item, what follows is made ready. */
const WARM_US = 10e6;
const REANCHOR_US = 8e6;
/** Until it sounds, and when it has run dry, sound is sent as soon as it is decoded. */
const EAGER_MS = 10;

export interface TransportParts {
  readonly feeds: Feeds;
  readonly playout: Playout;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly httpPort: number;
  readonly emit: LinkContext['emit'];
  /** What plays is looked at so often: the client holds so much less than its buffer. */
  readonly everyMs: number;
  /** It plays: what is decoded for it has to go on. */
  played(this: void): void;
}

/** What one client plays, and where it is: commands in, facts out. */
export class Transport {
  #parts: TransportParts;
  readonly #upcoming: Upcoming;
  #loaded: Loaded | undefined;
  #cue: { readonly ref: string; readonly cue: Cue } | undefined;
  /** Where it stands while it does not play. */
  #frame = 0;
  #prepared: Prepared | undefined;
  #feed: Feed | undefined;
  /** It is to play, whether or not it does already. */
  #wanted = false;
  #sounding = false;
  #toldUs = 0;
  /** Counts the commands that make earlier waits pointless. */
  #turn = 0;
  #start: Timer | undefined;
  #end: Timer | undefined;
  /** Runs while there is a feed: a client that is silent costs nothing. */
  #ticks: Timer | undefined;

  constructor(parts: TransportParts) {
    this.#parts = parts;
    this.#upcoming = new Upcoming(parts.feeds, parts.playout);
    parts.playout.onSound = (heardUs) => this.#onSound(heardUs);
  }

  get idle(): boolean {
    return this.#feed === undefined;
  }

  /** Nothing is loaded, and nothing sounds. */
  begin(): void {
    this.#tell('stopped');
  }

  async load(command: Extract<PlayerCommand, { type: 'load' }>): Promise<void> {
    const { media, next, position_seconds, playing, at_us } = command;
    this.#clear();
    this.#loaded = this.#read(media);
    this.#upcoming.next = next && this.#read(next);
    this.#wanted = playing;
    this.#frame = 0;
    this.#tell('loading');
    this.#frame = framesOf(position_seconds);
    if (playing && at_us !== undefined) return this.#begin({ position_seconds, at_us });
    const ready = this.#prepare();
    if (playing) void ready.then((still) => still && this.#beginNow());
    else if (await ready) this.#tell('paused');
  }

  preload(next: Media | undefined): void {
    this.#upcoming.next = next && this.#read(next);
    this.tick();
  }

  play(cue: Cue | undefined): void {
    if (!this.#loaded) return;
    this.#wanted = true;
    if (this.#feed) {
      if (cue) this.#move(cue);
      return;
    }
    if (cue) return this.#begin(cue);
    const ready = this.#prepare();
    void ready.then((still) => still && this.#beginNow());
  }

  pause(): void {
    this.#turn++;
    this.#wanted = false;
    if (!this.#loaded) return;
    const feed = this.#feed;
    if (feed) {
      this.#frame = this.#heardFrame(feed);
      this.#quiet();
      this.#prepared = this.#parts.feeds.keep(feed, this.#frame);
      this.#feed = undefined;
    }
    this.#tell('paused');
  }

  stop(): void {
    this.#clear();
    this.#upcoming.next = undefined;
    this.#tell('stopped');
  }

  seek(position_seconds: number, at_us: number | undefined): void {
    if (!this.#loaded) return;
    if (this.#loaded.media.live)
      throw new AppError('ERR_NOT_SEEKABLE', 'a stream without end cannot be sought');
    const playing = this.#wanted;
    const frame = framesOf(position_seconds);
    this.#turn++;
    if (this.#feed) {
      this.#quiet();
      this.#prepared = this.#parts.feeds.keep(this.#feed, frame);
      this.#feed = undefined;
    }
    this.#frame = frame;
    if (!playing) this.#tell('paused');
    else this.#tell('loading');
    if (playing && at_us !== undefined) return this.#begin({ position_seconds, at_us });
    const ready = this.#prepare();
    if (playing) void ready.then((still) => still && this.#beginNow());
  }

  follow(ref: string | undefined, cue: Cue | undefined): void {
    this.#cue = undefined;
    if (ref === undefined || cue === undefined) return;
    if (this.#loaded?.item.ref !== ref) this.#cue = { ref, cue };
    else if (this.#feed) this.#move(cue);
  }

  /** Sends what is due, and decodes what follows when the end of this one is known. */
  tick(): void {
    const { clock, everyMs, played } = this.#parts;
    this.#ticks?.cancel();
    this.#ticks = undefined;
    if (!this.#feed) return;
    this.#send(this.#feed);
    played();
    this.#ticks = clock.after(this.#sounding ? everyMs : EAGER_MS, () => this.tick());
  }

  #send(feed: Feed): void {
    const { clock, playout } = this.#parts;
    const now = clock.nowUs();
    const { end } = feed.source;
    if (this.#endsSoon(feed, now)) this.#upcoming.warm();
    if (end !== undefined) {
      const endUs = feed.heardUs(end);
      this.#upcoming.attach(endUs);
      this.#end ??= clock.after(Math.max(0, (endUs - now) / 1000), () => this.#ended(feed, end));
    }
    playout.pump(now);
    if (!this.#sounding) return;
    if (end === undefined && (playout.sentUntilUs ?? now) < now) {
      this.#sounding = false;
      this.#tell('loading');
    } else if (now - this.#toldUs > REANCHOR_US) this.#tell('playing');
  }

  close(): void {
    this.#clear();
    this.#ticks?.cancel();
    this.#parts.playout.onSound = undefined;
  }

  #read(media: Media): Loaded {
    const place = decoderPlace(media, this.#parts.httpPort);
    return { media, item: { ref: media.ref, place, live: media.live } };
  }

  /** True when this is still what is wanted, and there is something to play. */
  async #prepare(): Promise<boolean> {
    const loaded = this.#loaded;
    if (!loaded) return false;
    const { feeds } = this.#parts;
    const turn = ++this.#turn;
    const prepared = feeds.prepare(loaded.item, this.#frame);
    feeds.release(this.#prepared);
    this.#prepared = prepared;
    this.#parts.playout.prime();
    await prepared.source.ready;
    if (turn !== this.#turn) return false;
    const { source } = prepared;
    if (source.failure === undefined || source.decoded > this.#frame) return true;
    this.#failed(source.failure);
    return false;
  }

  #beginNow(): void {
    this.#begin({ position_seconds: this.#frame / RATE, at_us: this.#parts.clock.nowUs() + START_US });
  }

  /** From here on it keeps to the cue: the first sound is the one that is due when it can be heard. */
  #begin({ position_seconds, at_us }: Cue): void {
    const { feeds, playout, clock } = this.#parts;
    if (!this.#loaded) return;
    this.#turn++;
    const originUs = at_us - position_seconds * 1e6;
    const firstUs = Math.max(at_us, clock.nowUs());
    const frame = Math.max(0, Math.round(((firstUs - originUs) * RATE) / 1e6));
    this.#feed = feeds.open(this.#loaded.item, originUs, frame, this.#prepared);
    this.#prepared = undefined;
    this.#frame = frame;
    playout.start(this.#feed, frame);
    this.tick();
  }

  #onSound(heardUs: number): void {
    const feed = this.#feed;
    if (!feed) return;
    this.#start?.cancel();
    const waitMs = Math.max(0, (heardUs - this.#parts.clock.nowUs()) / 1000);
    this.#start = this.#parts.clock.after(waitMs, () => {
      if (this.#feed !== feed) return;
      this.#sounding = true;
      this.#tell('playing', heardUs);
    });
  }

  /** The item was heard to its end, or to where its decoder gave up. */
  #ended(feed: Feed, end: number): void {
    if (this.#feed !== feed || !this.#loaded) return;
    const { feeds, playout, emit } = this.#parts;
    const { ref } = this.#loaded.item;
    const atUs = feed.heardUs(end);
    const { failure } = feed.source;
    this.#end = undefined;
    if (failure !== undefined) emit({ type: 'ended', ref, reason: 'failed', message: failure });
    const following = this.#upcoming.take();
    if (!following) {
      if (failure === undefined) emit({ type: 'ended', ref, reason: 'finished' });
      if (!playout.astray) this.#letGo(feed);
      return this.stop();
    }
    this.#feed = following.feed;
    this.#loaded = following.loaded;
    feeds.leave(feed);
    playout.advance();
    this.#sounding = following.feed.source.decoded > 0;
    this.#tell(this.#sounding ? 'playing' : 'loading', atUs);
    const cue = this.#cue;
    this.#cue = undefined;
    if (cue?.ref === this.#loaded.item.ref) this.#move(cue.cue);
    this.tick();
  }

  /** Leaves a feed of which the client has heard all: there is nothing to silence. */
  #letGo(feed: Feed): void {
    this.#feed = undefined;
    this.#parts.playout.advance();
    this.#parts.feeds.leave(feed);
  }

  #failed(message: string): void {
    const { emit, clock } = this.#parts;
    if (!this.#loaded) return;
    emit({ type: 'ended', ref: this.#loaded.item.ref, reason: 'failed', message });
    const { next } = this.#upcoming;
    this.#clear();
    if (!next) return this.stop();
    this.#upcoming.next = undefined;
    this.#loaded = next;
    this.#wanted = true;
    this.#frame = 0;
    this.#tell('loading', clock.nowUs());
    void this.#prepare().then((still) => still && this.#beginNow());
  }

  /** Another mapping of what plays. */
  #move(cue: Cue): void {
    const { feeds, playout, codec, clock } = this.#parts;
    const feed = this.#feed;
    if (!feed || !this.#loaded) return;
    const originUs = cue.at_us - cue.position_seconds * 1e6;
    const apartUs = Math.abs(originUs - feed.originUs);
    if (apartUs <= usOf(1)) return;
    this.#upcoming.detach();
    this.#end?.cancel();
    this.#end = undefined;
    const glides = apartUs <= GLIDE_US;
    if (!this.#sounding || !(glides || (codec === 'pcm' && apartUs <= SPLICE_US))) {
      this.#quiet();
      this.#prepared = feeds.keep(feed, feed.frameAt(clock.nowUs() + originUs - feed.originUs));
      this.#feed = undefined;
      return this.#begin(cue);
    }
    const resumeUs = feed.heardUs(playout.cursor);
    const frame = glides ? playout.cursor : Math.max(0, Math.round(((resumeUs - originUs) * RATE) / 1e6));
    const moved = feeds.move(feed, originUs, frame);
    playout.goOn(moved, frame);
    this.#feed = moved;
    this.#tell('playing', clock.nowUs());
    this.tick();
  }

  #endsSoon(feed: Feed, nowUs: number): boolean {
    const duration = this.#duration();
    return duration !== undefined && feed.heardUs(duration * RATE) - nowUs < WARM_US;
  }

  /** Silence, at once. */
  #quiet(): void {
    this.#upcoming.detach();
    this.#start?.cancel();
    this.#end?.cancel();
    this.#end = undefined;
    this.#sounding = false;
    this.#parts.playout.halt();
  }

  #clear(): void {
    const { feeds } = this.#parts;
    this.#turn++;
    if (this.#feed) {
      this.#quiet();
      feeds.leave(this.#feed);
      this.#feed = undefined;
    }
    this.#end?.cancel();
    this.#end = undefined;
    this.#upcoming.detach();
    feeds.release(this.#prepared);
    this.#prepared = undefined;
    this.#loaded = undefined;
    this.#wanted = false;
    this.#cue = undefined;
    this.#sounding = false;
  }

  /** The sample that is heard now, or the first that will be. */
  #heardFrame(feed: Feed): number {
    const frame = Math.max(this.#sounding ? 0 : this.#frame, feed.frameAt(this.#parts.clock.nowUs()));
    return Math.min(frame, feed.source.end ?? Infinity);
  }

  #tell(status: PlaybackStatus, atUs = this.#parts.clock.nowUs()): void {
    const { emit } = this.#parts;
    this.#toldUs = atUs;
    const loaded = this.#loaded;
    const standing = this.#frame / RATE;
    const heard = this.#feed && this.#sounding ? (atUs - this.#feed.originUs) / 1e6 : standing;
    const duration = loaded?.media.live === true ? undefined : this.#duration();
    emit({
      type: 'playback',
      status,
      ...(loaded && { ref: loaded.item.ref }),
      position_seconds: loaded ? Math.max(0, heard) : 0,
      at_us: atUs,
      rate: status === 'playing' ? 1 : 0,
      ...(duration !== undefined && { duration_seconds: duration }),
    });
  }

  /** As the library knows it, else as it was decoded. */
  #duration(): number | undefined {
    const end = this.#feed?.source.end;
    return this.#loaded?.media.duration_seconds ?? (end === undefined ? undefined : end / RATE);
  }
}
