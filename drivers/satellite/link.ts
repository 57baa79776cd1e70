import { AppError, deferred, type Deferred } from '../../src/base/index.js';
import type { Fact, Media, PlayerCommand, PlayerLink } from '../../src/players/index.js';
import type {
  SatelliteCall,
  SatelliteCommand,
  SatelliteFact,
  SatelliteMedia,
  WireError,
} from '../../src/protocol/index.js';

const CLOSE_MS = 1_000;

export interface SatelliteLinkParts {
  readonly emit: (fact: Fact) => void;
  /** Puts a call where the satellite finds it; returns its id. */
  call(this: void, call: SatelliteCall['call']): number;
  withdraw(this: void, callId: number): void;
}

/** One player of a satellite: what it is told goes out as calls, what it says comes in as reports. */
export class SatelliteLink implements PlayerLink {
  readonly closed: Promise<Error>;
  readonly #parts: SatelliteLinkParts;
  readonly #ended = deferred<Error>();
  readonly #pending = new Map<number, Deferred<void>>();
  #over: Error | undefined;

  constructor(parts: SatelliteLinkParts) {
    this.#parts = parts;
    this.closed = this.#ended.promise;
  }

  connect(memory: unknown, signal: AbortSignal): Promise<void> {
    return this.#ask({ type: 'connect', memory }, signal);
  }

  execute(command: PlayerCommand, signal: AbortSignal): Promise<void> {
    return this.#ask({ type: 'execute', command: commandFor(command) }, signal);
  }

  probe(signal: AbortSignal): Promise<void> {
    return this.#ask({ type: 'probe' }, signal);
  }

  async close(): Promise<void> {
    if (this.#over) return;
    await this.#ask({ type: 'close' }, AbortSignal.timeout(CLOSE_MS)).catch(() => undefined);
    this.end(new Error('the link was closed'));
  }

  /** A fact of the player. The schema of the wire has `undefined` where the contract leaves a field out; JSON has neither. */
  take(fact: SatelliteFact): void {
    if (!this.#over) this.#parts.emit(fact as Fact);
  }

  /** The satellite answered a call; those of other links are passed over. */
  settle(callId: number, error: Pick<WireError, 'code' | 'message'> | undefined): void {
    const pending = this.#pending.get(callId);
    if (error) pending?.reject(new AppError(error.code, error.message));
    else pending?.resolve();
  }

  end(reason: Error): void {
    if (this.#over) return;
    this.#over = reason;
    for (const pending of this.#pending.values()) pending.reject(offline(reason));
    this.#ended.resolve(reason);
  }

  async #ask(call: SatelliteCall['call'], signal: AbortSignal): Promise<void> {
    if (this.#over) throw offline(this.#over);
    signal.throwIfAborted();
    const answered = deferred<void>();
    const id = this.#parts.call(call);
    this.#pending.set(id, answered);
    const abort = (): void => answered.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await answered.promise;
    } finally {
      this.#pending.delete(id);
      this.#parts.withdraw(id);
      signal.removeEventListener('abort', abort);
    }
  }
}

function offline(cause: Error): AppError {
  return new AppError('ERR_PLAYER_OFFLINE', 'the satellite is not connected', { cause });
}

/** Paths of this machine mean nothing on another. */
function commandFor(command: PlayerCommand): SatelliteCommand {
  if (command.type !== 'load' && command.type !== 'preload') return command;
  const next = command.next && { next: mediaFor(command.next) };
  if (command.type === 'preload') return { type: 'preload', ...next };
  const { next: _next, ...load } = command;
  return { ...load, media: mediaFor(command.media), ...next };
}

function mediaFor({ path: _path, relative_path: _relative, ...media }: Media): SatelliteMedia {
  return media;
}
