import { AppError, deferred, Serial, toError, within, type Timer } from '../../src/base/index.js';
import type { Fact, LinkContext, PlayerCommand, PlayerLink } from '../../src/players/index.js';
import type { Capability } from '../../src/protocol/index.js';
import { App } from './app.js';
import { CastClient, type Said } from './client.js';
import { offline } from './connection.js';
import { readMemory } from './memory.js';
import type { ChromecastOptions } from './options.js';
import { Pace } from './pace.js';
import { Playback } from './playback.js';
import { Receiver } from './receiver.js';
import { Reporter } from '../../src/players/index.js';
import { NAMESPACE } from './wire.js';

const BEGIN_MS = 7000;
const PROBE_MS = 5000;
/** A cold start takes longer than a command may: what is under way by then is accepted, and its effect is a fact. */
const ACCEPT_MS = 3500;
const RELEASE_MS = 500;

const BASE: readonly Capability[] = ['seek', 'pause', 'gapless', 'radio'];
export const CAPABILITIES: readonly Capability[] = [...BASE, 'volume', 'mute'];

/** What a Chromecast says of its position wanders by some ms. */
const NEWS = { samePositionSeconds: 0.04, anchorUs: 5_000_000 };

/** One Chromecast, or one of its groups. */
export class ChromecastLink implements PlayerLink {
  readonly closed: Promise<Error>;
  #context: LinkContext;
  #client: CastClient;
  #closed = deferred<Error>();
  #over: AppError | undefined;
  /** Commands, and what follows from what the receiver says, one after the other. */
  #serial = new Serial();
  #looking: { readonly timer: Timer; readonly ms: number } | undefined;
  #mark: string;
  #reporter = new Reporter((fact) => this.#emit(fact), NEWS);
  #receiver: Receiver;
  #app: App;
  #playback: Playback;

  private constructor(client: CastClient, context: LinkContext) {
    this.closed = this.#closed.promise;
    this.#client = client;
    this.#context = context;
    const { clock, log, httpPort } = context;
    const { mark, current, start_ms, seek_ms } = readMemory(context.memory);
    this.#mark = mark;
    this.#receiver = new Receiver(client, this.#reporter, {
      knob: () => this.#inform(),
      joined: () => this.#playback.sessionChanged(),
      seen: () => this.#playback.receiverSeen(),
    });
    this.#app = new App(client, this.#receiver);
    const report = (fact: Fact): void => this.#reporter.report(fact);
    const learnt = (): void => {
      this.#inform();
      this.#remember();
    };
    this.#playback = new Playback({
      app: this.#app,
      receiver: this.#receiver,
      reporter: this.#reporter,
      pace: (reins) => new Pace({ clock, log, reins, report, learnt, start_ms, seek_ms }),
      clock,
      log,
      own: { address: client.localAddress, port: httpPort },
      mark,
      current,
      remember: () => this.#remember(),
      later: (task) => void this.#later(task),
    });
    client.listen((said) => this.#hear(said));
    void client.closed.then((reason) => this.#end(reason));
  }

  static async open(
    options: ChromecastOptions,
    context: LinkContext,
    signal: AbortSignal,
  ): Promise<ChromecastLink> {
    const client = await CastClient.open(options, context.clock, signal);
    const link = new ChromecastLink(client, context);
    try {
      const limit = { clock: context.clock, what: 'reading the state of a Chromecast', ms: BEGIN_MS, signal };
      await within(limit, (given) => link.#begin(given));
      return link;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    await this.#receiver.look(signal);
    this.#inform();
    await this.#serial.run(() => this.#playback.look(true));
    this.#remember();
  }

  async execute(command: PlayerCommand, signal: AbortSignal): Promise<void> {
    if (this.#over) throw this.#over;
    if (signal.aborted) throw given(signal);
    if (command.type === 'load' || command.type === 'stop') this.#playback.supersede();
    const stop = deferred<void>();
    stop.promise.catch(() => undefined);
    const onAbort = (): void => stop.reject(given(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    const accept = this.#context.clock.after(ACCEPT_MS, () => stop.resolve());
    const done = this.#serial.run(async () => {
      this.#requireAlive();
      if (signal.aborted) throw given(signal);
      await this.#obey(command);
      this.#requireAlive();
    });
    done.catch((error: unknown) => this.#refused(command, error));
    try {
      await Promise.race([done, stop.promise]);
    } finally {
      accept.cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    if (this.#over) throw this.#over;
    const limit = { clock: this.#context.clock, what: 'a probe of a Chromecast', ms: PROBE_MS, signal };
    await within(limit, (inner) => this.#receiver.look(inner));
  }

  async close(): Promise<void> {
    if (!this.#over) {
      const limit = { clock: this.#context.clock, what: 'letting go of a Chromecast', ms: RELEASE_MS };
      await within(limit, () => this.#playback.pace.release()).catch((error: unknown) => {
        this.#context.log.debug({ reason: toError(error).message }, 'the speed was not put back');
      });
    }
    this.#end(offline('the link was closed'));
    await this.closed;
  }

  async #obey(command: PlayerCommand): Promise<void> {
    const playback = this.#playback;
    switch (command.type) {
      case 'load':
        return playback.load(command);
      case 'preload':
        return playback.preload(command.next);
      case 'play':
        return this.#lookingAfter(playback.play(command.cue));
      case 'pause':
        return this.#lookingAfter(playback.pause());
      case 'stop':
        return this.#lookingAfter(playback.stop());
      case 'seek':
        return this.#lookingAfter(playback.seek(command.position_seconds, command.at_us));
      case 'follow':
        playback.follow(command.ref, command.cue);
        return this.#arm();
      case 'take-over':
        return this.#lookingAfter(playback.takeOver());
      case 'volume':
        return this.#receiver.setVolume(command.volume);
      case 'mute':
        return this.#receiver.setMuted(command.muted);
      case 'output':
        throw new AppError('ERR_OUTPUT_NOT_FOUND', 'a Chromecast has no outputs to choose from');
      case 'latency':
        throw new AppError('ERR_NOT_SUPPORTED', 'a Chromecast is told shifted times instead');
      default:
        return command satisfies never;
    }
  }

  /** The effect of a command is a fact, also where the receiver would announce no change. */
  async #lookingAfter(done: Promise<void>): Promise<void> {
    await done;
    void this.#later(() => this.#playback.look(true));
  }

  #refused(command: PlayerCommand, error: unknown): void {
    if (this.#over) return;
    const reason = toError(error).message;
    this.#context.log.debug({ command: command.type, reason }, 'the chromecast did not do it');
  }

  #hear(said: Said): void {
    const { source, namespace, message } = said;
    if (namespace === NAMESPACE.receiver) this.#receiver.take(message);
    if (namespace === NAMESPACE.connection && message.type === 'CLOSE') this.#receiver.left(source);
    const media = this.#app.read(said);
    if (!media) return;
    this.#playback.observe(media.sight, said);
    this.#arm();
  }

  /** Asks again where it is, in good time. */
  #arm(): void {
    const ms = this.#over ? undefined : this.#playback.lookEvery_ms;
    if (ms !== undefined && this.#looking && this.#looking.ms <= ms) return;
    this.#looking?.timer.cancel();
    this.#looking = undefined;
    if (ms === undefined) return;
    const look = async (): Promise<void> => {
      this.#looking = undefined;
      await this.#later(() => this.#playback.look(false));
      this.#arm();
    };
    this.#looking = { ms, timer: this.#context.clock.after(ms, () => void look()) };
  }

  /** Not asked for by anybody: what fails shows in the next look, and a dead link ends by itself. */
  async #later(task: () => Promise<void>): Promise<void> {
    try {
      await this.#serial.run(() => (this.#over ? undefined : task()));
    } catch (error) {
      if (this.#over) return;
      this.#context.log.debug(
        { reason: toError(error).message },
        'the chromecast did not answer as expected',
      );
      if (error instanceof AppError && error.code === 'ERR_PLAYER_TIMEOUT') this.#end(error);
    }
  }

  #inform(): void {
    const capabilities = this.#receiver.fixedVolume ? BASE : CAPABILITIES;
    this.#reporter.report({ type: 'info', capabilities, lead_ms: this.#playback.pace.lead_ms });
  }

  #remember(): void {
    const { start_ms, seek_ms } = this.#playback.pace.latencies;
    const { current } = this.#playback;
    const value = {
      mark: this.#mark,
      ...(current && { current }),
      ...(start_ms !== undefined && { start_ms }),
      ...(seek_ms !== undefined && { seek_ms }),
    };
    this.#reporter.report({ type: 'memory', value });
  }

  #requireAlive(): void {
    if (this.#over) throw this.#over;
  }

  #emit(fact: Fact): void {
    if (!this.#over) this.#context.emit(fact);
  }

  #end(reason: AppError): void {
    if (this.#over) return;
    this.#over = reason;
    this.#looking?.timer.cancel();
    this.#playback.close();
    this.#client.close();
    this.#closed.resolve(reason);
  }
}

/** Why it was given up, as an AppError. */
function given(signal: AbortSignal): AppError {
  const reason: unknown = signal.reason;
  if (reason instanceof AppError) return reason;
  return new AppError('ERR_PLAYER_TIMEOUT', `given up: ${toError(reason).message}`, { cause: reason });
}
