import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { findGpioPrograms, findHeaderChip } from '../../src/hardware/gpio-programs.js';
import { openHardware, wordBytesOf, type Hardware, type HardwareParts } from '../../src/hardware/index.js';
import type { Input } from '../../src/protocol/index.js';
import { emptyState, Store } from '../../src/state/index.js';
import { migrate, openDb } from '../../src/storage/index.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { until } from '../until.js';

const caller = { connection_id: 'test', role: 'admin' } as const;
const WORD = wordBytesOf(process.arch);
const BLOCK = (n: number, name: string): string =>
  `I: Bus=0003 Vendor=046d Product=c52b Version=0111\nN: Name="${name}"\nP: Phys=usb-${n}\nH: Handlers=kbd event${n} \nB: EV=13\nB: KEY=${WORD === 8 ? '1000000000 e000000000000 0' : '10 0 e0000 0 0 0'}\n\n`;

let dir = '';
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-hardware-'));
  execFileSync('mkdir', [join(dir, 'input'), join(dir, 'bin')]);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await rm(dir, { recursive: true, force: true });
});

/** A house with one room, whose commands are written down. */
async function stage(more: Partial<HardwareParts> = {}) {
  const db = openDb(':memory:');
  migrate(db);
  const keeper = { weigh: () => undefined, keep: () => undefined };
  const store = new Store({ state: emptyState('1'), epoch: 'e', keeper });
  const another = (player_id: string, room_id: string): void => {
    const player = {
      player_id,
      kind: 'local',
      name: player_id,
      options: {},
      origin: 'config',
      room_id,
      address: '',
      memory: null,
      home_room_id: room_id,
      latency_ms: 0,
      volume_limit: 1,
    } as const;
    store.commit({
      type: 'player/known',
      player,
      room_name: 'Room',
      sync_class: 'steered',
      capabilities: [],
    });
    store.commit({ type: 'player/link', player_id, link: 'online', at_us: 0 });
  };
  another('p', 'room');
  const asked: string[] = [];
  const hardware: Hardware = openHardware({
    db,
    store,
    clock: systemClock,
    log: silentLogger,
    inputs: true,
    places: { catalog: join(dir, 'devices'), folder: join(dir, 'input'), wordBytes: WORD },
    gpio: { chip: 'gpiochip0', amplifierOffSeconds: 0, buttons: [] },
    ...more,
  });
  closers.push(() => hardware.close());
  await hardware.start((type, request) => {
    asked.push(`${type} ${JSON.stringify(request)}`);
    return Promise.resolve({ ok: true, data: {} });
  });
  const input = (name: string): Input | undefined =>
    [...store.state.lists.inputs.values()].find((one) => one.name === name);
  const plays = (state: 'playing' | 'stopped', problem?: string): void =>
    void store.commit({
      type: 'room/intent',
      room_id: 'room',
      intent: state,
      state,
      position_seconds: 0,
      at_us: 0,
      problem,
    });
  const says = (status: 'playing' | 'stopped', player_id = 'p'): void => {
    const fact = { type: 'playback', status, ref: 'clip', position_seconds: 0, at_us: 0, rate: 0 } as const;
    store.commit({ type: 'player/fact', player_id, fact });
  };
  const moves = (room_id: string): void =>
    void store.commit({ type: 'player/moved', player_id: 'p', room_id, room_name: room_id, at_us: 0 });
  return { hardware, store, asked, input, plays, says, moves, another };
}

/** A pipe in the place of an event file: what is written is what the kernel would say. */
async function eventFile(n: number): Promise<FileHandle> {
  const path = join(dir, 'input', `event${n}`);
  execFileSync('mkfifo', [path]);
  const file = await open(path, constants.O_RDWR);
  closers.push(() => file.close().catch(() => undefined));
  return file;
}

function event(code: number, value: number, type = 1): Buffer {
  const bytes = Buffer.alloc(2 * WORD + 8);
  bytes.writeUInt16LE(type, bytes.length - 8);
  bytes.writeUInt16LE(code, bytes.length - 6);
  bytes.writeInt32LE(value, bytes.length - 4);
  return bytes;
}

const list = (...names: string[]): Promise<void> =>
  writeFile(join(dir, 'devices'), names.map((name, n) => BLOCK(n, name)).join(''));

describe('inputs', () => {
  it('are heard through their event files', async () => {
    const file = await eventFile(0);
    await list('Keys');
    const { asked, input } = await stage();
    expect(input('Keys')).toMatchObject({ connected: true, kind: 'buttons', enabled: true });
    await file.write(Buffer.concat([event(164, 1), event(0, 0, 0), event(164, 0), event(0, 0, 0)]));
    await until('the key to be obeyed', () => asked.length > 0);
    expect(asked).toEqual(['room:play {"room_id":"room"}']);
  });

  it('are heard when they are plugged in later, and again after they were pulled out', async () => {
    await list();
    const { asked, input } = await stage();
    expect(input('Keys')).toBeUndefined();
    await list('Keys');
    const file = await eventFile(0);
    await until('it is heard', () => input('Keys')?.connected === true);
    // Unplugged: its file goes, the list is without it, and who reads it gets an end.
    await rm(join(dir, 'input', 'event0'));
    await list();
    await file.close();
    await until('it is gone', () => input('Keys')?.connected === false);
    await list('Keys');
    const again = await eventFile(0);
    await until('it is back', () => input('Keys')?.connected === true);
    await again.write(event(164, 1));
    await until('and obeyed', () => asked.length > 0);
  });

  it('are heard soon after the only one was away, with which its folder went', async () => {
    const clock = new ManualClock();
    await eventFile(0);
    await list('Keys');
    const { input } = await stage({ clock });
    expect(input('Keys')?.connected).toBe(true);
    await rm(join(dir, 'input'), { recursive: true });
    await list();
    await until('it is gone', async () => {
      await clock.advance(100);
      return input('Keys')?.connected === false;
    });
    await mkdir(join(dir, 'input'));
    await eventFile(0);
    await list('Keys');
    await clock.advance(1000);
    await until('it is heard', () => input('Keys')?.connected === true);
  });

  it('are heard by their codes where a remote has no table of keys', async () => {
    const file = await eventFile(0);
    const remote = BLOCK(0, 'gpio_ir_recv').replace(/^B: .*\n/gm, '');
    await writeFile(
      join(dir, 'devices'),
      `${remote.trim()}\nS: Sysfs=/devices/rc/rc0/input1\nB: EV=100013\nB: KEY=0\n`,
    );
    const { hardware } = await stage();
    const lesson = hardware.handlers['input:learn']({}, caller);
    await file.write(Buffer.concat([event(4, 0x40bf07, 4), event(0, 0, 0)]));
    expect(await lesson).toMatchObject({ heard: { key: 'SCAN_40BF07', gesture: 'press' } });
  });

  it('say what to do when they may not be read', async () => {
    await writeFile(join(dir, 'input', 'event0'), '');
    await list('Keys');
    // For root nothing is forbidden: what is looked at is told to it as somebody else would see it.
    const uid = process.getuid?.();
    await chmod(join(dir, 'input', 'event0'), 0);
    if (uid === 0) await rm(join(dir, 'input', 'event0'));
    const { input } = await stage();
    expect(input('Keys')?.problem).toMatch(uid === 0 ? /is not there/ : /group input/);
  });

  it('keep what was chosen for them when one of two of the same make is pulled out', async () => {
    await eventFile(0);
    await eventFile(1);
    await list('Keys', 'Keys');
    const { hardware, store } = await stage();
    const [first, second] = [...store.state.lists.inputs.values()].map(({ input_id }) => input_id);
    const bind = { key: 'KEY_MUTE', gesture: 'press', action: 'stop' } as const;
    await hardware.handlers['input:bind']({ ...bind, input_id: second! }, caller);
    await rm(join(dir, 'input', 'event0'));
    await writeFile(join(dir, 'devices'), BLOCK(1, 'Keys'));
    const kept = (id: string): Input | undefined => store.state.lists.inputs.get(id);
    await until('the first is gone', () => kept(first!)?.connected === false);
    expect(kept(second!)).toMatchObject({ connected: true });
    expect(kept(second!)?.bindings).toContainEqual(bind);
  });

  it('are who they were when only the second of two of the same make is there after a restart', async () => {
    const db = openDb(':memory:');
    migrate(db);
    await eventFile(0);
    await eventFile(1);
    await list('Keys', 'Keys');
    const { hardware, store } = await stage({ db });
    const [, second] = [...store.state.lists.inputs.keys()];
    await hardware.close();
    await rm(join(dir, 'input', 'event0'));
    await writeFile(join(dir, 'devices'), BLOCK(1, 'Keys'));
    const again = await stage({ db });
    const there = [...again.store.state.lists.inputs.values()].filter(({ connected }) => connected);
    expect(there.map(({ input_id }) => input_id)).toEqual([second]);
  });

  it('that give nothing are said so once, and are not tried again at once', async () => {
    await writeFile(join(dir, 'input', 'event0'), '');
    await list('Keys');
    const { input, hardware } = await stage();
    await until('it is said', () => input('Keys')?.problem !== undefined);
    expect(input('Keys')?.problem).toMatch(/event0 cannot be heard \(it ended\)/);
    await writeFile(join(dir, 'input', 'other'), '');
    const { inputs } = await hardware.handlers['input:list']({}, caller);
    expect(inputs[0]?.problem).toMatch(/cannot be heard/);
  });

  it('are none where the kernel lists none', async () => {
    const { hardware } = await stage();
    const { inputs, problem } = await hardware.handlers['input:list']({}, caller);
    expect({ inputs, problem }).toEqual({
      inputs: [],
      problem: 'this machine has no inputs: its kernel lists none',
    });
  });

  it('leave no program behind', async () => {
    await eventFile(0);
    await list('Keys');
    const { hardware } = await stage();
    await hardware.close();
    const left = execFileSync('sh', ['-c', `grep -l "${dir}" /proc/[0-9]*/cmdline 2>/dev/null || true`]);
    const names = left
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((path) => path.split('/')[2]);
    const cats: string[] = [];
    for (const pid of names) {
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      if (name.trim() === 'cat') cats.push(String(pid));
    }
    expect(cats).toEqual([]);
  });
});

/**
 * libgpiod's programs as scripts: they take exactly the words that their version takes, write down what they hold, and say what is fed to them.
 */
async function gpioPrograms(major: 1 | 2, chip = 'gpiochip0'): Promise<string> {
  const bin = join(dir, 'bin');
  const version = major === 1 ? 'v1.6.3' : 'v2.2.1';
  const set =
    major === 1
      ? `[ "$1" = --mode=signal ] || { echo "bad mode $1" >&2; exit 1; }; shift
         [ "$1" = --active-low ] && { low=" low"; shift; }
         [ "$1" = ${chip} ] || { echo "no chip $1" >&2; exit 1; }; what="$2"`
      : `[ "$1" = --chip ] && [ "$2" = ${chip} ] || { echo "no chip" >&2; exit 1; }; shift 2
         [ "$1" = --active-low ] && { low=" low"; shift; }
         [ "$1" = --toggle ] && { blink=" toggle $2"; shift 2; }
         what="$1"`;
  const mon =
    major === 1
      ? `[ "$1 $2 $3 $4" = "--line-buffered --bias=pull-up --format=%o %e ${chip}" ] || { echo "bad words $*" >&2; exit 1; }`
      : `[ "$1 $2 $3 $4 $5 $6 $7 $8" = "--chip ${chip} --bias pull-up --edges both --format %o %e" ] || { echo "bad words $*" >&2; exit 1; }`;
  const script = (name: string, text: string): Promise<void> =>
    writeFile(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  await script(
    'gpioset',
    `[ "$1" = --version ] && { echo "gpioset (libgpiod) ${version}"; exit 0; }
     ${set}
     echo "$what$low$blink" >> ${dir}/held
     trap 'echo "let go $what" >> ${dir}/held; exit 0' TERM
     while :; do sleep 0.05; done`,
  );
  await script('gpiomon', `${mon}\nexec cat ${dir}/edges`);
  return bin;
}

const detects = (text: string): Promise<void> =>
  writeFile(join(dir, 'bin', 'gpiodetect'), `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`, { mode: 0o755 });

/** Programs that hold a line. */
const holding = (): number[] =>
  spawnSync('pgrep', ['-f', `sh ${join(dir, 'bin', 'gpioset')}`])
    .stdout.toString()
    .split('\n')
    .filter(Boolean)
    .map(Number);

const held = async (): Promise<string> =>
  (await readFile(join(dir, 'held'), 'utf8').catch(() => '')).trim().split('\n').join(', ');

describe.each([1, 2] as const)('the header, with libgpiod %i', (major) => {
  const amplifier = { offset: 22, activeLow: false };
  const base = { chip: 'gpiochip0', amplifierOffSeconds: 0, buttons: [] } as const;

  it('switches the amplifier on with the music and off after it', async () => {
    const programFolder = await gpioPrograms(major);
    const { plays } = await stage({ programFolder, inputs: false, gpio: { ...base, amplifier } });
    await until('it is off at first', async () => (await held()).endsWith('22=0'));
    plays('playing');
    await until('it is on', async () => (await held()) === '22=0, let go 22=0, 22=1');
    plays('stopped');
    await until('it is off', async () => (await held()).endsWith('let go 22=1, 22=0'));
  });

  it('shows by an LED what the room does, and blinks when something is wrong', async () => {
    const programFolder = await gpioPrograms(major);
    const led = { offset: 27, activeLow: true };
    const { plays } = await stage({ programFolder, inputs: false, gpio: { ...base, led } });
    await until('it is dark', async () => (await held()) === '27=0 low');
    plays('playing');
    await until('it is lit', async () => (await held()).endsWith('27=1 low'));
    plays('stopped', 'the disk is gone');
    if (major === 2)
      await until('it blinks', async () => (await held()).endsWith('27=1 low toggle 400ms,400ms'));
    else await until('it blinks', async () => (await held()).split('27=1 low').length > 3);
  });

  it('keeps the amplifier on for whatever its loudspeakers say, wherever they play', async () => {
    const programFolder = await gpioPrograms(major);
    const gpio = { ...base, amplifier, room: 'room' };
    const { says, moves } = await stage({ programFolder, inputs: false, gpio });
    await until('it is off at first', async () => (await held()).endsWith('22=0'));
    // An announcement in a silent room.
    says('playing');
    await until('it is on', async () => (await held()).endsWith('22=1'));
    says('stopped');
    await until('it is off', async () => (await held()).endsWith('22=0'));
    // Its player has joined the music of another room.
    moves('party');
    says('playing');
    await until('it is on', async () => (await held()).endsWith('22=1'));
  });

  it('switches the amplifier for any output of this machine', async () => {
    const programFolder = await gpioPrograms(major);
    const { says, another } = await stage({ programFolder, inputs: false, gpio: { ...base, amplifier } });
    await until('it is off at first', async () => (await held()).endsWith('22=0'));
    another('q', 'bath');
    says('playing', 'q');
    await until('it is on', async () => (await held()).endsWith('22=1'));
  });

  it('hears buttons to ground as keys', async () => {
    const programFolder = await gpioPrograms(major);
    execFileSync('mkfifo', [join(dir, 'edges')]);
    const edges = await open(join(dir, 'edges'), constants.O_RDWR);
    closers.push(() => edges.close());
    const gpio = { ...base, buttons: [5, 6] };
    const { hardware, asked, input } = await stage({ programFolder, inputs: false, gpio });
    const name = 'Buttons on the GPIO header';
    await until('they are heard', () => input(name) !== undefined);
    expect(input(name)).toMatchObject({ kind: 'gpio', keys: ['GPIO5', 'GPIO6'], bindings: [] });
    const bind = { input_id: 'gpio', key: 'GPIO6', gesture: 'press', action: 'next' } as const;
    await hardware.handlers['input:bind'](bind, caller);
    const [pressed, letGo] = major === 1 ? ['0', '1'] : ['2', '1'];
    await edges.write(`6 ${pressed}\n6 ${letGo}\nnonsense\n99 ${pressed}\n`);
    await until('it is obeyed', () => asked.length > 0);
    expect(asked).toEqual(['room:next {"room_id":"room"}']);
  });
});

/** The chip does not exist: they must come as far as looking for it. */
describe('the programs of libgpiod that are installed', () => {
  it('understand every word that is said to them', async () => {
    const programs = await findGpioPrograms();
    const line = { offset: 5, activeLow: true };
    const said = [
      programs.hold('gpiochip99', line, true),
      programs.monitor('gpiochip99', [5, 6]),
      ...[programs.blink('gpiochip99', line, 400)].flatMap((command) => command ?? []),
    ].map(({ program, args }) => spawnSync(program, [...args], { timeout: 10_000 }).stderr.toString());
    for (const text of said) expect(text).toMatch(/No such file or directory|cannot find GPIO chip/);
    expect(said).toHaveLength(programs.major + 1);
  });
});

describe('a header that cannot be used', () => {
  it('is said with what to install, and music plays', async () => {
    const gpio = { chip: 'gpiochip0', amplifierOffSeconds: 0, buttons: [5] };
    const { input } = await stage({ programFolder: join(dir, 'bin'), inputs: false, gpio });
    expect(input('Buttons on the GPIO header')?.problem).toBe(
      'gpioset is not installed: sudo apt install gpiod',
    );
  });

  it('is told to everybody when it is an output, until it can be switched', async () => {
    const programFolder = await gpioPrograms(1);
    const script = (text: string): Promise<void> =>
      writeFile(join(dir, 'bin', 'gpioset'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    const version = '[ "$1" = --version ] && { echo "gpioset (libgpiod) v1.6.3"; exit 0; }';
    const denied = 'gpioset: error setting the GPIO line values: Permission denied';
    await script(`${version}\necho "${denied}" >&2; exit 1`);
    const told: string[][] = [];
    const amplifier = { offset: 22, activeLow: false };
    const gpio = { chip: 'gpiochip0', amplifierOffSeconds: 0, buttons: [], amplifier };
    const { plays } = await stage({
      programFolder,
      inputs: false,
      gpio,
      told: (problems) => void told.push([...problems.values()]),
    });
    plays('playing');
    await until('it is told', () => told.length > 0);
    expect(told.at(-1)).toEqual([
      'The amplifier cannot be switched: Tutti may not use gpiochip0. Its user belongs into the group gpio: sudo usermod -aG gpio tutti, then restart Tutti.',
    ]);
    await script(`${version}\nexec sleep 60`);
    plays('stopped');
    await until('it is well again', () => told.at(-1)?.length === 0);
  });

  it('is looked for again: a machine that starts is slow, and programs can be installed', async () => {
    const clock = new ManualClock();
    const programFolder = join(dir, 'bin');
    const told: string[][] = [];
    const gpio = { chip: 'auto', amplifierOffSeconds: 0, buttons: [], led: { offset: 27, activeLow: false } };
    const tell = (problems: ReadonlyMap<string, string>): void => void told.push([...problems.values()]);
    const { plays } = await stage({ clock, programFolder, inputs: false, gpio, told: tell });
    plays('playing');
    await clock.advance(0);
    expect(told.at(-1)?.join()).toMatch(/gpioset is not installed/);
    await gpioPrograms(2);
    // Of a Raspberry Pi 5 whose header is not there yet: these lines are the machine's own.
    const own = 'gpiochip0 [gpio-brcmstb@107d508500] (32 lines)';
    await detects(own);
    await clock.advance(30_000);
    await until('the next reason is told', async () => {
      await clock.advance(1);
      return /does not list the chip of the header/.test(told.at(-1)?.join() ?? '');
    });
    await detects(`${own}\ngpiochip4 [pinctrl-rp1] (54 lines)`);
    await gpioPrograms(2, 'gpiochip4');
    await clock.advance(30_000);
    await until('it is lit', async () => (await held()).endsWith('27=1'));
    await clock.advance(1);
    expect(told.at(-1)).toEqual([]);
  });

  it('lets its lines go when the server is killed, so that the next one gets them', async () => {
    const programs = await findGpioPrograms(await gpioPrograms(2));
    const { program, args } = programs.hold('gpiochip0', { offset: 22, activeLow: false }, true);
    const script = `require('node:child_process').spawn(${JSON.stringify(program)}, ${JSON.stringify(args)}); setInterval(() => {}, 1000)`;
    const server = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    closers.push(() => server.kill('SIGKILL'));
    await until('it is held', async () => (await held()) === '22=1');
    expect(holding()).toHaveLength(1);
    server.kill('SIGKILL');
    await until('nobody holds it', () => holding().length === 0);
  });

  it.each([1, 2] as const)(
    'is taken again at once when somebody ended the program (libgpiod %i)',
    async (major) => {
      const clock = new ManualClock();
      const programFolder = await gpioPrograms(major);
      const gpio = {
        chip: 'gpiochip0',
        amplifierOffSeconds: 60,
        buttons: [],
        amplifier: { offset: 22, activeLow: false },
      };
      const { plays } = await stage({ clock, programFolder, inputs: false, gpio });
      plays('playing');
      await until('it is on', async () => (await held()) === '22=1');
      await clock.advance(60_000);
      for (const pid of holding()) process.kill(pid, 'SIGTERM');
      await until('it was ended', async () => (await held()).includes('let go'));
      await until('it is on again', async () => {
        await clock.advance(1);
        return (await held()) === '22=1, let go 22=1, 22=1';
      });
    },
  );

  it('is told when the room that it follows is not there', async () => {
    const programFolder = await gpioPrograms(1);
    const told: string[][] = [];
    const led = { offset: 27, activeLow: false };
    const gpio = { chip: 'gpiochip0', amplifierOffSeconds: 0, buttons: [], led, room: 'Wohnzimmer' };
    const tell = (problems: ReadonlyMap<string, string>): void => void told.push([...problems.values()]);
    await stage({ programFolder, inputs: false, gpio, told: tell });
    await until('it is told', () => told.length > 0);
    expect(told.at(-1)?.join()).toMatch(/there is no room Wohnzimmer, .* There is room\./);
  });

  it.each([
    ['gpiochip0 [pinctrl-bcm2711] (58 lines)\ngpiochip1 [raspberrypi-exp-gpio] (8 lines)', 'gpiochip0'],
    ['gpiochip0 [gpio-brcmstb@107d508500] (32 lines)\ngpiochip4 [pinctrl-rp1] (54 lines)', 'gpiochip4'],
    ['gpiochip0 [pinctrl-rp1] (54 lines)\ngpiochip10 [gpio-brcmstb@107d508500] (32 lines)', 'gpiochip0'],
    ['', 'gpiochip0'],
  ])('is found by the name of its chip (%#)', async (text, chip) => {
    await detects(text);
    expect(await findHeaderChip(join(dir, 'bin'))).toBe(chip);
  });

  it('is said with the words of the program', async () => {
    const programFolder = await gpioPrograms(1);
    const gpio = { chip: 'gpiochip9', amplifierOffSeconds: 0, buttons: [5] };
    const { input } = await stage({ programFolder, inputs: false, gpio });
    await until('it is said', () => input('Buttons on the GPIO header')?.problem !== undefined);
    expect(input('Buttons on the GPIO header')?.problem).toMatch(/cannot be heard: bad words/);
  });
});

/**
 * Where the kernel has uinput and this user may use it, a keyboard that is made up is pressed for real. Elsewhere the test says so, and holds
 * what pipes cannot show, the layout of an event, against the kernel's own header.
 */
describe('a real kernel', () => {
  const usable = existsSync('/dev/uinput') && existsSync('/dev/input') && process.getuid?.() === 0;
  console.log(
    usable
      ? 'uinput: a made-up keyboard is pressed through the kernel'
      : 'uinput: not here (no /dev/uinput, or no right to it); the layout of events is held against linux/input.h',
  );

  it(usable ? 'is heard when a key is pressed' : 'lays events out as they are read', async () => {
    if (!usable)
      return expect(layoutOfEvents()).toEqual({
        size: 2 * WORD + 8,
        type: 2 * WORD,
        code: 2 * WORD + 2,
        value: 2 * WORD + 4,
      });
    const places = { catalog: '/proc/bus/input/devices', folder: '/dev/input', wordBytes: WORD };
    const { asked, input } = await stage({ places });
    const keyboard = spawn(compiled(KEYBOARD), { stdio: ['pipe', 'ignore', 'inherit'] });
    closers.push(() => keyboard.kill('SIGKILL'));
    await until(
      'it is heard',
      () => input('Tutti test keys')?.connected === true && input('Tutti test keys')?.problem === undefined,
    );
    keyboard.stdin.write('x');
    await until('the key to be obeyed', () => asked.length > 0);
    expect(asked).toEqual(['room:play {"room_id":"room"}']);
    keyboard.kill('SIGKILL');
    await until('it is gone', () => input('Tutti test keys')?.connected === false);
  });
});

function compiled(source: string): string {
  const program = join(dir, 'program');
  try {
    execFileSync('cc', ['-x', 'c', '-', '-o', program], { input: source });
  } catch (error) {
    throw new Error('cc and the headers of Linux are needed: apt install gcc libc6-dev', { cause: error });
  }
  return program;
}

/** What the C compiler makes of the kernel's own header. */
function layoutOfEvents(): unknown {
  const program = compiled(`
    #include <stdio.h>
    #include <stddef.h>
    #include <linux/input.h>
    #define AT(field) offsetof(struct input_event, field)
    int main(void) {
      printf("{\\"size\\":%zu,\\"type\\":%zu,\\"code\\":%zu,\\"value\\":%zu}", sizeof(struct input_event), AT(type), AT(code), AT(value));
      return 0;
    }`);
  return JSON.parse(execFileSync(program).toString());
}

/** Makes a keyboard with one key, and presses it when told. */
const KEYBOARD = `
  #include <fcntl.h>
  #include <string.h>
  #include <unistd.h>
  #include <sys/ioctl.h>
  #include <linux/uinput.h>
  static int fd;
  static void say(int type, int code, int value) {
    struct input_event event;
    memset(&event, 0, sizeof event);
    event.type = type; event.code = code; event.value = value;
    if (write(fd, &event, sizeof event) < 0) _exit(1);
  }
  int main(void) {
    char c;
    struct uinput_setup setup;
    memset(&setup, 0, sizeof setup);
    setup.id.bustype = BUS_USB;
    strcpy(setup.name, "Tutti test keys");
    fd = open("/dev/uinput", O_WRONLY);
    if (fd < 0) return 1;
    ioctl(fd, UI_SET_EVBIT, EV_KEY);
    ioctl(fd, UI_SET_KEYBIT, KEY_PLAYPAUSE);
    if (ioctl(fd, UI_DEV_SETUP, &setup) < 0 || ioctl(fd, UI_DEV_CREATE) < 0) return 1;
    if (read(0, &c, 1) < 1) return 1;
    say(EV_KEY, KEY_PLAYPAUSE, 1); say(EV_SYN, SYN_REPORT, 0);
    say(EV_KEY, KEY_PLAYPAUSE, 0); say(EV_SYN, SYN_REPORT, 0);
    pause();
    return 0;
  }`;
