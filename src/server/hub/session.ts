import type * as z from 'zod';
import { AppError, type Clock, type Logger } from '../../base/index.js';
import type { Entrance, Identity } from '../../people/index.js';
import {
  allows,
  CLOSE,
  CommandFrame,
  partyTopic,
  roomTopic,
  SESSION_COMMANDS,
  TOPIC_ACCESS,
  topicFamily,
  type Hello,
  type Permission,
  type SessionCommandType,
  type WireError,
} from '../../protocol/index.js';
import type { RunCommand } from '../commands.js';
import { parseJson } from '../json-door.js';
import { rateLimited, type ServerLimits } from '../limits.js';
import { invalid, wireError } from '../wire-errors.js';
import type { ServerParts } from '../parts.js';
import type { Place } from './admission.js';
import { Answers } from './answers.js';
import type { Client } from './client.js';
import { CommandFlow, wire } from './command-flow.js';
import type { FanOut } from './fan-out.js';
import { FloodGuard } from './flood-guard.js';
import type { Holder, Memories } from './memories.js';
import type { Present } from './present.js';
import { SignIn } from './sign-in.js';
import type { Left } from './snapshots.js';

export const MAX_BAD_FRAMES = 20;
export const MAX_SUBSCRIPTIONS = 64;
export interface SessionParts {
  readonly client: Client;
  readonly fanOut: FanOut;
  readonly run: RunCommand;
  readonly clock: Clock;
  readonly log: Logger;
  readonly door: Entrance;
  readonly limits: ServerLimits;
  readonly place: Place;
  readonly present: Present;
  /** Who it is, when that is known already. */
  readonly identity: Identity | undefined;
  readonly memories: Memories;
  readonly resume?: ServerParts['resume'];
}

/** Who asked for a topic: by which id, and where it was when it left. */
interface Asked {
  readonly id: string | undefined;
  readonly left: Left | undefined;
}

type SessionFrame = {
  [T in SessionCommandType]: {
    readonly type: T;
    readonly data: z.output<(typeof SESSION_COMMANDS)[T]>;
  };
}[SessionCommandType];

/** The receiving side of one connection: every frame gets an answer, and none can end more than its own connection. */
export class Session {
  readonly #parts: SessionParts;
  readonly #holder: Holder;
  #answers: Answers;
  /** Of the memory that outlives this connection, once the client said who it is. */
  #memory: string | undefined;
  /** Where answers are remembered elsewhere: who the client said it is. */
  #clientId: string | undefined;
  readonly #signIn: SignIn;
  readonly #flood: FloodGuard;
  readonly #commands: CommandFlow;
  #badFrames = 0;
  /** Topics that are not readable yet, and who asked for them. */
  readonly #subscribing = new Map<string, Asked[]>();

  constructor(parts: SessionParts) {
    const { client, clock, log, door, present, place } = parts;
    this.#parts = parts;
    this.#holder = { answer: (frame) => client.reply(frame), superseded: () => client.terminate() };
    this.#answers = new Answers(this.#holder.answer);
    this.#flood = new FloodGuard(parts.limits, clock);
    this.#signIn = new SignIn(
      {
        door,
        clock,
        present,
        place,
        address: client.address,
        connectionId: client.id,
        refuse: (thrown, code, id) => this.#refuse(thrown, code, id),
        took: (identity) => this.#took(identity),
      },
      parts.identity,
    );
    this.#commands = new CommandFlow({
      run: parts.run,
      clock,
      log,
      flood: this.#flood,
      caller: () => this.#signIn.caller(),
      answers: () => this.#answers,
      clientId: () => this.#clientId,
      reply: (frame) => client.reply(frame),
      flush: () => parts.fanOut.flush(),
      refused: () => this.#refused(),
    });
  }

  /** What `hello` says about who this is. */
  get you(): Hello['you'] {
    return this.#signIn.you();
  }

  /** What came with the address was no good: says so, and closes. */
  turnAway(thrown: unknown): void {
    this.#signIn.turnAway(thrown);
  }

  /** The connection is over. */
  closed(): void {
    this.#signIn.close();
    this.#commands.close();
    if (this.#memory !== undefined) this.#parts.memories.release(this.#memory, this.#holder);
  }

  receive(bytes: Buffer, isBinary: boolean): void {
    if (this.#signIn.over) return;
    const receivedUs = this.#parts.clock.nowUs();
    this.#parts.client.heard();
    let frame: CommandFrame;
    try {
      if (isBinary) throw new AppError('ERR_BAD_MESSAGE', 'Binary frames have no meaning here');
      frame = openEnvelope(bytes.toString('utf8'));
    } catch (thrown) {
      if (this.#signIn.admits(undefined, bytes.length)) this.#bad(thrown, bytes.length);
      return;
    }
    this.#badFrames = 0;
    if (!this.#signIn.admits(frame.type, bytes.length)) return;
    const latestAbout = this.#commands.latestAbout(frame);
    try {
      this.#pace(frame.type, bytes.length, latestAbout);
      if (Object.hasOwn(SESSION_COMMANDS, frame.type)) this.#session(frame, receivedUs);
      else this.#commands.take(frame, latestAbout);
    } catch (thrown) {
      this.#error(frame.id, wireError(thrown, this.#parts.log, frame.type));
      if (thrown instanceof AppError && thrown.code === 'ERR_RATE_LIMITED') this.#refused();
    }
  }

  /** Throws ERR_RATE_LIMITED. What waits for its turn is counted when it runs, and clocks are compared by their bytes. [RA1] */
  #pace(type: string, size: number, latestAbout: string | undefined): void {
    const ofSatellite = type.startsWith('satellite:');
    const bytesMs = this.#flood.bytes(size, ofSatellite);
    if (bytesMs > 0) throw rateLimited(bytesMs);
    if (ofSatellite || latestAbout !== undefined || type === 'clock') return;
    const waitMs = this.#flood.message();
    if (waitMs > 0) throw rateLimited(waitMs);
  }

  /** Who is refused again and again does not listen. [RA5] */
  #refused(): void {
    this.#parts.client.rateLimited();
    if (this.#flood.refused()) this.#goodbye(CLOSE.flooding, 'too many messages');
  }

  /** A frame without a usable envelope: answered, and the connection ends when they go on. [EN5] */
  #bad(thrown: unknown, size: number): void {
    this.#flood.bytes(size, false);
    this.#badFrames += 1;
    this.#error(undefined, wireError(thrown, this.#parts.log, 'envelope'));
    if (this.#badFrames >= MAX_BAD_FRAMES) this.#goodbye(CLOSE.badMessage, 'too many bad frames');
  }

  #session(frame: CommandFrame, receivedUs: number): void {
    const message = parseSession(frame);
    const { client, fanOut } = this.#parts;
    switch (message.type) {
      case 'auth':
        return this.#auth(frame.id, (id) => this.#signIn.authenticate(message.data.token, id));
      case 'auth:refresh': {
        const { token } = message.data;
        return this.#auth(frame.id, (id) =>
          token === undefined ? this.#signIn.refresh() : this.#signIn.authenticate(token, id),
        );
      }
      case 'resume':
        return this.#resume(frame.id, message.data.client_id);
      case 'subscribe': {
        const { topics, resume } = message.data;
        for (const topic of new Set(topics)) {
          const revision = resume?.revisions[topic];
          const left = revision === undefined ? undefined : { epoch: resume!.epoch, revision };
          this.#subscribeSoon(topic, { id: frame.id, left });
        }
        return;
      }
      case 'unsubscribe':
        for (const topic of new Set(message.data.topics)) {
          this.#subscribing.delete(topic);
          fanOut.unsubscribe(client, topic);
          this.#send({ type: 'unsubscribed', ...idOf(frame), topic });
        }
        return;
      case 'ping':
        this.#send({
          type: 'pong',
          ...idOf(frame),
          timestamp: new Date(this.#parts.clock.wallMs()).toISOString(),
        });
        return;
      case 'clock':
        client.replyNow(() => {
          const t2_us = this.#parts.clock.nowUs();
          const { t0_us } = message.data;
          return wire({ type: 'clock', ...idOf(frame), t0_us, t1_us: receivedUs, t2_us });
        });
        return;
      default:
        message satisfies never;
    }
  }

  #auth(id: string | undefined, ask: (id: string) => Promise<object | undefined>): void {
    if (id === undefined) throw new AppError('ERR_BAD_MESSAGE', 'auth needs an id');
    ask(id).then(
      (data) => data && this.#send({ type: 'reply', id, ok: true, data }),
      (thrown: unknown) => this.#error(id, wireError(thrown, this.#parts.log, 'auth')),
    );
  }

  /** The rights are these now: what is followed and not allowed any more ends. [AU4] */
  #took(identity: Identity): void {
    const { client, fanOut } = this.#parts;
    client.identity = identity;
    for (const topic of [...client.subscriptions]) {
      if (mayFollow(topic, identity) && fanOut.mayStay(client, topic)) continue;
      fanOut.unsubscribe(client, topic);
      this.#send({ type: 'unsubscribed', topic });
    }
  }

  #refuse(thrown: unknown, code: number, id?: string): void {
    this.#error(id, wireError(thrown, this.#parts.log, 'sign-in'));
    this.#goodbye(code, code === CLOSE.unauthorized ? 'not signed in' : 'too much to do');
  }

  /** What was said goes out, and nothing after it. */
  #goodbye(code: number, reason: string): void {
    const { client, fanOut } = this.#parts;
    fanOut.flush();
    for (const topic of [...client.subscriptions]) fanOut.unsubscribe(client, topic);
    client.close(code, reason);
  }

  /** Goes on with the memory of the client's former connection: what it asked there and got no answer to, it may ask again. [RE1] */
  #resume(id: string | undefined, clientId: string): void {
    if (id === undefined) throw new AppError('ERR_BAD_MESSAGE', 'resume needs an id');
    const caller = this.#signIn.caller();
    const { subject_id = 'open' } = caller;
    if ((this.#memory ?? this.#clientId) !== undefined || !this.#answers.fresh)
      throw new AppError('ERR_CONFLICT', 'resume comes before the first command, once');
    const { resume, client } = this.#parts;
    if (resume) {
      this.#clientId = clientId;
      resume(clientId, caller, () => client.terminate()).then(
        (resumed) => this.#send({ type: 'reply', id, ok: true, data: { resumed } }),
        (thrown: unknown) => this.#error(id, wireError(thrown, this.#parts.log, 'resume')),
      );
      return;
    }
    this.#memory = `${subject_id} ${clientId}`;
    const { answers, known } = this.#parts.memories.claim(this.#memory, this.#holder);
    this.#answers = answers;
    this.#send({ type: 'reply', id, ok: true, data: { resumed: known } });
  }

  /** A topic of another process is readable only in some turns; until then its name takes one of the places. */
  #subscribeSoon(topic: string, asked: Asked): void {
    const { client, fanOut } = this.#parts;
    const known = this.#subscribing.get(topic);
    if (known) {
      if (known.length < MAX_SUBSCRIPTIONS) known.push(asked);
      return;
    }
    const full = this.#subscribing.size + client.subscriptions.size >= MAX_SUBSCRIPTIONS;
    const refused = topicFamily(topic) === undefined || (full && !client.subscriptions.has(topic));
    if (refused) return this.#subscribe(topic, asked);
    const all = [asked];
    this.#subscribing.set(topic, all);
    fanOut.whenReadable(topic, () => {
      if (this.#subscribing.get(topic) !== all) return;
      this.#subscribing.delete(topic);
      if (client.open) for (const one of all) this.#subscribe(topic, one);
    });
  }

  #subscribe(topic: string, { id, left }: Asked): void {
    const { client, fanOut } = this.#parts;
    try {
      const caller = this.#signIn.caller();
      const known = topicFamily(topic) !== undefined;
      if (known && !mayFollow(topic, caller)) throw refused(topic);
      const taken = client.subscriptions.size + this.#subscribing.size;
      if (taken >= MAX_SUBSCRIPTIONS && !client.subscriptions.has(topic))
        throw new AppError('ERR_BUSY', `One connection may have ${MAX_SUBSCRIPTIONS} subscriptions`, {
          params: { topic, limit: MAX_SUBSCRIPTIONS },
          retryable: false,
        });
      const done = known ? fanOut.subscribe(client, topic, id, left) : 'unknown';
      if (done === 'private') throw refused(topic);
      if (done === 'unknown')
        throw new AppError('ERR_TOPIC_NOT_FOUND', 'No topic has this name', { params: { topic } });
    } catch (thrown) {
      this.#error(id, wireError(thrown, this.#parts.log, 'subscribe'));
    }
  }

  #send(message: object): void {
    this.#parts.client.reply(wire(message));
  }

  #error(id: string | undefined, error: WireError): void {
    this.#send({ type: 'error', ...(id === undefined ? {} : { id }), error });
  }
}

function idOf(frame: CommandFrame): { id?: string } {
  return frame.id === undefined ? {} : { id: frame.id };
}

/** Whether somebody may have a topic, as far as its row in TOPIC_ACCESS goes. [RO1] */
export function mayFollow(topic: string, who: Permission): boolean {
  const family = topicFamily(topic);
  return family !== undefined && allows(TOPIC_ACCESS[family], who, roomOf(topic));
}

function roomOf(topic: string): string | undefined {
  const prefix = [roomTopic(''), partyTopic('')].find((start) => topic.startsWith(start));
  return prefix && topic.slice(prefix.length);
}

function refused(topic: string): AppError {
  return new AppError('ERR_NOT_ALLOWED', 'You may not follow this', { params: { topic } });
}

/** The envelope of a frame. Unknown fields beside it are ERR_INVALID, everything else ERR_BAD_MESSAGE. [EN1] */
export function openEnvelope(text: string): CommandFrame {
  const opened = CommandFrame.safeParse(parseJson(text));
  if (opened.success) return opened.data;
  if (opened.error.issues.every((issue) => issue.code === 'unrecognized_keys')) throw invalid(opened.error);
  throw new AppError('ERR_BAD_MESSAGE', 'A frame is an object with type, id and data', {
    params: invalid(opened.error).params,
  });
}

function parseSession(frame: CommandFrame): SessionFrame {
  const type = frame.type as SessionCommandType;
  const schema: z.ZodType = SESSION_COMMANDS[type];
  const parsed = schema.safeParse(frame.data === undefined ? {} : frame.data);
  if (!parsed.success) throw invalid(parsed.error);
  return { type, data: parsed.data } as SessionFrame;
}
