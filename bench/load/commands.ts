import * as z from 'zod';
import { answerParent } from './asks.js';
import { MpdLine } from './mpd-line.js';
import { RawClient } from './raw-client.js';
import { clientText } from './ws-bytes.js';

const Frame = z.looseObject({
  type: z.string(),
  id: z.string().optional(),
  topic: z.string().optional(),
  data: z.unknown().optional(),
  snapshot: z.unknown().optional(),
});
type Frame = z.infer<typeof Frame>;

export interface Command {
  readonly type: string;
  readonly body: object;
}

/** A command and how it was answered; the clock stopped before the answer was read. */
export interface Answered {
  readonly ms: number;
  readonly value: unknown;
}

const ANSWER_MS = 60_000;
let client: RawClient | undefined;
let serial = 0;
const waiting = new Map<string, (at: number, frame: Frame) => void>();
const sizes = new Map<string, number[]>();
const latest = new Map<string, unknown>();
let mpd: MpdLine | undefined;

function onText(chunk: Buffer, start: number, end: number): void {
  const at = client?.heardAt ?? performance.now();
  const frame = Frame.parse(JSON.parse(chunk.toString('utf8', start, end)));
  if (frame.id !== undefined) waiting.get(frame.id)?.(at, frame);
  if (frame.topic === undefined) return;
  if (frame.type === 'subscribed') latest.set(frame.topic, frame.snapshot);
  if (frame.type.endsWith(':state')) latest.set(frame.topic, frame.data);
  sizes.set(frame.type, [...(sizes.get(frame.type) ?? []).slice(-999), end - start]);
}

function answer(frame: object, what: string): Promise<Answered> {
  const id = `b${++serial}`;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} was not answered`)), ANSWER_MS);
    const begun = performance.now();
    waiting.set(id, (at, { type, data, ...rest }) => {
      clearTimeout(timer);
      waiting.delete(id);
      if (type === 'error') reject(new Error(`${what}: ${JSON.stringify(rest)}`));
      else resolve({ ms: at - begun, value: data });
    });
    if (!client) throw new Error('not connected');
    client.send(clientText(JSON.stringify({ ...frame, id })));
  });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const asks = {
  async open(port: number, topics: readonly string[], token?: string): Promise<void> {
    client?.close();
    client = await RawClient.open(port, '/ws', token);
    client.onText = onText;
    if (topics.length > 0) await answer({ type: 'subscribe', data: { topics } }, 'subscribe');
  },

  send: ({ type, body }: Command): Promise<Answered> => answer({ type, data: body }, type),

  /** One after the other, `gapMs` apart; milliseconds of each. */
  async series(commands: readonly Command[], gapMs: number): Promise<number[]> {
    const taken: number[] = [];
    for (const { type, body } of commands) {
      taken.push((await answer({ type, data: body }, type)).ms);
      if (gapMs > 0) await pause(gapMs);
    }
    return taken;
  },

  /** Payload bytes of the events of this type that came since the last time this was asked. */
  eventBytes(type: string): number[] {
    const found = sizes.get(type) ?? [];
    sizes.delete(type);
    return found;
  },

  /** What a topic with one state (library, system) was said to be last. */
  latest: (topic: string): unknown => latest.get(topic),

  async mpdOpen(port: number): Promise<void> {
    mpd?.close();
    mpd = await MpdLine.open(port);
  },

  async mpdSend(line: string): Promise<{ ms: number; text: string }> {
    if (!mpd) throw new Error('not connected to MPD');
    const begun = performance.now();
    const text = await mpd.request(line);
    return { ms: performance.now() - begun, text };
  },

  /** MPD reads its whole folder; milliseconds until it says that it has ended. */
  async mpdUpdate(): Promise<number> {
    const begun = performance.now();
    await asks.mpdSend('update');
    while ((await asks.mpdSend('status')).text.includes('updating_db:')) await pause(10);
    return performance.now() - begun;
  },

  async mpdSeries(lines: readonly string[], gapMs: number): Promise<number[]> {
    const taken: number[] = [];
    for (const line of lines) {
      taken.push((await asks.mpdSend(line)).ms);
      if (gapMs > 0) await pause(gapMs);
    }
    return taken;
  },
};

export type CommandAsks = typeof asks;

answerParent(asks);
