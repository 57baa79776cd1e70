import { AppError, deferred, Serial, toError, within, type Timer } from '../../src/base/index.js';
import type { Fact, LinkContext, PlayerCommand, PlayerLink } from '../../src/players/index.js';
import type { Capability, Output } from '../../src/protocol/index.js';
import { MpdAck, MpdConnection } from './client.js';
import type { MpdOptions } from './options.js';
import { Mixer } from './mixer.js';
import { Playback } from './playback.js';
import { Queue } from './queue.js';
import { Reporter } from '../../src/players/index.js';
import { Memory, nextSong, type OurSong } from './songs.js';
import { SongSource } from './source.js';
import { readOutputs } from './status.js';
import { Timing } from './timing.js';

const SUBSYSTEMS = ['player', 'mixer', 'output', 'options', 'playlist', 'database'] as const;
const COMMAND_MS = 30_000;
const PROBE_MS = 30_000;
/** Also keeps MPD from closing a silent connection, which it does after 60 s. */
const ANCHOR_MS = 9_000;
/** MPD counts from the moment a song is opened; sound starts a little later. One more look finds where it really is. */
const SETTLE_MS = 400;
/** How long reasons to look are gathered. */
const GATHER_MS = 2;
const MAX_SONG_BYTES = 1650;

const BASE: readonly Capability[] = ['seek', 'pause', 'gapless', 'outputs', 'radio'];
const WITH_MIXER: readonly Capability[] = [...BASE, 'volume', 'mute'];

/** One MPD: a connection for commands and one that waits for changes. Over when either is. */
export class MpdLink implements PlayerLink {
  readonly closed: Promise<Error>;
  #context: LinkContext;
  #commands: MpdConnection;
  #events: MpdConnection;
  #over: AppError | undefined;
  #closed = deferred<Error>();
  /** Commands and looks, one after the other: a look never sees a command half done. */
  #serial = new Serial();
  #timers: Timer[] = [];
  #settling: Timer | undefined;
  #gathering: Timer | undefined;
  /** What the next look is for; undefined = no look is due. */
  #due: { changed: Set<string>; force: boolean } | undefined;
  #outputs: Output[] = [];
  #idleRound = deferred<void>();
  #reporter = new Reporter((fact) => this.#emit(fact), { samePositionSeconds: 0.03 });
  #source: SongSource;
  #queue: Queue;
  #mixer: Mixer;
  #timing: Timing;
  #playback: Playback;

  private constructor(
    options: MpdOptions,
    context: LinkContext,
    commands: MpdConnection,
    events: MpdConnection,
  ) {
    this.closed = this.#closed.promise;
    this.#idleRound.promise.catch(() => undefined);
    this.#context = context;
    this.#commands = commands;
    this.#events = events;
    const { log, clock, httpPort } = context;
    const memory = Memory.safeParse(context.memory);
    const reach = { shares_music: options.shares_music, local: options.socket !== undefined, httpPort };
    const remember = (): void => this.#remember();
    this.#source = new SongSource(commands, reach, log);
    this.#queue = new Queue(commands, this.#source, remember);
    this.#mixer = new Mixer(commands, this.#reporter, memory.data?.muted_volume, remember);
    this.#timing = new Timing({
      connection: commands,
      clock,
      log,
      emit: (fact) => this.#emit(fact),
      inTurn: (work) => this.#inTurn(work),
      look: () => this.#lookSoon([], false),
      remember,
      output_latency_ms: options.output_latency_ms,
      learnt: memory.data?.ahead_ms ?? {},
    });
    const parts = { connection: commands, queue: this.#queue, mixer: this.#mixer, clock, log };
    this.#playback = new Playback({ ...parts, reporter: this.#reporter, timing: this.#timing });
    for (const connection of [commands, events]) {
      void connection.closed.then((reason) => this.#end(reason));
    }
  }

  static async open(options: MpdOptions, context: LinkContext, signal: AbortSignal): Promise<MpdLink> {
    const commands = await MpdConnection.open(options, context.clock, signal);
    let link: MpdLink | undefined;
    try {
      const events = await MpdConnection.open(options, context.clock, signal);
      const opened = (link = new MpdLink(options, context, commands, events));
      const limit = { clock: context.clock, what: 'reading the state of MPD', ms: COMMAND_MS, signal };
      await within(limit, () => opened.#start());
      return opened;
    } catch (error) {
      commands.close();
      await link?.close();
      throw error;
    }
  }

  async #start(): Promise<void> {
    void this.#watch();
    const memory = Memory.safeParse(this.#context.memory);
    await this.#serial.run(async () => {
      if (memory.success) await this.#queue.adopt(memory.data);
      await this.#look({ changed: new Set(['output']), force: true });
    });
    this.#timers.push(this.#context.clock.every(ANCHOR_MS, () => this.#lookSoon([], true)));
  }

  async execute(command: PlayerCommand, signal: AbortSignal): Promise<void> {
    await this.#while(signal, COMMAND_MS, `${command.type} on MPD`, (given) =>
      this.#serial.run(async () => {
        given.throwIfAborted();
        if (this.#over) throw this.#over;
        if (command.type !== 'volume' && command.type !== 'mute') await this.#lookIfDue();
        await this.#obey(command);
      }),
    );
  }

  async probe(signal: AbortSignal): Promise<void> {
    await this.#while(signal, PROBE_MS, 'a probe of MPD', async () => {
      const round = this.#idleRound.promise;
      this.#events.interruptIdle();
      await Promise.all([this.#commands.request('ping'), round]);
    });
  }

  async close(): Promise<void> {
    this.#end(new AppError('ERR_PLAYER_OFFLINE', 'the link to MPD was closed'));
    await this.closed;
  }

  /** Runs work until `signal` aborts. When the link ends, its connections reject whatever waits on them. */
  async #while(
    signal: AbortSignal,
    ms: number,
    what: string,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (this.#over) throw this.#over;
    try {
      const limit = { clock: this.#context.clock, what, ms, signal };
      await within(limit, work);
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new AppError('ERR_PLAYER_TIMEOUT', `${what} was given up: ${toError(error).message}`, {
        cause: error,
      });
    }
  }

  async #obey(command: PlayerCommand): Promise<void> {
    const playback = this.#playback;
    switch (command.type) {
      case 'load':
        return this.#lookingAfter(playback.load(command));
      case 'preload':
        return this.#lookingAfter(playback.preload(command.next, (command.skip_ms ?? 0) / 1000), false);
      case 'play':
        return this.#lookingAfter(playback.play(command.cue));
      case 'pause':
        return this.#lookingAfter(playback.pause());
      case 'stop':
        return this.#lookingAfter(playback.stop());
      case 'seek':
        return this.#lookingAfter(playback.seek(command));
      case 'take-over':
        return this.#lookingAfter(playback.takeOver());
      case 'volume':
        return this.#mixer.setVolume(command.volume);
      case 'mute':
        return this.#mixer.setMuted(command.muted);
      case 'output':
        return this.#choose(command.output_id, command.active);
      case 'follow':
        return this.#timing.follow(command.ref, command.cue, this.#queue.ours.current);
      case 'latency':
        throw new AppError('ERR_NOT_SUPPORTED', 'MPD is told shifted times instead');
      default:
        return command satisfies never;
    }
  }

  /** The effect of a command is a fact, also where MPD would announce no change. */
  async #lookingAfter(done: Promise<void>, force = true): Promise<void> {
    try {
      await done;
    } finally {
      this.#lookSoon([], force);
    }
  }

  async #choose(outputId: string, active: boolean): Promise<void> {
    if (!this.#outputs.some((output) => output.output_id === outputId)) {
      throw new AppError('ERR_OUTPUT_NOT_FOUND', 'this MPD has no such output');
    }
    await this.#commands.request(active ? 'enableoutput' : 'disableoutput', outputId);
  }

  /** The other connection: says what changed, at once, for as long as the link lives. */
  async #watch(): Promise<void> {
    try {
      while (!this.#over) {
        const changed = await this.#events.idle(SUBSYSTEMS);
        if (changed.length > 0) this.#lookSoon(changed, false);
        const round = this.#idleRound;
        this.#idleRound = deferred<void>();
        this.#idleRound.promise.catch(() => undefined);
        round.resolve();
      }
    } catch (error) {
      this.#end(toError(error));
    }
  }

  /** Several reasons to look that come at once are one look. MPD announces our own command with its answer: the answer goes first. */
  #lookSoon(changed: readonly string[], force: boolean): void {
    if (this.#over) return;
    if (this.#due) {
      for (const subsystem of changed) this.#due.changed.add(subsystem);
      this.#due.force ||= force;
      return;
    }
    this.#due = { changed: new Set(changed), force };
    this.#gathering = this.#context.clock.after(GATHER_MS, () => void this.#lookNow());
  }

  async #lookNow(): Promise<void> {
    try {
      await this.#serial.run(() => this.#lookIfDue());
    } catch (error) {
      this.#end(toError(error));
    }
  }

  /** Work of our own between commands. */
  #inTurn(work: () => Promise<void>): void {
    const guarded = async (): Promise<void> => {
      if (!this.#over) await this.#lookingAfter(work());
    };
    this.#serial.run(guarded).catch((error: unknown) => {
      if (!(error instanceof MpdAck)) this.#end(toError(error));
      else this.#context.log.warn({ said: error.said }, 'mpd would not keep to its time');
    });
  }

  async #lookIfDue(): Promise<void> {
    const due = this.#due;
    this.#due = undefined;
    this.#gathering?.cancel();
    if (due && !this.#over) await this.#look(due);
  }

  async #look({ changed, force }: { changed: ReadonlySet<string>; force: boolean }): Promise<void> {
    if (changed.has('database')) this.#source.forgetMisses();
    if (changed.has('output')) {
      this.#outputs = readOutputs(await this.#commands.request('outputs'));
      this.#reporter.report({ type: 'outputs', outputs: this.#outputs });
      this.#timing.useOutputs(this.#outputs.filter((output) => output.active).map((output) => output.name));
    }
    await this.#playback.observe(force);
    const capabilities = this.#mixer.present ? WITH_MIXER : BASE;
    const lead_ms = this.#timing.leadMs;
    this.#reporter.report({ type: 'info', version: this.#commands.version, capabilities, lead_ms });
    if (!this.#playback.playing || !(force || changed.has('player')) || this.#over) return;
    this.#settling?.cancel();
    this.#settling = this.#context.clock.after(SETTLE_MS, () => this.#lookSoon([], false));
  }

  #remember(): void {
    const { current, options } = this.#queue.ours;
    const next = nextSong(this.#queue.ours);
    const muted = this.#mixer.mutedLevel;
    const memory: Memory = {
      ...(current && short(current) && { current }),
      ...(next && short(next) && { next }),
      ...(muted !== undefined && { muted_volume: muted }),
      options: { ...options },
      ahead_ms: this.#timing.learnt(),
    };
    this.#reporter.report({ type: 'memory', value: memory });
  }

  #emit(fact: Fact): void {
    if (!this.#over) this.#context.emit(fact);
  }

  #end(reason: Error): void {
    if (this.#over) return;
    this.#over =
      reason instanceof AppError
        ? reason
        : new AppError('ERR_PLAYER_OFFLINE', reason.message, { cause: reason });
    for (const timer of this.#timers) timer.cancel();
    this.#settling?.cancel();
    this.#gathering?.cancel();
    this.#timing.close();
    this.#idleRound.reject(this.#over);
    this.#commands.close(this.#over);
    this.#events.close(this.#over);
    this.#closed.resolve(this.#over);
  }
}

/** What is remembered must stay below 4 kB. A longer address, of some radio station, is not found again after a restart. */
function short(song: OurSong): boolean {
  return Buffer.byteLength(JSON.stringify(song)) < MAX_SONG_BYTES;
}
