import { AppError, Ending, Serial } from '../../src/base/index.js';
import type { LinkContext, PlayerCommand, PlayerLink } from '../../src/players/index.js';
import type { Capability } from '../../src/protocol/index.js';
import type { Connection } from './connection.js';
import { FIRST_LEVEL, readLevel, type Level } from './memory.js';
import type { Feeds } from './feeds.js';
import { Playout } from './playout.js';
import type { Codec } from './sound-format.js';
import { Transport } from './transport.js';

export const CAPABILITIES: readonly Capability[] = [
  'seek',
  'pause',
  'volume',
  'mute',
  'gapless',
  'radio',
  'latency',
];

/** A start must be asked for so long before: the client opens its sound card and fills it. */
const LEAD_MS = 200;
/** Sound is sent in steps of a twenty-fifth of what the client holds. */
const [SHORTEST_STEP_MS, LONGEST_STEP_MS] = [10, 40];
const STEPS = 25;
/** A snapclient needs more than its sound card holds between a chunk's timestamp and its sound. */
const ROOM_MS = 250;
const REMEMBER_MS = 1000;

/** What a link needs of the server that its client is connected to. */
export interface StreamServer {
  readonly codec: Codec;
  readonly bufferMs: number;
  readonly feeds: Feeds;
  /** A client plays: what is decoded goes on. May be called at any time. */
  played(): void;
  /** The link is over. */
  unlink(link: SnapLink): void;
}

/** One connected snapclient, as a player. */
export class SnapLink implements PlayerLink {
  #server: StreamServer;
  #connection: Connection;
  #context: LinkContext;
  #playout: Playout;
  #transport: Transport;
  #level: Level;
  #latencyMs = 0;
  #loads = new Serial();
  #ending = new Ending(offline);
  #remember: { cancel(): void } | undefined;

  constructor(server: StreamServer, connection: Connection, context: LinkContext) {
    this.#server = server;
    this.#connection = connection;
    this.#context = context;
    const { codec, bufferMs, feeds } = server;
    const { clock, httpPort } = context;
    const emit: LinkContext['emit'] = (fact) => {
      if (!this.#ending.reason) context.emit(fact);
    };
    this.#playout = new Playout({ connection, codec, bufferMs });
    const everyMs = Math.min(LONGEST_STEP_MS, Math.max(SHORTEST_STEP_MS, bufferMs / STEPS));
    const played = (): void => server.played();
    const playout = this.#playout;
    this.#transport = new Transport({ feeds, playout, codec, clock, httpPort, emit, everyMs, played });
    const known = readLevel(context.memory);
    this.#level = known ?? FIRST_LEVEL;
    const version = connection.hello?.Version;
    emit({
      type: 'info',
      capabilities: CAPABILITIES,
      lead_ms: LEAD_MS,
      sync_class: 'locked',
      ...(version !== undefined && { version }),
      ...(!known && { fresh: true }),
    });
    this.#tellLevel();
    this.#sendSettings();
    this.#transport.begin();
    connection.onVolume = ({ volume, muted }) => {
      this.#level = { volume: volume / 100, muted };
      this.#tellLevel();
    };
    void connection.closed.then((reason) => this.end(reason));
  }

  get closed(): Promise<Error> {
    return this.#ending.closed;
  }

  get latencyMs(): number {
    return this.#latencyMs;
  }

  async execute(command: PlayerCommand, signal: AbortSignal): Promise<void> {
    this.#ending.requireOpen();
    signal.throwIfAborted();
    const work = this.#obey(command);
    if (work) await this.#ending.outlasts(work, signal);
  }

  /** A snapclient answers nothing, but asks for the time every second. */
  async probe(signal: AbortSignal): Promise<void> {
    this.#ending.requireOpen();
    await this.#connection.heard(signal);
  }

  /** What plays lives in this process: it falls silent. */
  close(): Promise<void> {
    this.end(new Error('the link was closed'));
    return Promise.resolve();
  }

  end(reason: Error): void {
    if (this.#ending.reason) return;
    if (this.#remember) this.#rememberNow();
    this.#ending.end(reason);
    this.#connection.onVolume = undefined;
    this.#transport.close();
    this.#server.unlink(this);
  }

  #obey(command: PlayerCommand): Promise<void> | undefined {
    const transport = this.#transport;
    switch (command.type) {
      case 'load':
        return transport.load(command);
      case 'preload':
        return void transport.preload(command.next);
      case 'play':
        return void transport.play(command.cue);
      case 'pause':
        return void transport.pause();
      case 'stop':
        return void transport.stop();
      case 'seek':
        return void transport.seek(command.position_seconds, command.at_us);
      case 'follow':
        return void transport.follow(command.ref, command.cue);
      case 'latency':
        return void this.#setLatency(command.latency_ms);
      case 'volume':
        return void this.#setLevel({ ...this.#level, volume: Math.round(command.volume * 100) / 100 });
      case 'mute':
        return void this.#setLevel({ ...this.#level, muted: command.muted });
      case 'take-over':
        // Nobody else can send sound to this client while it is connected here.
        return;
      case 'output':
        throw new AppError('ERR_OUTPUT_NOT_FOUND', 'a snapclient has no outputs to choose');
      default:
        return command satisfies never;
    }
  }

  #setLevel(level: Level): void {
    this.#level = level;
    this.#sendSettings();
    this.#tellLevel();
  }

  #tellLevel(): void {
    this.#context.emit({ type: 'volume', ...this.#level });
    this.#remember ??= this.#context.clock.after(REMEMBER_MS, () => this.#rememberNow());
  }

  #rememberNow(): void {
    this.#remember?.cancel();
    this.#remember = undefined;
    if (!this.#ending.reason) this.#context.emit({ type: 'memory', value: this.#level });
  }

  /**
   * The client plays earlier by the latency; what it needs so early is sent so early. It plays nothing within some ms of a chunk's
   * timestamp: for a long latency the timestamps are put back, in steps, because that makes it begin anew.
   */
  #setLatency(latencyMs: number): void {
    this.#latencyMs = latencyMs;
    this.#playout.latencyMs = Math.max(0, latencyMs);
    const labelMs = labelFor(this.#server.bufferMs, latencyMs);
    if (labelMs !== this.#playout.labelMs) {
      this.#playout.labelMs = labelMs;
      this.#playout.restart();
    }
    this.#sendSettings();
  }

  #sendSettings(): void {
    const { volume, muted } = this.#level;
    const settings = {
      bufferMs: this.#playout.labelMs,
      latency: this.#latencyMs,
      muted,
      volume: Math.round(volume * 100),
    };
    this.#connection.settings(settings);
  }
}

/** From a chunk's timestamp to its sound without the latency, so that enough is left with it. */
function labelFor(bufferMs: number, latencyMs: number): number {
  const lacking = latencyMs + Math.min(bufferMs, ROOM_MS) - bufferMs;
  return bufferMs + Math.ceil(Math.max(0, lacking) / ROOM_MS) * ROOM_MS;
}

function offline(reason: Error): AppError {
  return new AppError('ERR_PLAYER_OFFLINE', reason.message);
}
