import { AppError, toError, type Clock, type Logger } from '../base/index.js';
import { ClientError, connect, type SocketConstructor, type TuttiClient } from '../client/index.js';
import type { DriverDefinition, Found } from '../players/index.js';
import type { SatelliteReport } from '../protocol/index.js';
import { SteadyClock } from '../sync/index.js';
import { Outlet } from './outlet.js';

/** Exchanges of the clock, so often for as long as the satellite lives: what is heard here depends on it. */
const CLOCK_EVERY_MS = 200;
/** The server answers within 5 s, also when there is nothing to do. */
const WORK_TIMEOUT_MS = 8_000;
const AGAIN_MS = 1_000;
/** A session that ended sooner was taken by another satellite of the same id. */
const SHORT_MS = 20_000;
/** Whoever loses his place so often in a row has a twin. */
const TWIN_AFTER = 3;
const GIVE_WAY_MS = 60_000;
/** Reports kept while the server cannot be reached; beyond, the oldest measurements go first. */
const MAX_REPORTS = 500;
const REPORTS_AT_ONCE = 64;

/** How a satellite stands to its server. `twin`: another one with the same id takes its place again and again. */
export type Standing = 'connected' | 'away' | 'twin';

export interface SatelliteOptions {
  /** `http://tutti.local:8080` */
  readonly serverUrl: string;
  readonly token: string;
  readonly satelliteId: string;
  readonly name: string;
  readonly definition: DriverDefinition;
  readonly outputs: readonly (Found & { readonly address: string })[];
  readonly runtimeDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly WebSocket: SocketConstructor;
  /** Told when it changes. */
  onStanding?(this: void, standing: Standing): void;
}

/** Offers this machine's outputs to a server, and drives them as it says, beside the sound: times arrive, not samples. */
export class Satellite {
  readonly #options: SatelliteOptions;
  readonly #client: TuttiClient;
  readonly #outlets = new Map<string, Outlet>();
  readonly #running: Promise<void>;
  #reports: SatelliteReport[] = [];
  /** Taken from the reports, and the server has not said yet that it has them. */
  #batch: { readonly serial: number; readonly reports: readonly SatelliteReport[] } | undefined;
  #sending = false;
  #serial = 0;
  #taken = 0;
  #session: string | undefined;
  /** When the session began, and in which life of the server. */
  #begun: { readonly us: number; readonly epoch: string | undefined } | undefined;
  #shortLives = 0;
  #standing: Standing | undefined;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(options: SatelliteOptions) {
    this.#options = options;
    const { serverUrl, clock, random, WebSocket, definition, runtimeDir, log, token } = options;
    const url = new URL('/ws', serverUrl.replace(/^http/i, 'ws')).href;
    this.#client = connect({
      url,
      WebSocket,
      clock,
      random,
      clockEveryMs: CLOCK_EVERY_MS,
      token: () => token,
    });
    const steady = new SteadyClock(
      () => clock.nowUs(),
      () => this.#client.serverNowUs(),
    );
    const serverClock: Clock = { ...clock, nowUs: () => steady.nowUs() };
    for (const { key, options: driverOptions } of options.outputs) {
      const parts = {
        key,
        definition,
        options: definition.options.parse(driverOptions),
        clock: serverClock,
        log: log.child({ player_id: key }),
        runtimeDir,
        serverUrl,
        report: (report: SatelliteReport) => this.#report(report),
      };
      this.#outlets.set(key, new Outlet(parts));
    }
    this.#client.onConnection(({ state, problem }) => {
      const out = state === 'offline' || state === 'polling';
      if (out && problem === undefined) this.#stand('away');
    });
    this.#running = this.#run();
    this.#running.catch(() => undefined);
  }

  /** Lets go of the players, which play on, and of the server. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#client.close();
    this.#wake?.();
    await this.#running.catch(() => undefined);
    for (const outlet of this.#outlets.values()) await outlet.close();
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#client.ready();
        this.#session ??= await this.#offer();
        this.#send();
        await this.#work(this.#session);
      } catch (error) {
        if (this.#closed) return;
        this.#giveUp(error);
        const code = codeOf(error);
        this.#options.log.debug(
          { code, reason: toError(error).message },
          'the server cannot be asked for work',
        );
        if (code === 'ERR_NOT_FOUND') await this.#sessionOver();
        // Who is not connected waits for that, and for nothing else.
        else if (this.#client.connection.state === 'live') await this.#pause(AGAIN_MS);
      }
    }
  }

  /** Throws when asking again changes nothing. */
  #giveUp(error: unknown): void {
    const { serverUrl } = this.#options;
    const { problem, reason } = this.#client.connection;
    const said = reason === undefined ? '' : ` (${reason})`;
    if (problem === 'version')
      throw new AppError(
        'ERR_INVALID',
        `${serverUrl} is a newer Tutti than this one: install its version here as well`,
      );
    if (problem === 'sign_in' || codeOf(error) === 'ERR_NOT_ALLOWED')
      throw new AppError(
        'ERR_NOT_ALLOWED',
        `${serverUrl} does not take this token${said}: run "tutti satellite-token" on its machine, and give this one what it prints`,
      );
    if (problem === 'refused')
      throw new AppError('ERR_NOT_ALLOWED', `${serverUrl} does not let this satellite in${said}`);
    const final = error instanceof ClientError && !error.retryable && codeOf(error) !== 'ERR_NOT_FOUND';
    if (final && this.#session === undefined)
      throw new AppError('ERR_INVALID', `${serverUrl} does not take what is offered: ${error.message}`);
  }

  /** The server has forgotten this session: it was started anew, did not hear from here for long, or a twin came. */
  async #sessionOver(): Promise<void> {
    this.#session = undefined;
    const short = this.#begun?.epoch === this.#client.hello?.epoch && this.#livedMs() < SHORT_MS;
    this.#shortLives = short ? this.#shortLives + 1 : 0;
    if (!short) return;
    if (this.#shortLives >= TWIN_AFTER) this.#stand('twin');
    const longest = Math.min(GIVE_WAY_MS, AGAIN_MS * 2 ** (this.#shortLives - 1));
    await this.#pause(longest * (0.5 + this.#options.random() / 2));
  }

  #livedMs(): number {
    return (this.#options.clock.nowUs() - (this.#begun?.us ?? 0)) / 1000;
  }

  #stand(standing: Standing): void {
    if (standing === this.#standing || this.#closed) return;
    this.#standing = standing;
    this.#options.onStanding?.(standing);
  }

  /** Resolves when the satellite was closed; rejects when the server will not have it. */
  get done(): Promise<void> {
    return this.#running;
  }

  async #offer(): Promise<string> {
    const { token, satelliteId: satellite_id, name, outputs, clock, log, serverUrl } = this.#options;
    const players = outputs.map((output) => ({
      key: output.key,
      name: output.name,
      address: output.address,
    }));
    this.#reports = [];
    this.#batch = undefined;
    this.#serial = 0;
    this.#taken = 0;
    const { session_id } = await this.#client.send('satellite:offer', { satellite_id, token, name, players });
    this.#begun = { us: clock.nowUs(), epoch: this.#client.hello?.epoch };
    log.info({ server: serverUrl, players: players.length }, 'connected');
    return session_id;
  }

  async #work(session_id: string): Promise<void> {
    const { satelliteId: satellite_id } = this.#options;
    const { calls } = await this.#client.send(
      'satellite:work',
      { satellite_id, session_id, taken: this.#taken },
      { timeout_ms: WORK_TIMEOUT_MS },
    );
    for (const call of calls) {
      if (call.call_id <= this.#taken) continue;
      this.#taken = call.call_id;
      const outlet = this.#outlets.get(call.key);
      if (outlet) void outlet.take(call);
    }
    // Who has a twin is connected when he has kept his place for a while.
    if (this.#shortLives < TWIN_AFTER || this.#livedMs() >= SHORT_MS) this.#stand('connected');
  }

  #report(report: SatelliteReport): void {
    this.#reports.push(report);
    if (this.#reports.length > MAX_REPORTS) this.#forgetOne();
    queueMicrotask(() => this.#send());
  }

  #forgetOne(): void {
    const measured = this.#reports.findIndex(
      (report) => report.type === 'fact' && report.fact.type === 'sync',
    );
    this.#reports.splice(Math.max(0, measured), 1);
  }

  /** One batch at a time, in order; one that may not have arrived is sent again as it was, and the server counts it once. */
  #send(): void {
    const session_id = this.#session;
    if (this.#sending || session_id === undefined) return;
    if (!this.#batch && this.#reports.length === 0) return;
    this.#batch ??= { serial: ++this.#serial, reports: this.#reports.splice(0, REPORTS_AT_ONCE) };
    const { serial, reports } = this.#batch;
    const request = {
      satellite_id: this.#options.satelliteId,
      session_id,
      serial,
      reports: [...reports],
    };
    this.#sending = true;
    this.#client.send('satellite:report', request).then(
      () => {
        this.#sending = false;
        if (this.#session !== session_id) return;
        this.#batch = undefined;
        this.#send();
      },
      (error: unknown) => {
        // It goes out again with the next work, which also finds out what is wrong.
        this.#sending = false;
        this.#options.log.debug({ reason: toError(error).message }, 'a report was not taken');
      },
    );
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(ms, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

const codeOf = (error: unknown): string => (error instanceof ClientError ? error.code : 'ERR_INTERNAL');
