import { AppError } from '../../src/base/index.js';

/** A command and its arguments, unquoted. */
export type MpdCommand = readonly [name: string, ...args: string[]];

/** `key: value` lines in the order they came, and the bytes of a binary chunk. */
export interface Section {
  readonly pairs: readonly (readonly [key: string, value: string])[];
  readonly binary?: Buffer;
}

/** `[50@0] {addid} No such song` */
export interface Ack {
  readonly code: number;
  /** Which command of a list failed. */
  readonly index: number;
  readonly command: string;
  readonly message: string;
}

export type Message =
  | { readonly type: 'greeting'; readonly version: string }
  /** One section for a command, one for each command of a list. */
  | { readonly type: 'reply'; readonly sections: readonly Section[] }
  | { readonly type: 'ack'; readonly ack: Ack };

/** Longer than any tag, shorter than what would hurt. */
const MAX_LINE_BYTES = 1 << 20;
const MAX_CHUNK_BYTES = 1 << 26;
const NEWLINE = 0x0a;

/** The bytes of a command. Rejects what could not be one line. */
export function encodeCommand([name, ...args]: MpdCommand): string {
  for (const arg of args) {
    if (/[\n\r\0]/.test(arg)) throw new AppError('ERR_INVALID', 'MPD takes no line breaks in arguments');
  }
  return `${[name, ...args.map(quote)].join(' ')}\n`;
}

/** Several commands that run without another client's between them; the first that fails ends it. */
export function encodeList(commands: readonly MpdCommand[]): string {
  return `command_list_ok_begin\n${commands.map(encodeCommand).join('')}command_list_end\n`;
}

function quote(arg: string): string {
  return `"${arg.replace(/[\\"]/g, '\\$&')}"`;
}

/** What is wrong with the line is told; the line is not, it may be anything. */
function notMpd(problem: string): AppError {
  return new AppError('ERR_PLAYER_REFUSED', `this is not the MPD protocol: ${problem}`);
}

export function parseAck(line: string): Ack | undefined {
  const match = /^ACK \[(\d+)@(\d+)\] \{([^}]*)\} ?(.*)$/s.exec(line);
  if (!match) return undefined;
  const [, code, index, command, message] = match;
  return { code: Number(code), index: Number(index), command: command ?? '', message: message ?? '' };
}

/** Bytes in, messages out, wherever the bytes were cut. Text is UTF-8, binary chunks stay bytes. Throws AppError on anything else. */
export class ReplyParser {
  #rest: Buffer = Buffer.alloc(0);
  #greeted = false;
  #pairs: [string, string][] = [];
  #binary: Buffer | undefined;
  #binaryBytes: number | undefined;
  #sections: Section[] = [];
  #listed = false;

  push(chunk: Buffer): Message[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: Message[] = [];
    let at = 0;
    for (;;) {
      if (this.#binaryBytes !== undefined) {
        const end = at + this.#binaryBytes;
        if (bytes.length <= end) break;
        if (bytes[end] !== NEWLINE) throw notMpd('a binary chunk without its end');
        this.#binary = Buffer.from(bytes.subarray(at, end));
        this.#binaryBytes = undefined;
        at = end + 1;
      }
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline < 0) break;
      const message = this.#line(bytes.toString('utf8', at, newline));
      if (message) messages.push(message);
      at = newline + 1;
    }
    this.#rest = bytes.subarray(at);
    if (this.#binaryBytes === undefined && this.#rest.length > MAX_LINE_BYTES)
      throw notMpd('an endless line');
    return messages;
  }

  #line(line: string): Message | undefined {
    if (!this.#greeted) return this.#greeting(line);
    if (line === 'OK') return this.#finish();
    if (line === 'list_OK') {
      this.#listed = true;
      this.#endSection();
      return undefined;
    }
    if (line.startsWith('ACK ')) return this.#fail(line);
    const colon = line.indexOf(': ');
    if (colon <= 0) throw notMpd('a line without a key');
    const key = line.slice(0, colon);
    const value = line.slice(colon + 2);
    if (key === 'binary') this.#expectBinary(value);
    else this.#pairs.push([key, value]);
    return undefined;
  }

  #greeting(line: string): Message {
    const refusal = parseAck(line);
    if (refusal) return { type: 'ack', ack: refusal };
    const match = /^OK MPD (\S+)/.exec(line);
    if (!match) throw notMpd('no greeting');
    this.#greeted = true;
    return { type: 'greeting', version: match[1] ?? '' };
  }

  #expectBinary(value: string): void {
    const size = Number(value);
    if (!Number.isSafeInteger(size) || size < 0 || size > MAX_CHUNK_BYTES)
      throw notMpd('a binary chunk of no size');
    this.#binaryBytes = size;
  }

  #endSection(): void {
    this.#sections.push({ pairs: this.#pairs, ...(this.#binary && { binary: this.#binary }) });
    this.#pairs = [];
    this.#binary = undefined;
  }

  #finish(): Message {
    if (!this.#listed) this.#endSection();
    const sections = this.#sections;
    this.#reset();
    return { type: 'reply', sections };
  }

  #fail(line: string): Message {
    const ack = parseAck(line);
    if (!ack) throw notMpd('an ACK without a code');
    this.#reset();
    return { type: 'ack', ack };
  }

  #reset(): void {
    this.#sections = [];
    this.#pairs = [];
    this.#binary = undefined;
    this.#listed = false;
  }
}
