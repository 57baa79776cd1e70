import * as z from 'zod';
import { RawClient } from './raw-client.js';
import { clientText, serverText } from './ws-bytes.js';

export interface Visit {
  readonly port: number;
  readonly topics: readonly string[];
  readonly token?: string;
}

const Subscribed = z.looseObject({
  type: z.literal('subscribed'),
  epoch: z.string().optional(),
  revision: z.int().optional(),
  resumed: z.boolean().optional(),
  events: z.array(z.looseObject({ timestamp: z.string() })).optional(),
});
const Update = z.looseObject({ type: z.string(), timestamp: z.string().optional() });

const SUBSCRIBED = Buffer.from('{"type":"subscribed"');
const COME_MS = 30_000;

interface Seen {
  stale: number;
  staleAfterReturn: number;
  fresh: number;
  closed: number;
}

/** One phone: it comes, listens, falls asleep, loses its line and comes back with what it knows. */
export class Guest {
  resumed = false;
  /** Of the last answer to its subscription. */
  answerBytes = 0;
  left: { epoch: string; revision: number } | undefined;
  readonly #visit: Visit;
  #client: RawClient | undefined;
  #closed = false;
  #heard: { readonly prefix: Buffer; readonly listener: () => void } | undefined;
  #record: Uint8Array[] | undefined;
  #watch: ((text: string) => void) | undefined;
  #subscribed: ((text: string) => void) | undefined;
  #missing = 0;

  constructor(visit: Visit) {
    this.#visit = visit;
  }

  /** Connects and subscribes; with what it remembers, when there is only one topic. */
  async come(): Promise<void> {
    const { port, topics, token } = this.#visit;
    const client = await RawClient.open(port, '/ws', token);
    this.#client = client;
    this.#closed = false;
    client.onClose = () => (this.#closed = true);
    client.onText = (chunk, start, end) => this.#onText(chunk, start, end);
    const [topic] = topics;
    const { epoch, revision } = this.left ?? {};
    const resume = epoch === undefined ? {} : { resume: { epoch, revisions: { [topic!]: revision } } };
    this.#missing = topics.length;
    const all = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no subscription')), COME_MS);
      this.#subscribed = (text) => {
        this.#answer(text);
        if (--this.#missing > 0 && text.length > 30) return;
        clearTimeout(timer);
        this.#subscribed = undefined;
        resolve();
      };
    });
    client.send(clientText(JSON.stringify({ id: 's', type: 'subscribe', data: { topics, ...resume } })));
    await all;
  }

  leave(): void {
    this.#client?.close();
  }

  remember(left: { epoch: string; revision: number }): void {
    this.left = left;
  }

  listenTo(type: string | undefined, listener: () => void = () => undefined): void {
    this.#heard = type === undefined ? undefined : { prefix: Buffer.from(`{"type":"${type}"`), listener };
  }

  record(on = true): Uint8Array[] {
    const frames: Uint8Array[] = [];
    this.#record = on ? frames : undefined;
    return frames;
  }

  sleep(): void {
    this.#client?.pause();
  }

  async wake(staleMs: number, forMs: number): Promise<Seen> {
    const seen: Seen = { stale: 0, staleAfterReturn: 0, fresh: 0, closed: 0 };
    const judge = (timestamp: string | undefined): void => {
      if (timestamp === undefined) return;
      if (Date.now() - Date.parse(timestamp) <= staleMs) seen.fresh += 1;
      else {
        seen.stale += 1;
        seen.staleAfterReturn += seen.closed;
      }
    };
    this.#watch = (text) => {
      const { type, timestamp } = Update.parse(JSON.parse(text));
      if (type === 'subscribed')
        for (const event of Subscribed.parse(JSON.parse(text)).events ?? []) judge(event.timestamp);
      else judge(timestamp);
    };
    this.#client?.resume();
    await new Promise((resolve) => setTimeout(resolve, forMs));
    if (this.#closed) {
      seen.closed = 1;
      await this.come();
      await new Promise((resolve) => setTimeout(resolve, forMs));
    }
    this.#watch = undefined;
    return seen;
  }

  #onText(chunk: Buffer, start: number, end: number): void {
    this.#record?.push(serverText(chunk.subarray(start, end)));
    const heard = this.#heard;
    if (heard && begins(chunk, start, heard.prefix)) heard.listener();
    if (this.#subscribed && begins(chunk, start, SUBSCRIBED)) {
      this.answerBytes = end - start;
      this.#subscribed(chunk.toString('utf8', start, end));
    }
    this.#watch?.(chunk.toString('utf8', start, end));
  }

  #answer(text: string): void {
    if (text.length < 30) return;
    // The head only: a snapshot of thousands is of no use here, and reading it would be a cost of the load.
    const cut = text.search(/,"(?:snapshot|events)":/);
    const { epoch, revision, resumed = false } = Subscribed.parse(JSON.parse(`${text.slice(0, cut)}}`));
    this.resumed = resumed;
    if (epoch !== undefined && revision !== undefined) this.left = { epoch, revision };
  }
}

function begins(chunk: Buffer, start: number, prefix: Buffer): boolean {
  return prefix.compare(chunk, start, Math.min(start + prefix.length, chunk.length)) === 0;
}
