import { connect, type Socket } from 'node:net';
import { encode, MessageReader, MESSAGE, readTime, type Message } from '../../drivers/snapcast/wire.js';
import { until } from '../until.js';

/** A chunk of sound as it arrived. */
export interface HeardChunk {
  readonly at_us: number;
  readonly bytes: Buffer;
}

/** A snapclient without a loudspeaker, that does what it is told: also wrong things. */
export class FakeSnapclient {
  readonly messages: Message[] = [];
  readonly socket: Socket;
  closed = false;
  #reader = new MessageReader(1 << 20);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      // The reader's messages lie in its buffer: what is kept is copied.
      for (const message of this.#reader.push(bytes))
        this.messages.push({ ...message, body: Buffer.from(message.body) });
    });
    socket.on('close', () => (this.closed = true));
    socket.on('error', () => undefined);
  }

  /** `from` is the address it comes from, any of 127.0.0.0/8. */
  static async connect(port: number, from = '127.0.0.1'): Promise<FakeSnapclient> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new FakeSnapclient(socket);
  }

  static async hello(port: number, id: string, from?: string): Promise<FakeSnapclient> {
    const client = await FakeSnapclient.connect(port, from);
    client.say(MESSAGE.hello, { ID: id, HostName: id, Version: '9.9', SnapStreamProtocolVersion: 2 }, 41);
    return client;
  }

  say(type: number, content: unknown, id = 1): void {
    const text = Buffer.from(JSON.stringify(content));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    this.socket.write(encode({ type, id, refersTo: 0, sent_us: 0 }, Buffer.concat([length, text])));
  }

  /** Asks for the time, by a clock of its own. */
  askTime(sentUs: number, id = 1): void {
    this.socket.write(encode({ type: MESSAGE.time, id, refersTo: 0, sent_us: sentUs }, Buffer.alloc(8)));
  }

  of(type: number): Message[] {
    return this.messages.filter((message) => message.type === type);
  }

  /** The settings as told last. */
  get settings(): Record<string, unknown> | undefined {
    const last = this.of(MESSAGE.serverSettings).at(-1);
    return last && (JSON.parse(last.body.toString('utf8', 4)) as Record<string, unknown>);
  }

  get chunks(): HeardChunk[] {
    return this.of(MESSAGE.wireChunk).map(chunkOf);
  }

  /** Those since it was told to begin anew. */
  get freshChunks(): HeardChunk[] {
    const begin = this.messages.findLastIndex(({ type }) => type === MESSAGE.codecHeader);
    return this.messages
      .slice(begin + 1)
      .flatMap((message) => (message.type === MESSAGE.wireChunk ? chunkOf(message) : []));
  }

  async gets(type: number, count = 1): Promise<Message> {
    await until(`${count} messages of type ${type}`, () => this.of(type).length >= count);
    return this.of(type)[count - 1]!;
  }

  async isCut(): Promise<void> {
    await until('the server has cut the connection', () => this.closed);
  }

  close(): void {
    this.socket.destroy();
  }
}

function chunkOf({ body }: Message): HeardChunk {
  return { at_us: readTime(body, 0), bytes: body.subarray(12) };
}
