import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCatalog, type Before } from './catalog.js';
import { defaultBindings } from './default-bindings.js';

const block = (name: string, lines: string): string =>
  `I: Bus=0003 Vendor=046d Product=c52b Version=0111\nN: Name="${name}"\n${lines.trim()}\n`;

/** As a Raspberry Pi with an infrared receiver, a knob on its header and a wireless keyboard says it, shortened. */
const PI = [
  block('pwr_button', 'P: Phys=gpio-keys/input0\nH: Handlers=kbd event0 \nB: EV=3\nB: KEY=10000000000000 0'),
  block(
    'gpio_ir_recv',
    `P: Phys=gpio_ir_recv/input0
S: Sysfs=/devices/platform/ir-receiver@12/rc/rc0/input1
H: Handlers=kbd event1 
B: PROP=20
B: EV=100017
B: KEY=100000000 0 18000 1000000000 e000000000000 10000000
B: REL=3`,
  ),
  block(
    'rotary@17',
    'S: Sysfs=/devices/platform/rotary@17/input/input2\nH: Handlers=event2 \nB: EV=5\nB: REL=1',
  ),
  block('Griffin PowerMate', 'P: Phys=usb-1\nH: Handlers=event3 \nB: EV=17\nB: KEY=1 0 0 0 0\nB: REL=80'),
  block(
    'A Mouse',
    'P: Phys=usb-2\nH: Handlers=mouse0 event4 \nB: EV=17\nB: KEY=ffff0000 0 0 0 0\nB: REL=903',
  ),
  block(
    'A Keyboard',
    'P: Phys=usb-3\nU: Uniq=4a-11\nH: Handlers=sysrq kbd leds event5 \nB: EV=120013\nB: KEY=1000000000 e080ffdf01cfffff fffffffffffffffe',
  ),
  block('HDMI Jack', 'P: Phys=ALSA\nH: Handlers=event6 \nB: EV=21\nB: SW=140'),
].join('\n');

it('lists what people press and turn, and neither mice nor plugs nor the power button', () => {
  expect(readCatalog(PI, 8).map(({ name, kind, file }) => `${file} ${kind} ${name}`)).toEqual([
    'event1 remote gpio_ir_recv',
    'event2 knob rotary@17',
    'event3 knob Griffin PowerMate',
    'event5 keyboard A Keyboard',
  ]);
});

it('knows which keys they have', () => {
  const [remote, rotary, powermate, keyboard] = readCatalog(PI, 8);
  expect(remote?.keys.join(' ')).toBe(
    'KEY_ENTER KEY_MUTE KEY_VOLUMEDOWN KEY_VOLUMEUP KEY_PLAYPAUSE KEY_PLAY KEY_FASTFORWARD KEY_OK',
  );
  expect(rotary?.keys).toEqual(['REL_X+', 'REL_X-']);
  expect(powermate?.keys).toEqual(['REL_DIAL+', 'REL_DIAL-', 'BTN_0']);
  expect(keyboard?.keys).toContain('KEY_PLAYPAUSE');
});

it('reads the shorter words of a 32-bit kernel', () => {
  const text = block('Panel', 'P: Phys=x\nH: Handlers=kbd event9 \nB: EV=3\nB: KEY=10 0 e0000 0 0 0');
  expect(readCatalog(text, 4)[0]?.keys).toEqual([
    'KEY_MUTE',
    'KEY_VOLUMEDOWN',
    'KEY_VOLUMEUP',
    'KEY_PLAYPAUSE',
  ]);
});

it('gives each an id of its own that stays when the number of its file changes', () => {
  const twice = `${PI}\n${block('Griffin PowerMate', 'P: Phys=usb-9\nH: Handlers=event7 \nB: EV=17\nB: KEY=1 0 0 0 0\nB: REL=80')}`;
  const ids = readCatalog(twice, 8).map(({ input_id }) => input_id);
  expect(new Set(ids).size).toBe(ids.length);
  const moved = readCatalog(PI.replace('event3', 'event13'), 8);
  expect(moved.map(({ input_id }) => input_id)).toEqual(readCatalog(PI, 8).map(({ input_id }) => input_id));
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
});

/** As two cheap remotes of one make say it, each in a socket of its own. */
const twin = (file: string, phys: string): string =>
  block(
    'USB Remote',
    `P: Phys=${phys}/input0\nH: Handlers=kbd ${file} \nB: EV=3\nB: KEY=1000000000 e000000000000 0`,
  );

it('knows two of the same make by where they are plugged in, whichever the kernel met first', () => {
  const of = (text: string): string[] =>
    readCatalog(text, 8)
      .map(({ input_id, file }) => `${file} ${input_id}`)
      .sort();
  const [left, right] = of(`${twin('event3', 'usb-1.1')}\n${twin('event4', 'usb-1.2')}`);
  expect(right).toBe(`event4 ${left?.split(' ')[1]}-2`);
  expect(of(`${twin('event4', 'usb-1.2')}\n${twin('event3', 'usb-1.1')}`)).toEqual([left, right]);
});

describe('two of one make that are known', () => {
  const pair = readCatalog(`${twin('event3', 'usb-1.1')}\n${twin('event4', 'usb-1.2')}`, 8);
  const [left, right] = pair.map(({ input_id }) => input_id);
  const places = new Map(pair.map(({ input_id, place }) => [input_id, place]));
  const ids = (text: string, before: Partial<Before> = {}): Record<string, string> =>
    Object.fromEntries(
      readCatalog(text, 8, { files: new Map(), places, ...before }).map(({ file, input_id }) => [
        file,
        input_id,
      ]),
    );

  it.each([
    ['only the second is there after a restart', twin('event3', 'usb-1.2'), { event3: right }],
    ['the second comes first', `${twin('event3', 'usb-1.2')}\n${twin('event4', 'usb-1.1')}`, { event3: right, event4: left }],
    ['one is plugged in elsewhere', `${twin('event3', 'usb-1.4')}\n${twin('event4', 'usb-1.2')}`, { event3: left, event4: right }],
    ['a third is there', `${twin('event3', 'usb-1.0')}\n${twin('event4', 'usb-1.2')}\n${twin('event5', 'usb-1.1')}`, { event3: `${left}-3`, event4: right, event5: left }],
  ])('are who they were when %s', (_when, text, expected) => {
    expect(ids(text)).toEqual(expected);
  }); // prettier-ignore

  it('are who they were when their files changed places at once', () => {
    const files = new Map([['event3', left!], ['event4', right!]]); // prettier-ignore
    expect(ids(`${twin('event3', 'usb-1.2')}\n${twin('event4', 'usb-1.1')}`, { files })).toEqual({
      event3: right,
      event4: left,
    });
  });

  it('keep their ids while they are there, also without a socket', () => {
    const files = new Map([['event4', right!]]);
    expect(ids(twin('event4', ''), { files, places: new Map() })).toEqual({ event4: right });
  });

  it('keep their parts when they are plugged in elsewhere, whichever part comes first', () => {
    const parts = readCatalog(`${twin('event3', 'usb-1.1')}\n${twin('event4', 'usb-1.1').replace('/input0', '/input1')}`, 8); // prettier-ignore
    const of = new Map(parts.map(({ input_id, place }) => [input_id, place]));
    const moved = twin('event7', 'usb-1.4').replace('/input0', '/input1');
    expect(ids(moved, { places: of })).toEqual({ event7: parts[1]?.input_id });
  });
});

it('lists a receiver that has no table of keys', () => {
  const text = block(
    'gpio_ir_recv',
    'S: Sysfs=/devices/platform/ir-receiver@12/rc/rc0/input1\nH: Handlers=kbd event1 \nB: EV=100017\nB: KEY=0\nB: REL=3',
  );
  expect(readCatalog(text, 8)).toMatchObject([{ kind: 'remote', keys: [] }]);
});

it('hears the keys of a keyboard with a touchpad, and not what moves on it', () => {
  const text = block(
    'Logitech K400 Plus',
    'H: Handlers=sysrq kbd leds mouse0 event5 \nB: EV=12001f\nB: KEY=3f00033fff 0 0 483ffff17aff32d bfd4444600000000 ffff0001 130ff38b17c007 ffff7bfad951dfff ffbeffdfffefffff fffffffffffffffe\nB: REL=1943',
  );
  const [keyboard] = readCatalog(text, 8);
  expect(keyboard).toMatchObject({ kind: 'keyboard', turns: false });
  expect(keyboard?.keys).toContain('KEY_PLAYPAUSE');
  expect(keyboard?.keys.filter((key) => /^(REL_|BTN_LEFT)/.test(key))).toEqual([]);
});

it.each([
  [
    'the touch screen of a Raspberry Pi',
    'H: Handlers=mouse0 event0 \nB: EV=b\nB: KEY=400 0 0 0 0 0\nB: ABS=2658000 3',
  ],
  [
    'the touchpad of a laptop',
    'H: Handlers=mouse1 event5 \nB: EV=b\nB: KEY=e520 10000 0 0 0 0\nB: ABS=2e0800000000003',
  ],
])('does not take %s for buttons', (name, lines) => {
  expect(readCatalog(block(name, lines), 8)).toEqual([]);
});

it('plays and pauses by the key in the cable of a headset', () => {
  const jack =
    'P: Phys=ALSA\nH: Handlers=kbd event8 \nB: EV=23\nB: KEY=400000000 0 c000000000000 0\nB: SW=14';
  const [headset] = readCatalog(block('Headset Jack', jack), 8);
  expect(headset).toMatchObject({ kind: 'buttons', keys: ['KEY_VOLUMEDOWN', 'KEY_VOLUMEUP', 'KEY_MEDIA'] });
  const does = defaultBindings('buttons', headset?.keys ?? []).map(({ key, action }) => `${key} ${action}`);
  expect(does).toEqual(['KEY_MEDIA play_pause', 'KEY_VOLUMEUP volume_up', 'KEY_VOLUMEDOWN volume_down']);
});

it('bears any text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 60 }),
      (text) => void readCatalog(`${PI}${text}\n\n${text}`, 8),
    ),
  );
});
