import { AppError, deferred, Serial, toError, within } from '../../src/base/index.js';
import type { LinkContext, Media, PlayerCommand, PlayerLink } from '../../src/players/index.js';
import type { Capability } from '../../src/protocol/index.js';
import { attach, isIdle, quit, type Attached } from './attach.js';
import { offline } from './client.js';
import { entryOptions } from './mark.js';
import { MEMORY_ENTRIES, readMemory, type Memory } from './memory.js';
import type { LocalOptions } from './options.js';
import { Playback } from './playback.js';
import { Sound } from './sound.js';
import { isLocation, type MpvEvent, type Placing } from './wire.js';

export const CAPABILITIES: readonly Capability[] = [
  'seek',
  'pause',
  'volume',
  'mute',
  'gapless',
  'outputs',
  'replaygain',
  'radio',
];

const COMMAND_MS = 10_000;
const CHANGE_MS = 5000;
/** A volume slider moves often; the disk need not. */
const REMEMBER_MS = 1000;
/** mpv asks for 100 ms, which runs dry on a busy machine. Not an argument: an mpv built without PulseAudio would refuse to start. */
const PULSE_BUFFER_MS = 250;
const PLAYBACK_IDS = 100;
const SOUND_IDS = 200;

/** Takes up the player's mpv, or starts one, and reports all about it. */
export async function connectLocal(
  options: LocalOptions,
  context: LinkContext,
  signal: AbortSignal,
): Promise<PlayerLink> {
  const { runtimeDir, player_id, clock, log } = context;
  const attached = await attach({ options, runtimeDir, player_id, clock, log }, signal);
  const link = new LocalLink(attached, options, context);
  try {
    await link.begin(signal);
    return link;
  } catch (error) {
    await link.close();
    throw error;
  }
}

class LocalLink implements PlayerLink {
  readonly closed: Promise<Error>;
  #attached: Attached;
  #options: LocalOptions;
  #context: LinkContext;
  #playback: Playback;
  #sound: Sound;
  #commands = new Serial();
  #remember: { cancel(): void } | undefined;
  #over: Error | undefined;
  #ended = deferred<Error>();
  #closing: Promise<void> | undefined;
  /** mpv 0.38 moved loadfile's options behind an index. */
  #indexed: boolean;

  constructor(attached: Attached, options: LocalOptions, context: LinkContext) {
    this.#attached = attached;
    this.#options = options;
    this.#context = context;
    this.closed = this.#ended.promise;
    this.#indexed = loadfileWantsIndex(attached.version);
    const emit: LinkContext['emit'] = (fact) => {
      if (!this.#over) context.emit(fact);
    };
    this.#playback = new Playback(attached.client, { clock: context.clock, log: context.log, emit });
    this.#sound = new Sound(attached.client, emit, () => this.#rememberSoon());
    void attached.client.closed.then((reason) => this.#end(reason));
  }

  async begin(signal: AbortSignal): Promise<void> {
    const { client, version, adopted, pid } = this.#attached;
    const memory = readMemory(this.#context.memory);
    if (adopted) this.#recall(memory);
    else await this.#restore(memory, signal);
    this.#context.emit({ type: 'info', version, capabilities: CAPABILITIES });
    this.#context.emit({ type: 'control', elsewhere: false });
    client.listen((event) => this.#handle(event));
    await this.#sound.begin(SOUND_IDS, signal);
    await this.#playback.begin(PLAYBACK_IDS, signal);
    if (this.#over) throw offline(this.#over);
    if (adopted) this.#context.log.info({ pid, version }, 'mpv found again');
  }

  /** A new mpv is as loud, and plays to the same output, as the one before. */
  async #restore(memory: Memory | undefined, signal: AbortSignal): Promise<void> {
    const { client } = this.#attached;
    const { log } = this.#context;
    await client
      .request(['set_property', 'pulse-buffer', PULSE_BUFFER_MS], signal)
      .catch((error: unknown) => {
        log.debug({ reason: toError(error).message }, 'this mpv was built without PulseAudio');
      });
    const chosen = memory?.configured === this.#options.output ? memory.output : undefined;
    await client.request(['set_property', 'audio-device', chosen ?? this.#options.output], signal);
    if (memory?.volume !== undefined) {
      await client.request(['set_property', 'volume', memory.volume], signal);
    }
    if (memory?.muted !== undefined) await client.request(['set_property', 'mute', memory.muted], signal);
  }

  #recall(memory: Memory | undefined): void {
    if (memory?.pid !== this.#attached.pid) return;
    for (const [id, ref, live] of memory.entries) this.#playback.entries.set(id, { ref, live });
  }

  #handle(event: MpvEvent): void {
    if (this.#over) return;
    this.#sound.handle(event);
    this.#playback.handle(event);
  }

  async execute(command: PlayerCommand, signal: AbortSignal): Promise<void> {
    if (this.#over) throw offline(this.#over);
    signal.throwIfAborted();
    const limit = { clock: this.#context.clock, what: `mpv ${command.type}`, ms: COMMAND_MS, signal };
    await within(limit, (inner) =>
      this.#commands.run(async () => {
        inner.throwIfAborted();
        if (this.#over) throw offline(this.#over);
        await this.#obey(command);
      }),
    );
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#attached.client.get('pid', signal);
  }

  async #obey(command: PlayerCommand): Promise<void> {
    const { client } = this.#attached;
    switch (command.type) {
      case 'load':
        return this.#load(command);
      case 'preload':
        return this.#preload(command.next);
      case 'play':
        return void (await client.request(['set_property', 'pause', false]));
      case 'pause':
        return void (await client.request(['set_property', 'pause', true]));
      case 'stop':
        return void (await client.request(['stop']));
      case 'seek':
        return this.#seek(command.position_seconds);
      case 'volume':
        return this.#sound.setVolume(command.volume);
      case 'mute':
        return this.#sound.setMuted(command.muted);
      case 'output':
        return this.#sound.choose(command.output_id, command.active);
      case 'take-over':
        // Nobody else can reach this mpv.
        return;
      case 'follow':
        // It cannot measure itself yet.
        return;
      case 'latency':
        throw new AppError('ERR_NOT_SUPPORTED', 'mpv is told shifted times instead');
      default:
        command satisfies never;
    }
  }

  async #load(command: Extract<PlayerCommand, { type: 'load' }>): Promise<void> {
    const { client } = this.#attached;
    const { media, next, playing } = command;
    const place = this.#placeOf(media);
    const paused = (await client.get('pause')) ?? false;
    if (!playing && !paused) await client.request(['set_property', 'pause', true]);
    const id = await this.#add(place, 'replace', media, command.position_seconds);
    if (playing && paused) {
      // Not before the old one is gone: it would sound for a moment.
      const limit = { clock: this.#context.clock, what: 'the start of the new media', ms: CHANGE_MS };
      await within(limit, () => this.#playback.started(id));
      await client.request(['set_property', 'pause', false]);
    }
    await this.#follow(next);
    this.#rememberNow();
  }

  /** A next one that cannot be handed over does not keep the first from playing; it is refused when its turn comes. */
  async #follow(next: Media | undefined): Promise<void> {
    if (!next) return;
    try {
      await this.#add(this.#placeOf(next), 'append-play', next);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'ERR_UNPLAYABLE') throw error;
      this.#context.log.warn({ ref: next.ref }, 'what follows cannot be handed to mpv');
    }
  }

  /** `playlist-clear` spares what plays, and in one step: there is no moment in which mpv could go on to what is being removed. */
  async #preload(next: Media | undefined): Promise<void> {
    await this.#attached.client.request(['playlist-clear']);
    if (next) await this.#add(this.#placeOf(next), 'append', next);
    this.#rememberNow();
  }

  async #add(place: string, placing: Placing, media: Media, positionSeconds = 0): Promise<number> {
    const options = entryOptions(media, positionSeconds);
    const id = await this.#attached.client.load(place, placing, options, this.#indexed);
    const { entries } = this.#playback;
    entries.set(id, { ref: media.ref, live: media.live });
    for (const old of [...entries.keys()].slice(0, -MEMORY_ENTRIES)) entries.delete(old);
    return id;
  }

  /** Handed to mpv are absolute paths and http(s) URLs, nothing else. */
  #placeOf(media: Media): string {
    const own = media.url_path === undefined ? undefined : this.#ownUrl(media.url_path);
    const place = media.path ?? media.url ?? own;
    if (place === undefined || !isLocation(place)) {
      throw new AppError('ERR_UNPLAYABLE', 'this is neither a file of this machine nor a web address');
    }
    return place;
  }

  #ownUrl(path: string): string {
    return `http://127.0.0.1:${this.#context.httpPort}${path}`;
  }

  async #seek(positionSeconds: number): Promise<void> {
    const { client } = this.#attached;
    const entry = await this.#playback.current();
    if (entry?.live === true) throw new AppError('ERR_NOT_SEEKABLE', 'a stream without end cannot be sought');
    const loading = entry !== undefined && (await client.get('time-pos')) === undefined;
    if (loading) this.#playback.seekOnStart(positionSeconds);
    else await client.request(['seek', positionSeconds, 'absolute+exact']);
  }

  #rememberSoon(): void {
    this.#remember ??= this.#context.clock.after(REMEMBER_MS, () => this.#rememberNow());
  }

  #rememberNow(): void {
    this.#remember?.cancel();
    this.#remember = undefined;
    if (this.#over) return;
    const { volume, muted, output } = this.#sound;
    const entries = [...this.#playback.entries].map(([id, { ref, live }]) => [id, ref, live]);
    const value = {
      pid: this.#attached.pid,
      entries,
      muted,
      output,
      configured: this.#options.output,
      ...(volume !== undefined && { volume }),
    };
    this.#context.emit({ type: 'memory', value });
  }

  #end(reason: Error): void {
    if (this.#over) return;
    if (this.#remember) this.#rememberNow();
    this.#over = reason;
    this.#playback.end();
    this.#attached.client.close();
    this.#ended.resolve(reason);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** What plays or is paused stays for the next link; an mpv with nothing to do does not. */
  async #close(): Promise<void> {
    if (this.#over) return;
    const { client } = this.#attached;
    const { clock, log } = this.#context;
    const idle = await within({ clock, what: 'closing mpv', ms: 1000 }, (signal) =>
      isIdle(client, signal),
    ).catch((error: unknown) => {
      log.debug({ reason: toError(error).message }, 'mpv does not say whether it is idle; leaving it');
      return false;
    });
    if (idle) {
      if (this.#remember) this.#rememberNow();
      await quit(this.#attached, clock);
    }
    this.#end(new Error('the link was closed'));
  }
}

/** `0.35.1`, `0.40.0`, `0.38.0-dev-g1234`; builds without a number are newer. */
export function loadfileWantsIndex(version: string): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (!match) return true;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > 0 || minor >= 38;
}
