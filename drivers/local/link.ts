import { AppError, deferred, Serial, toError, within } from '../../src/base/index.js';
import type { LinkContext, PlayerCommand, PlayerLink } from '../../src/players/index.js';
import type { Capability } from '../../src/protocol/index.js';
import { attach, isIdle, quit, type Attached } from './attach.js';
import { PULSE_BUFFER_MS } from './buffers.js';
import { offline } from './client.js';
import { Follower } from './follower.js';
import { launchProcess, type Launch } from './launch.js';
import { Learnt } from './learnt.js';
import { readMemory, type Memory } from './memory.js';
import type { LocalOptions } from './options.js';
import { Playback } from './playback.js';
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
/** A volume slider moves often; the disk need not. */
const REMEMBER_MS = 1000;
/** A prepared mpv needs far less; this covers the exact seek of one that is not. */
const LEAD_MS = 200;
const PLAYBACK_IDS = 100;
const SOUND_IDS = 200;

/** Takes up the player's mpv, or starts one, and reports all about it. */
export async function connectLocal(
  options: LocalOptions,
  context: LinkContext,
  signal: AbortSignal,
  launch: Launch = launchProcess,
): Promise<PlayerLink> {
  const { runtimeDir, player_id, clock, log } = context;
  const attached = await attach({ options, runtimeDir, player_id, launch, clock, log }, signal);
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
  #stages = new Stages();
  #playback: Playback;
  #sound: Sound;
  #learnt: Learnt;
  #output: SteeredOutput;
  #follower: Follower;
  #transport: Transport;
  #measurable = true;
  #problem: string | undefined;
  #commands = new Serial();
  #remember: { cancel(): void } | undefined;
  #over: Error | undefined;
  #ended = deferred<Error>();
  #closing: Promise<void> | undefined;

  constructor(attached: Attached, options: LocalOptions, context: LinkContext) {
    this.#attached = attached;
    this.#options = options;
    this.#context = context;
    this.closed = this.#ended.promise;
    const { client, version } = attached;
    const { clock, log, httpPort } = context;
    const emit: LinkContext['emit'] = (fact) => {
      if (!this.#over) context.emit(fact);
    };
    const common = { client, stages: this.#stages, clock, log, emit };
    const start = new TimedStart(client, this.#stages, context);
    this.#playback = new Playback(client, { clock, log, emit }, () => start.pending);
    this.#sound = new Sound(client, emit, () => this.#rememberSoon());
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

  async begin(signal: AbortSignal): Promise<void> {
    const { client, version, adopted, pid } = this.#attached;
    const memory = readMemory(this.#context.memory);
    if (adopted) this.#recall(memory);
    else await this.#restore(memory, signal);
    await this.#output.adopt(signal);
    this.#tell();
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
    // Not arguments: an mpv built without PulseAudio would refuse to start.
    await Promise.all([
      client.request(['set_property', 'pulse-buffer', PULSE_BUFFER_MS], signal),
      client.request(['set_property', 'pulse-latency-hacks', true], signal),
    ]).catch((error: unknown) => {
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
    this.#stages.handle(event);
    const { output } = this.#sound;
    this.#sound.handle(event);
    if (this.#sound.output !== output) this.#outputChanged();
    this.#playback.handle(event);
  }

  #outputChanged(): void {
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
