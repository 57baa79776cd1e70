import { createHash } from 'node:crypto';
import * as z from 'zod';
import { toError, type Clock, type Logger, type Timer } from '../base/index.js';
import { WireError, type Caller } from '../protocol/index.js';
import type { Bus } from './bus.js';
import { Seal } from './seal.js';

/** So long a client that is away is known by its commands. [RE2] */
export const REMEMBER_MS = 3_600_000;
/** So long here, and after that in what the processes share. */
const NEAR_MS = 120_000;
const MAX_AWAY = 512;
const MAX_AWAY_BYTES = 16 * 1024 * 1024;
/** Of one client. */
export const MAX_ANSWERS = 128;
const MAX_BYTES = 256 * 1024;
const SWEEP_MS = 5_000;
/** Answers to these, whole nouns or single commands, may be secrets: they are kept where they are made and nowhere else. */
const SECRETIVE: ReadonlySet<string> = new Set([
  'people',
  'session',
  'token',
  'invitation',
  'party',
  'satellite',
  'room:open',
  'room:join',
]);

/** The outcome of a command, as every way to a handler gives it. */
export type BusResult =
  { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: WireError };

/** By which ids a client will ask again for the answer to one command. */
export interface Asked {
  readonly client_id: string;
  readonly ids: readonly string[];
}

/** Never throws. `asked` is there for commands that a client may ask again. */
export type BusRun = (type: string, request: unknown, caller: Caller, asked?: Asked) => Promise<BusResult>;

/** The connection that a client has now. */
export interface Connected {
  readonly connectionId: string;
  /** The client is on another connection: this one is of no use any more. */
  ended(this: void): void;
}

interface Answer {
  readonly secretive: boolean;
  /** While the command runs. */
  running: Promise<BusResult> | undefined;
  /** After that: the result as JSON. */
  text: string;
}

interface Client {
  readonly answers: Map<string, Answer>;
  bytes: number;
  holder: Connected | undefined;
  leftUs: number;
  /** While it is looked up whether the client is known from before. */
  loading: Promise<boolean> | undefined;
}

const Result = z.union([
  z.object({ ok: z.literal(true), data: z.unknown() }),
  z.object({ ok: z.literal(false), error: WireError }),
]);
const Kept = z.object({
  v: z.literal(1),
  kind: z.literal('answers'),
  key: z.string(),
  answers: z.array(z.object({ id: z.string().max(256), result: Result })).max(MAX_ANSWERS),
});

export interface RecallParts {
  readonly bus: Bus;
  readonly name: string;
  readonly secret: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * What clients asked and were answered, in the process that runs the commands: a client may come back through any other one and ask again,
 * and each command has one effect, whichever process died on the way. A client that is away for long, or a house that stops, leaves it in
 * what the processes share: a record there is whole, and is taken out before anything else is run for its client. [RE2]
 */
export class Recall {
  readonly #parts: RecallParts;
  readonly #seal: Seal;
  /** Those that are away stand in the order in which they left. */
  readonly #clients = new Map<string, Client>();
  /** Connection -> client. */
  readonly #holders = new Map<string, string>();
  readonly #moving = new Map<string, Promise<void>>();
  readonly #timer: Timer;
  #away = 0;

  constructor(parts: RecallParts) {
    this.#parts = parts;
    this.#seal = new Seal(parts.secret);
    this.#timer = parts.clock.every(SWEEP_MS, () => this.sweep());
  }

  /** Clients that are known here. */
  get size(): number {
    return this.#clients.size;
  }

  /** The client is on this connection from now on. True when what it asked on another one is known. */
  async claim(clientId: string, caller: Caller, holder: Connected): Promise<boolean> {
    const key = keyOf(clientId, caller);
    const { client, known } = this.#find(key);
    const before = client.holder;
    if (!before) this.#away -= 1;
    client.holder = holder;
    this.#holders.set(holder.connectionId, key);
    if (before && before.connectionId !== holder.connectionId) {
      this.#holders.delete(before.connectionId);
      before.ended();
    }
    return (await client.loading) ?? known;
  }

  /** The same, for connections of this process. */
  readonly resume = (clientId: string, caller: Caller, ended: () => void): Promise<boolean> =>
    this.claim(clientId, caller, { connectionId: caller.connection_id, ended });

  /** Runs it, unless it was asked by one of these ids before: then its answer is that one. */
  async once(asked: Asked, caller: Caller, type: string, run: () => Promise<BusResult>): Promise<BusResult> {
    const { client } = this.#find(keyOf(asked.client_id, caller));
    if (client.loading) await client.loading;
    // Of commands that replace each other the last is the one that counts.
    const before = client.answers.get(asked.ids.at(-1) ?? '');
    if (before) return before.running ?? Result.parse(JSON.parse(before.text));
    const running = run();
    const answer: Answer = { secretive: isSecretive(type), running, text: '' };
    for (const id of asked.ids) client.answers.set(id, answer);
    const result = await running;
    answer.running = undefined;
    if (mayComeAgain(result)) for (const id of asked.ids) client.answers.delete(id);
    else this.#keep(client, asked.ids, answer, JSON.stringify(result));
    return result;
  }

  /** The same, each command once. */
  remembered(run: BusRun): BusRun {
    return (type, request, caller, asked) =>
      asked ? this.once(asked, caller, type, () => run(type, request, caller)) : run(type, request, caller);
  }

  /** The connection is over. */
  left(connectionId: string): void {
    const key = this.#holders.get(connectionId);
    const client = key === undefined ? undefined : this.#clients.get(key);
    this.#holders.delete(connectionId);
    if (key === undefined || client?.holder?.connectionId !== connectionId) return;
    client.holder = undefined;
    this.#goes(key, client);
    this.sweep();
  }

  /** Who is away for long, or left first when there are too many, is known by what the processes share. */
  sweep(): void {
    if (this.#away === 0) return;
    const { clock } = this.#parts;
    const before = clock.nowUs() - NEAR_MS * 1000;
    let bytes = 0;
    for (const client of this.#clients.values()) if (!client.holder) bytes += client.bytes;
    for (const [key, client] of this.#clients) {
      if (client.holder || client.loading) continue;
      if (client.leftUs > before && this.#away <= MAX_AWAY && bytes <= MAX_AWAY_BYTES) return;
      bytes -= client.bytes;
      this.#away -= 1;
      void this.#moveOut(key, client);
    }
  }

  /** Leaves everything to the next one. */
  async close(): Promise<void> {
    this.#timer.cancel();
    await Promise.all([...this.#clients].map(([key, client]) => this.#moveOut(key, client)));
    await Promise.all(this.#moving.values());
  }

  #find(key: string): { readonly client: Client; readonly known: boolean } {
    const found = this.#clients.get(key);
    if (found) return { client: found, known: true };
    const client: Client = {
      answers: new Map(),
      bytes: 0,
      holder: undefined,
      leftUs: 0,
      loading: undefined,
    };
    client.loading = this.#load(key, client).finally(() => (client.loading = undefined));
    this.#goes(key, client);
    return { client, known: false };
  }

  /** To the end of those that are away. */
  #goes(key: string, client: Client): void {
    client.leftUs = this.#parts.clock.nowUs();
    this.#clients.delete(key);
    this.#clients.set(key, client);
    this.#away += 1;
  }

  #keep(client: Client, ids: readonly string[], answer: Answer, kept: string): void {
    answer.text = kept;
    for (const id of ids) {
      client.answers.delete(id);
      client.answers.set(id, answer);
    }
    client.bytes += kept.length * ids.length;
    for (const [id, old] of client.answers) {
      const tooMany = client.answers.size > MAX_ANSWERS;
      if (!tooMany && client.bytes <= MAX_BYTES) return;
      if (old.running) continue;
      client.bytes -= old.text.length;
      if (tooMany) {
        client.answers.delete(id);
        continue;
      }
      const text = JSON.stringify(forgotten());
      client.answers.set(id, { secretive: false, running: undefined, text });
      client.bytes += text.length;
    }
  }

  /** Takes the client's record out: what is there is whole only as long as nothing is run. */
  async #load(key: string, client: Client): Promise<boolean> {
    const { bus, log } = this.#parts;
    const place = this.#place(key);
    try {
      await this.#moving.get(key);
      const text = await bus.get(place);
      if (text === undefined) return false;
      await bus.delete(place);
      const read = this.#seal.open(text, Kept);
      if (typeof read === 'string' || read.key !== key) return false;
      for (const { id, result } of read.answers) {
        const kept = JSON.stringify(result);
        client.answers.set(id, { secretive: false, running: undefined, text: kept });
        client.bytes += kept.length;
      }
      return true;
    } catch (thrown) {
      log.warn({ reason: toError(thrown).message }, 'what a client asked before could not be looked up');
      return false;
    }
  }

  async #moveOut(key: string, client: Client): Promise<void> {
    this.#clients.delete(key);
    if (client.holder) this.#holders.delete(client.holder.connectionId);
    if (client.answers.size === 0) return;
    const answers = [...client.answers]
      .slice(-MAX_ANSWERS)
      .map(([id, answer]) => ({ id, result: outside(answer) }));
    const text = this.#seal.close({ v: 1, kind: 'answers', key, answers });
    const moved = this.#parts.bus.put(this.#place(key), text, REMEMBER_MS).catch((thrown: unknown) => {
      this.#parts.log.warn({ reason: toError(thrown).message }, 'what a client asked is forgotten');
    });
    this.#moving.set(key, moved);
    await moved;
    if (this.#moving.get(key) === moved) this.#moving.delete(key);
  }

  #place(key: string): string {
    return `${this.#parts.name}:client:${createHash('sha256').update(key).digest('hex')}`;
  }
}

/** A client is who says its name, signed in as the same. */
function keyOf(clientId: string, { subject_id = 'open' }: Caller): string {
  return `${subject_id} ${clientId}`;
}

export function isSecretive(type: string): boolean {
  return SECRETIVE.has(type) || SECRETIVE.has(type.split(':', 1)[0] ?? '');
}

/** What was too much at once may be asked again by the same id. */
function mayComeAgain(result: BusResult): boolean {
  return !result.ok && (result.error.code === 'ERR_RATE_LIMITED' || result.error.code === 'ERR_BUSY');
}

function forgotten(): BusResult {
  const message = 'This was answered, and the answer is too old to be given again';
  return { ok: false, error: { code: 'ERR_CONFLICT', message, retryable: false, params: {} } };
}

/** An answer as it may lie where others can read it. */
function outside({ text, running, secretive }: Answer): unknown {
  if (running) {
    const message = 'The server stopped while this was done; it may have happened';
    return {
      ok: false,
      error: { code: 'ERR_HOUSE_OFFLINE', message, retryable: false, params: { sent: true } },
    };
  }
  return secretive ? forgotten() : (JSON.parse(text) as unknown);
}
