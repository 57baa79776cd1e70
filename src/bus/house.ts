import type * as z from 'zod';
import { AppError, randomId, toError, type Clock, type Logger, type Timer } from '../base/index.js';
import type { Entrance, Identity } from '../people/index.js';
import type { Caller, WireError } from '../protocol/index.js';
import type { Feed } from '../state/index.js';
import { ASKS, isAsk, type Ask, type AskReply, type AskRequest } from './asks.js';
import type { Bus } from './bus.js';
import { KnownSessions } from './known-sessions.js';
import { BEAT_MS, Members } from './members.js';
import { channels, ToHouse, type Body, type ToGateway, type ToGateways } from './messages.js';
import type { BusResult, BusRun, Recall } from './recall.js';
import { Drops, Seal, type DropReason } from './seal.js';
import { refuseSecond } from './only-house.js';
import { Sender } from './sender.js';
import { measured, type BusMeasurements } from './measurements.js';

const RETRY_AFTER_STOP_MS = 2_000;
const MAX_RUNNING = 4_096;

export interface HouseParts {
  readonly bus: Bus;
  /** Which house on this bus, when several share it. */
  readonly name: string;
  readonly secret: string | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly feed: Feed;
  /** Checks again who may do what. */
  readonly run: BusRun;
  /** What clients asked and were answered. */
  readonly recall: Recall;
  readonly entrance: Entrance;
  left(this: void, connectionId: string): void;
  /** Where gateways fetch media and pictures. */
  url(this: void): string;
}

type Answers = {
  readonly [A in Exclude<Ask, 'topic'>]: (request: AskRequest<A>, node: string) => Promise<AskReply<A>>;
};

/**
 * The one process that has the store, as its gateways see it: every event with a number, answers to what they ask. Says nothing while
 * there is no gateway.
 */
export class House {
  readonly node = randomId();
  readonly #parts: HouseParts;
  readonly #log: Logger;
  readonly #seal: Seal;
  readonly #drops = new Drops();
  readonly #members: Members;
  readonly #sessions = new KnownSessions();
  readonly #toAll: Sender;
  readonly #senders = new Map<string, Sender>();
  readonly #answers: Answers;
  readonly #stops: (() => void)[] = [];
  readonly #beat: Timer;
  #running = 0;
  /** It is the only one of its name, as far as one can tell. */
  #only = false;

  private constructor(parts: HouseParts) {
    this.#parts = parts;
    this.#log = parts.log.child({ part: 'house', node: this.node });
    this.#seal = new Seal(parts.secret);
    this.#members = new Members(parts.clock, (connectionId) => {
      parts.recall.left(connectionId);
      parts.left(connectionId);
    });
    this.#toAll = new Sender(parts.bus, this.#seal, this.node, channels(parts.name).gateways);
    this.#answers = this.#answering();
    this.#beat = parts.clock.every(BEAT_MS, () => this.#tick());
  }

  static async open(parts: HouseParts): Promise<House> {
    const house = new House(parts);
    house.#stops.push(
      await parts.bus.subscribe(channels(parts.name).house, (text) => house.#heard(text)),
      parts.feed.subscribe((events) => house.#tell({ kind: 'events', events: [...events] })),
      parts.entrance.onChange((change) => {
        house.#sessions.changed(change);
        house.#tell({ kind: 'door', change });
      }),
    );
    try {
      await refuseSecond(parts, house.#seal, house.node);
    } catch (refusal) {
      house.#end();
      throw refusal;
    }
    house.#only = true;
    house.#stops.push(parts.bus.onConnection((connected) => connected && house.#start()));
    house.#start();
    return house;
  }

  /** Gateways that are here now. */
  get gateways(): number {
    return this.#members.size;
  }

  measurements(): BusMeasurements {
    return measured(this.#parts.bus, this.#members.size, this.#drops);
  }

  /** Tells every gateway, and through them every client, that the server is about to restart. */
  announce(reason: string, retryAfterMs: number): void {
    this.#tell({ kind: 'stop', reason: reason.slice(0, 256), retry_after_ms: retryAfterMs });
  }

  close(): void {
    this.announce('the server stops', RETRY_AFTER_STOP_MS);
    this.#end();
  }

  #end(): void {
    this.#beat.cancel();
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Whether somebody hears it or not: gateways that are left from an earlier life come in again. */
  #start(): void {
    this.#toAll.sendAs(0, { kind: 'start' });
  }

  #tell(body: Body<ToGateways>): void {
    if (this.#members.size > 0) this.#toAll.send(body);
  }

  #say(node: string, body: Body<ToGateway>, seq?: number): void {
    let sender = this.#senders.get(node);
    if (!sender) {
      sender = new Sender(this.#parts.bus, this.#seal, this.node, channels(this.#parts.name).gateway(node));
      if (this.#members.has(node)) this.#senders.set(node, sender);
    }
    if (seq === undefined) sender.send(body);
    else sender.sendAs(seq, body);
  }

  #tick(): void {
    for (const node of this.#members.expire()) {
      this.#senders.delete(node);
      this.#log.warn({ gateway: node }, 'gateway lost');
    }
    this.#tell({ kind: 'beat' });
  }

  #heard(text: string): void {
    const message = this.#seal.open(text, ToHouse);
    if (typeof message === 'string') return this.#drop(message);
    const { node, seq } = message;
    if (node === this.node) return this.#drop('loop');
    if (message.kind === 'there') return this.#there(node);
    if (!this.#only) return;
    if (message.kind === 'join') return this.#join(message);
    if (!this.#members.has(node)) {
      this.#drop('stranger');
      if (message.kind !== 'leave') this.#say(node, { kind: 'rejoin' });
      return;
    }
    if (!this.#members.heard(node, seq)) return this.#drop('repeated');
    this.#take(message);
  }

  /** Another house wants to start. Of two that start at once one goes on. */
  #there(node: string): void {
    if (!this.#only && node < this.node) return;
    this.#say(node, { kind: 'taken' });
    this.#log.warn({ other: node }, 'another server wanted to start under the same bus_name');
  }

  #take(message: Exclude<ToHouse, { kind: 'join' | 'there' }>): void {
    const { node } = message;
    switch (message.kind) {
      case 'beat':
        return;
      case 'ask':
        return void this.#ask(node, message.id, message.ask, message.data);
      case 'left':
        return this.#members.connectionLeft(node, message.connection_id);
      case 'leave':
        this.#members.leave(node);
        this.#senders.delete(node);
        this.#log.info({ gateway: node }, 'gateway left');
        return;
      default:
        message satisfies never;
    }
  }

  #join({ node, seq, nonce, version: theirs }: ToHouse & { kind: 'join' }): void {
    const { feed, version, entrance, url } = this.#parts;
    if (!this.#members.has(node)) this.#log.info({ gateway: node, version: theirs }, 'gateway came');
    this.#members.join(node, seq);
    const welcome = { nonce, epoch: feed.epoch, version, door: entrance.mode, url: url() } as const;
    this.#say(node, { kind: 'welcome', ...welcome }, this.#toAll.seq);
  }

  async #ask(node: string, id: string, ask: string, data: unknown): Promise<void> {
    try {
      // In the turn in which it is read: no event may come between a snapshot and its way out.
      if (ask === 'topic') return this.#say(node, { kind: 'answer', id, ok: true, data: this.#topic(data) });
      if (this.#running >= MAX_RUNNING)
        throw new AppError('ERR_BUSY', 'Too much is asked by gateways at once');
      this.#running++;
      const reply = await this.#reply(node, ask, data).finally(() => this.#running--);
      this.#say(node, { kind: 'answer', id, ok: true, data: reply });
    } catch (thrown) {
      this.#say(node, { kind: 'answer', id, ok: false, error: this.#fault(thrown, ask) });
    }
  }

  #topic(data: unknown): AskReply<'topic'> {
    return this.#parts.feed.snapshot(this.#read(ASKS.topic.request, data).topic) ?? null;
  }

  async #reply(node: string, ask: string, data: unknown): Promise<unknown> {
    if (!isAsk(ask) || ask === 'topic')
      throw new AppError('ERR_BAD_MESSAGE', 'The house does not know this question');
    const answer: (request: never, node: string) => Promise<unknown> = this.#answers[ask];
    return answer(this.#read(ASKS[ask].request, data) as never, node);
  }

  #read<T extends z.ZodType>(schema: T, data: unknown): z.output<T> {
    const request = schema.safeParse(data);
    if (request.success) return request.data;
    this.#drop('broken');
    throw new AppError('ERR_BAD_MESSAGE', 'The house cannot read this question');
  }

  #fault(thrown: unknown, ask: string): WireError {
    if (thrown instanceof AppError) {
      const { code, message, retryable, params } = thrown;
      return { code, message, retryable, params: { ...params } };
    }
    this.#log.error({ err: toError(thrown), ask }, 'an answer to a gateway failed');
    return {
      code: 'ERR_INTERNAL',
      message: 'Something went wrong inside Tutti',
      retryable: false,
      params: {},
    };
  }

  #answering(): Answers {
    const { entrance, clock } = this.#parts;
    const letIn = <T extends { readonly identity: Identity }>(reply: T): T => {
      this.#sessions.let(reply.identity);
      return reply;
    };
    return {
      run: async (command, node) => this.#run(command, node),
      resume: async ({ client_id, caller }, node) => {
        const now = this.#asNow(caller);
        const { connection_id } = caller;
        this.#members.uses(node, connection_id);
        const ended = (): void => this.#say(node, { kind: 'superseded', connection_id });
        const holder = { connectionId: connection_id, ended };
        return { resumed: await this.#parts.recall.claim(client_id, now, holder) };
      },
      clock: async () => ({ t1_us: clock.nowUs(), t2_us: clock.nowUs() }),
      identify: async ({ secret, carrier, address }) =>
        letIn({ identity: await entrance.identify(secret, carrier, address) }).identity,
      sessions: async ({ session_ids }) => ({
        identities: session_ids.flatMap((id) => this.#sessions.get(id) ?? []),
      }),
      sign_in: async ({ request, origin }) => letIn(await entrance.signIn(request, origin)),
      sign_out: async (identity) => {
        await entrance.signOut(this.#known(identity));
        return {};
      },
      access_token: async (identity) => letIn(await entrance.accessToken(this.#known(identity))),
      revoke_access: async (identity) => {
        await entrance.revokeAccess(this.#known(identity));
        return {};
      },
      ticket: async (identity) => entrance.ticket(this.#known(identity)),
      seen: async ({ session_ids }) => {
        await entrance.seen(session_ids);
        return {};
      },
    };
  }

  async #run({ type, request, caller, asked }: AskRequest<'run'>, node: string): Promise<BusResult> {
    const { run, recall } = this.#parts;
    const now = this.#asNow(caller);
    this.#members.uses(node, caller.connection_id);
    return asked ? recall.once(asked, now, type, () => run(type, request, now)) : run(type, request, now);
  }

  /** What the caller may do is what the house knows, not what the gateway says. */
  #asNow(caller: Caller): Caller {
    if (this.#parts.entrance.mode === 'open') return caller;
    const known = caller.session_id === undefined ? undefined : this.#sessions.get(caller.session_id);
    if (!known) throw new AppError('ERR_AUTH_REQUIRED', 'Sign in first');
    const { role, room_id, scopes, subject_id, session_id, name } = known;
    return { connection_id: caller.connection_id, role, room_id, scopes, subject_id, session_id, name };
  }

  /** The same session as the house knows it; the access token is that of the connection. */
  #known({ session_id, access_id, expires_at_ms }: Identity): Identity {
    const known = this.#sessions.get(session_id);
    if (!known) throw new AppError('ERR_AUTH_REQUIRED', 'Sign in first');
    return access_id === undefined ? known : { ...known, access_id, expires_at_ms };
  }

  #drop(reason: DropReason): void {
    this.#drops.add(reason);
    this.#log.debug({ reason }, 'message dropped');
  }
}
