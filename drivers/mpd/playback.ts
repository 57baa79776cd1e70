import { AppError, type Clock, type Logger } from '../../src/base/index.js';
import type { Cue, Media, PlayerCommand } from '../../src/players/index.js';
import type { Foreign } from '../../src/protocol/index.js';
import { MpdAck, type MpdConnection } from './client.js';
import { judge } from './judge.js';
import type { Mixer } from './mixer.js';
import { beginsExactly, type Queue } from './queue.js';
import type { Reporter } from '../../src/players/index.js';
import { followingRef, nextSong, placeForMpd, type OurSong } from './songs.js';
import { seeking } from './starting.js';
import { inWhole, readSong, readStatus, type MpdSong, type MpdStatus } from './status.js';
import type { Timing } from './timing.js';
import type { MpdCommand } from './wire.js';

/** A status, the song it speaks of, and the moment it was true. */
interface Sight {
  readonly status: MpdStatus;
  readonly song: MpdSong | undefined;
  readonly at_us: number;
  /** Half of the round trip. */
  readonly unsure_us: number;
}

export interface PlaybackParts {
  readonly connection: MpdConnection;
  readonly queue: Queue;
  readonly mixer: Mixer;
  readonly reporter: Reporter;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A song is ready when its decoder has opened it; over a slow network that takes a while. */
const PREPARE_MS = 3500;
const PREPARE_LOOK_MS = 15;
const RUNNING = { play: 'playing', pause: 'paused', stop: 'stopped' } as const;

/** Obeys the commands about what plays, and tells what plays from what MPD says. Calls must not overlap. */
export class Playback {
  #parts: PlaybackParts;
  /** What was last asked for: whether what comes after a failure plays or waits. */
  #wantsToPlay = false;
  /** What is loaded stands still at first: it shall play later, or at a moment. */
  #stands = false;
  #playing = false;
  /** The length of the current song, as MPD told it last. */
  #seconds: number | undefined;
  /** The error that MPD showed last. */
  #complaint: string | undefined;

  constructor(parts: PlaybackParts) {
    this.#parts = parts;
  }

  /** Something moves, ours or not. */
  get playing(): boolean {
    return this.#playing;
  }

  async load(command: Extract<PlayerCommand, { type: 'load' }>): Promise<void> {
    const { queue, timing } = this.#parts;
    const { media, next, position_seconds, playing, at_us } = command;
    timing.onItsOwn();
    this.#wantsToPlay = playing;
    this.#stands = !playing || at_us !== undefined;
    const { status } = await this.#look();
    const before = queue.songs();
    await queue.setFollowing(undefined);
    if (next) queue.follow({ stage: 'waiting', media: next });
    await this.#begin(media, media.live ? 0 : position_seconds, status);
    await queue.remove(before);
    const song = queue.ours.current;
    if (song?.ref !== media.ref || !this.#stands) return;
    const ready = await this.#ready(song);
    this.#stands = false;
    if (ready && playing && at_us !== undefined)
      await timing.start(song, { position_seconds, at_us }, 'pause');
  }

  /** Waits until MPD has opened the song; false when it cannot, which the next look tells. */
  async #ready(song: OurSong): Promise<boolean> {
    const { clock } = this.#parts;
    const until = clock.nowUs() + PREPARE_MS * 1000;
    for (;;) {
      const { status } = await this.#look();
      if (status.song_id !== song.id || status.state === 'stop') return false;
      if (status.decoding || clock.nowUs() > until) return true;
      await new Promise<void>((resolve) => void clock.after(PREPARE_LOOK_MS, resolve));
    }
  }

  /** What follows is queued once the current song sounds: until then a failure would make MPD hurry on to it and forget why. */
  async preload(next: Media | undefined, skipSeconds: number): Promise<void> {
    const { queue } = this.#parts;
    const old = nextSong(queue.ours);
    const asBefore = skipSeconds === (old?.skip_seconds ?? 0) || (old && !beginsExactly(old));
    if (next?.ref === followingRef(queue.ours.following) && asBefore) return;
    await this.observe(false);
    const { current } = queue.ours;
    if (!current || current.ref === next?.ref) return;
    await queue.setFollowing(next, skipSeconds);
  }

  async play(cue: Cue | undefined): Promise<void> {
    this.#wantsToPlay = true;
    const { connection, timing } = this.#parts;
    if (!cue) timing.onItsOwn();
    const { status } = await this.#look();
    const song = this.#current(status);
    if (!song) return;
    if (cue) return timing.start(song, cue, status.state);
    if (status.state === 'stop') await connection.request('playid', song.id);
    else await connection.request('pause', '0');
    if (status.state === 'pause') timing.began(song, status.elapsed_seconds);
  }

  async pause(): Promise<void> {
    this.#wantsToPlay = false;
    this.#parts.timing.onItsOwn();
    const { status } = await this.#look();
    if (this.#current(status)) await this.#parts.connection.request('pause', '1');
  }

  async seek({ position_seconds, at_us }: Extract<PlayerCommand, { type: 'seek' }>): Promise<void> {
    const { connection, timing } = this.#parts;
    const { status } = await this.#look();
    const song = this.#current(status);
    if (!song) throw new AppError('ERR_CONFLICT', 'nothing is loaded');
    if (song.live) throw new AppError('ERR_NOT_SEEKABLE', 'a live stream has no positions');
    const waits = timing.waiting !== undefined;
    if (at_us !== undefined && (waits || status.state === 'play'))
      return timing.start(song, { position_seconds, at_us }, status.state);
    timing.onItsOwn();
    const commands: MpdCommand[] = [['seekid', song.id, placeForMpd(song, position_seconds)]];
    if (status.state === 'stop') commands.push(['pause', '1']);
    if (waits) commands.push(['pause', '0']);
    await seeking(connection, commands);
    if (waits || status.state === 'play') timing.began(song, position_seconds);
  }

  async stop(): Promise<void> {
    this.#wantsToPlay = false;
    const { connection, queue, timing } = this.#parts;
    timing.onItsOwn();
    const { status } = await this.#look();
    if (queue.songs().some((song) => song.id === status.song_id)) await connection.request('stop');
    await queue.letGo();
  }

  /** Silences what is not ours. */
  async takeOver(): Promise<void> {
    const { status } = await this.#look();
    const ours = this.#parts.queue.songs().some((song) => song.id === status.song_id);
    if (!ours && status.state !== 'stop') await this.#parts.connection.request('stop');
  }

  /** An MPD that cannot open an output pauses itself and says why. */
  #complain(problem: string | undefined): void {
    if (problem === this.#complaint) return;
    this.#complaint = problem;
    const { log, reporter } = this.#parts;
    if (problem !== undefined) log.warn({ said: problem }, 'mpd complains');
    reporter.report({ type: 'problem', ...(problem !== undefined && { message: problem }) });
  }

  /** Asks MPD and reports. `force` a playback fact although nothing changed. */
  async observe(force: boolean): Promise<void> {
    const { queue, mixer, reporter, timing } = this.#parts;
    let sight = await this.#look();
    mixer.observe(sight.status.volume);
    if (await this.#settle(sight)) sight = await this.#look();
    const { status, song, at_us, unsure_us } = sight;
    this.#complain(status.state === 'pause' ? status.error : undefined);
    this.#playing = status.state === 'play';
    const ours = this.#ours(status);
    timing.saw(status.state === 'stop' ? undefined : ours, status);
    this.#seconds = ours && (status.duration_seconds ?? ours.duration_seconds);
    if (!ours || status.state === 'stop') {
      const foreign = status.state === 'stop' ? undefined : describe(status, song);
      reporter.playback({ type: 'playback', status: 'stopped', position_seconds: 0, at_us, rate: 0 }, force);
      reporter.report({ type: 'control', elsewhere: foreign !== undefined, ...(foreign && { foreign }) });
      return;
    }
    const waits = status.state === 'pause' ? timing.waiting !== undefined : !status.decoding;
    const running = waits ? 'loading' : RUNNING[status.state];
    const duration = ours.live ? undefined : (status.duration_seconds ?? ours.duration_seconds);
    const title = ours.live ? song?.title : undefined;
    reporter.playback(
      {
        type: 'playback',
        status: running,
        ref: ours.ref,
        ...timing.place(ours, status, at_us, unsure_us),
        rate: running === 'playing' ? 1 : 0,
        ...(duration !== undefined && { duration_seconds: duration }),
        ...(title !== undefined && { stream_title: title }),
      },
      force,
    );
    reporter.report({ type: 'control', elsewhere: false });
    await queue.keepLast(status);
    if (status.decoding && !queue.ours.started) await queue.sounds();
    await queue.keepOptions(status.options);
  }

  /** Draws the consequences of what MPD did by itself. True when they moved MPD on. */
  async #settle(sight: Sight): Promise<boolean> {
    const { queue } = this.#parts;
    const { status } = sight;
    const verdict = judge(status, queue.ours);
    switch (verdict.type) {
      case 'none':
      case 'ours':
        return false;
      case 'next':
        await this.#advance();
        return false;
      case 'displaced':
        await queue.letGo();
        return false;
      case 'failed':
        await this.#failed(verdict.song, verdict.message, status);
        return true;
      case 'over':
        return this.#over(sight);
      default:
        return verdict satisfies never;
    }
  }

  /** MPD has gone on to what follows. */
  async #advance(): Promise<void> {
    const { queue, timing } = this.#parts;
    const from = queue.ours.current;
    const to = nextSong(queue.ours);
    if (from && to) timing.wentOn(from, this.#seconds, to);
    await queue.advance();
  }

  /** MPD came to its end, unless our songs were taken out of its queue. */
  async #over({ status, at_us }: Sight): Promise<boolean> {
    const { queue, reporter } = this.#parts;
    const { current, following } = queue.ours;
    const next = nextSong(queue.ours);
    const last = next ?? current;
    if (last && (await queue.stillHas(last))) {
      if (following?.stage === 'waiting') return this.#go(following.media, status);
      if (following?.stage === 'unplayable') {
        this.#reportFailure(following.media.ref, following.message);
      } else {
        const seconds = last.duration_seconds ?? 0;
        const end = { status: 'playing', ref: last.ref, position_seconds: seconds, at_us, rate: 1 } as const;
        if (next) reporter.playback({ type: 'playback', ...end }, true);
        reporter.report({ type: 'ended', ref: last.ref, reason: 'finished' });
      }
    }
    await queue.forget();
    return false;
  }

  async #failed(song: OurSong, message: string, status: MpdStatus): Promise<void> {
    const { connection, queue } = this.#parts;
    const following = song.id === queue.ours.current?.id ? queue.ours.following : undefined;
    await connection.request('clearerror');
    this.#reportFailure(song.ref, message);
    const songs = queue.songs();
    if (following?.stage === 'queued') {
      await queue.advance();
      await this.#start(following.song, 0, status);
    } else if (following?.stage === 'waiting') {
      await this.#go(following.media, status);
      await queue.remove(songs);
    } else {
      if (following) this.#reportFailure(following.media.ref, following.message);
      await queue.forget();
    }
  }

  /** On to what waited, by ourselves. */
  async #go(media: Media, status: MpdStatus): Promise<true> {
    const before = this.#parts.queue.songs();
    this.#parts.queue.follow(undefined);
    await this.#begin(media, 0, status);
    await this.#parts.queue.remove(before);
    return true;
  }

  /** Adds and starts; where that fails, says so and goes on to what follows. */
  async #begin(media: Media, position: number, status: MpdStatus): Promise<void> {
    const { queue, connection } = this.#parts;
    const added = await queue.append(media);
    if ('song' in added) {
      queue.begin(added.song);
      const problem = await this.#start(added.song, position, status);
      if (problem === undefined) return;
      await queue.remove([added.song]);
      this.#reportFailure(media.ref, problem);
    } else {
      this.#reportFailure(media.ref, added.problem);
    }
    const following = queue.ours.following;
    queue.drop();
    this.#stands = false;
    if (following?.stage === 'waiting') return this.#begin(following.media, 0, status);
    if (status.state !== 'stop' && this.#ours(status)) await connection.request('stop');
  }

  /** Plays, or stands ready, at a position; what MPD says when it will not. */
  async #start(song: OurSong, position: number, status: MpdStatus): Promise<string | undefined> {
    const { queue } = this.#parts;
    const commands: MpdCommand[] = [];
    if (status.error !== undefined) commands.push(['clearerror']);
    commands.push(...queue.takeOptions(status.options));
    commands.push(position > 0 ? ['seekid', song.id, position.toFixed(3)] : ['playid', song.id]);
    if (!this.#wantsToPlay || this.#stands) commands.push(['pause', '1']);
    try {
      await seeking(this.#parts.connection, commands);
      return undefined;
    } catch (error) {
      if (!(error instanceof MpdAck) || error.code === 'ERR_PLAYER_PASSWORD') throw error;
      return error.said;
    }
  }

  /** What was loaded or preloaded failed when MPD came to it, so first it came to it. */
  #reportFailure(ref: string, message: string): void {
    const { reporter, clock, log } = this.#parts;
    log.debug({ ref, said: message }, 'mpd cannot play an item');
    const at_us = clock.nowUs();
    reporter.playback(
      { type: 'playback', status: 'loading', ref, position_seconds: 0, at_us, rate: 0 },
      false,
    );
    reporter.report({ type: 'ended', ref, reason: 'failed', message });
  }

  #ours(status: MpdStatus): OurSong | undefined {
    const { current } = this.#parts.queue.ours;
    return current && current.id === status.song_id ? current : undefined;
  }

  /** The song a transport command is about. Somebody else's music is not touched. */
  #current(status: MpdStatus): OurSong | undefined {
    const { ours } = this.#parts.queue;
    const next = nextSong(ours);
    const song = this.#ours(status) ?? (next?.id === status.song_id ? next : undefined);
    if (!song && status.song_id !== undefined && status.state !== 'stop') {
      throw new AppError('ERR_CONTROLLED_ELSEWHERE', 'somebody else plays music on this MPD');
    }
    return song;
  }

  async #look(): Promise<Sight> {
    const { connection, clock } = this.#parts;
    const sent = clock.nowUs();
    const [status, song] = await connection.list([['status'], ['currentsong']]);
    const came = clock.nowUs();
    const at_us = Math.round((sent + came) / 2);
    const said = readStatus(status ?? { pairs: [] });
    const ours = this.#parts.queue.songs().find(({ id }) => id === said.song_id);
    return {
      status: inWhole(said, ours?.skip_seconds),
      song: readSong(song ?? { pairs: [] }),
      at_us,
      unsure_us: (came - sent) / 2,
    };
  }
}

function describe(status: MpdStatus, song: MpdSong | undefined): Foreign {
  const name = song?.title ?? song?.name ?? song?.file.split('/').at(-1) ?? '';
  return {
    title: name,
    artist: song?.artist ?? '',
    status: RUNNING[status.state],
    position_seconds: status.elapsed_seconds,
    ...(status.duration_seconds !== undefined && { duration_seconds: status.duration_seconds }),
  };
}
