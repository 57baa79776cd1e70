import { connect, type Socket } from 'node:net';
import { deferred, within, type Clock, type Deferred } from '../../base/index.js';
import { refusal, TargetFault } from './contract.js';
import { reasonOf } from './http.js';

export interface MpdAddress {
  /** `mpd://host:6600`, or `mpd:///path/of/its/socket`. */
  readonly url: string;
  readonly password: string | undefined;
  readonly clock: Clock;
  /** How long one answer may take. */
  readonly answerMs: number;
}

export type Pairs = readonly (readonly [key: string, value: string])[];

const MOST_CHARACTERS = 4 << 20;
const WRONG_PASSWORD = 3;
const NO_PERMISSION = 4;

/** One short conversation with an MPD: a question, its answer, the next. */
export class MpdTalk {
  readonly #address: MpdAddress;
  readonly #socket: Socket;
  /** The line that has not ended, as it came. */
  #rest: string[] = [];
  /** What came since the last end of an answer. */
  #size = 0;
  #lines: string[] = [];
  #answers: (readonly string[])[] = [];
  #greeted = false;
  #waiting: Deferred<readonly string[]> | undefined;
  #over: TargetFault | undefined;
  version = '';

  private constructor(address: MpdAddress) {
    this.#address = address;
    this.#socket = connect(placeOf(address.url));
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => this.#receive(text));
    this.#socket.on('error', (error) => this.#end(`It cannot be reached: ${reasonOf(error)}.`));
    this.#socket.on('close', () => this.#end('It hung up; it is tried again.'));
  }

  /** Connects, signs in, lets `work` talk, and hangs up. */
  static async with<T>(
    address: MpdAddress,
    signal: AbortSignal,
    work: (talk: MpdTalk) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const talk = new MpdTalk(address);
    try {
      const [greeting = ''] = await talk.#answer(signal);
      talk.version = greeting.slice('OK MPD '.length);
      const { password } = address;
      if (password !== undefined) await talk.ask(signal, 'password', password);
      return await work(talk);
    } finally {
      talk.#end('The conversation is over.');
    }
  }

  async ask(signal: AbortSignal, command: string, ...args: readonly string[]): Promise<Pairs> {
    if (args.some((arg) => /[\n\r\0]/.test(arg)))
      throw new TargetFault('refused', 'MPD has no folders with line breaks in their names.');
    const quoted = args.map((arg) => `"${arg.replace(/[\\"]/g, '\\$&')}"`);
    if (!this.#over) this.#socket.write(`${[command, ...quoted].join(' ')}\n`);
    return (await this.#answer(signal)).slice(0, -1).map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, Math.max(0, colon)), line.slice(colon + 2)] as const;
    });
  }

  /** Lines up to the `OK` that ends them. */
  async #answer(signal: AbortSignal): Promise<readonly string[]> {
    if (this.#over) throw this.#over;
    const { clock, answerMs: ms } = this.#address;
    this.#waiting = deferred();
    const { promise } = this.#waiting;
    promise.catch(() => undefined);
    this.#take();
    try {
      return await within({ clock, what: 'the answer of MPD', ms, signal }, () => promise);
    } catch (thrown) {
      if (signal.aborted || thrown instanceof TargetFault) throw thrown;
      throw new TargetFault('unreachable', 'It did not answer in time; it is tried again.');
    }
  }

  #receive(text: string): void {
    this.#size += text.length;
    if (this.#size > MOST_CHARACTERS) return this.#end('It answers far more than it should; is this an MPD?');
    if (!text.includes('\n')) return void this.#rest.push(text);
    const lines = (this.#rest.join('') + text).split('\n');
    this.#rest = [lines.pop() ?? ''];
    for (const line of lines) this.#line(line);
    this.#take();
  }

  #line(line: string): void {
    if (!this.#greeted && !/^(OK MPD |ACK )/.test(line))
      return this.#end('It does not greet as MPD does; is this the right address?');
    this.#greeted = true;
    this.#lines.push(line);
    if (!/^(OK($| MPD )|ACK )/.test(line)) return;
    this.#answers.push(this.#lines);
    this.#lines = [];
    this.#size = 0;
  }

  #take(): void {
    const waiting = this.#waiting;
    const lines = waiting && this.#answers.shift();
    if (!lines) return;
    this.#waiting = undefined;
    const last = lines.at(-1) ?? '';
    if (last.startsWith('ACK ')) waiting.reject(faultOf(last));
    else waiting.resolve(lines);
  }

  #end(message: string): void {
    this.#over ??= new TargetFault('unreachable', message);
    this.#socket.destroy();
    this.#waiting?.reject(this.#over);
    this.#waiting = undefined;
  }
}

/** `ACK [50@0] {update} No such directory`. The text of it may quote what was sent, but never a password. */
function faultOf(line: string): TargetFault {
  const [, code = '', command = '', text = ''] = /^ACK \[(\d+)@\d+\] \{([^}]*)\} ?(.*)$/.exec(line) ?? [];
  if (Number(code) === WRONG_PASSWORD) return refusal('It does not accept the password. Enter it again.');
  if (Number(code) === NO_PERMISSION)
    return refusal('It permits no update without a password, or not with this one. Enter one that does.');
  const said = command === 'password' ? '' : text.replace(/\p{Cc}+/gu, ' ').slice(0, 200);
  return new TargetFault('refused', `It refuses: ${said}`);
}

/** What to connect to. */
export function placeOf(url: string): { host: string; port: number } | { path: string } {
  const { hostname, port, pathname } = new URL(url);
  if (hostname === '') return { path: decodeURIComponent(pathname) };
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 6600 : Number(port) };
}
