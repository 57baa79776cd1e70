import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { until } from '../until.js';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** The JSON-RPC side of a snapserver with one client, that does what it is told: also wrong things. */
export class FakeSnapserver {
  readonly requests: Request[] = [];
  /** A method that is not answered at all. */
  mute: string | undefined;
  /** A method that is answered with this. */
  instead: { readonly method: string; readonly line: string } | undefined;
  /** How a client is. */
  client = { id: 'kitchen', connected: true, volume: { percent: 50, muted: false } };
  group = { id: 'g', stream_id: 'Tutti', muted: false };
  other = 'idle';
  readonly sources: Socket[] = [];
  readonly #control: Server;
  readonly #source: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#control = createServer((socket) => this.#serve(socket));
    this.#source = createServer((socket) => {
      this.#keep(socket);
      this.sources.push(socket);
    });
  }

  static async start(): Promise<FakeSnapserver> {
    const fake = new FakeSnapserver();
    for (const server of [fake.#control, fake.#source])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.#control.address() as AddressInfo).port;
  }

  get sourcePort(): number {
    return (this.#source.address() as AddressInfo).port;
  }

  /** To everybody who is connected. */
  say(line: string): void {
    for (const socket of this.#sockets) if (!this.sources.includes(socket)) socket.write(line);
  }

  notify(): void {
    this.say('{"jsonrpc":"2.0","method":"Server.OnUpdate","params":{}}\r\n');
  }

  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async gets(method: string, count = 1): Promise<Request> {
    const of = (): Request[] => this.requests.filter((request) => request.method === method);
    await until(`${count} of ${method}`, () => of().length >= count);
    return of()[count - 1]!;
  }

  async close(): Promise<void> {
    this.drop();
    for (const server of [this.#control, this.#source]) await new Promise((resolve) => server.close(resolve));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #serve(socket: Socket): void {
    this.#keep(socket);
    let text = '';
    socket.setEncoding('utf8').on('data', (more: string) => {
      const lines = (text + more).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.#answer(JSON.parse(line) as Request, socket);
    });
  }

  #answer(request: Request, socket: Socket): void {
    this.requests.push(request);
    const { id, method, params } = request;
    if (method === this.mute) return;
    if (method === this.instead?.method) return void socket.write(this.instead.line);
    if (method === 'Client.SetVolume') this.client.volume = params?.['volume'] as typeof this.client.volume;
    if (method === 'Group.SetStream') this.group.stream_id = String(params?.['stream_id']);
    if (method === 'Group.SetMute') this.group.muted = params?.['mute'] === true;
    const result = method === 'Server.GetStatus' ? this.#status() : {};
    socket.write(`${JSON.stringify({ id, jsonrpc: '2.0', result })}\r\n`);
  }

  #status(): unknown {
    const { id, connected, volume } = this.client;
    const clients = [{ id, connected, config: { latency: 0, volume } }];
    const tcp = { scheme: 'tcp', host: `127.0.0.1:${this.sourcePort}`, query: { mode: 'server' } };
    const pipe = { scheme: 'pipe', host: '', query: {} };
    return {
      server: {
        groups: [{ ...this.group, clients }],
        streams: [
          { id: 'Tutti', status: 'idle', uri: tcp },
          { id: 'Other', status: this.other, uri: pipe },
        ],
        server: { snapserver: { version: '9.9' } },
      },
    };
  }
}
