import { createHash } from 'node:crypto';
import { KEY, RELATIVE, type WordBytes } from './event-stream.js';
import { namesOf } from './key-names.js';

/** What the kernel says of one input (`/proc/bus/input/devices`). */
export interface Listed {
  /** Stays the same when it is plugged in elsewhere. */
  readonly input_id: string;
  readonly name: string;
  readonly kind: 'keyboard' | 'remote' | 'knob' | 'buttons';
  /** `event3`, below /dev/input. */
  readonly file: string;
  readonly keys: readonly string[];
}

const MAX_TEXT = 1 << 20;
const MAX_INPUTS = 32;
const MAX_KEYS = 256;
/** A keyboard's letters, by their place. */
const LETTER_A = 30;
const POINTER_BUTTON = 0x110;
/** A knob has itself, and perhaps a few keys around it. */
const KNOB_KEYS = 12;
const POWER_KEYS = new Set(['KEY_POWER', 'KEY_POWER2', 'KEY_SLEEP', 'KEY_WAKEUP', 'KEY_SUSPEND']);

interface Block {
  readonly ids: string;
  readonly name: string;
  readonly phys: string;
  readonly sysfs: string;
  readonly uniq: string;
  readonly file: string;
  readonly keys: readonly number[];
  readonly axes: readonly number[];
}

/** Everything that has keys or turns, in the kernel's order; without mice, power buttons, lids and plugs. */
export function readCatalog(text: string, wordBytes: WordBytes): Listed[] {
  const taken = new Map<string, number>();
  const listed: Listed[] = [];
  for (const part of text.slice(0, MAX_TEXT).split(/\n\s*\n/)) {
    const block = readBlock(part, wordBytes);
    const kind = block && kindOf(block);
    if (!kind || listed.length >= MAX_INPUTS) continue;
    const base = idOf(block);
    const nth = (taken.get(base) ?? 0) + 1;
    taken.set(base, nth);
    listed.push({
      input_id: nth === 1 ? base : `${base}-${nth}`,
      name: block.name,
      kind,
      file: block.file,
      keys: keysOf(kind, block),
    });
  }
  return listed;
}

/** Receivers of remotes say that they could be a mouse; they are none. */
function keysOf(kind: Listed['kind'], { keys, axes }: Block): string[] {
  const turns = kind === 'remote' ? [] : namesOf(RELATIVE, axes);
  return [...turns, ...namesOf(KEY, keys)].slice(0, MAX_KEYS);
}

function readBlock(text: string, wordBytes: WordBytes): Block | undefined {
  const line = (letter: string, field: string): string =>
    new RegExp(`^${letter}: ${field}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  const file = /\b(event\d{1,4})\b/.exec(line('H', 'Handlers'))?.[1];
  if (file === undefined) return undefined;
  const ids = /^I: Bus=(\w{4}) Vendor=(\w{4}) Product=(\w{4})/m.exec(text)?.slice(1, 4).join('-') ?? '';
  const quoted = /^"(.*)"$/.exec(line('N', 'Name'))?.[1] ?? '';
  return {
    ids,
    name:
      quoted
        .replace(/\p{Cc}/gu, ' ')
        .trim()
        .slice(0, 128) || file,
    phys: line('P', 'Phys'),
    sysfs: line('S', 'Sysfs'),
    uniq: line('U', 'Uniq'),
    file,
    keys: bitsOf(line('B', 'KEY'), wordBytes),
    axes: bitsOf(line('B', 'REL'), wordBytes),
  };
}

/** The numbers of the bits that are set. Words of a `long` each, the highest first, without leading zeros. */
function bitsOf(text: string, wordBytes: WordBytes): number[] {
  const words = text.trim().split(/\s+/).slice(-32).reverse();
  const bits: number[] = [];
  for (const [n, word] of words.entries()) {
    if (!/^[0-9a-f]{1,16}$/.test(word)) continue;
    const value = BigInt(`0x${word}`);
    for (let bit = 0; bit < wordBytes * 8; bit++)
      if ((value >> BigInt(bit)) & 1n) bits.push(n * wordBytes * 8 + bit);
  }
  return bits;
}

function kindOf({ keys, axes, name, phys, sysfs }: Block): Listed['kind'] | undefined {
  const useful = namesOf(KEY, keys).some((key) => !POWER_KEYS.has(key));
  const remote = /\/rc\/|\/cec/.test(sysfs) || /ir[-_]recv|lirc|cec/i.test(`${phys} ${name}`);
  if (remote) return useful ? 'remote' : undefined;
  if (keys.includes(POINTER_BUTTON) && axes.includes(0) && axes.includes(1)) return undefined;
  if (axes.length > 0 && keys.length <= KNOB_KEYS) return 'knob';
  if (!useful) return undefined;
  return keys.includes(LETTER_A) ? 'keyboard' : 'buttons';
}

/** Two of the same make are told apart by their serial number, or by the order in which the kernel met them. */
function idOf({ ids, name, uniq }: Block): string {
  const hash = createHash('sha256').update(`${name}\n${uniq}`).digest('hex').slice(0, 8);
  return `${ids === '' ? 'input' : ids}-${hash}`;
}
