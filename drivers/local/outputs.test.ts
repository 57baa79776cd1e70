import { expect, it } from 'vitest';
import { outputChoices, parseListing, realOutputs } from './outputs.js';

const listed = (...pairs: readonly [string, string][]): { name: string; description: string }[] =>
  pairs.map(([name, description]) => ({ name, description }));

const BARE = listed(
  ['auto', 'Autoselect device'],
  ['alsa', 'Default (alsa)'],
  ['alsa/lavrate', 'Rate Converter Plugin Using Libav/FFmpeg Library'],
  ['alsa/upmix', 'Plugin for channel upmix (4,6,8)'],
  ['jack', 'Default (jack)'],
  ['sdl', 'Default (sdl)'],
  ['null', 'Null audio output'],
);

const PI = [
  ...BARE,
  ...listed(
    [
      'alsa/hw:CARD=Headphones,DEV=0',
      'bcm2835 Headphones, bcm2835 Headphones/Direct hardware device without any conversions',
    ],
    [
      'alsa/plughw:CARD=Headphones,DEV=0',
      'bcm2835 Headphones, bcm2835 Headphones/Hardware device with all software conversions',
    ],
    ['alsa/default:CARD=Headphones', 'bcm2835 Headphones, bcm2835 Headphones/Default Audio Device'],
    ['alsa/sysdefault:CARD=Headphones', 'bcm2835 Headphones, bcm2835 Headphones/Default Audio Device'],
    ['alsa/dmix:CARD=Headphones,DEV=0', 'bcm2835 Headphones, bcm2835 Headphones/Direct sample mixing device'],
    [
      'alsa/plughw:CARD=vc4hdmi0,DEV=0',
      'vc4-hdmi-0, MAI PCM i2s-hifi-0/Hardware device with all software conversions',
    ],
    ['alsa/hdmi:CARD=vc4hdmi0,DEV=0', 'vc4-hdmi-0, MAI PCM i2s-hifi-0/HDMI Audio Output'],
    ['alsa/usbstream:CARD=DAC', 'USB DAC/USB Stream Output'],
    ['alsa/sysdefault:CARD=DAC', 'USB DAC, USB Audio/Default Audio Device'],
  ),
];

it('finds no real output where mpv lists only plugins and stand-ins', () => {
  expect(realOutputs(BARE)).toEqual([]);
  expect(realOutputs(listed(['pulse/auto_null', 'Dummy Output'], ['pulse', 'Default (pulse)']))).toEqual([]);
});

it('names each ALSA card once, by the way that suits it', () => {
  expect(realOutputs(PI)).toEqual([
    { name: 'alsa/plughw:CARD=Headphones,DEV=0', description: 'bcm2835 Headphones' },
    { name: 'alsa/hdmi:CARD=vc4hdmi0,DEV=0', description: 'HDMI0' },
    { name: 'alsa/sysdefault:CARD=DAC', description: 'USB DAC' },
  ]);
});

it.each([
  ['snd_rpi_hifiberry_dacplus, HiFiBerry DAC+ HiFi pcm512x-hifi-0', 'HiFiBerry DAC+'],
  ['snd_rpi_hifiberry_dac, HifiBerry DAC HiFi pcm5102a-hifi-0', 'HifiBerry DAC'],
  ['BossDAC, Boss DAC HiFi [Master] pcm512x-hifi-0', 'Boss DAC'],
  ['Topping E30, USB Audio', 'Topping E30'],
  ['Küche – ДАК, USB Audio', 'Küche – ДАК'],
  ['Schiit Modi / Magni, Inc., USB Audio', 'Schiit Modi / Magni, Inc.'],
  ['HDA Intel PCH, ALC1220 Analog', 'HDA Intel PCH (ALC1220 Analog)'],
  ['vc4-hdmi, MAI PCM i2s-hifi-0', 'HDMI'],
])('calls a card as people do: %j', (description, name) => {
  const pi = listed([
    'alsa/plughw:CARD=X,DEV=0',
    `${description}/Hardware device with all software conversions`,
  ]);
  expect(realOutputs(pi)[0]?.description).toBe(name);
});

it('tells two sticks of one make apart', () => {
  const stick = (card: string): [string, string] => [
    `alsa/plughw:CARD=${card},DEV=0`,
    'USB Audio Device, USB Audio/Hardware device with all software conversions',
  ];
  expect(
    realOutputs(listed(stick('Device'), stick('Device_1'))).map(({ description }) => description),
  ).toEqual(['USB Audio Device, Device', 'USB Audio Device, Device_1']);
});

it('names the sinks of a sound server, and not the cards that it holds', () => {
  const sinks = listed(['pulse/alsa_output.usb', 'USB DAC Analog Stereo'], ['pulse/kitchen', 'Kitchen']);
  expect(realOutputs([...PI, ...sinks])).toEqual(sinks);
});

it('prefers PipeWire where the same sinks are there twice', () => {
  const twice = listed(['pulse/usb', 'USB DAC'], ['pipewire/usb', 'USB DAC']);
  expect(realOutputs(twice)).toEqual([{ name: 'pipewire/usb', description: 'USB DAC' }]);
});

it('offers automatic first, and marks the one in use', () => {
  const choices = outputChoices(PI, 'alsa/hdmi:CARD=vc4hdmi0,DEV=0');
  expect(choices.map(({ output_id }) => output_id)[0]).toBe('auto');
  expect(choices.filter(({ active }) => active).map(({ output_id }) => output_id)).toEqual([
    'alsa/hdmi:CARD=vc4hdmi0,DEV=0',
  ]);
});

it('shows an output in use that mpv does not list', () => {
  expect(outputChoices(BARE, 'alsa/mine').at(-1)).toEqual({
    output_id: 'alsa/mine',
    name: 'alsa/mine',
    active: true,
  });
});

it('reads the listing that mpv prints', () => {
  const text =
    "List of detected audio devices:\n  'auto' (Autoselect device)\n  'pulse/kitchen' (Kitchen (big) speaker)\n";
  expect(parseListing(text)).toEqual([
    { name: 'auto', description: 'Autoselect device' },
    { name: 'pulse/kitchen', description: 'Kitchen (big) speaker' },
  ]);
});

it('shows one line of a name, and the id of a card without one', () => {
  const way = '/Hardware device with all software conversions';
  const names = [
    ['Device', `USB "Söund" 24/96\n\u0007x, USB Audio${way}`],
    ['Blank', ` , ${way}`],
    ['Long', `${'é'.repeat(500)}, USB Audio${way}`],
  ].map(([card = '', description = '']) => ({ name: `alsa/plughw:CARD=${card},DEV=0`, description }));
  expect(realOutputs(names).map(({ description }) => description)).toEqual([
    'USB "Söund" 24/96 x',
    'Blank',
    'é'.repeat(120),
  ]);
});

it('tells two sinks of one make apart', () => {
  const sinks = ['analog-stereo', 'analog-stereo.2'].map((end) => ({
    name: `pulse/alsa_output.usb-C-Media-00.${end}`,
    description: 'USB Audio Device Analog Stereo',
  }));
  expect(realOutputs(sinks).map(({ description }) => description)).toEqual([
    'USB Audio Device Analog Stereo, usb-C-Media-00.analog-stereo',
    'USB Audio Device Analog Stereo, usb-C-Media-00.analog-stereo.2',
  ]);
});
