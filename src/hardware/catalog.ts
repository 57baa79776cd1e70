import { createHash } from 'node:crypto';
import { KEY, MISC, RELATIVE, type WordBytes } from './event-stream.js';
import { namesOf } from './key-names.js';

/** What the kernel says of one input (`/proc/bus/input/devices`). */
export interface Listed {
  /** Stays the same when it is plugged in elsewhere. */
  readonly input_id: string;
  readonly name: string;
  readonly kind: 'keyboard' | 'remote' | 'knob' | 'buttons';
  /** `event3`, below /dev/input. */
  readonly file: string;
  /** The socket that it is plugged into; empty where it has none. */
  readonly place: string;
  readonly keys: readonly string[];
  /** What turns or moves means something; of a keyboard with a touchpad it does not. */
  readonly turns: boolean;
}

/** What is known from before: two of one make are told apart by it. */
export interface Before {
  /** Of what is there now: the id that its file has. */
  readonly files: ReadonlyMap<string, string>;
  /** Where each was plugged in last, by id; also of those that are not there. */
  readonly places: ReadonlyMap<string, string>;
}

const NOTHING: Before = { files: new Map(), places: new Map() };

const MAX_TEXT = 1 << 20;
const MAX_INPUTS = 32;
const MAX_KEYS = 256;
export const MAX_PLACE = 200;
/** A keyboard's letters, by their place. */
const LETTER_A = 30;
const POINTER_BUTTON = 0x110;
const POINTER_BUTTONS = 8;
/** What touches a screen or pad: a finger, two, a pen. */
const TOUCH = 0x140;
const TOUCHES = 16;
/** Keys with which people play music; mice have none of them. */
const MEDIA_KEYS = new Set([113, 114, 115, 163, 164, 165]);
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
  /** What kinds of events it has. */
  readonly types: readonly number[];
  readonly keys: readonly number[];
  readonly axes: readonly number[];
}

/**
 * Everything that has keys or turns, in the kernel's order; without mice, touch screens, power buttons, lids and plugs. Two of the same make are numbered by
 * where they are plugged in, and from then on each is the one that was in its socket before, whichever comes first and whichever is there.
 */
export function readCatalog(text: string, wordBytes: WordBytes, before: Before = NOTHING): Listed[] {
  const found: { readonly block: Block; readonly kind: Listed['kind'] }[] = [];
  for (const part of text.slice(0, MAX_TEXT).split(/\n\s*\n/)) {
    const block = readBlock(part, wordBytes);
    const kind = block && kindOf(block);
    if (kind && found.length < MAX_INPUTS) found.push({ block, kind });
  }
  const ids = idsOf(
    found.map(({ block }) => block),
    before,
  );
  return found.map(({ block, kind }) => ({
    input_id: ids.get(block) ?? idOf(block),
    name: block.name,
    kind,
    file: block.file,
    place: block.phys,
    keys: keysOf(kind, block),
    turns: turns(kind, block),
  }));
}

function idsOf(blocks: readonly Block[], { files, places }: Before): ReadonlyMap<Block, string> {
  const ids = new Map<Block, string>();
  const taken = new Set<string>();
  const inOrder = blocks.toSorted((one, other) => (one.phys < other.phys ? -1 : 1));
  const give = (choose: (block: Block) => string | undefined): void => {
    for (const block of inOrder) {
      const id = ids.has(block) ? undefined : choose(block);
      if (id === undefined || taken.has(id)) continue;
      ids.set(block, id);
      taken.add(id);
    }
  };
  const known = (block: Block, fits: (place: string) => boolean): string | undefined =>
    [...places].find(([id, place]) => !taken.has(id) && isOf(id, block) && place !== '' && fits(place))?.[0];
  give((block) => known(block, (place) => place === block.phys));
  give((block) => {
    const id = files.get(block.file);
    return id !== undefined && isOf(id, block) ? id : undefined;
  });
  // Moved elsewhere: of a thing with several inputs each is the same part of it.
  give((block) => known(block, (place) => partOf(place) === partOf(block.phys)));
  give((block) => {
    const base = idOf(block);
    let id = base;
    for (let nth = 2; taken.has(id); nth++) id = `${base}-${nth}`;
    return id;
  });
  return ids;
}

function isOf(id: string, block: Block): boolean {
  const base = idOf(block);
  return id === base || id.replace(/-\d+$/, '') === base;
}

/** `usb-0000:01:00.0-1.2/input0` -> `input0`. */
function partOf(place: string): string {
  return place.slice(place.lastIndexOf('/') + 1);
}

/** Receivers of remotes say that they could be a mouse; they are none. What a touchpad does is nobody's wish here. */
function turns(kind: Listed['kind'], { keys, axes }: Block): boolean {
  return kind !== 'remote' && axes.length > 0 && !isPointer(keys, axes);
}

function isPointer(keys: readonly number[], axes: readonly number[]): boolean {
  return keys.some(isTouch) || (keys.includes(POINTER_BUTTON) && axes.includes(0) && axes.includes(1));
}

function isTouch(code: number): boolean {
  return code >= TOUCH && code < TOUCH + TOUCHES;
}

/** What happens where somebody points: no key that does something by itself. */
export function isPointing(code: number): boolean {
  return isTouch(code) || (code >= POINTER_BUTTON && code < POINTER_BUTTON + POINTER_BUTTONS);
}

function keysOf(kind: Listed['kind'], block: Block): string[] {
  const { keys, axes } = block;
  const turning = turns(kind, block) ? namesOf(RELATIVE, axes) : [];
  const pressed = isPointer(keys, axes) ? keys.filter((key) => !isPointing(key)) : keys;
  return [...turning, ...namesOf(KEY, pressed)].slice(0, MAX_KEYS);
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
    phys: line('P', 'Phys').slice(0, MAX_PLACE),
    sysfs: line('S', 'Sysfs'),
    uniq: line('U', 'Uniq'),
    file,
    types: bitsOf(line('B', 'EV'), wordBytes),
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

function kindOf({ types, keys, axes, name, phys, sysfs }: Block): Listed['kind'] | undefined {
  const useful = namesOf(KEY, keys).some((key) => !POWER_KEYS.has(key));
  const remote = /\/rc\/|\/cec/.test(sysfs) || /ir[-_]recv|lirc|cec/i.test(`${phys} ${name}`);
  // One without a table of keys has codes for them.
  if (remote) return useful || types.includes(MISC) ? 'remote' : undefined;
  if (isPointer(keys, axes)) {
    // A keyboard with a touchpad is one thing to the kernel.
    if (!keys.some((key) => MEDIA_KEYS.has(key))) return undefined;
    return keys.includes(LETTER_A) ? 'keyboard' : 'buttons';
  }
  if (axes.length > 0 && keys.length <= KNOB_KEYS) return 'knob';
  if (!useful) return undefined;
  return keys.includes(LETTER_A) ? 'keyboard' : 'buttons';
}

/** Two of the same make may be told apart by their serial number. */
function idOf({ ids, name, uniq }: Block): string {
  const hash = createHash('sha256').update(`${name}\n${uniq}`).digest('hex').slice(0, 8);
  return `${ids === '' ? 'input' : ids}-${hash}`;
}
