import * as z from 'zod';
import {
  COMMANDS,
  TopicsReply,
  WireError,
  type CommandInput,
  type CommandReply,
  type CommandSpec,
  type CommandType,
} from '../protocol/index.js';
import { ClientError, disconnected } from './client-error.js';
import { badReply, checkedReply } from './commands.js';
import type { ClientClock, Fetch } from './socket.js';

/** Between two looks. */
const EVERY_MS = 2_000;
const ANSWER_MS = 8_000;

const Refused = z.object({ error: WireError });

export interface PollingParts {
  /** `http://host:8080`, without a slash at the end. */
  readonly origin: string;
  readonly fetch: Fetch;
  readonly clock: ClientClock;
  /** The secret of who is no page with a cookie. */
  token(this: void): string | undefined;
  /** What is wanted now, and where the mirror is. */
  wanted(
    this: void,
  ): readonly { readonly topic: string; readonly epoch?: string; readonly revision?: number }[];
  onAnswer(this: void, answer: TopicsReply, sentUs: number): void;
  /** Nobody answers here either. */
  onFailed(this: void): void;
}

/** Asks again and again over plain HTTP what changed: for networks that let no WebSocket through. Commands go to their REST twins. */
export class Polling {
  readonly #parts: PollingParts;
  #running = false;
  #works = false;
  #timer: { cancel(): void } | undefined;
  #asking: AbortController | undefined;

  constructor(parts: PollingParts) {
    this.#parts = parts;
  }

  /** It is in use, and the last question was answered. */
  get works(): boolean {
    return this.#running && this.#works;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#look();
  }

  stop(): void {
    this.#running = false;
    this.#works = false;
    this.#timer?.cancel();
    this.#asking?.abort();
    this.#asking = undefined;
  }

  /** Something may have changed: look now. */
  nudge(): void {
    if (!this.#running || this.#asking) return;
    this.#timer?.cancel();
    void this.#look();
  }

  async command<T extends CommandType>(type: T, data: CommandInput<T>): Promise<CommandReply<T>> {
    const { method, path, query, body } = restRequest(type, data);
    const { ok, json } = await this.#ask(method, `${path}${query}`, body, new AbortController()).catch(() => {
      throw disconnected();
    });
    this.nudge();
    if (!ok) {
      const refused = Refused.safeParse(json);
      throw refused.success ? new ClientError(refused.data.error) : badReply(type);
    }
    const reply = checkedReply(type, json);
    if (reply === undefined) throw badReply(type);
    return reply;
  }

  async #look(): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    const sentUs = this.#parts.clock.nowUs();
    const answer = await this.#topics(asking);
    if (this.#asking !== asking) return;
    this.#asking = undefined;
    this.#works = answer !== undefined;
    if (!answer) {
      this.stop();
      return this.#parts.onFailed();
    }
    this.#timer = this.#parts.clock.after(EVERY_MS, () => void this.#look());
    this.#parts.onAnswer(answer, sentUs);
  }

  async #topics(asking: AbortController): Promise<TopicsReply | undefined> {
    try {
      const { ok, json } = await this.#ask(
        'GET',
        `/topics?${questionOf(this.#parts.wanted())}`,
        undefined,
        asking,
      );
      return ok ? TopicsReply.parse(json) : undefined;
    } catch {
      return undefined;
    }
  }

  async #ask(
    method: string,
    path: string,
    body: object | undefined,
    asking: AbortController,
  ): Promise<{ ok: boolean; json: unknown }> {
    const { origin, fetch, clock, token } = this.#parts;
    const secret = token();
    const late = clock.after(ANSWER_MS, () => asking.abort());
    try {
      const response = await fetch(`${origin}/api/v1${path}`, {
        method,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: asking.signal,
      });
      return { ok: response.ok, json: await response.json() };
    } finally {
      late.cancel();
    }
  }
}

/** Only topics of one server life can be asked about at once; of the others the whole is asked for. */
function questionOf(wanted: ReturnType<PollingParts['wanted']>): string {
  const epoch = wanted.find((one) => one.epoch !== undefined)?.epoch;
  const query = new URLSearchParams({ names: wanted.map(({ topic }) => topic).join(',') });
  if (epoch === undefined) return query.toString();
  query.set('epoch', epoch);
  const revisions = wanted.map((one) => (one.epoch === epoch ? String(one.revision) : ''));
  query.set('revisions', revisions.join(','));
  return query.toString();
}

/** The REST twin of a command, as the table says. [RS1] */
export function restRequest(
  type: CommandType,
  data: Readonly<Record<string, unknown>>,
): { method: string; path: string; query: string; body: object | undefined } {
  const { http }: CommandSpec = COMMANDS[type];
  const [method = 'GET', template = ''] = http.split(' ', 2);
  const rest = { ...data };
  const path = template.replace(/\{(\w+)\}/g, (_all, name: string) => {
    const value = rest[name];
    delete rest[name];
    return encodeURIComponent(String(value));
  });
  if (method !== 'GET') return { method, path, query: '', body: rest };
  const fields = Object.entries(rest).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(
    fields.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return { method, path, query: query === '' ? '' : `?${query}`, body: undefined };
}
