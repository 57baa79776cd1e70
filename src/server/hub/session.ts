import type * as z from 'zod';
import { AppError, type Clock, type Logger } from '../../base/index.js';
import {
  CLOSE,
  CommandFrame,
  COMMANDS,
  isCommandType,
  SESSION_COMMANDS,
  topicFamily,
  type Role,
  type SessionCommandType,
  type WireError,
} from '../../protocol/index.js';
import type { RunCommand } from '../commands.js';
import { parseJson } from '../json-door.js';
import { invalid, wireError } from '../wire-errors.js';
import { Answers } from './answers.js';
import type { Client } from './client.js';
import type { FanOut } from './fan-out.js';
import { textFrame, type Frame } from './frames.js';
import type { Holder, Memories } from './memories.js';
import type { Left } from './snapshots.js';

export const MAX_BAD_FRAMES = 20;
export const MAX_SUBSCRIPTIONS = 64;
export const MAX_RUNNING = 64;

/** Where a connection stands. `auth: open` begins signed in; a server that requires sign-in begins anonymous. [AU1] */
export type Phase = { readonly phase: 'anonymous' } | { readonly phase: 'signed_in'; readonly role: Role };

export interface SessionParts {
  readonly client: Client;
  readonly fanOut: FanOut;
  readonly run: RunCommand;
  readonly clock: Clock;
  readonly log: Logger;
  readonly phase: Phase;
  readonly memories: Memories;
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
  #phase: Phase;
  #badFrames = 0;
  /** Topics that are not readable yet, and who asked for them. */
  readonly #subscribing = new Map<string, Asked[]>();

  constructor(parts: SessionParts) {
    const { client } = parts;
    this.#parts = parts;
    this.#phase = parts.phase;
    this.#holder = { answer: (frame) => client.reply(frame), superseded: () => client.terminate() };
    this.#answers = new Answers(this.#holder.answer);
  }

  /** The connection is over. */
  closed(): void {
    if (this.#memory !== undefined) this.#parts.memories.release(this.#memory, this.#holder);
  }

  receive(bytes: Buffer, isBinary: boolean): void {
    const receivedUs = this.#parts.clock.nowUs();
    this.#parts.client.heard();
    let frame: CommandFrame;
    try {
      if (isBinary) throw new AppError('ERR_BAD_MESSAGE', 'Binary frames have no meaning here');
      frame = openEnvelope(bytes.toString('utf8'));
    } catch (thrown) {
      this.#bad(thrown);
      return;
    }
    this.#badFrames = 0;
    try {
      if (Object.hasOwn(SESSION_COMMANDS, frame.type)) this.#session(frame, receivedUs);
      else this.#command(frame);
    } catch (thrown) {
      this.#error(frame.id, wireError(thrown, this.#parts.log, frame.type));
    }
  }

  /** A frame without a usable envelope: answered, and the connection ends when they go on. [EN5] */
  #bad(thrown: unknown): void {
    this.#badFrames += 1;
    this.#error(undefined, wireError(thrown, this.#parts.log, 'envelope'));
    if (this.#badFrames >= MAX_BAD_FRAMES) {
      this.#parts.fanOut.flush();
      this.#parts.client.close(CLOSE.badMessage, 'too many bad frames');
    }
  }

  #session(frame: CommandFrame, receivedUs: number): void {
    const message = parseSession(frame);
    const { client, fanOut } = this.#parts;
    switch (message.type) {
      case 'auth':
        this.#auth(frame.id);
        return;
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

  /** Open: whoever asks is let in already. Tokens are checked here once sign-in exists. */
  #auth(id: string | undefined): void {
    if (id === undefined) throw new AppError('ERR_BAD_MESSAGE', 'auth needs an id');
    this.#send({ type: 'reply', id, ok: true, data: { role: this.#role() } });
  }

  /** Goes on with the memory of the client's former connection: what it asked there and got no answer to, it may ask again. [RE1] */
  #resume(id: string | undefined, clientId: string): void {
    if (id === undefined) throw new AppError('ERR_BAD_MESSAGE', 'resume needs an id');
    this.#role();
    if (this.#memory !== undefined || !this.#answers.fresh)
      throw new AppError('ERR_CONFLICT', 'resume comes before the first command, once');
    this.#memory = `open ${clientId}`;
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
      this.#role();
      const taken = client.subscriptions.size + this.#subscribing.size;
      if (taken >= MAX_SUBSCRIPTIONS && !client.subscriptions.has(topic))
        throw new AppError('ERR_BUSY', `One connection may have ${MAX_SUBSCRIPTIONS} subscriptions`, {
          params: { topic, limit: MAX_SUBSCRIPTIONS },
          retryable: false,
        });
      if (topicFamily(topic) === undefined || !fanOut.subscribe(client, topic, id, left))
        throw new AppError('ERR_TOPIC_NOT_FOUND', 'No topic has this name', { params: { topic } });
    } catch (thrown) {
      this.#error(id, wireError(thrown, this.#parts.log, 'subscribe'));
    }
  }

  #command({ id, type, data }: CommandFrame): void {
    const { client, log } = this.#parts;
    if (id === undefined) throw new AppError('ERR_BAD_MESSAGE', 'A command needs an id');
    const role = this.#role();
    const answers = this.#answers;
    const before = answers.begin(id);
    if (before === 'running') return;
    if (before !== 'new') {
      client.reply(before);
      return;
    }
    if (answers.running > MAX_RUNNING) {
      const busy = new AppError('ERR_BUSY', 'Too many commands of this connection are still running');
      answers.finish(id, wire({ type: 'error', id, error: wireError(busy, log, type) }), false);
      return;
    }
    void this.#parts
      .run(type, data === undefined ? {} : data, { connection_id: client.id, role })
      .then((result) => {
        const answer = result.ok
          ? { type: 'reply', id, ok: true, data: result.data ?? {} }
          : { type: 'error', id, error: result.error };
        answers.finish(id, wire(answer), hasEffect(type));
      });
  }

  #role(): Role {
    if (this.#phase.phase === 'anonymous') throw new AppError('ERR_AUTH_REQUIRED', 'Sign in first');
    return this.#phase.role;
  }

  #send(message: object): void {
    this.#parts.client.reply(wire(message));
  }

  #error(id: string | undefined, error: WireError): void {
    this.#send({ type: 'error', ...(id === undefined ? {} : { id }), error });
  }
}

function wire(message: object): Frame {
  return textFrame(JSON.stringify(message));
}

function idOf(frame: CommandFrame): { id?: string } {
  return frame.id === undefined ? {} : { id: frame.id };
}

/** Reads may be answered afresh when their id comes again; what has an effect may not. [CM3] */
function hasEffect(type: string): boolean {
  return isCommandType(type) && !COMMANDS[type].http.startsWith('GET ');
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
