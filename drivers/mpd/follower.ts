import type { Clock, Logger, Timer } from '../../src/base/index.js';
import type { Cue, Fact } from '../../src/players/index.js';
import type { SyncCorrection } from '../../src/protocol/index.js';
import type { Ahead } from './ahead.js';
import { MpdAck, type MpdConnection } from './client.js';
import { envelopeOf, type Envelope, type Sample } from './envelope.js';
import type { Heard } from './heard.js';
import type { Start } from './starting.js';
import { readStatus } from './status.js';

/** A measurement: so many looks, so far apart. It takes about half a second and must see several periods of a sound card. */
const LOOKS = 120;
const LOOK_EVERY_MS = 4;
const MEASURE_EVERY_MS = 10_000;
/** After a start the buffers fill first. */
const AFTER_START_MS = 700;
const SOON_MS = 300;
const LEAST_BETWEEN_MS = 2000;
/** A single look now and then finds what has gone wrong in between. */
const GLANCE_MS = 1000;
/** What is smaller is left to the room: a seek alone lands anywhere within 20 ms, and costs a gap. */
const REJOIN_MS = 100;
const REJOIN_AGAIN_MS = 10_000;
const LONGEST_PAUSE_MS = 320_000;
/** What a start of MPD varies by from itself. */
const STEADY_MS = 2;
/** From a start to the first sound, unseen: nothing to speak of on a test card, and taken to be no more than this on a real one. */
const UNTOLD_MS = 50;
const NOTHING_KNOWN_MS = 1200;
/** At a track change without a gap the skew stays; where it seems to jump by more, the length of the track was not true. */
const JUMP_MS = 30;
/** 3 ms of error at each end are 33 ppm then. */
const DRIFT_SPAN_US = 180e6;

export interface Playing {
  readonly song_id: string;
  readonly ref: string;
  readonly duration_seconds: number | undefined;
  /** MPD counts from here. */
  readonly skip_seconds?: number | undefined;
}

export interface FollowerParts {
  readonly connection: MpdConnection;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ahead: Ahead;
  readonly heard: Heard;
  readonly emit: (fact: Fact) => void;
  /** Start the current song anew, on this line. */
  readonly rejoin: (cue: Cue) => void;
  /** The line has become known better. */
  readonly measured: () => void;
  /** What was learnt has changed. */
  readonly remember: () => void;
}

interface Timeline {
  readonly ref: string;
  readonly cue: Cue;
  /** Reckoned from the length of the track before, so only as good as that; the skew then is what counts. */
  readonly skewBefore?: number | undefined;
}

/** Measures how far MPD is from the timeline it shall keep to, and has it rejoin when it is far off. Looks often only now and then. */
export class Follower {
  #parts: FollowerParts;
  #timeline: Timeline | undefined;
  #promised: Timeline | undefined;
  #playing: Playing | undefined;
  /** A start that its next measurement can learn from. */
  #start: Start | undefined;
  #timer: Timer | undefined;
  /** Counts what makes looks worthless that are under way. */
  #era = 0;
  /** What a measurement under way has seen. */
  #samples: Sample[] = [];
  #looksLeft = 0;
  #measuredUs = Number.NEGATIVE_INFINITY;
  #skewMs: number | undefined;
  /** What the last report could be wrong by. */
  #saidErrorMs = NOTHING_KNOWN_MS;
  /** The first measurement since the music was last disturbed. */
  #first: { readonly zero_us: number; readonly at_us: number } | undefined;
  #rejoin = { atUs: Number.NEGATIVE_INFINITY, pauseMs: REJOIN_AGAIN_MS, skewMs: 0 };

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** The cue it keeps to while `ref` plays. */
  cueOf(ref: string): Cue | undefined {
    return this.#timeline?.ref === ref ? this.#timeline.cue : undefined;
  }

  /** A timeline for media that does not play yet waits until it does. */
  follow(ref: string, cue: Cue, current: string | undefined): void {
    if (ref !== current) {
      this.#promised = { ref, cue };
      return;
    }
    this.#promised = undefined;
    this.#timeline = { ref, cue };
    if (this.#looksLeft === 0) this.#measureIn(this.#start ? AFTER_START_MS : SOON_MS);
  }

  /** On its own again. */
  letGo(): void {
    this.#timeline = undefined;
    this.#promised = undefined;
    this.#start = undefined;
    this.#skewMs = undefined;
    this.#rejoin = { atUs: Number.NEGATIVE_INFINITY, pauseMs: REJOIN_AGAIN_MS, skewMs: 0 };
    this.disturbed();
  }

  /** Somebody seeks, starts, pauses: what is being measured is worth nothing. */
  disturbed(): void {
    this.#abandon();
    this.#start = undefined;
    this.#first = undefined;
  }

  close(): void {
    this.letGo();
  }

  started(start: Start): void {
    this.disturbed();
    this.#start = start;
    this.#measureIn(AFTER_START_MS);
  }

  /** What a look at MPD found; undefined = nothing of ours sounds. */
  saw(playing: Playing | undefined): void {
    const before = this.#playing;
    this.#playing = playing;
    if (playing?.song_id === before?.song_id && playing?.ref === before?.ref) return;
    if (!playing) this.disturbed();
    else if (this.#timeline) this.#measureIn(this.#start ? AFTER_START_MS : SOON_MS);
  }

  /** MPD went on by itself: the timeline goes on behind the length of what was over, unless the room's is known. */
  wentOn(from: Playing, to: Omit<Playing, 'duration_seconds'>): void {
    this.#abandon();
    this.#start = undefined;
    const { heard } = this.#parts;
    const skipped = to.skip_seconds ?? 0;
    heard.wentOn(from.song_id, to.song_id, from.duration_seconds, skipped);
    const length = ((from.duration_seconds ?? 0) - skipped) * 1e6;
    this.#first = this.#first && { ...this.#first, zero_us: this.#first.zero_us + length };
    const cue = this.cueOf(from.ref);
    if (cue && skipped > 0) this.#tellSkipped(skipped * 1000);
    const promised = this.#promised?.ref === to.ref ? this.#promised : undefined;
    this.#promised = undefined;
    if (promised || !cue || from.duration_seconds === undefined) {
      this.#timeline = promised;
      return;
    }
    const at_us = cue.at_us + (from.duration_seconds - cue.position_seconds) * 1e6;
    this.#timeline = { ref: to.ref, cue: { position_seconds: 0, at_us }, skewBefore: this.#skewMs };
  }

  /** It begins the song later in it than the room, which puts it right by so much. */
  #tellSkipped(ms: number): void {
    const before = this.#skewMs;
    if (before === undefined) return;
    this.#skewMs = before + ms;
    const reason = `left out the first ${Math.round(ms)} ms of the track, to be with the others`;
    const at_us = this.#parts.clock.nowUs();
    this.#report(this.#skewMs, this.#saidErrorMs, undefined, {
      kind: 'seek',
      skew_ms: before,
      reason,
      at_us,
    });
  }

  /** Looks under way no longer count, and none follow. */
  #abandon(): void {
    this.#era++;
    this.#looksLeft = 0;
    this.#timer?.cancel();
  }

  #then(ms: number, run: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(ms, run);
  }

  #measureIn(ms: number): void {
    this.#abandon();
    const since = (this.#parts.clock.nowUs() - this.#measuredUs) / 1000;
    this.#then(Math.max(ms, LEAST_BETWEEN_MS - since), () => this.#measure());
  }

  #glanceLater(): void {
    this.#then(GLANCE_MS, () => void this.#glance());
  }

  /** One look: when it does not fit what was measured, it is measured again. */
  async #glance(): Promise<void> {
    const { clock, heard } = this.#parts;
    const [playing, era] = [this.#playing, this.#era];
    if (!playing || !this.#timeline) return;
    const sample = await this.#look(playing);
    if (era !== this.#era) return;
    const fits =
      !sample || heard.fits(playing.song_id, sample.elapsed_seconds, sample.at_us, sample.rtt_us / 2);
    const due = clock.nowUs() - this.#measuredUs > MEASURE_EVERY_MS * 1000;
    if (due || !fits) this.#measureIn(0);
    else this.#glanceLater();
  }

  #measure(): void {
    const playing = this.#playing;
    if (!playing || this.cueOf(playing.ref) === undefined) return;
    this.#samples = [];
    this.#looksLeft = LOOKS;
    void this.#lookOnce(playing);
  }

  async #lookOnce(playing: Playing): Promise<void> {
    const era = this.#era;
    const sample = await this.#look(playing);
    if (era !== this.#era) return;
    if (sample) this.#samples.push(sample);
    if (--this.#looksLeft > 0) {
      this.#then(LOOK_EVERY_MS, () => void this.#lookOnce(playing));
      return;
    }
    this.#measuredUs = this.#parts.clock.nowUs();
    const envelope = envelopeOf(this.#samples);
    this.#glanceLater();
    if (envelope) this.#judge(playing, envelope);
  }

  /** Undefined when MPD does not play the song, or does not answer. */
  async #look({ song_id, skip_seconds = 0 }: Playing): Promise<Sample | undefined> {
    const { connection, clock } = this.#parts;
    const sent = clock.nowUs();
    try {
      const status = readStatus(await connection.request('status'));
      const came = clock.nowUs();
      if (status.state !== 'play' || status.song_id !== song_id) return undefined;
      const elapsed_seconds = status.elapsed_seconds + skip_seconds;
      return { at_us: (sent + came) / 2, elapsed_seconds, rtt_us: came - sent };
    } catch (error) {
      if (error instanceof MpdAck) return undefined;
      this.#era++;
      return undefined;
    }
  }

  #judge(playing: Playing, envelope: Envelope): void {
    const { ahead, heard, log, measured } = this.#parts;
    this.#learn(playing, envelope);
    const line = heard.measured(playing.song_id, envelope);
    measured();
    const timeline = this.#timeline;
    if (timeline?.ref !== playing.ref) return;
    const seen = (zeroUs(timeline.cue) - line.zero_us) / 1000;
    const jumped = timeline.skewBefore !== undefined && Math.abs(seen - timeline.skewBefore) > JUMP_MS;
    const skewMs = jumped ? (timeline.skewBefore ?? seen) : seen;
    const cue = jumped ? { position_seconds: 0, at_us: line.zero_us + skewMs * 1000 } : timeline.cue;
    this.#timeline = { ref: timeline.ref, cue };
    this.#skewMs = skewMs;
    if (jumped) this.#first = undefined;
    const errorMs = this.#errorMs(envelope);
    log.debug({ skew_ms: skewMs, error_ms: errorMs, ahead_ms: ahead.ms }, 'mpd measured');
    this.#report(skewMs, errorMs, this.#driftPpm(envelope), this.#correct(skewMs, cue));
  }

  /** Of the sound card against our clock, once that shows in spite of the errors of two measurements. */
  #driftPpm({ zero_us }: Envelope): number | undefined {
    const at_us = this.#measuredUs;
    this.#first ??= { zero_us, at_us };
    const spanUs = at_us - this.#first.at_us;
    return spanUs < DRIFT_SPAN_US ? undefined : ((this.#first.zero_us - zero_us) / spanUs) * 1e6;
  }

  /** A scheduled start shows how far MPD's position runs ahead of what it was told to begin with. */
  #learn(playing: Playing, { zero_us }: Envelope): void {
    const start = this.#start;
    this.#start = undefined;
    if (start?.song_id !== playing.song_id) return;
    const { ahead, remember } = this.#parts;
    const began = zeroUs(start.cue) - ahead.startMs * 1000;
    if (ahead.learn((began - zero_us) / 1000)) remember();
  }

  #errorMs({ error_ms }: Envelope): number {
    const { ahead } = this.#parts;
    if (ahead.ms === undefined) return NOTHING_KNOWN_MS;
    return error_ms + STEADY_MS + (ahead.told ? 0 : UNTOLD_MS + ahead.spreadMs / 2);
  }

  /** Alone it does no more than come back from far away, and less and less often when that does not help. */
  #correct(skewMs: number, cue: Cue): SyncCorrection | undefined {
    const last = this.#rejoin;
    const at_us = this.#parts.clock.nowUs();
    const unknown = this.#parts.ahead.ms === undefined ? NOTHING_KNOWN_MS : 0;
    if (Math.abs(skewMs) <= REJOIN_MS + unknown) return undefined;
    if (at_us - last.atUs < last.pauseMs * 1000) return undefined;
    const helped = last.skewMs === 0 || Math.abs(skewMs) < Math.abs(last.skewMs) / 2;
    const pauseMs = helped ? REJOIN_AGAIN_MS : Math.min(LONGEST_PAUSE_MS, last.pauseMs * 2);
    this.#rejoin = { atUs: at_us, pauseMs, skewMs };
    this.#parts.rejoin(cue);
    return { kind: 'restart', skew_ms: skewMs, reason: 'far from the timeline', at_us };
  }

  #report(
    skew_ms: number,
    error_ms: number,
    drift_ppm: number | undefined,
    correction: SyncCorrection | undefined,
  ): void {
    this.#saidErrorMs = error_ms;
    this.#parts.emit({
      type: 'sync',
      skew_ms,
      error_ms,
      estimated: true,
      at_us: this.#parts.clock.nowUs(),
      ...(drift_ppm !== undefined && { drift_ppm }),
      ...(correction && { correction }),
    });
  }
}

function zeroUs(cue: Cue): number {
  return cue.at_us - cue.position_seconds * 1e6;
}
