import { AppError, within, type Clock, type Logger } from '../../src/base/index.js';
import type { Cue, Media, PlayerCommand } from '../../src/players/index.js';
import type { MpvClient } from './client.js';
import type { Follower } from './follower.js';
import { entryOptions } from './mark.js';
import { MEMORY_ENTRIES } from './memory.js';
import type { Playback } from './playback.js';
import type { Stages } from './stages.js';
import type { TimedStart } from './timed-start.js';
import { isLocation, type Placing } from './wire.js';

const CHANGE_MS = 5000;
/** Below the supervisor's deadline of a command: a server that is slow to send is no reason to cut the link. */
const PREPARE_MS = 4000;

type Load = Extract<PlayerCommand, { type: 'load' }>;

export interface TransportParts {
  readonly client: MpvClient;
  readonly playback: Playback;
  readonly stages: Stages;
  readonly start: TimedStart;
  readonly follower: Follower;
  readonly clock: Clock;
  readonly log: Logger;
  readonly httpPort: number;
  /** mpv 0.38 moved loadfile's options behind an index. */
  readonly indexed: boolean;
  /** The entries have changed. */
  remember(): void;
}

/** What plays, from where and when. */
export class Transport {
  #parts: TransportParts;
  /** Where an entry stands, paused and untouched since it was positioned there. */
  #stands: { readonly entryId: number; readonly position_seconds: number } | undefined;

  constructor(parts: TransportParts) {
    this.#parts = parts;
  }

  /** Resolves with what is left to wait for outside the order of commands. */
  async load(command: Load): Promise<() => Promise<void>> {
    const { client, follower, stages, clock } = this.#parts;
    const { media, next, playing, position_seconds, at_us } = command;
    const place = this.#placeOf(media);
    const timed = playing && at_us !== undefined;
    await follower.leave();
    const paused = (await client.get('pause')) ?? false;
    if ((timed || !playing) && !paused) await client.request(['set_property', 'pause', true]);
    const id = await this.#add(place, 'replace', media, position_seconds);
    this.#stands = playing ? undefined : { entryId: id, position_seconds };
    if (timed) await this.#begin(media, { position_seconds, at_us }, id, position_seconds);
    else if (playing && paused) {
      // Not before the old one is gone: it would sound for a moment.
      const limit = { clock, what: 'the start of the new media', ms: CHANGE_MS };
      await within(limit, (signal) => stages.until(() => stages.begun(id), signal));
      await client.request(['set_property', 'pause', false]);
    }
    await this.#addNext(next);
    this.#parts.remember();
    return async () => {
      if (!playing) await this.#prepared(id);
    };
  }

  async #prepared(id: number): Promise<void> {
    const { clock, log, stages } = this.#parts;
    const limit = { clock, what: 'the media to be ready', ms: PREPARE_MS };
    await within(limit, (signal) => stages.until(() => stages.ready(id), signal)).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      log.info({ ms: PREPARE_MS }, 'the media is slow to open; a start may be late');
    });
  }

  async #begin(
    media: Pick<Media, 'ref' | 'live'>,
    cue: Cue,
    entryId: number,
    stands?: number,
  ): Promise<void> {
    const { follower } = this.#parts;
    if (media.live) await follower.beginLive(cue, entryId);
    else follower.begin(media.ref, cue, entryId, stands);
  }

  /** With a cue it is positioned anew unless it still stands where it was prepared: a pause loses what the output had buffered. */
  async play(cue: Cue | undefined): Promise<void> {
    const { client, follower, playback, stages } = this.#parts;
    const entry = cue && (await playback.current());
    if (cue && entry) {
      const stands = this.#stands?.entryId === stages.entryId ? this.#stands.position_seconds : undefined;
      this.#stands = undefined;
      return this.#begin(entry, cue, stages.entryId, stands);
    }
    this.#stands = undefined;
    await follower.leave();
    await client.request(['set_property', 'pause', false]);
  }

  async pause(): Promise<void> {
    this.#stands = undefined;
    // First of all: what was asked for is silence.
    this.#parts.start.cancel();
    await this.#parts.client.request(['set_property', 'pause', true]);
    await this.#parts.follower.leave();
  }

  async stop(): Promise<void> {
    this.#stands = undefined;
    this.#parts.start.cancel();
    await this.#parts.client.request(['stop']);
    await this.#parts.follower.leave();
  }

  async seek(position_seconds: number, at_us: number | undefined): Promise<void> {
    const { client, follower, playback, stages, start } = this.#parts;
    const entry = await playback.current();
    if (entry?.live === true) throw new AppError('ERR_NOT_SEEKABLE', 'a stream without end cannot be sought');
    const paused = !start.pending && (await client.get('pause')) === true;
    if (at_us !== undefined && entry && !paused) {
      return follower.begin(entry.ref, { position_seconds, at_us }, stages.entryId);
    }
    const goOn = start.pending;
    await follower.leave();
    const loading = entry !== undefined && (await client.get('time-pos')) === undefined;
    if (loading) playback.seekOnStart(position_seconds);
    else await client.request(['seek', position_seconds, 'absolute+exact']);
    if (goOn) await client.request(['set_property', 'pause', false]);
    this.#stands = paused && !loading ? { entryId: stages.entryId, position_seconds } : undefined;
  }

  async follow(ref: string | undefined, cue: Cue | undefined): Promise<void> {
    const { follower, playback } = this.#parts;
    if (!cue) return follower.leave();
    const wanted = ref ?? (await playback.current())?.ref;
    if (wanted !== undefined) await follower.follow(wanted, cue);
  }

  /** `playlist-clear` spares what plays, and in one step: there is no moment in which mpv could go on to what is being removed. */
  async preload(next: Media | undefined): Promise<void> {
    await this.#parts.client.request(['playlist-clear']);
    if (next) await this.#add(this.#placeOf(next), 'append', next);
    this.#parts.remember();
  }

  /** A next one that cannot be handed over does not keep the first from playing; it is refused when its turn comes. */
  async #addNext(next: Media | undefined): Promise<void> {
    if (!next) return;
    try {
      await this.#add(this.#placeOf(next), 'append-play', next);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'ERR_UNPLAYABLE') throw error;
      this.#parts.log.warn({ ref: next.ref }, 'what follows cannot be handed to mpv');
    }
  }

  async #add(place: string, placing: Placing, media: Media, positionSeconds = 0): Promise<number> {
    const { client, indexed, playback } = this.#parts;
    const id = await client.load(place, placing, entryOptions(media, positionSeconds), indexed);
    const { entries } = playback;
    entries.set(id, { ref: media.ref, live: media.live });
    for (const old of [...entries.keys()].slice(0, -MEMORY_ENTRIES)) entries.delete(old);
    return id;
  }

  /** Handed to mpv are absolute paths and http(s) URLs, nothing else. */
  #placeOf(media: Media): string {
    const path = media.url_path;
    const own = path === undefined ? undefined : `http://127.0.0.1:${this.#parts.httpPort}${path}`;
    const place = media.path ?? media.url ?? own;
    if (place === undefined || !isLocation(place)) {
      throw new AppError('ERR_UNPLAYABLE', 'this is neither a file of this machine nor a web address');
    }
    return place;
  }
}
