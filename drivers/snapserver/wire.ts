import * as z from 'zod';
import { AppError } from '../../src/base/index.js';

/** A house of a hundred snapclients makes a status of 50 kB. */
export const MAX_LINE = 1 << 20;
const MAX_THINGS = 1000;

const Name = z.string().max(1000);
const Volume = z.object({ percent: z.number(), muted: z.boolean() });

const Client = z.object({
  id: Name,
  connected: z.boolean(),
  config: z.object({ latency: z.number(), volume: Volume }),
});
const Group = z.object({
  id: Name,
  stream_id: Name,
  muted: z.boolean(),
  clients: z.array(Client).max(MAX_THINGS),
});
const Stream = z.object({
  id: Name,
  status: Name,
  uri: z.object({ scheme: Name, host: Name, query: z.record(z.string(), z.string()).catch({}) }),
});

/** The answer to Server.GetStatus, as far as it matters here. */
export const Status = z.object({
  server: z.object({
    groups: z.array(Group).max(MAX_THINGS),
    streams: z.array(Stream).max(MAX_THINGS),
    server: z.object({ snapserver: z.object({ version: Name }) }),
  }),
});
export type Status = z.infer<typeof Status>;
export type Stream = z.infer<typeof Stream>;

const Failure = z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() });
const Message = z.union([
  z.object({ id: z.int(), result: z.unknown().optional(), error: Failure.optional() }),
  z.object({ method: Name }),
]);
export type Message = z.infer<typeof Message>;

export function encodeRequest(id: number, method: string, params: unknown): string {
  const request = { id, jsonrpc: '2.0', method, ...(params !== undefined && { params }) };
  return `${JSON.stringify(request)}\r\n`;
}

/** Bytes to messages, one a line. Throws ERR_BAD_MESSAGE for what is no message, and for a line without end. */
export class MessageLines {
  #parts: Buffer[] = [];
  #held = 0;

  push(bytes: Buffer): Message[] {
    const messages: Message[] = [];
    let rest = bytes;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#hold(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const text = Buffer.concat(this.#parts).toString('utf8').trim();
      this.#parts = [];
      this.#held = 0;
      if (text !== '') messages.push(readMessage(text));
    }
    this.#hold(rest);
    return messages;
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#held += bytes.length;
    if (this.#held > MAX_LINE)
      throw new AppError('ERR_BAD_MESSAGE', `snapserver sent a line of more than ${MAX_LINE} bytes`);
  }
}

function readMessage(text: string): Message {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError('ERR_BAD_MESSAGE', 'snapserver sent what is not JSON', { cause });
  }
  const read = Message.safeParse(json);
  if (!read.success) throw new AppError('ERR_BAD_MESSAGE', 'snapserver sent what is no JSON-RPC');
  return read.data;
}
