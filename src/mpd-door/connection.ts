import type { Socket } from 'node:net';
import type { Timer } from '../base/index.js';
import { Asking, type Client } from './asking.js';
import { SUBSYSTEMS, type Subsystem } from './changes.js';
import { COMMANDS } from './commands.js';
import type { House } from './house.js';
import { Gone, Output } from './output.js';
import { addedTracks, addSources } from './queue-commands.js';
import { TAGS } from './tags.js';
import { ACK, ackLine, parseLine, Refusal } from './wire.js';

export const GREETING = 'OK MPD 0.23.5\n';

/** As MPD: what a line may have, and a command list in all. */
const MAX_LINE_BYTES = 16 * 1024;
const MAX_LIST_BYTES = 2 * 1024 * 1024;
/** While so much waits for its turn, nothing more is read. */
const MAX_WAITING_BYTES = 64 * 1024;
/** A client of a house with sign-in says its password within this time. */
const SIGN_IN_MS = 60_000;
const NEWLINE = 0x0a;

interface CommandList {
  readonly lines: string[];
  readonly marked: boolean;
  bytes: number;
}

/** One MPD client: lines in, answers out, one after the other. */
export class Connection {
  readonly client: Client;
  readonly #socket: Socket;
  readonly #house: House;
  readonly #out: Output;
  readonly #unlisten: () => void;
  readonly #signIn: Timer | undefined;
  #partial: Buffer = Buffer.alloc(0);
  #waiting: string[] = [];
  #waitingBytes = 0;
  #working = false;
  #list: CommandList | undefined;
  /** What changed since the last `idle` answered. */
  readonly #news = new Set<Subsystem>();
  /** What a pending `idle` waits for. */
  #idle: ReadonlySet<Subsystem> | undefined;

  constructor(socket: Socket, house: House, roomId: string, connectionId: string, onClose: () => void) {
    this.#socket = socket;
    this.#house = house;
    this.#out = new Output(socket, house.parts.clock);
    this.client = {
      connection_id: connectionId,
      address: socket.remoteAddress ?? '',
      roomId,
      identity: undefined,
      binaryLimit: 8192,
      tags: new Set(TAGS),
      over: false,
    };
    const { client } = this;
    this.#unlisten = house.listen({
      get roomId() {
        return client.roomId;
      },
      changed: (subsystems) => this.#changed(subsystems),
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    const { clock, door } = house.parts;
    this.#signIn =
      door.mode === 'required' ? clock.after(SIGN_IN_MS, () => client.identity || this.close()) : undefined;
    socket.once('close', () => {
      this.#signIn?.cancel();
      this.#unlisten();
      this.#waiting = [];
      onClose();
    });
    socket.write(GREETING);
  }

  /** Whoever it was may do nothing any more. */
  lock(): void {
    this.client.identity = undefined;
    this.#socket.destroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    let at = 0;
    let bytes = this.#partial.length === 0 ? chunk : Buffer.concat([this.#partial, chunk]);
    for (;;) {
      const end = bytes.indexOf(NEWLINE, at);
      if (end < 0) break;
      if (end - at > MAX_LINE_BYTES) return this.close();
      this.#waiting.push(bytes.toString('utf8', at, end));
      this.#waitingBytes += end - at + 1;
      at = end + 1;
    }
    bytes = bytes.subarray(at);
    if (bytes.length > MAX_LINE_BYTES) return this.close();
    this.#partial = Buffer.from(bytes);
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#socket.pause();
    void this.#work();
  }

  /** Takes the waiting lines one after the other. Ends when there are none, or the connection is over. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      for (let taken = 0; taken < this.#waiting.length; taken++) {
        const line = this.#waiting[taken]!;
        this.#waitingBytes -= Buffer.byteLength(line) + 1;
        await this.#line(line);
        if (this.client.over) return this.#finish();
        if (this.#waitingBytes <= MAX_WAITING_BYTES / 2 && this.#socket.isPaused()) this.#socket.resume();
        if (taken < 255) continue;
        this.#waiting = this.#waiting.slice(taken + 1);
        taken = -1;
      }
      this.#waiting = [];
      this.#waitingBytes = 0;
      // What changed while the last answer was on its way.
      const idle = this.#idle;
      if (idle && [...this.#news].some((each) => idle.has(each))) await this.#answerIdle(idle);
    } catch (error) {
      if (!(error instanceof Gone))
        this.#house.parts.log.error({ error: String(error) }, 'an MPD client was cut');
      this.close();
    } finally {
      this.#working = false;
    }
  }

  #finish(): void {
    this.#waiting = [];
    this.#socket.end();
    this.#socket.destroySoon();
  }

  async #line(line: string): Promise<void> {
    if (this.#idle) {
      if (line !== 'noidle') this.client.over = true;
      else await this.#answerIdle(this.#idle);
      return;
    }
    if (line === 'noidle') return;
    if (this.#list) return this.#collect(this.#list, line);
    if (line === 'command_list_begin' || line === 'command_list_ok_begin') {
      this.#list = { lines: [], marked: line === 'command_list_ok_begin', bytes: 0 };
      return;
    }
    // A page that a browser was tricked into sending here begins with a method in capitals.
    if (!/^[a-z]/.test(line) && line !== '') {
      this.client.over = true;
      return;
    }
    if ((await this.#command(line, 0)) === 'done') this.#out.raw('OK\n');
    await this.#out.flush();
  }

  async #collect(list: CommandList, line: string): Promise<void> {
    if (line !== 'command_list_end') {
      list.bytes += Buffer.byteLength(line) + 1;
      if (list.bytes > MAX_LIST_BYTES) this.client.over = true;
      else list.lines.push(line);
      return;
    }
    this.#list = undefined;
    let singly = 0;
    for (let index = 0; index < list.lines.length; index++) {
      const ids = index < singly ? [] : addedTracks(list.lines, index);
      if (await this.#addTogether(ids)) {
        if (list.marked) this.#out.raw('list_OK\n'.repeat(ids.length));
        index += ids.length - 1;
        continue;
      }
      // One of them is wrong: obeyed one by one, the answer says which.
      singly = Math.max(singly, index + ids.length);
      const end = await this.#command(list.lines[index]!, index, true);
      if (end === 'refused' || this.client.over) return this.#out.flush();
      if (list.marked) this.#out.raw('list_OK\n');
      await this.#out.pace();
    }
    this.#out.raw('OK\n');
    await this.#out.flush();
  }

  /** Several songs as one edit of the queue: a thousand edits would be a thousand writes, and as many steps of undo. */
  async #addTogether(track_ids: readonly string[]): Promise<boolean> {
    if (track_ids.length < 2) return false;
    this.#expire();
    const asking = new Asking(this.#house, this.client, this.#out, []);
    if (!asking.may('party')) return false;
    try {
      await addSources(asking, [{ track_ids: [...track_ids] }], undefined);
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  /** Obeys one line, or says why not. `waits`: an `idle` answers for itself. */
  async #command(line: string, index: number, listed = false): Promise<'done' | 'refused' | 'waits'> {
    let name = '';
    try {
      const parsed = parseLine(line);
      const { args } = parsed;
      this.#expire();
      const asking = new Asking(this.#house, this.client, this.#out, args);
      const own = Object.hasOwn(COMMANDS, parsed.name) ? COMMANDS[parsed.name] : undefined;
      if (!own) throw new Refusal(ACK.unknown, `unknown command "${parsed.name}"`);
      name = parsed.name;
      if (own.access !== 'anybody' && !asking.may(own.access))
        throw new Refusal(ACK.permission, `you don't have permission for "${name}"`);
      checkCount(name, args.length, own.min, own.max);
      if (name !== 'idle') await own.handle(asking);
      else await this.#startIdle(args, listed);
      return name === 'idle' ? 'waits' : 'done';
    } catch (error) {
      if (error instanceof Gone) throw error;
      const refusal = error instanceof Refusal ? error : undefined;
      if (!refusal)
        this.#house.parts.log.error({ command: name, error: String(error) }, 'an MPD command failed');
      const message = refusal?.message ?? 'a bug in Tutti; the log of the server says more';
      this.#out.raw(ackLine(refusal?.ack ?? ACK.system, index, refusal?.command ?? name, message));
      return 'refused';
    }
  }

  /** A token that has an end is good for nothing after it. */
  #expire(): void {
    const end = this.client.identity?.expires_at_ms;
    if (end !== undefined && end <= this.#house.parts.clock.wallMs()) this.client.identity = undefined;
  }

  async #startIdle(args: readonly string[], listed: boolean): Promise<void> {
    if (listed) throw new Refusal(ACK.list, 'idle is not for command lists');
    const wanted = new Set<Subsystem>();
    for (const word of args) {
      const subsystem = SUBSYSTEMS.find((each) => each === word);
      if (!subsystem) throw new Refusal(ACK.argument, `Unrecognized idle event: ${word}`);
      wanted.add(subsystem);
    }
    const idle: ReadonlySet<Subsystem> = wanted.size === 0 ? new Set(SUBSYSTEMS) : wanted;
    // The room is followed from here on.
    this.#house.room(this.client.roomId);
    this.#idle = idle;
    if ([...this.#news].some((each) => idle.has(each))) await this.#answerIdle(idle);
  }

  #changed(subsystems: readonly Subsystem[]): void {
    for (const subsystem of subsystems) this.#news.add(subsystem);
    const idle = this.#idle;
    if (!idle || this.#working || !subsystems.some((each) => idle.has(each))) return;
    this.#expire();
    const { door } = this.#house.parts;
    if (door.mode === 'required' && !this.client.identity) return this.lock();
    this.#answerIdle(idle).catch(() => this.close());
  }

  async #answerIdle(idle: ReadonlySet<Subsystem>): Promise<void> {
    this.#idle = undefined;
    for (const subsystem of SUBSYSTEMS)
      if (this.#news.has(subsystem) && idle.has(subsystem)) this.#out.pair('changed', subsystem);
    this.#news.clear();
    this.#out.raw('OK\n');
    await this.#out.flush();
  }
}

function checkCount(name: string, count: number, min: number, max: number): void {
  if (count < min && min === max) throw new Refusal(ACK.argument, `wrong number of arguments for "${name}"`);
  if (count < min) throw new Refusal(ACK.argument, `too few arguments for "${name}"`);
  if (max >= 0 && count > max) {
    const what = min === max ? 'wrong number of arguments' : 'too many arguments';
    throw new Refusal(ACK.argument, `${what} for "${name}"`);
  }
}
