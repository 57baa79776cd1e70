import { AppError, deferred, Serial, toError, within, type Timer } from '../../src/base/index.js';
import type { LinkContext, PlayerCommand, PlayerLink } from '../../src/players/index.js';
import type { Capability } from '../../src/protocol/index.js';
import { isIdle, quit, type Attached } from './attach.js';
import { offline } from './client.js';
import { Follower } from './follower.js';
import { Learnt } from './learnt.js';
import { beforePulledOut, readMemory, type Memory } from './memory.js';
import type { LocalOptions } from './options.js';
import { Playback } from './playback.js';
import type { ListedOutput } from './outputs.js';
import { Presence } from './presence.js';
import { Sound } from './sound.js';
import { Stages } from './stages.js';
import { SteeredOutput } from './steered-output.js';
import { TimedStart } from './timed-start.js';
import { Transport } from './transport.js';
import type { MpvEvent } from './wire.js';

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
/** How long one attempt to connect waits for an output that was pulled out, and when the next one follows. */
const OUTPUT_MS = 5000;
const OUTPUT_AGAIN_MS = 500;
/** After so long the player is there without its output, so that another one can be chosen. As long as rooms resume by themselves. */
const PATIENCE_MS = 2 * 60_000;
/** A volume slider moves often; the disk need not. */
const REMEMBER_MS = 1000;
/** A prepared mpv needs far less; this covers the exact seek of one that is not. */
const LEAD_MS = 200;
const PLAYBACK_IDS = 100;
const SOUND_IDS = 200;

/** A player over its mpv, from `begin` to `closed`. */
export class LocalLink implements PlayerLink {
  readonly closed: Promise<Error>;
  #attached: Attached;
  #options: LocalOptions;
  #context: LinkContext;
  #stages = new Stages();
  #playback: Playback;
  #sound: Sound;
  #learnt: Learnt;
  #output: SteeredOutput;
  #follower: Follower;
  #transport: Transport;
  #presence: Presence;
  #watch: Timer | undefined;
  /** What is not plugged in, while we are here without it. */
  #absent: string | undefined;
  #missingSince: number | undefined;
  /** The output is gone: nothing that mpv says now is the room's business. */
  #lost = false;
  #measurable = true;
  #problem: string | undefined;
  #commands = new Serial();
  #remember: { cancel(): void } | undefined;
  #over: Error | undefined;
  #ended = deferred<Error>();
  #closing: Promise<void> | undefined;

  constructor(attached: Attached, options: LocalOptions, context: LinkContext, asound?: string) {
    this.#attached = attached;
    this.#options = options;
    this.#context = context;
    this.closed = this.#ended.promise;
    const { client, version } = attached;
    const { clock, log, httpPort } = context;
    const emit: LinkContext['emit'] = (fact) => {
      if (!this.#over && !this.#lost) context.emit(fact);
    };
    const common = { client, stages: this.#stages, clock, log, emit };
    const start = new TimedStart(client, this.#stages, context);
    const unplugged = (): Promise<boolean> => this.#outputGone(true);
    this.#playback = new Playback(client, { clock, log, emit }, () => start.pending, unplugged);
    const listed = async (signal?: AbortSignal): Promise<readonly ListedOutput[]> =>
      (await client.get('audio-device-list', signal)) ?? [];
    this.#presence = new Presence({ ao: options.ao, clock, asound, listed });
    const sound = { client, options, clock, log, asound, emit };
    this.#sound = new Sound(sound, () => this.#rememberSoon());
    this.#learnt = new Learnt(readMemory(context.memory)?.learnt);
    this.#output = new SteeredOutput(client, clock, this.#learnt, () => this.#rememberSoon());
    this.#follower = new Follower({
      ...common,
      start,
      output: this.#output,
      current: () => this.#playback.current(),
      measurable: (yes, problem) => this.#steerable(yes, problem),
    });
    this.#transport = new Transport({
      ...common,
      start,
      playback: this.#playback,
      follower: this.#follower,
      httpPort,
      indexed: loadfileWantsIndex(version),
      remember: () => this.#rememberNow(),
    });
    void attached.client.closed.then((reason) => this.#end(reason));
  }

  /** Takes up what mpv does, and reports all about it from then on. */
  async begin(signal: AbortSignal): Promise<void> {
    const { client, version, adopted, pid } = this.#attached;
    const memory = readMemory(this.#context.memory);
    if (adopted) this.#recall(memory);
    const renamed = await this.#awaitOutput(memory, signal);
    await this.#output.adopt(signal);
    this.#tell();
    this.#context.emit({ type: 'control', elsewhere: false });
    client.listen((event) => this.#handle(event));
    await this.#sound.begin(SOUND_IDS, signal, beforePulledOut(memory));
    await this.#playback.begin(PLAYBACK_IDS, signal);
    if (this.#over) throw offline(this.#over);
    if (adopted) this.#context.log.info({ pid, version }, 'mpv found again');
    if (this.#absent !== undefined) this.#sayAbsent();
    else if (memory?.missing_since !== undefined || renamed) this.#rememberNow();
    this.#watch = this.#presence.watch(
      () => this.#sound.output,
      () => this.#checkOutput(),
    );
  }

  /**
   * An output that was pulled out is waited for: to people the player is away, as if it were out of the network. True when its card has another
   * name now.
   */
  async #awaitOutput(memory: Memory | undefined, signal: AbortSignal): Promise<boolean> {
    const { client, pid } = this.#attached;
    const { clock } = this.#context;
    const output = (await client.get('audio-device', signal)) ?? 'auto';
    const now = clock.wallMs();
    const since = memory?.missing_since ?? now;
    const patient = since <= now && now - since < PATIENCE_MS;
    if (memory?.output === output) this.#presence.recall(output, memory.seat);
    const found = await this.#presence.wait(output, patient ? OUTPUT_MS : 0, signal);
    const { missing } = found;
    if (missing === undefined) {
      if (found.output !== output) await this.#switch(found.output, signal);
      return found.output !== output;
    }
    this.#missingSince = since;
    this.#absent = missing;
    const nothing = { pid, entries: [], configured: this.#options.output };
    this.#context.emit({ type: 'memory', value: { ...nothing, ...memory, missing_since: since } });
    if (!patient) return false;
    this.#lost = true;
    throw new AppError('ERR_PLAYER_OFFLINE', `${missing} is not plugged in`, {
      params: { retry_ms: OUTPUT_AGAIN_MS },
    });
  }

  /** The card of that output has another name now. */
  async #switch(output: string, signal?: AbortSignal): Promise<void> {
    this.#context.log.info({ output }, 'the card has another name now');
    await this.#attached.client.request(['set_property', 'audio-device', output], signal);
  }

  #checkOutput(): void {
    this.#outputGone(false).catch((error: unknown) => {
      if (!this.#over)
        this.#context.log.debug({ reason: toError(error).message }, 'outputs were not looked at');
    });
  }

  /** Whether the output is not plugged in any more; then the link ends. One that is back is used again. */
  async #outputGone(failed: boolean): Promise<boolean> {
    if (this.#over || this.#lost) return this.#lost;
    const missing = await this.#presence.missing(this.#sound.output, failed);
    if (this.#over || this.#lost) return this.#lost;
    if (missing === undefined) {
      this.#outputBack();
      if (await this.#presence.learnSeat(this.#sound.output)) this.#rememberSoon();
    } else if (this.#absent === undefined) {
      void this.#lose(missing);
      return true;
    } else {
      const renamed = await this.#presence.renamed(this.#sound.output);
      if (renamed !== undefined) await this.#switch(renamed);
    }
    return false;
  }

  #outputBack(): void {
    if (this.#absent === undefined) return;
    this.#absent = undefined;
    this.#missingSince = undefined;
    this.#sayAbsent();
    void this.#sound.back();
    this.#rememberNow();
  }

  #sayAbsent(): void {
    const message = this.#absent === undefined ? undefined : `${this.#absent} is not plugged in`;
    this.#context.emit({ type: 'problem', ...(message !== undefined && { message }) });
  }

  /** Whatever mpv would do now, somewhere else or with the next item, it must not. What the room wanted is for the room to want again. */
  async #lose(missing: string): Promise<void> {
    const { clock, log } = this.#context;
    this.#missingSince = clock.wallMs();
    this.#rememberNow();
    this.#lost = true;
    this.#follower.end();
    await within({ clock, what: 'silencing mpv', ms: 1000 }, (signal) =>
      this.#attached.client.request(['stop'], signal),
    ).catch((error: unknown) => log.debug({ reason: toError(error).message }, 'mpv was not silenced'));
    this.#end(new Error(`${missing} was unplugged`));
  }

  #recall(memory: Memory | undefined): void {
    if (memory?.pid !== this.#attached.pid) return;
    for (const [id, ref, live] of memory.entries) this.#playback.entries.set(id, { ref, live });
  }

  #handle(event: MpvEvent): void {
    if (this.#over) return;
    this.#stages.handle(event);
    const { output } = this.#sound;
    this.#sound.handle(event);
    if (this.#sound.output !== output) this.#outputChanged();
    if (event.event === 'property-change' && event.name.startsWith('audio-device')) this.#checkOutput();
    this.#playback.handle(event);
  }

  #outputChanged(): void {
    this.#presence.moved(this.#sound.output);
    this.#follower.reopened().catch((error: unknown) => {
      if (!this.#over)
        this.#context.log.debug({ reason: toError(error).message }, 'the output is not steered');
    });
  }

  #tell(): void {
    const { version } = this.#attached;
    const steered = this.#measurable ? {} : ({ sync_class: 'loose' } as const);
    this.#context.emit({ type: 'info', version, capabilities: CAPABILITIES, lead_ms: LEAD_MS, ...steered });
  }

  #steerable(measurable: boolean, problem?: string): void {
    if (this.#over) return;
    if (measurable !== this.#measurable) {
      this.#measurable = measurable;
      this.#tell();
    }
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#context.emit({ type: 'problem', ...(problem !== undefined && { message: problem }) });
  }

  async execute(command: PlayerCommand, signal: AbortSignal): Promise<void> {
    if (this.#over) throw offline(this.#over);
    signal.throwIfAborted();
    if (this.#lost) throw offline(new Error('the output was unplugged'));
    if (this.#absent !== undefined && (command.type === 'load' || command.type === 'play'))
      throw new AppError('ERR_PLAYER_OFFLINE', `${this.#absent} is not plugged in; choose another output`);
    const limit = { clock: this.#context.clock, what: `mpv ${command.type}`, ms: COMMAND_MS, signal };
    await within(limit, async (inner) => {
      const rest = await this.#commands.run(() => {
        inner.throwIfAborted();
        if (this.#over) throw offline(this.#over);
        return this.#obey(command);
      });
      await rest?.();
    });
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#attached.client.get('pid', signal);
  }

  /** Resolves with what is left to wait for when the next command may already be obeyed. */
  async #obey(command: PlayerCommand): Promise<void | (() => Promise<void>)> {
    switch (command.type) {
      case 'load':
        return this.#transport.load(command);
      case 'preload':
        return this.#transport.preload(command.next);
      case 'play':
        return this.#transport.play(command.cue);
      case 'pause':
        return this.#transport.pause();
      case 'stop':
        return this.#transport.stop();
      case 'seek':
        return this.#transport.seek(command.position_seconds, command.at_us);
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
        return this.#transport.follow(command.ref, command.cue);
      case 'latency':
        throw new AppError('ERR_NOT_SUPPORTED', 'mpv is told shifted times instead');
      default:
        command satisfies never;
    }
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
      learnt: this.#learnt.all,
      ...(volume !== undefined && { volume }),
      ...(this.#presence.seat !== undefined && { seat: this.#presence.seat }),
      ...(this.#missingSince !== undefined && { missing_since: this.#missingSince }),
    };
    this.#context.emit({ type: 'memory', value });
  }

  #end(reason: Error): void {
    if (this.#over) return;
    if (this.#remember) this.#rememberNow();
    this.#over = reason;
    this.#playback.end();
    this.#follower.end();
    this.#stages.end();
    this.#watch?.cancel();
    void this.#sound.end();
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
    // Waiting for its output: the next attempt follows at once, and takes it up.
    if (this.#lost) return this.#end(new Error('the link was closed'));
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
