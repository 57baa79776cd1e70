/** What MPD's player does, in memory and in real time: a queue, a position that moves, options, a mixer, outputs. */

export interface FakeSong {
  readonly id: number;
  readonly uri: string;
  readonly tags: Map<string, string>;
  /** It is played from here on, and positions count from here. */
  fromSeconds: number;
}

/** MPD's refusal of a command. */
export class FakeAck extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** How the sound card behind the fake behaves. Set at any time; it counts from the next start on. */
export interface FakeCard {
  /** What MPD tells runs ahead of what is heard by so much. */
  readonly aheadMs: number;
  /** What MPD tells moves in steps of so much; 0 = it glides. */
  readonly stepMs: number;
  /** From a start to the first sound. */
  readonly startMs: number;
  /** From `playid` until the decoder has opened the song. */
  readonly openMs: number;
}

export class FakeMpdPlayer {
  card: FakeCard = { aheadMs: 0, stepMs: 0, startMs: 0, openMs: 0 };
  /** URI -> the seconds that MPD believes, where the file's head does not say the truth. */
  readonly believed = new Map<string, number>();
  /** URI -> seconds of what can be played; anything else fails to decode. */
  readonly library = new Map<string, number>();
  readonly queue: FakeSong[] = [];
  readonly options = new Map([
    ['random', '0'],
    ['repeat', '0'],
    ['single', '0'],
    ['consume', '0'],
  ]);
  readonly outputs = [
    { name: 'main', enabled: true },
    { name: 'spare', enabled: false },
  ];
  volume = 100;
  state: 'play' | 'pause' | 'stop' = 'stop';
  error: string | undefined;
  #current: FakeSong | undefined;
  /** What was, or will be, heard at `#anchorMs`. */
  #anchorSeconds = 0;
  #anchorMs = 0;
  #openMs = 0;
  #end: NodeJS.Timeout | undefined;
  #lastId = 0;
  #changed: (subsystem: string) => void;

  constructor(changed: (subsystem: string) => void) {
    this.#changed = changed;
  }

  close(): void {
    clearTimeout(this.#end);
  }

  add(uri: string): FakeSong {
    if (!uri.includes('://') && !this.library.has(uri)) throw new FakeAck(50, 'No such song');
    const song = { id: ++this.#lastId, uri, tags: new Map<string, string>(), fromSeconds: 0 };
    this.queue.push(song);
    this.#changed('playlist');
    return song;
  }

  find(id: string | undefined): FakeSong {
    const song = this.queue.find((candidate) => String(candidate.id) === id);
    if (!song) throw new FakeAck(50, 'No such song');
    return song;
  }

  remove(song: FakeSong): void {
    const index = this.queue.indexOf(song);
    this.queue.splice(index, 1);
    this.#changed('playlist');
    if (song !== this.#current) return;
    this.#current = undefined;
    const next = this.queue[index];
    if (this.state !== 'stop' && next) this.play(next, 0);
    else this.stop();
  }

  beginAt(song: FakeSong, seconds: number): void {
    if (song === this.#current && this.state !== 'stop') throw new FakeAck(4, 'Access denied');
    song.fromSeconds = seconds;
    this.#changed('playlist');
  }

  /** Of what is played of it; undefined when it cannot be decoded. */
  lengthOf(song: FakeSong | undefined, lengths = this.library): number | undefined {
    const length = lengths.get(song?.uri ?? '');
    return length === undefined ? undefined : length - (song?.fromSeconds ?? 0);
  }

  move(song: FakeSong, to: number): void {
    this.queue.splice(this.queue.indexOf(song), 1);
    this.queue.splice(to, 0, song);
    this.#changed('playlist');
  }

  /** The current song comes to its end just now. */
  goOn(): void {
    this.#next();
  }

  play(song: FakeSong, seconds: number): void {
    const length = this.lengthOf(song);
    this.#current = song;
    this.error = undefined;
    if (length === undefined) {
      this.#fail(song);
      return;
    }
    if (seconds >= length) {
      this.#next();
      return;
    }
    const state = this.state === 'pause' ? 'pause' : 'play';
    this.#anchor(state, seconds);
  }

  /** As `playid` and a seek into another song do: the file is opened first. */
  open(song: FakeSong, seconds: number): void {
    this.#openMs = performance.now() + this.card.openMs;
    this.seek(song, seconds);
    if (this.card.openMs > 0) setTimeout(() => this.#changed('player'), this.card.openMs).unref();
  }

  seekTo(song: FakeSong, seconds: number): void {
    if (song === this.#current) this.seek(song, seconds);
    else this.open(song, seconds);
  }

  seek(song: FakeSong, seconds: number): void {
    if (song !== this.#current && this.state === 'pause') this.state = 'play';
    this.play(song, seconds);
  }

  pause(paused: boolean): void {
    if (this.state === 'stop') return;
    this.#anchor(paused ? 'pause' : 'play', this.elapsed());
  }

  stop(): void {
    this.#anchor('stop', 0);
  }

  /** What MPD says: what it has handed to the sound card. */
  elapsed(): number {
    if (this.state !== 'play') return this.#anchorSeconds;
    const { aheadMs, stepMs } = this.card;
    const handed = this.heard() + aheadMs / 1000;
    return Math.max(0, stepMs === 0 ? handed : (Math.floor((handed * 1000) / stepMs) * stepMs) / 1000);
  }

  /** What is heard. Negative: the song before still is. */
  heard(): number {
    const moved = this.state === 'play' ? (performance.now() - this.#anchorMs) / 1000 : 0;
    return this.#anchorSeconds + Math.max(0, moved);
  }

  /** Nothing moves for a while, as on a machine that is too busy: from then on the music is late. */
  stall(ms: number): void {
    this.#anchorSeconds = this.heard();
    this.#anchorMs = performance.now() + ms;
    this.#arm();
  }

  setOption(name: string, value: string): void {
    this.options.set(name, value);
    this.#changed('options');
  }

  setVolume(volume: number): void {
    this.volume = volume;
    this.#changed('mixer');
  }

  enable(index: string | undefined, enabled: boolean): void {
    const output = this.outputs[Number(index)];
    if (!output) throw new FakeAck(50, 'No such audio output');
    output.enabled = enabled;
    this.#changed('output');
  }

  /** The lines of `status`. */
  status(): string[] {
    const song = this.#current;
    const lines = [`volume: ${this.volume}`, `state: ${this.state}`, `playlistlength: ${this.queue.length}`];
    for (const [name, value] of this.options) lines.push(`${name}: ${value}`);
    if (song) lines.push(`song: ${this.queue.indexOf(song)}`, `songid: ${song.id}`);
    const next = song && this.queue[this.queue.indexOf(song) + 1];
    if (next) lines.push(`nextsongid: ${next.id}`);
    if (song && this.state !== 'stop') {
      lines.push(
        `elapsed: ${this.elapsed().toFixed(3)}`,
        `duration: ${(this.lengthOf(song, this.believed) ?? this.lengthOf(song) ?? 0).toFixed(3)}`,
      );
      if (performance.now() >= this.#openMs) lines.push('audio: 44100:16:2');
    }
    if (this.error !== undefined) lines.push(`error: ${this.error}`);
    return lines;
  }

  /** The lines of `currentsong`. */
  current(): string[] {
    return this.#current ? this.describe(this.#current) : [];
  }

  describe(song: FakeSong): string[] {
    const tags = [...song.tags].map(([key, value]) => `${key}: ${value}`);
    return [`file: ${song.uri}`, ...tags, `Pos: ${this.queue.indexOf(song)}`, `Id: ${song.id}`];
  }

  #anchor(state: 'play' | 'pause' | 'stop', seconds: number): void {
    this.state = state;
    this.#anchorSeconds = seconds;
    this.#anchorMs = performance.now() + this.card.startMs;
    this.#arm();
    this.#changed('player');
  }

  /** MPD goes on to the next song when the last of this one is handed on, before it is heard. */
  #arm(): void {
    clearTimeout(this.#end);
    if (this.state !== 'play') return;
    const left = (this.lengthOf(this.#current) ?? 0) - this.#anchorSeconds;
    const ms = left * 1000 + this.#anchorMs - performance.now() - this.card.aheadMs;
    this.#end = setTimeout(() => this.#next(), Math.max(0, ms));
  }

  #next(): void {
    const index = this.#current ? this.queue.indexOf(this.#current) : -1;
    const next = this.queue[index + 1];
    if (index >= 0 && next) {
      if (!this.library.has(next.uri)) return this.#fail(next);
      const length = this.lengthOf(this.#current) ?? 0;
      const beforeSeconds = this.heard() - length;
      this.play(next, 0);
      this.#anchorSeconds = Math.min(0, beforeSeconds);
      this.#anchorMs = performance.now();
      this.#arm();
      return;
    }
    this.#current = undefined;
    this.stop();
  }

  /** As MPD: the song that played stays the current one when its successor cannot be decoded. */
  #fail(song: FakeSong): void {
    this.stop();
    this.error = `Failed to decode ${song.uri}`;
  }
}
