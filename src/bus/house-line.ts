import { AppError, backoffMs, randomId, type Clock, type Logger, type Timer } from '../base/index.js';
import type { ErrorCode, WireError } from '../protocol/index.js';
import { ASKS, type Ask, type AskInput, type AskReply } from './asks.js';
import type { Bus } from './bus.js';
import { BEAT_MS, SILENT_MS } from './members.js';
import { channels, ToGateway, ToGateways, type Body, type ToHouse } from './messages.js';
import { Drops, Seal } from './seal.js';
import { Sender } from './sender.js';

const JOIN_LONGEST_MS = 2_000;
const MAX_PENDING = 8_192;

export interface HouseLineParts {
  readonly bus: Bus;
  readonly name: string;
  readonly secret: string | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0..1 */
  readonly random: () => number;
}

export type Welcome = Extract<ToGateway, { kind: 'welcome' }>;
export type Broadcast = Exclude<ToGateways, { kind: 'start' | 'beat' }>;

export interface HouseLineEvents {
  /** The house is there. `since` says what was before: nothing, the same with nothing missed, the same with a gap, another server life. */
  onHome(welcome: Welcome, since: 'first' | 'nothing' | 'gap' | 'life'): void;
  /** The house is not there any more, as far as this process can tell. */
  onAway(): void;
  /** In order, each once. A gap is told before the message behind it. */
  onMessage(message: Broadcast): void;
  onGap(): void;
  /** The client of this connection is on another one, perhaps elsewhere. */
  onSuperseded(connectionId: string): void;
}

type Outcome<A extends Ask> =
  { readonly ok: true; readonly reply: AskReply<A> } | { readonly ok: false; readonly error: AppError };

interface Pending {
  readonly ask: Ask;
  readonly timer: Timer;
  settle(outcome: { ok: true; reply: unknown } | { ok: false; error: AppError }): void;
}

/** A gateway's way to its house: comes in, notices what is missing, asks, notices when nobody is there. */
export class HouseLine {
  readonly node = randomId();
  readonly drops = new Drops();
  readonly #parts: HouseLineParts;
  readonly #events: HouseLineEvents;
  readonly #seal: Seal;
  readonly #sender: Sender;
  readonly #pending = new Map<string, Pending>();
  readonly #stops: (() => void)[] = [];
  readonly #log: Logger;
  #beat: Timer;
  #joining: Timer | undefined;
  #attempts = 0;
  #nonce = '';
  /** Where it is at home: this house, after this message. */
  #home: { readonly house: string; seq: number; heardUs: number } | undefined;
  /** What it knew when it lost its home. */
  #last: { readonly epoch: string; seq: number } | undefined;

  constructor(parts: HouseLineParts, events: HouseLineEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#log = parts.log.child({ part: 'gateway', node: this.node });
    this.#seal = new Seal(parts.secret);
    this.#sender = new Sender(parts.bus, this.#seal, this.node, channels(parts.name).house);
    this.#beat = parts.clock.every(BEAT_MS, () => this.#tick());
  }

  async open(): Promise<void> {
    const { bus, name } = this.#parts;
    const { gateways, gateway } = channels(name);
    this.#stops.push(
      await bus.subscribe(gateways, (text) => this.#heardAll(text)),
      await bus.subscribe(gateway(this.node), (text) => this.#heardAnswer(text)),
      bus.onConnection((connected) => (connected ? this.#join() : this.#lose('the bus is away'))),
    );
    this.#join();
  }

  get home(): boolean {
    return this.#home !== undefined;
  }

  /** Rejects with what the house said, or with ERR_HOUSE_OFFLINE; `params.sent` says whether the house may have got it. */
  ask<A extends Ask>(ask: A, data: AskInput<A>): Promise<AskReply<A>> {
    return new Promise((resolve, reject) =>
      this.askThen(ask, data, (outcome) => (outcome.ok ? resolve(outcome.reply) : reject(outcome.error))),
    );
  }

  /** The same, told in the turn in which the answer comes: before anything that the house said after it. */
  askThen<A extends Ask>(ask: A, data: AskInput<A>, then: (outcome: Outcome<A>) => void): void {
    if (!this.#home || this.#pending.size >= MAX_PENDING) return then({ ok: false, error: offline(false) });
    const id = randomId(16);
    const timer = this.#parts.clock.after(ASKS[ask].ms, () => this.#fail(id, offline(true)));
    this.#pending.set(id, { ask, timer, settle: (outcome) => then(outcome as Outcome<A>) });
    if (!this.#say({ kind: 'ask', id, ask, data })) this.#fail(id, offline(false));
  }

  left(connectionId: string): void {
    if (this.#home) this.#say({ kind: 'left', connection_id: connectionId });
  }

  close(): void {
    if (this.#home) this.#say({ kind: 'leave' });
    this.#beat.cancel();
    this.#joining?.cancel();
    for (const stop of this.#stops.splice(0)) stop();
    this.#home = undefined;
    for (const id of [...this.#pending.keys()]) this.#fail(id, offline(true));
  }

  #say(body: Body<ToHouse>): boolean {
    return this.#sender.send(body);
  }

  #fail(id: string, error: AppError): void {
    this.#taken(id)?.settle({ ok: false, error });
  }

  #taken(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.timer.cancel();
    return pending;
  }

  /** Asks to be let in, again and again until it is. */
  #join(): void {
    this.#joining?.cancel();
    this.#joining = undefined;
    if (!this.#parts.bus.connected) return;
    this.#nonce = randomId(16);
    this.#say({ kind: 'join', nonce: this.#nonce, version: this.#parts.version });
    const wait = backoffMs(this.#attempts++, this.#parts.random(), 250, JOIN_LONGEST_MS);
    this.#joining = this.#parts.clock.after(wait, () => this.#join());
  }

  #lose(why: string): void {
    const home = this.#home;
    this.#home = undefined;
    this.#joining?.cancel();
    if (home) {
      if (this.#last) this.#last.seq = home.seq;
      this.#log.warn({ house: home.house, why }, 'house lost');
      for (const id of [...this.#pending.keys()]) this.#fail(id, offline(true));
      this.#events.onAway();
    }
    this.#attempts = 0;
    this.#join();
  }

  #tick(): void {
    if (!this.#home) return;
    if (this.#parts.clock.nowUs() - this.#home.heardUs > SILENT_MS * 1000) return this.#lose('it is silent');
    this.#say({ kind: 'beat' });
  }

  #heardAll(text: string): void {
    const message = this.#seal.open(text, ToGateways);
    if (typeof message === 'string') return this.drops.add(message);
    if (message.node === this.node) return this.drops.add('loop');
    if (message.kind === 'start') return this.#started(message.node);
    const home = this.#home;
    if (!home || message.node !== home.house) return home ? this.drops.add('stranger') : undefined;
    home.heardUs = this.#parts.clock.nowUs();
    if (message.seq !== home.seq + 1) {
      const repeated = message.seq <= home.seq;
      if (repeated) this.drops.add('repeated');
      else home.seq = message.seq;
      // A number that comes twice is no better than one that does not come: one of the two was not the house's.
      this.#events.onGap();
      if (repeated) return;
    }
    home.seq = message.seq;
    if (message.kind === 'beat') return;
    this.#events.onMessage(message);
  }

  /** A house says that it has begun. Whether it is the one is found out by asking. */
  #started(house: string): void {
    if (this.#home && this.#home.house !== house) this.#lose('another one has begun');
    else if (!this.#home) {
      this.#attempts = 0;
      this.#join();
    }
  }

  #heardAnswer(text: string): void {
    const message = this.#seal.open(text, ToGateway);
    if (typeof message === 'string') return this.drops.add(message);
    if (message.node === this.node) return this.drops.add('loop');
    if (message.kind === 'welcome') return this.#welcomed(message);
    if (message.kind === 'rejoin') {
      // Not more often than joins go out anyway: after each of them there is a home, or the next is on its way.
      if (this.#home?.house === message.node) this.#lose('it does not know this gateway any more');
      return;
    }
    if (message.node !== this.#home?.house || message.kind === 'taken') return this.drops.add('stranger');
    if (message.kind === 'superseded') return this.#events.onSuperseded(message.connection_id);
    this.#answered(message);
  }

  #welcomed(welcome: Welcome): void {
    if (this.#home || welcome.nonce !== this.#nonce) return this.drops.add('stranger');
    this.#joining?.cancel();
    this.#attempts = 0;
    const { node: house, seq, epoch, version } = welcome;
    const since = this.#since(epoch, seq);
    this.#home = { house, seq, heardUs: this.#parts.clock.nowUs() };
    this.#last = { epoch, seq };
    if (version !== this.#parts.version) this.#log.warn({ house, version }, 'house of another version');
    this.#log.info({ house, since }, 'house found');
    this.#events.onHome(welcome, since);
  }

  #since(epoch: string, seq: number): 'first' | 'nothing' | 'gap' | 'life' {
    if (!this.#last) return 'first';
    if (this.#last.epoch !== epoch) return 'life';
    return this.#last.seq === seq ? 'nothing' : 'gap';
  }

  #answered(answer: Extract<ToGateway, { kind: 'answer' }>): void {
    const pending = this.#taken(answer.id);
    if (!pending) return this.drops.add('repeated');
    if (!answer.ok) return pending.settle({ ok: false, error: said(answer.error) });
    const read = ASKS[pending.ask].reply.safeParse(answer.data);
    if (read.success) return pending.settle({ ok: true, reply: read.data });
    this.drops.add('broken');
    pending.settle({ ok: false, error: unreadable() });
  }
}

/** An answer that is not what was promised: a house of another version, or none. */
export function unreadable(): AppError {
  return new AppError('ERR_INTERNAL', 'The answer of the house cannot be read');
}

/** What was sent may have happened: it is not for anybody to repeat it without looking. */
export function offline(sent: boolean): AppError {
  const message = sent
    ? 'The server that drives the players did not answer; what was asked may have happened'
    : 'The server that drives the players is not reachable now';
  return new AppError('ERR_HOUSE_OFFLINE', message, { params: { sent }, retryable: !sent });
}

function said({ code, message, retryable, params }: WireError): AppError {
  return new AppError(code satisfies ErrorCode, message, { params, retryable });
}
