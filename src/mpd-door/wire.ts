/** The error numbers of the MPD protocol. */
export const ACK = {
  list: 1,
  argument: 2,
  password: 3,
  permission: 4,
  unknown: 5,
  not_found: 50,
  full: 51,
  system: 52,
  player: 55,
  exists: 56,
} as const;

/** A command that is not obeyed: becomes an ACK line. `command` is what stands in braces when it is not the command's own name. */
export class Refusal extends Error {
  constructor(
    readonly ack: number,
    message: string,
    readonly command?: string,
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

/** `[50@3] {addid} No such song`; the text is ours or an echo of the client's, on one line in any case. */
export function ackLine(ack: number, index: number, command: string, message: string): string {
  return `ACK [${ack}@${index}] {${oneLine(command)}} ${oneLine(message)}\n`;
}

/** Text that may stand in a line: a tag with a line break would be read as more lines. */
export function oneLine(text: string): string {
  return /[\n\r\0]/.test(text) ? text.replace(/[\n\r\0]+/g, ' ') : text;
}

const MAX_ARGUMENTS = 70;

/** The words of a line as MPD reads them: a name, then bare words or quoted strings with backslashes. Throws Refusal. */
export function parseLine(line: string): { readonly name: string; readonly args: string[] } {
  const text = line.replace(/[\x01-\x20]+$/, '').replace(/^[\x01-\x20]+/, '');
  if (text === '') throw new Refusal(ACK.unknown, 'No command given', '');
  const name = /^[^\x01-\x20]*/.exec(text)?.[0] ?? '';
  if (!/^[A-Za-z]/.test(name)) throw new Refusal(ACK.unknown, 'Letter expected', '');
  if (!/^[A-Za-z0-9_]+$/.test(name)) throw new Refusal(ACK.unknown, 'Invalid word character', '');
  const args: string[] = [];
  let at = skipSpace(text, name.length);
  while (at < text.length) {
    if (args.length >= MAX_ARGUMENTS) throw new Refusal(ACK.argument, 'Too many arguments', name);
    const [word, end] = text[at] === '"' ? quoted(text, at) : bare(text, at);
    args.push(word);
    at = skipSpace(text, end);
  }
  return { name, args };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

function bare(text: string, from: number): [string, number] {
  let end = from;
  while (end < text.length && text.charCodeAt(end) > 0x20) {
    if (text[end] === '"' || text[end] === "'")
      throw new Refusal(ACK.unknown, 'Invalid unquoted character', '');
    end++;
  }
  if (end === from) throw new Refusal(ACK.unknown, 'Invalid unquoted character', '');
  return [text.slice(from, end), end];
}

function quoted(text: string, from: number): [string, number] {
  let word = '';
  let at = from + 1;
  for (;;) {
    const char = text[at];
    if (char === undefined) throw new Refusal(ACK.unknown, "Missing closing '\"'", '');
    if (char === '"') break;
    if (char === '\\') {
      at++;
      if (at >= text.length) throw new Refusal(ACK.unknown, "Missing closing '\"'", '');
    }
    word += text[at++];
  }
  const next = at + 1;
  if (next < text.length && text.charCodeAt(next) > 0x20)
    throw new Refusal(ACK.unknown, "Space expected after closing '\"'", '');
  return [word, next];
}

const MAX_INT = 2_147_483_647;

/** A whole number, signed. */
export function parseInteger(text: string, least = -MAX_INT): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Refusal(ACK.argument, `Integer expected: ${text}`);
  const value = Number(text);
  if (value < least) throw new Refusal(ACK.argument, `Number too small: ${text}`);
  if (value > MAX_INT) throw new Refusal(ACK.argument, `Number too large: ${text}`);
  return value;
}

export function parseUnsigned(text: string): number {
  if (!/^\d+$/.test(text)) throw new Refusal(ACK.argument, `Integer expected: ${text}`);
  return parseInteger(text);
}

/** Seconds, with a fraction. */
export function parseSeconds(text: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) throw new Refusal(ACK.argument, `Float expected: ${text}`);
  return Number(text);
}

export function parseSwitch(text: string): boolean {
  if (text !== '0' && text !== '1') throw new Refusal(ACK.argument, `Boolean (0/1) expected: ${text}`);
  return text === '1';
}

/** From `start` up to and without `end`, which is Infinity in `3:`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** `3` is one place, `3:7` the places 3 to 6, `3:` everything from 3 on, `-1` everything. */
export function parseRange(text: string): Range {
  if (text === '-1') return { start: 0, end: Infinity };
  const match = /^(-?\d+)(?:(:)(\d*))?$/.exec(text);
  if (!match) throw new Refusal(ACK.argument, `Integer or range expected: ${text}`);
  const [, first = '', colon, last = ''] = match;
  if (first.startsWith('-')) throw new Refusal(ACK.argument, `Number is negative: ${text}`);
  const start = parseUnsigned(first);
  if (colon === undefined) return { start, end: start + 1 };
  const end = last === '' ? Infinity : parseUnsigned(last);
  if (end < start) throw new Refusal(ACK.argument, `Malformed range: ${text}`);
  return { start, end };
}
