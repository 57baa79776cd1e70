import { execFile } from 'node:child_process';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);
const META_EVERY = 4096;
const BYTES_PER_SECOND = 16_000;
const TICK_MS = 50;
const BURST_SECONDS = 4;

interface Listener {
  readonly response: ServerResponse;
  readonly wantsTitles: boolean;
  offset: number;
  untilMeta: number;
  told: string;
}

/** An internet radio: an endless MP3 of 128 kbit/s at the pace of real time, with titles between the music for who asks for them. */
export class Radio {
  title = 'First Song';
  /** How many listeners have ever connected. */
  connections = 0;
  #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout;

  private constructor(
    readonly url: string,
    private readonly server: Server,
    private readonly music: Buffer,
  ) {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  static async start(): Promise<Radio> {
    const tone = ['-f', 'lavfi', '-i', 'sine=frequency=441:sample_rate=44100:duration=30', '-ac', '2'];
    const mp3 = [
      '-c:a',
      'libmp3lame',
      '-b:a',
      '128k',
      '-write_xing',
      '0',
      '-id3v2_version',
      '0',
      '-f',
      'mp3',
      '-',
    ];
    const { stdout } = await run('ffmpeg', ['-v', 'error', ...tone, ...mp3], {
      encoding: 'buffer',
      maxBuffer: 1 << 24,
    }).catch((error: unknown) => {
      throw new Error('ffmpeg could not make the radio programme; is it installed? apt install ffmpeg', {
        cause: error,
      });
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const radio = new Radio(`http://127.0.0.1:${port}/live`, server, stdout);
    server.on('request', (request, response) =>
      radio.#join(request.headers['icy-metadata'] === '1', response),
    );
    return radio;
  }

  /** Cuts off everybody; who comes back is served again. */
  drop(): void {
    for (const { response } of this.#listeners) response.destroy();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.drop();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(wantsTitles: boolean, response: ServerResponse): void {
    this.connections++;
    response.writeHead(200, {
      'content-type': 'audio/mpeg',
      'icy-name': 'Radio Tutti',
      ...(wantsTitles && { 'icy-metaint': String(META_EVERY) }),
    });
    const listener: Listener = { response, wantsTitles, offset: 0, untilMeta: META_EVERY, told: '' };
    this.#listeners.add(listener);
    response.on('close', () => this.#listeners.delete(listener));
    this.#send(listener, BYTES_PER_SECOND * BURST_SECONDS);
  }

  #tick(): void {
    for (const listener of this.#listeners) this.#send(listener, (BYTES_PER_SECOND * TICK_MS) / 1000);
  }

  #send(listener: Listener, count: number): void {
    let left = count;
    while (left > 0) {
      const size = Math.min(left, listener.untilMeta, this.music.length - listener.offset);
      listener.response.write(this.music.subarray(listener.offset, listener.offset + size));
      listener.offset = (listener.offset + size) % this.music.length;
      listener.untilMeta -= size;
      left -= size;
      if (listener.untilMeta > 0) continue;
      listener.untilMeta = META_EVERY;
      if (listener.wantsTitles) listener.response.write(this.#meta(listener));
    }
  }

  #meta(listener: Listener): Buffer {
    if (listener.told === this.title) return Buffer.of(0);
    listener.told = this.title;
    const text = Buffer.from(`StreamTitle='${this.title}';`);
    const block = Buffer.alloc(1 + Math.ceil(text.length / 16) * 16);
    block[0] = (block.length - 1) / 16;
    text.copy(block, 1);
    return block;
  }
}
