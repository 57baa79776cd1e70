import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where ALSA shows its cards. Nothing of it has to be opened, so that who plays is not disturbed. */
export const ASOUND = '/proc/asound';

const MAX_FILE = 64 * 1024;
const MAX_LISTING = 1 << 20;

/** The card and the number of the connector in mpv's name of an ALSA output; undefined for names that say neither. */
export function cardOf(output: string): { readonly card: string; readonly connector: number } | undefined {
  const match = /^alsa\/[a-z]+:CARD=([A-Za-z0-9_-]{1,64})(?:,DEV=(\d{1,3}))?/.exec(output);
  return match?.[1] === undefined ? undefined : { card: match[1], connector: Number(match[2] ?? 0) };
}

/** Whether a card is plugged in. Where ALSA shows nothing at all nobody knows, and then it counts as there. */
export async function cardThere(card: string, folder = ASOUND): Promise<boolean> {
  return (await exists(join(folder, card))) || !(await exists(folder));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What ALSA says of the formats of a card, for people: `44.1-192 kHz, up to 24 bit`. Undefined where it does not say. */
export async function formatsOf(output: string, folder = ASOUND): Promise<string | undefined> {
  const place = cardOf(output);
  if (!place) return undefined;
  const { card, connector } = place;
  const usb = await read(join(folder, card, `stream${connector}`));
  if (usb !== undefined) return usbFormats(usb);
  for (const nth of [0, 1]) {
    const hdmi = await read(join(folder, card, `eld#${connector}.${nth}`));
    if (hdmi !== undefined) return hdmiFormats(hdmi);
  }
  return undefined;
}

async function read(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text?.slice(0, MAX_FILE);
}

/** Where a USB card is plugged in: `usb-0000:01:00.0-1.2`. It is the same after a restart, when ids may have changed. */
export async function seatOf(card: string, folder = ASOUND): Promise<string | undefined> {
  const text = await read(join(folder, card, 'stream0'));
  return / at (usb-[^\s,]{1,60}-[\d.]{1,20}),/.exec(text?.slice(0, 1000) ?? '')?.[1];
}

/** The same for people, as udev has it too: bus and socket, `USB socket 1-1.2`. */
export async function socketOf(output: string, folder = ASOUND): Promise<string | undefined> {
  const card = cardOf(output)?.card;
  const seat = card === undefined ? undefined : await seatOf(card, folder);
  if (card === undefined || seat === undefined) return undefined;
  const bus = /^(\d{1,3})\//.exec((await read(join(folder, card, 'usbbus'))) ?? '')?.[1];
  const socket = seat.slice(seat.lastIndexOf('-') + 1);
  return `USB socket ${bus === undefined ? '' : `${Number(bus)}-`}${socket}`;
}

/** ALSA calls the second card of one make `DAC_1`. */
export function stemOf(card: string): string {
  return card.replace(/_\d+$/, '');
}

/** Cards of one make with this one, which is among them when it is there. */
export async function twinsOf(card: string, folder = ASOUND): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => stemOf(name) === stemOf(card) && !/^card\d+$/.test(name));
}

/** The card of that make in a socket, whatever it is called now. With nothing in it, the one that has the name is another one. */
export async function cardInSeat(card: string, seat: string, folder = ASOUND): Promise<string | undefined> {
  const named = await seatOf(card, folder);
  if (named === seat) return card;
  for (const twin of await twinsOf(card, folder)) if ((await seatOf(twin, folder)) === seat) return twin;
  return named === undefined && (await cardThere(card, folder)) ? card : undefined;
}

/** A USB card lists each of its settings with format and rates. Those for recording come after those for playing. */
export function usbFormats(text: string): string | undefined {
  const [playing = ''] = text.split(/^Capture:/m);
  const rates = [...playing.matchAll(/^\s*Rates: (.*)$/gm)].flatMap(([, list = '']) => numbers(list));
  const bits = [...playing.matchAll(/^\s*Bits: (\d{1,2})$/gm)].map(([, n]) => Number(n));
  const formats = [...playing.matchAll(/^\s*Format: [SU](\d{1,2})_/gm)].map(([, n]) => Number(n));
  return inWords(rates, bits.length > 0 ? bits : formats);
}

/** What a television or receiver says of itself: its name, and what it takes as PCM. */
export function hdmiFormats(text: string): string | undefined {
  if (/^monitor_present\s+0/m.test(text)) return 'nothing is plugged in';
  const name = /^monitor_name\s+(.+)$/m.exec(text)?.[1]?.trim().slice(0, 60);
  const rates: number[] = [];
  const bits: number[] = [];
  for (const [, n = ''] of text.matchAll(/^sad(\d+)_coding_type\s+\[0x1\]/gm)) {
    rates.push(...numbers(new RegExp(`^sad${n}_rates\\s+\\[\\w+\\]\\s+(.*)$`, 'm').exec(text)?.[1] ?? ''));
    bits.push(...numbers(new RegExp(`^sad${n}_bits\\s+\\[\\w+\\]\\s+(.*)$`, 'm').exec(text)?.[1] ?? ''));
  }
  const formats = inWords(rates, bits);
  return [name, formats].filter((part) => part !== undefined && part !== '').join(': ') || undefined;
}

/** `44100 - 192000 (continuous)` and `44100, 48000`. */
function numbers(list: string): number[] {
  return [...list.matchAll(/\b\d{1,7}\b/g)].map(([n]) => Number(n));
}

function inWords(rates: readonly number[], bits: readonly number[]): string | undefined {
  const known = rates.filter((rate) => rate >= 4000);
  if (known.length === 0) return undefined;
  const [low, high] = [Math.min(...known), Math.max(...known)].map((rate) => String(rate / 1000));
  const range = low === high ? `${low} kHz` : `${low}-${high} kHz`;
  return bits.length === 0 ? range : `${range}, up to ${Math.max(...bits)} bit`;
}

/** What `pactl list sinks` says of the sinks of a sound server, by name: `s16le 2ch 48000Hz`. */
export function sinkFormats(text: string): ReadonlyMap<string, string> {
  const formats = new Map<string, string>();
  for (const part of text.slice(0, MAX_LISTING).split(/^Sink #/m)) {
    const name = /^\s*Name: (\S{1,200})$/m.exec(part)?.[1];
    const match = /^\s*Sample Specification: \D{1,6}(\d{1,2})\w* (\d{1,2})ch (\d{4,6})Hz$/m.exec(part);
    if (name !== undefined && match) formats.set(name, `${Number(match[3]) / 1000} kHz, ${match[1]} bit`);
  }
  return formats;
}
