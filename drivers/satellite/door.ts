import { createHash, timingSafeEqual } from 'node:crypto';
import {
  AppError,
  deferred,
  randomId,
  type Clock,
  type Deferred,
  type Logger,
} from '../../src/base/index.js';
import type { Handlers, SatelliteCall, SatellitePlayer, SatelliteReport } from '../../src/protocol/index.js';
import type { Fact } from '../../src/players/index.js';
import { SatelliteLink } from './link.js';

/** A satellite with nothing to do is answered after so long, and asks again at once. */
const WORK_MS = 5_000;
/** A satellite that has not asked for work for so long is gone. Its players play on meanwhile. */
const SILENCE_MS = 15_000;

export interface DoorOptions {
  readonly token: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** A satellite came and offers this player. */
  onOffer(this: void, satelliteId: string, player: SatellitePlayer): void;
}

interface Session {
  readonly session_id: string;
  readonly satellite_id: string;
  readonly links: Map<string, SatelliteLink>;
  /** Until the satellite says that it has them: an answer may be lost on the way. */
  calls: readonly SatelliteCall[];
  asking: Deferred<void> | undefined;
  heardUs: number;
  serial: number;
}

/** Where satellites come in: who they are, what they are to do, what they say. */
export class Door {
  readonly handlers: Handlers<`satellite:${'offer' | 'work' | 'report'}`>;
  readonly #options: DoorOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #watch: { cancel(): void };
  #lastCall = 0;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#watch = options.clock.every(1_000, () => this.#dropSilent());
    this.handlers = {
      'satellite:offer': ({ satellite_id, token, name, players }) => {
        this.#check(token);
        return { session_id: this.#open(satellite_id, name, players) };
      },
      'satellite:work': async ({ satellite_id, session_id, taken }) => {
        const session = this.#session(satellite_id, session_id);
        return { calls: await this.#work(session, taken) };
      },
      'satellite:report': ({ satellite_id, session_id, serial, reports }) => {
        const session = this.#session(satellite_id, session_id);
        session.heardUs = options.clock.nowUs();
        if (serial > session.serial) {
          session.serial = serial;
          for (const report of reports) this.#take(session, report);
        }
        return {};
      },
    };
  }

  /** A new link to a player of a satellite. Throws ERR_PLAYER_OFFLINE while the satellite is not here. */
  link(satelliteId: string, key: string, emit: (fact: Fact) => void): SatelliteLink {
    const session = this.#sessions.get(satelliteId);
    if (!session) throw new AppError('ERR_PLAYER_OFFLINE', 'its satellite is not connected');
    session.links.get(key)?.end(new Error('the player was connected again'));
    const call = (what: SatelliteCall['call']): number => this.#call(session, key, what);
    const withdraw = (id: number): void => withdrawn(session, id);
    const link = new SatelliteLink({ emit, call, withdraw });
    session.links.set(key, link);
    void link.closed.then(() => {
      if (session.links.get(key) === link) session.links.delete(key);
    });
    return link;
  }

  close(): void {
    this.#watch.cancel();
    for (const session of this.#sessions.values()) this.#end(session, 'the server stops');
  }

  #check(token: string): void {
    const [given, wanted] = [token, this.#options.token].map((text) =>
      createHash('sha256').update(text).digest(),
    );
    if (!timingSafeEqual(given!, wanted!))
      throw new AppError('ERR_NOT_ALLOWED', 'this is not the satellite token of this server');
  }

  #open(satelliteId: string, name: string, players: readonly SatellitePlayer[]): string {
    const { clock, log, onOffer } = this.#options;
    const before = this.#sessions.get(satelliteId);
    if (before) this.#end(before, 'the satellite came again');
    const session: Session = {
      session_id: randomId(),
      satellite_id: satelliteId,
      links: new Map(),
      calls: [],
      asking: undefined,
      heardUs: clock.nowUs(),
      serial: 0,
    };
    this.#sessions.set(satelliteId, session);
    log.info({ satellite_id: satelliteId, name, players: players.length }, 'satellite came');
    for (const player of players) onOffer(satelliteId, player);
    return session.session_id;
  }

  #session(satelliteId: string, sessionId: string): Session {
    const session = this.#sessions.get(satelliteId);
    if (session?.session_id === sessionId) return session;
    throw new AppError('ERR_NOT_FOUND', 'this session is over; offer the players again');
  }

  /** Waits until there is something to do. A second question of the same satellite answers the first. */
  async #work(session: Session, taken: number): Promise<SatelliteCall[]> {
    const { clock } = this.#options;
    session.asking?.resolve();
    session.calls = session.calls.filter(({ call_id }) => call_id > taken);
    if (session.calls.length === 0) {
      const asking = deferred<void>();
      session.asking = asking;
      const timer = clock.after(WORK_MS, () => asking.resolve());
      await asking.promise;
      timer.cancel();
      if (session.asking !== asking) return [];
    }
    session.asking = undefined;
    session.heardUs = clock.nowUs();
    return [...session.calls];
  }

  #call(session: Session, key: string, call: SatelliteCall['call']): number {
    const call_id = ++this.#lastCall;
    session.calls = [...session.calls, { call_id, key, call }];
    session.asking?.resolve();
    return call_id;
  }

  #take(session: Session, report: SatelliteReport): void {
    switch (report.type) {
      case 'fact':
        return session.links.get(report.key)?.take(report.fact);
      case 'result':
        for (const link of session.links.values()) link.settle(report.call_id, report.error);
        return;
      case 'closed':
        return session.links.get(report.key)?.end(new Error(report.reason));
      default:
        return report satisfies never;
    }
  }

  #dropSilent(): void {
    const now = this.#options.clock.nowUs();
    for (const session of this.#sessions.values())
      if (!session.asking && now - session.heardUs > SILENCE_MS * 1000)
        this.#end(session, 'the satellite fell silent');
  }

  #end(session: Session, reason: string): void {
    if (this.#sessions.get(session.satellite_id) === session) this.#sessions.delete(session.satellite_id);
    session.asking?.resolve();
    this.#options.log.info({ satellite_id: session.satellite_id, reason }, 'satellite left');
    for (const link of session.links.values()) link.end(new Error(reason));
  }
}

/** A call that nobody waits for any more is not made, if it has not gone out yet. */
function withdrawn(session: Session, callId: number): void {
  session.calls = session.calls.filter((call) => call.call_id !== callId);
}
