import type { RawClient } from './raw-client.js';
import { clientFrame, clientText, OPCODE } from './ws-bytes.js';

const TAP = Buffer.from('{"type":"volume:updated"');
const PROGRESS = Buffer.from('{"type":"playback:progress"');
const DEADLINE_MS = 10_000;
/** Everything a tap causes has come after this long. */
const QUIET_MS = 300;

export interface FanParts {
  readonly clients: readonly RawClient[];
  readonly tapper: RawClient;
  readonly room: string;
  /** Whether a tap is answered, besides being told to everybody. */
  readonly replies: boolean;
}

/** Many clients of one server, and the moment when all of them have heard. */
export class Fan {
  readonly #parts: FanParts;
  readonly #heardIn: Int32Array;
  #round = 0;
  #missing = 0;
  #allHeard: (() => void) | undefined;
  #progress = 0;
  #record: Buffer[] | undefined;
  #serial = 0;

  constructor(parts: FanParts) {
    this.#parts = parts;
    this.#heardIn = new Int32Array(parts.clients.length);
    for (const [index, client] of parts.clients.entries())
      client.onText = (chunk, start, end) => this.#onText(index, chunk, start, end);
  }

  /** Milliseconds until the last client heard. Returns when the tapping client has its reply, too. */
  async tap(): Promise<number> {
    const { clients, tapper, room, replies } = this.#parts;
    const id = `t${++this.#serial}`;
    const volume = (20 + (this.#serial % 60)) / 100;
    const text = JSON.stringify({ id, type: 'room:volume', data: { room_id: room, volume } });
    this.#round += 1;
    this.#missing = clients.length;
    const all = new Promise<void>((resolve) => (this.#allHeard = resolve));
    const begun = performance.now();
    let reply: Promise<unknown> | undefined;
    if (replies) reply = tapper.ask(text, `"id":"${id}"`);
    else tapper.send(clientText(text));
    await inTime(all, () => `${this.#missing} clients did not hear a tap`);
    const ms = performance.now() - begun;
    await reply;
    return ms;
  }

  async command(type: string, body: object): Promise<void> {
    const id = `c${++this.#serial}`;
    const answer = await this.#parts.tapper.ask(JSON.stringify({ id, type, data: body }), `"id":"${id}"`);
    if (!answer.startsWith('{"type":"reply"')) throw new Error(answer);
  }

  /** What the first client gets within a moment of a tap. */
  async recordTap(): Promise<Buffer> {
    const record: Buffer[] = (this.#record = []);
    await this.tap();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    this.#record = undefined;
    return Buffer.concat(record);
  }

  async recordProgress(): Promise<Buffer> {
    const record: Buffer[] = (this.#record = []);
    const deadline = performance.now() + DEADLINE_MS;
    const isProgress = (frame: Buffer): boolean => frame.includes(PROGRESS);
    while (!record.some(isProgress)) {
      if (performance.now() > deadline) throw new Error('no progress came');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.#record = undefined;
    return record.find(isProgress)!;
  }

  async countProgress(ms: number): Promise<number> {
    const before = this.#progress;
    await new Promise((resolve) => setTimeout(resolve, ms));
    return this.#progress - before;
  }

  close(): void {
    for (const client of [...this.#parts.clients, this.#parts.tapper]) client.close();
  }

  #onText(index: number, chunk: Buffer, start: number, end: number): void {
    if (index === 0) this.#record?.push(serverFrame(chunk.subarray(start, end)));
    if (begins(chunk, start, PROGRESS)) {
      this.#progress += 1;
      return;
    }
    if (!begins(chunk, start, TAP) || this.#heardIn[index] === this.#round) return;
    this.#heardIn[index] = this.#round;
    this.#missing -= 1;
    if (this.#missing === 0) this.#allHeard?.();
  }
}

function begins(chunk: Buffer, start: number, with_: Buffer): boolean {
  return with_.compare(chunk, start, Math.min(start + with_.length, chunk.length)) === 0;
}

/** The same payload as a server frames it: without a mask. */
function serverFrame(payload: Buffer): Buffer {
  const masked = clientFrame(OPCODE.text, payload);
  const head = payload.length < 126 ? 2 : 4;
  const frame = Buffer.concat([masked.subarray(0, head), payload]);
  frame[1] = frame[1]! & 0x7f;
  return frame;
}

async function inTime(work: Promise<void>, problem: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(problem())), DEADLINE_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
