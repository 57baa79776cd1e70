import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chooseControl, quotedId, readControls } from './mixer-words.js';

/** As `amixer -M scontents` shows a HiFiBerry DAC+. */
const HAT = `Simple mixer control 'DSP Program',0
  Capabilities: enum
  Items: 'FIR interpolation with de-emphasis' 'Low latency IIR with de-emphasis'
  Item0: 'FIR interpolation with de-emphasis'
Simple mixer control 'Analogue',0
  Capabilities: pvolume
  Playback channels: Front Left - Front Right
  Limits: Playback 0 - 1
  Mono:
  Front Left: Playback 1 [100%] [0.00dB]
  Front Right: Playback 1 [100%] [0.00dB]
Simple mixer control 'Digital',0
  Capabilities: pvolume pswitch
  Playback channels: Front Left - Front Right
  Limits: Playback 0 - 207
  Mono:
  Front Left: Playback 167 [46%] [-20.00dB] [on]
  Front Right: Playback 160 [40%] [-23.50dB] [off]
`;
/** A Pi's own jack: one channel, dB below zero as raw steps. */
const JACK = `Simple mixer control 'PCM',0
  Capabilities: pvolume pvolume-joined pswitch pswitch-joined
  Playback channels: Mono
  Limits: Playback -10239 - 400
  Mono: Playback -1725 [77%] [-17.25dB] [off]
`;
const SETTINGS = `Simple mixer control 'Bass',0
  Capabilities: volume
  Playback channels: Front Left - Front Right
  Front Left: 5 [50%]
  Front Right: 5 [50%]
Simple mixer control 'Treble',0
  Capabilities: volume volume-joined
  Mono: 5 [50%]
Simple mixer control 'Mic',0
  Capabilities: cvolume cvolume-joined cswitch
  Mono: Capture 10 [62%] [12.00dB] [on]
`;

it('finds the controls that make a card louder, with level and switch', () => {
  expect(readControls(HAT)).toEqual([
    { id: 'Analogue,0', name: 'Analogue', level: 1, muted: undefined, steps: 1 },
    { id: 'Digital,0', name: 'Digital', level: 0.46, muted: false, steps: 207 },
  ]);
  expect(readControls(JACK)).toEqual([{ id: 'PCM,0', name: 'PCM', level: 0.77, muted: true, steps: 10639 }]);
});

it('does not take a microphone for a loudspeaker', () => {
  expect(readControls(SETTINGS).map(({ name }) => name)).toEqual(['Bass', 'Treble']);
});

it('takes the control with the usual name, the only one, or the one that is wanted', () => {
  expect(chooseControl(readControls(HAT), 'auto')?.name).toBe('Digital');
  expect(chooseControl(readControls(JACK), 'auto')?.name).toBe('PCM');
  expect(chooseControl(readControls(HAT), 'Analogue')?.id).toBe('Analogue,0');
  expect(chooseControl(readControls(HAT), 'Loudness')).toBeUndefined();
});

const control = (name: string, kind: string, line: string): string =>
  `Simple mixer control '${name}',0\n  Capabilities: ${kind}\n  Playback channels: Front Left - Front Right\n  ${line}\n`;
const LEFT = 'Front Left: Playback 60 [60%] [-12.00dB] [on]';

it.each([
  ['a Behringer UCA202', control('PCM', 'pvolume pswitch pswitch-joined', LEFT) + control('Line', 'pvolume cvolume pswitch cswitch', LEFT), 'PCM'],
  ['a headset', control('Headphone', 'pvolume pswitch pswitch-joined', LEFT) + control('Mic', 'pvolume cvolume pswitch cswitch', `${LEFT} Capture 5 [50%] [on]`), 'Headphone'],
  ['a microphone that is heard in nothing else', control('Mic', 'pvolume pvolume-joined pswitch', LEFT), undefined],
  ['a stick with a name of its own', control('Küche', 'pvolume', LEFT) + control('Mic Boost', 'pvolume', LEFT), 'Küche'],
  ['a HiFiBerry DAC2 HD', control('DAC', 'pvolume', LEFT), 'DAC'],
  ['an Allo Katana', control('Deemphasis', 'pswitch', 'Mono: Playback [off]') + control('Master', 'pvolume pswitch', LEFT), 'Master'],
  ['HDMI, which has no volume', "Simple mixer control 'IEC958',0\n  Capabilities: pswitch pswitch-joined\n  Mono: Playback [on]\n", undefined],
  ['a USB DAC without a mixer', '', undefined],
])('of %s it takes the right one', (_what, text, name) => {
  expect(chooseControl(readControls(text), 'auto')?.name).toBe(name);
}); // prettier-ignore

it('does not take the switch of a microphone for its own', () => {
  const line = 'Front Left: Playback 13106 [20%] Capture 26214 [40%] [off]';
  expect(readControls(control('Master', 'pvolume cvolume cswitch', line))).toEqual([
    { id: 'Master,0', name: 'Master', level: 0.2, muted: undefined },
  ]);
});

it.each([
  ['Line Out', "'Line Out',0"],
  ['12" Sub', `'12" Sub',0`],
  ["Bob's, Küche", `"Bob's, Küche",0`],
])('asks for a control called %s', (name, asked) => {
  const [found] = readControls(control(name, 'pvolume', LEFT));
  expect(found?.name).toBe(name);
  expect(quotedId(found?.id ?? '')).toBe(asked);
});

it('takes none of several that may be anything', () => {
  expect(chooseControl(readControls(SETTINGS), 'auto')).toBeUndefined();
});

it('bears any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      for (const { level } of readControls(`${HAT}${text}\n${text}`)) expect(level).toBeLessThanOrEqual(1);
    }),
  );
});
