import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Formats } from './formats.js';
import { cardOf, cardThere, formatsOf, hdmiFormats, sinkFormats, usbFormats } from './cards.js';

const USB = `Topping E30 at usb-0000:01:00.0-1.2, high speed : USB Audio

Playback:
  Status: Stop
  Interface 1
    Altset 1
    Format: S16_LE
    Channels: 2
    Endpoint: 0x05 (5 OUT) (ASYNC)
    Rates: 44100, 48000, 88200, 96000, 176400, 192000
    Bits: 16
  Interface 1
    Altset 2
    Format: S32_LE
    Channels: 2
    Endpoint: 0x05 (5 OUT) (ASYNC)
    Rates: 44100, 48000, 88200, 96000, 176400, 192000, 352800, 384000
    Data packet interval: 125 us
    Bits: 32
    Channel map: FL FR

Capture:
  Status: Stop
  Interface 2
    Altset 1
    Format: S16_LE
    Rates: 8000 - 768000 (continuous)
    Bits: 64
`;

const TELEVISION = `monitor_present		1
eld_valid		1
monitor_name		LG TV
connection_type		HDMI
sad_count		2
sad0_coding_type	[0x1] LPCM
sad0_channels		2
sad0_rates		[0x1ee0] 32000 44100 48000 96000 192000
sad0_bits		[0xe0000] 16 20 24
sad1_coding_type	[0x2] AC-3
sad1_rates		[0xe0] 32000 44100 48000
sad1_max_bitrate	640000
`;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-asound-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('knows the card and the connector in the names of mpv', () => {
  expect(cardOf('alsa/plughw:CARD=DAC,DEV=0')).toEqual({ card: 'DAC', connector: 0 });
  expect(cardOf('alsa/hdmi:CARD=vc4hdmi1,DEV=2')).toEqual({ card: 'vc4hdmi1', connector: 2 });
  expect(cardOf('alsa/sysdefault:CARD=Headphones')).toEqual({ card: 'Headphones', connector: 0 });
  for (const name of ['auto', 'pulse/CARD=DAC', 'alsa/hw:CARD=../../etc', 'alsa', 'alsa/mine'])
    expect(cardOf(name)).toBeUndefined();
});

describe('a card', () => {
  it('is there while ALSA shows it, and also where ALSA shows nothing at all', async () => {
    expect(await cardThere('DAC', folder)).toBe(false);
    await mkdir(join(folder, 'DAC'));
    expect(await cardThere('DAC', folder)).toBe(true);
    expect(await cardThere('DAC', join(folder, 'nowhere'))).toBe(true);
  });

  it('says its formats without being opened', async () => {
    await mkdir(join(folder, 'DAC'));
    await writeFile(join(folder, 'DAC', 'stream0'), USB);
    await mkdir(join(folder, 'vc4hdmi0'));
    await writeFile(join(folder, 'vc4hdmi0', 'eld#0.0'), TELEVISION);
    expect(await formatsOf('alsa/plughw:CARD=DAC,DEV=0', folder)).toBe('44.1-384 kHz, up to 32 bit');
    expect(await formatsOf('alsa/hdmi:CARD=vc4hdmi0,DEV=0', folder)).toBe('LG TV: 32-192 kHz, up to 24 bit');
    expect(await formatsOf('alsa/plughw:CARD=Headphones,DEV=0', folder)).toBeUndefined();
    expect(await formatsOf('auto', folder)).toBeUndefined();
  });
});

it('says of two cards of one make where each is plugged in', async () => {
  const outputs = ['DAC', 'DAC_1', 'Other'].map((card) => ({
    name: `alsa/plughw:CARD=${card},DEV=0`,
    description: 'DAC, USB Audio',
  }));
  for (const [n, card] of ['DAC', 'DAC_1', 'Other'].entries()) {
    await mkdir(join(folder, card));
    await writeFile(join(folder, card, 'stream0'), USB.replace('-1.2,', `-1.${n + 1},`));
    if (card === 'DAC_1') await writeFile(join(folder, card, 'usbbus'), '003/004\n');
  }
  const formats = new Formats(folder);
  await formats.read(outputs);
  expect(outputs.map(({ name }) => formats.of(name))).toEqual([
    'USB socket 1.1: 44.1-384 kHz, up to 32 bit',
    'USB socket 3-1.2: 44.1-384 kHz, up to 32 bit',
    '44.1-384 kHz, up to 32 bit',
  ]);
});

it('reads ranges of rates, and one rate alone', () => {
  expect(usbFormats('Playback:\n    Format: S24_3LE\n    Rates: 8000 - 96000 (continuous)\n')).toBe(
    '8-96 kHz, up to 24 bit',
  );
  expect(usbFormats('Playback:\n    Format: S16_LE\n    Rates: 48000\n')).toBe('48 kHz, up to 16 bit');
  expect(usbFormats('nonsense')).toBeUndefined();
});

it('says when nothing is plugged into a connector', () => {
  expect(hdmiFormats('monitor_present		0\neld_valid		0\n')).toBe('nothing is plugged in');
});

it('reads the sinks of a sound server', () => {
  const text = `Sink #1
	State: RUNNING
	Name: alsa_output.usb-Topping_E30-00.analog-stereo
	Description: E30 Analog Stereo
	Driver: module-alsa-card.c
	Sample Specification: s32le 2ch 44100Hz
Sink #2
	Name: kitchen
	Sample Specification: s16le 2ch 48000Hz
Sink #3
	Name: odd
	Sample Specification: nonsense
`;
  expect([...sinkFormats(text)]).toEqual([
    ['alsa_output.usb-Topping_E30-00.analog-stereo', '44.1 kHz, 32 bit'],
    ['kitchen', '48 kHz, 16 bit'],
  ]);
});
