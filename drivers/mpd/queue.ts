import type { Media } from '../../src/players/index.js';
import { MpdAck, type MpdConnection } from './client.js';
import type { Added, SongSource } from './source.js';
import { nextSong, sameUri, type Following, type Memory, type Ours, type OurSong } from './songs.js';
import {
  PLAY_OPTIONS,
  readSong,
  readStatus,
  type MpdStatus,
  type PlayOption,
  type PlayOptions,
} from './status.js';
import type { MpdCommand } from './wire.js';

/** Decoders of these find a sample exactly. In other files a song that begins later begins anywhere. */
const EXACT = /\.(flac|wav)$/i;

/** Whether MPD can begin it later in it, to the millisecond. What it fetches from us it would have to open twice. */
export function beginsExactly({ uri, live }: OurSong): boolean {
  return !live && EXACT.test(uri) && !/^https?:/i.test(uri);
}

/** Our songs are played in order, once, and stay until we remove them. */
const NEEDED = '0';

/** Our songs in MPD's queue: appended at its end, removed again, and never anybody else's. Calls must not overlap. */
export class Queue {
  readonly ours: Ours = { current: undefined, following: undefined, started: false, options: {} };
  #connection: MpdConnection;
  #source: SongSource;
  #remember: () => void;

  /** `remember` is called when what a restarted server must know has changed. */
  constructor(connection: MpdConnection, source: SongSource, remember: () => void) {
    this.#connection = connection;
    this.#source = source;
    this.#remember = remember;
  }

  songs(): OurSong[] {
    return [this.ours.current, nextSong(this.ours)].filter((song) => song !== undefined);
  }

  append(media: Media): Promise<Added> {
    return this.#source.add(media);
  }

  /** From now on `song` is the current one. */
  begin(song: OurSong): void {
    this.ours.current = song;
    this.ours.started = false;
    this.#remember();
  }

  follow(following: Following | undefined): void {
    this.ours.following = following;
  }

  /** Forgets what is current and what follows; removing songs is up to the caller. */
  drop(): void {
    this.ours.current = undefined;
    this.ours.following = undefined;
    this.ours.started = false;
    this.#remember();
  }

  /**
   * Changes what follows. MPD may go on to the old one at any moment, also while it is being replaced: what plays then is not touched.
   * The new one is put before it first, so that from then on MPD goes on to that, and the old one can be removed in peace. It may be the
   * same with another beginning.
   */
  async setFollowing(next: Media | undefined, skip_seconds = 0): Promise<void> {
    const old = nextSong(this.ours);
    this.ours.following = next && { stage: 'waiting', media: next, skip_seconds };
    if (this.ours.started) await this.#queueFollowing();
    if (!old) return;
    if (await this.#wentOnTo(old)) return this.#keep(old, next);
    await this.remove([old]);
    this.#remember();
  }

  async #wentOnTo(old: OurSong): Promise<boolean> {
    const before = readStatus(await this.#connection.request('status'));
    const next = nextSong(this.ours);
    if (before.song_id === old.id || !next || before.position === undefined) return before.song_id === old.id;
    try {
      const [, after] = await this.#connection.list([
        ['moveid', next.id, String(before.position + 1)],
        ['status'],
      ]);
      return after !== undefined && readStatus(after).song_id === old.id;
    } catch (error) {
      ignoreAck(error);
      return false;
    }
  }

  /** It plays already. What was to replace it follows it; the next look puts that behind it. */
  async #keep(song: OurSong, next: Media | undefined): Promise<void> {
    const { current } = this.ours;
    const same = next?.ref === song.ref ? nextSong(this.ours) : undefined;
    if (next?.ref === song.ref) this.ours.following = undefined;
    this.ours.current = song;
    this.#remember();
    await this.remove([current, same].filter((gone) => gone !== undefined));
  }

  /** The current song sounds, so what follows may be queued. */
  async sounds(): Promise<void> {
    this.ours.started = true;
    await this.#queueFollowing();
  }

  async #queueFollowing(): Promise<void> {
    const { following } = this.ours;
    if (following?.stage !== 'waiting') return;
    const { media, skip_seconds = 0 } = following;
    const added = await this.#source.add(media);
    this.ours.following =
      'song' in added
        ? { stage: 'queued', song: await this.#beginLater(added.song, skip_seconds) }
        : { stage: 'unplayable', media, message: added.problem };
    this.#remember();
  }

  /** Has MPD begin a song a little later in it, where that is exact. */
  async #beginLater(song: OurSong, skip_seconds: number): Promise<OurSong> {
    if (skip_seconds <= 0 || !beginsExactly(song)) return song;
    try {
      await this.#connection.request('rangeid', song.id, `${skip_seconds.toFixed(3)}:`);
      return { ...song, skip_seconds };
    } catch (error) {
      ignoreAck(error);
      return song;
    }
  }

  /** MPD has gone on to our next song. */
  async advance(): Promise<void> {
    const { current } = this.ours;
    this.ours.current = nextSong(this.ours);
    this.ours.following = undefined;
    this.ours.started = false;
    this.#remember();
    if (current) await this.remove([current]);
  }

  /** Takes our songs out and gives nothing back. */
  async forget(): Promise<void> {
    const songs = this.songs();
    this.drop();
    await this.remove(songs);
  }

  /** Takes our songs out and gives the play options back. */
  async letGo(): Promise<void> {
    await this.forget();
    const options = this.ours.options;
    const commands = PLAY_OPTIONS.flatMap((name): MpdCommand[] => {
      const value = options[name];
      return value === undefined ? [] : [[name, value]];
    });
    this.ours.options = {};
    if (commands.length === 0) return;
    this.#remember();
    await this.#connection.list(commands);
  }

  async remove(songs: readonly OurSong[]): Promise<void> {
    await Promise.all(songs.map((song) => this.#connection.request('deleteid', song.id).catch(ignoreAck)));
  }

  async stillHas(song: OurSong): Promise<boolean> {
    return (await this.#uriOf(song.id)) !== undefined;
  }

  /** The commands that give our songs the play options they need; what was there before is kept. */
  takeOptions(now: PlayOptions): MpdCommand[] {
    const wrong = PLAY_OPTIONS.filter((name) => now[name] !== undefined && now[name] !== NEEDED);
    if (wrong.length === 0) return [];
    const kept: Partial<Record<PlayOption, string>> = { ...this.ours.options };
    for (const name of wrong) kept[name] = now[name] ?? NEEDED;
    this.ours.options = kept;
    this.#remember();
    return wrong.map((name) => [name, NEEDED]);
  }

  /** Somebody changed an option while our song is current: theirs again once we let go. */
  async keepOptions(now: PlayOptions): Promise<void> {
    await this.#connection.list(this.takeOptions(now));
  }

  /**
   * Moves our songs behind what somebody added after them: MPD must neither play that between ours nor run on into it. Where they are
   * moved to the sound of the current one goes on.
   */
  async keepLast(status: MpdStatus): Promise<void> {
    const { current } = this.ours;
    const next = nextSong(this.ours);
    const last = status.queue_length - 1;
    if (!current || status.song_id !== current.id || status.position === last - (next ? 1 : 0)) return;
    const songs = next ? [current, next] : [current];
    try {
      await this.#connection.list(songs.map((song) => ['moveid', song.id, String(last)] as const));
    } catch (error) {
      ignoreAck(error);
      if (!next || (await this.stillHas(next))) return;
      this.ours.following = undefined;
      this.#remember();
    }
  }

  /** Finds our songs again after a restart of the server, by id and URI, or of MPD, by URI where MPD is now. */
  async adopt(memory: Memory): Promise<void> {
    const { current, next, options } = memory;
    this.ours.options = options;
    this.ours.current = await this.#same(current);
    const following = await this.#same(next);
    if (following) this.ours.following = { stage: 'queued', song: following };
    if (!this.ours.current) await this.#adoptByUri(current, next);
    if (!this.ours.current && following) await this.forget();
    this.#remember();
  }

  async #same(song: OurSong | undefined): Promise<OurSong | undefined> {
    if (!song) return undefined;
    const uri = await this.#uriOf(song.id);
    return uri !== undefined && sameUri(uri, song.uri) ? song : undefined;
  }

  async #adoptByUri(current: OurSong | undefined, next: OurSong | undefined): Promise<void> {
    const status = readStatus(await this.#connection.request('status'));
    const [now, after] = [status.song_id, status.next_song_id];
    const uri = now === undefined ? undefined : await this.#uriOf(now);
    const known = [current, next].find((song) => song && uri !== undefined && sameUri(song.uri, uri));
    if (now === undefined || !known) return;
    this.ours.current = { ...known, id: now };
    this.ours.following = undefined;
    if (known !== current || !next || after === undefined) return;
    const follower = await this.#uriOf(after);
    if (follower === undefined || !sameUri(follower, next.uri)) return;
    this.ours.following = { stage: 'queued', song: { ...next, id: after } };
  }

  async #uriOf(id: string): Promise<string | undefined> {
    try {
      return readSong(await this.#connection.request('playlistid', id))?.file;
    } catch (error) {
      ignoreAck(error);
      return undefined;
    }
  }
}

/** The song is gone already; that is what was wanted. */
function ignoreAck(error: unknown): void {
  if (!(error instanceof MpdAck) || error.code === 'ERR_PLAYER_PASSWORD') throw error;
}
