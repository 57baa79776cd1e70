import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FakeAck, FakeMpdPlayer } from './fake-mpd-player.js';

/** How the fake misbehaves from now on. Set `fake.fault` at any time. */
export type FakeMpdFault =
  | { readonly kind: 'none' }
  /** Accepts connections and never greets. */
  | { readonly kind: 'no-greeting' }
  /** Greets like another protocol. */
  | { readonly kind: 'garbage-greeting' }
  /** Takes commands and never answers; the connections stay open. `only` = the connections that idle. */
  | { readonly kind: 'silent'; readonly only?: 'idle' }
  /** Answers late. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Answers with bytes that are not MPD's. */
  | { readonly kind: 'garbage' }
  /** Cuts the connection in the middle of an answer. */
  | { readonly kind: 'drop-mid-reply' }
  /** Refuses one command. */
  | { readonly kind: 'ack'; readonly command: string; readonly code: number; readonly message: string };

interface Client {
  readonly socket: Socket;
  readonly pending: Set<string>;
  text: string;
  idle: readonly string[] | undefined;
  list: string[] | undefined;
  allowed: boolean;
}

const OPTIONS = new Set(['random', 'repeat', 'single', 'consume']);

/** Enough of MPD on a real socket to drive a driver, and to break it. */
export class FakeMpd {
  fault: FakeMpdFault = { kind: 'none' };
  /** Called before a command is obeyed: what happens just then. */
  meanwhile: (words: readonly string[]) => void = () => undefined;
  password: string | undefined;
  /** Every command that came, as its words. */
  readonly commands: string[][] = [];
  player: FakeMpdPlayer;
  #server: Server;
  #port = 0;
  #clients = new Set<Client>();

  private constructor() {
    this.player = this.#newPlayer();
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async start(): Promise<FakeMpd> {
    const fake = new FakeMpd();
    await fake.#listen();
    return fake;
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#clients.size;
  }

  /** Cuts every connection; new ones are welcome. */
  dropConnections(): void {
    for (const client of this.#clients) client.socket.destroy();
  }

  /** A new process on the same port: nothing queued, nothing playing, ids start again. Files stay. */
  async restart(): Promise<void> {
    const library = this.player.library;
    await this.close();
    this.player = this.#newPlayer();
    for (const [uri, seconds] of library) this.player.library.set(uri, seconds);
    this.#server = createServer((socket) => this.#accept(socket));
    await this.#listen();
  }

  async close(): Promise<void> {
    this.player.close();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.dropConnections();
    await closed;
  }

  #newPlayer(): FakeMpdPlayer {
    return new FakeMpdPlayer((subsystem) => this.#changed(subsystem));
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #accept(socket: Socket): void {
    const allowed = this.password === undefined;
    const client: Client = {
      socket,
      pending: new Set(),
      text: '',
      idle: undefined,
      list: undefined,
      allowed,
    };
    this.#clients.add(client);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#clients.delete(client));
    socket.on('data', (data: Buffer) => {
      client.text += data.toString('utf8');
      const lines = client.text.split('\n');
      client.text = lines.pop() ?? '';
      for (const line of lines) this.#line(client, line);
    });
    if (this.fault.kind === 'garbage-greeting') socket.write('SSH-2.0-OpenSSH_9.2\r\n');
    else if (this.fault.kind !== 'no-greeting') socket.write('OK MPD 0.23.5\n');
  }

  #line(client: Client, line: string): void {
    const words = split(line);
    const [name = ''] = words;
    if (name === 'command_list_ok_begin') client.list = [];
    else if (name === 'command_list_end') this.#list(client);
    else if (client.list) client.list.push(line);
    else if (name === 'idle') this.#idle(client, words.slice(1));
    else if (name === 'noidle') this.#noidle(client);
    else this.#answer(client, name, () => [...this.#run(client, words), 'OK']);
  }

  #list(client: Client): void {
    const lines = client.list ?? [];
    client.list = undefined;
    this.#answer(client, '', () => {
      const out: string[] = [];
      for (const [index, line] of lines.entries()) {
        const words = split(line);
        try {
          out.push(...this.#run(client, words), 'list_OK');
        } catch (error) {
          if (!(error instanceof FakeAck)) throw error;
          return [...out, ackLine(error, words[0] ?? '', index)];
        }
      }
      return [...out, 'OK'];
    });
  }

  #idle(client: Client, subsystems: readonly string[]): void {
    client.idle = subsystems;
    this.#flush(client);
  }

  #noidle(client: Client): void {
    if (!client.idle || this.fault.kind === 'silent') return;
    client.idle = undefined;
    this.#write(client, ['OK']);
  }

  #changed(subsystem: string): void {
    for (const client of this.#clients) {
      client.pending.add(subsystem);
      this.#flush(client);
    }
  }

  #flush(client: Client): void {
    if (!client.idle || this.fault.kind === 'silent') return;
    const news = client.idle.filter((subsystem) => client.pending.has(subsystem));
    if (news.length === 0) return;
    client.pending.clear();
    client.idle = undefined;
    this.#write(client, [...news.map((subsystem) => `changed: ${subsystem}`), 'OK']);
  }

  #answer(client: Client, name: string, work: () => string[]): void {
    let lines: string[];
    try {
      lines = work();
    } catch (error) {
      if (!(error instanceof FakeAck)) throw error;
      lines = [ackLine(error, name, 0)];
    }
    this.#write(client, lines);
  }

  #write(client: Client, lines: readonly string[]): void {
    const { fault } = this;
    const text = `${lines.join('\n')}\n`;
    switch (fault.kind) {
      case 'silent':
        if (fault.only === 'idle') client.socket.write(text);
        return;
      case 'slow':
        setTimeout(() => client.socket.write(text), fault.ms);
        return;
      case 'garbage':
        client.socket.write(Buffer.from([0, 255, 254, 10, 13, 10, 0, 65, 10]));
        return;
      case 'drop-mid-reply':
        client.socket.end(text.slice(0, Math.floor(text.length / 2)));
        return;
      case 'none':
      case 'ack':
      case 'no-greeting':
      case 'garbage-greeting':
        client.socket.write(text);
        return;
      default:
        fault satisfies never;
    }
  }

  #run(client: Client, words: readonly string[]): string[] {
    this.commands.push([...words]);
    this.meanwhile(words);
    const [name = '', ...args] = words;
    const { fault, player } = this;
    if (fault.kind === 'ack' && fault.command === name) throw new FakeAck(fault.code, fault.message);
    if (name === 'password') {
      if (args[0] !== this.password) throw new FakeAck(3, 'incorrect password');
      client.allowed = true;
      return [];
    }
    if (name === 'ping' || name === 'binarylimit') return [];
    if (!client.allowed) throw new FakeAck(4, `you don't have permission for "${name}"`);
    if (OPTIONS.has(name)) {
      player.setOption(name, args[0] ?? '0');
      return [];
    }
    return this.#obey(name, args);
  }

  #obey(name: string, args: readonly string[]): string[] {
    const { player } = this;
    const [first] = args;
    const song = (): ReturnType<typeof player.find> => player.find(first);
    const table: Record<string, () => string[] | void> = {
      status: () => player.status(),
      currentsong: () => player.current(),
      outputs: () =>
        player.outputs.flatMap(({ name: title, enabled }, id) => [
          `outputid: ${id}`,
          `outputname: ${title}`,
          `outputenabled: ${enabled ? 1 : 0}`,
        ]),
      lsinfo: () => {
        const seconds = player.library.get(first ?? '');
        if (seconds === undefined) throw new FakeAck(50, 'No such directory');
        return [`file: ${first}`, `duration: ${seconds.toFixed(3)}`];
      },
      addid: () => [`Id: ${player.add(first ?? '').id}`],
      addtagid: () => void song().tags.set(args[1] ?? '', args[2] ?? ''),
      playlistid: () => player.describe(song()),
      rangeid: () => player.beginAt(song(), Number.parseFloat(args[1] ?? '')),
      moveid: () => player.move(song(), Number(args[1])),
      deleteid: () => player.remove(song()),
      playid: () => player.open(song(), 0),
      seekid: () => player.seekTo(song(), Number(args[1])),
      pause: () => player.pause(first === '1'),
      stop: () => player.stop(),
      setvol: () => player.setVolume(Number(first)),
      clearerror: () => void (player.error = undefined),
      enableoutput: () => player.enable(first, true),
      disableoutput: () => player.enable(first, false),
    };
    const command = table[name];
    if (!command) throw new FakeAck(5, `unknown command "${name}"`);
    return command() ?? [];
  }
}

function ackLine(error: FakeAck, command: string, index: number): string {
  return `ACK [${error.code}@${index}] {${command}} ${error.message}`;
}

/** The words of a command line as MPD reads them. */
function split(line: string): string[] {
  const words = line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g);
  return Array.from(words, ([, quoted, plain]) => quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
}
