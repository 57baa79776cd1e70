import { AppError, Serial, toError, within, type Clock, type Logger } from '../base/index.js';
import {
  LIMITS,
  type DriverDefinition,
  type Fact,
  type Media,
  type PlayerCommand,
  type PlayerLink,
} from '../players/index.js';
import type { SatelliteCall, SatelliteCommand, SatelliteMedia, SatelliteReport } from '../protocol/index.js';

export interface OutletParts {
  readonly key: string;
  readonly definition: DriverDefinition;
  readonly options: unknown;
  /** The server's clock, as it is known here. */
  readonly clock: Clock;
  readonly log: Logger;
  readonly runtimeDir: string;
  /** Where the server is reached: `http://host:port`. */
  readonly serverUrl: string;
  report(this: void, report: SatelliteReport): void;
}

/** One player of this machine, driven by the server's calls. Its driver does not know that the server is elsewhere. */
export class Outlet {
  readonly #parts: OutletParts;
  readonly #connecting = new Serial();
  #link: PlayerLink | undefined;

  constructor(parts: OutletParts) {
    this.#parts = parts;
  }

  /** Does what the server asks and reports how it went. Never rejects. */
  async take({ call_id, call }: SatelliteCall): Promise<void> {
    const { report } = this.#parts;
    try {
      await this.#do(call);
      report({ type: 'result', call_id });
    } catch (thrown) {
      const { code, message } =
        thrown instanceof AppError ? thrown : new AppError('ERR_PLAYER_REFUSED', toError(thrown).message);
      report({ type: 'result', call_id, error: { code, message: message.slice(0, 1000) } });
    }
  }

  /** Lets go of the player; music plays on. */
  async close(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    await link?.close();
  }

  async #do(call: SatelliteCall['call']): Promise<void> {
    const { clock, key } = this.#parts;
    switch (call.type) {
      case 'connect':
        return this.#connecting.run(() => this.#connect(call.memory));
      case 'execute': {
        const command = commandFor(call.command, this.#parts.serverUrl);
        return within({ clock, what: `${command.type} on ${key}`, ms: LIMITS.command }, (signal) =>
          this.#present().execute(command, signal),
        );
      }
      case 'probe':
        return within({ clock, what: `probe of ${key}`, ms: LIMITS.probe }, (signal) =>
          this.#present().probe(signal),
        );
      case 'close':
        return this.close();
      default:
        return call satisfies never;
    }
  }

  async #connect(memory: unknown): Promise<void> {
    await this.close();
    const { key, definition, options, clock, log, runtimeDir, report } = this.#parts;
    const state: { link?: PlayerLink } = {};
    const context = {
      player_id: key,
      emit: (fact: Fact): void => {
        if (state.link === undefined || state.link === this.#link) report({ type: 'fact', key, fact });
      },
      log,
      clock,
      memory,
      httpPort: 0,
      runtimeDir,
    };
    const link = await within({ clock, what: `connecting to ${key}`, ms: LIMITS.connect }, (signal) =>
      definition.connect(options, context, signal),
    );
    state.link = link;
    this.#link = link;
    void link.closed.then((reason) => {
      if (this.#link !== link) return;
      this.#link = undefined;
      report({ type: 'closed', key, reason: reason.message.slice(0, 1000) });
    });
  }

  #present(): PlayerLink {
    if (!this.#link) throw new AppError('ERR_PLAYER_OFFLINE', 'the player is not connected');
    return this.#link;
  }
}

/** The command as the driver here takes it: files of the server become addresses. JSON has no `undefined` that the schema admits. */
function commandFor(command: SatelliteCommand, serverUrl: string): PlayerCommand {
  if (command.type !== 'load' && command.type !== 'preload') return command as PlayerCommand;
  const next = command.next && { next: mediaFor(command.next, serverUrl) };
  if (command.type === 'preload') return { type: 'preload', ...next };
  const { next: _next, ...load } = command;
  return { ...load, media: mediaFor(command.media, serverUrl), ...next } as PlayerCommand;
}

function mediaFor({ url_path, ...media }: SatelliteMedia, serverUrl: string): Media {
  const url = media.url ?? (url_path === undefined ? undefined : new URL(url_path, serverUrl).href);
  return { ...media, ...(url !== undefined && { url }) } as Media;
}
