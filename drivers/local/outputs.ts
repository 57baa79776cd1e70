import type { Output } from '../../src/protocol/index.js';

/** An entry of mpv's `audio-device-list`. */
export interface ListedOutput {
  readonly name: string;
  readonly description: string;
}

const AUTOMATIC = 'auto';
/** Sound servers, best first: with PipeWire, the same sinks appear again through its PulseAudio side. */
const SERVERS = ['pipewire', 'pulse'] as const;
/** ALSA's names for one and the same card, best first. Those not listed are parts or effects of these. */
const ALSA_WAYS = ['hdmi', 'plughw', 'sysdefault', 'default', 'hw'];

/**
 * The outputs that are really there: sinks of a running sound server, otherwise one entry for each ALSA card and connector.
 * Without the plugins, plug-through names and silent stand-ins that mpv lists too. Empty = this machine cannot make a sound.
 */
export function realOutputs(listed: readonly ListedOutput[]): ListedOutput[] {
  for (const server of SERVERS) {
    const sinks = listed.filter(({ name }) => name.startsWith(`${server}/`) && !isStandIn(name));
    if (sinks.length > 0)
      return toldApart(
        sinks.map(({ name, description }) => ({ name, description: shown(description, name) })),
      );
  }
  return alsaCards(listed);
}

/** PulseAudio and PipeWire make up a silent sink when there is no hardware. */
function isStandIn(name: string): boolean {
  return /\/(auto_null|dummy)/i.test(name);
}

function alsaCards(listed: readonly ListedOutput[]): ListedOutput[] {
  const best = new Map<string, { readonly rank: number; readonly output: ListedOutput }>();
  for (const { name, description } of listed) {
    const match = /^alsa\/([a-z]+):CARD=([^,]+)(?:,DEV=(\d+))?/.exec(name);
    if (!match) continue;
    const [, way = '', card = '', device = '0'] = match;
    const rank = ALSA_WAYS.indexOf(way);
    if (rank < 0 || card === 'Dummy') continue;
    const key = `${card}/${device}`;
    const known = best.get(key);
    if (!known || rank < known.rank) {
      const called = shown(cardName(description, device), card);
      best.set(key, { rank, output: { name, description: called } });
    }
  }
  return toldApart([...best.values()].map(({ output }) => output));
}

/** Two sticks of one make have one name: then the card's own id stands behind it, or the name that the sound server gave it. */
function toldApart(outputs: readonly ListedOutput[]): ListedOutput[] {
  return outputs.map(({ name, description }) => {
    const twins = outputs.filter((other) => other.description === description);
    const own = /CARD=([^,]+)/.exec(name)?.[1] ?? name.replace(/^\w+\/(alsa_output\.)?/, '');
    return { name, description: twins.length > 1 ? `${description}, ${own}` : description };
  });
}

const MAX_NAME = 120;

/** Makers write what they like into their things, or nothing. */
function shown(description: string, otherwise: string): string {
  const words = description.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return words === '' ? otherwise : [...words].slice(0, MAX_NAME).join('');
}

/** What drivers call their stream where a card has only this one: it says nothing. */
const PLAIN = /^(USB Audio|MAI PCM i2s-hifi-\d+)$/;

/** `bcm2835 Headphones, bcm2835 Headphones/Direct hardware device` -> `bcm2835 Headphones`. */
function cardName(description: string, device: string): string {
  const slash = description.lastIndexOf('/');
  const names = slash < 0 ? description : description.slice(0, slash);
  const comma = names.lastIndexOf(', ');
  const [card, pcm] = comma < 0 ? [names, ''] : [names.slice(0, comma), names.slice(comma + 2)];
  // HATs: what is written on the board stands in the name of the stream, before the name of its chip.
  const board = /^(.{3,60}?) HiFi\b/.exec(pcm)?.[1];
  const shown = board ?? card.replace(/^vc4-hdmi-(\d)$/, 'HDMI$1').replace(/^vc4-hdmi$/, 'HDMI');
  const plain = pcm === '' || pcm === card || board !== undefined || PLAIN.test(pcm);
  const name = plain ? shown : `${shown} (${pcm})`;
  return device === '0' || !plain ? name : `${name} ${device}`;
}

/** What people may choose from: automatic, the real ones, and whatever is in use now even if mpv does not list it. */
export function outputChoices(listed: readonly ListedOutput[], current: string): Output[] {
  const choices = [{ name: AUTOMATIC, description: 'Automatic' }, ...realOutputs(listed)];
  if (!choices.some(({ name }) => name === current)) {
    const description = listed.find(({ name }) => name === current)?.description ?? current;
    choices.push({ name: current, description });
  }
  return choices.map(({ name, description }) => ({
    output_id: name,
    name: description,
    active: name === current,
  }));
}

/** Reads what `mpv --audio-device=help` prints. */
export function parseListing(text: string): ListedOutput[] {
  const outputs: ListedOutput[] = [];
  for (const match of text.matchAll(/^\s*'([^']+)' \((.*)\)\s*$/gm)) {
    outputs.push({ name: match[1] ?? '', description: match[2] ?? '' });
  }
  return outputs;
}
