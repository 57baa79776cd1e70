import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toError } from '../base/index.js';

/** A line of the header, by the number that the kernel gives it: `17` is GPIO17. */
export interface Line {
  readonly offset: number;
  /** On is 0 V: a relay or LED that is wired the other way round. */
  readonly activeLow: boolean;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** libgpiod's programs. Debian 12 has version 1.6 and Debian 13 has 2.2, and they are spoken to differently. */
export interface GpioPrograms {
  readonly major: 1 | 2;
  /** Holds an output at a level until the program is ended. */
  hold(chip: string, line: Line, on: boolean): Command;
  /** Holds it blinking; undefined where the program cannot. */
  blink(chip: string, line: Line, ms: number): Command | undefined;
  /** Says of each button to ground when it is pressed and let go. */
  monitor(chip: string, offsets: readonly number[]): Command;
}

const VERSION_MS = 3000;
/** Number of the line, and 1 for a level that rises. Both versions can say it like that. */
const FORMAT = '%o %e';
const run = promisify(execFile);

/** Finds out which version is installed. Rejects with what to do. `folder`: where the programs are, when not on the PATH. */
export async function findGpioPrograms(folder?: string, signal?: AbortSignal): Promise<GpioPrograms> {
  const at = (name: string): string => (folder === undefined ? name : join(folder, name));
  const options = { timeout: VERSION_MS, cwd: '/', signal };
  let text: string;
  try {
    text = (await run(at('gpioset'), ['--version'], options)).stdout;
  } catch (error) {
    const missing = toError(error).message.includes('ENOENT');
    const message = missing ? 'gpioset is not installed: sudo apt install gpiod' : 'gpioset does not run';
    throw new Error(message, { cause: error });
  }
  const major = /\bv?(\d+)\.\d+/.exec(text)?.[1];
  const mortal = await endsWithUs(signal);
  if (major === '1') return firstVersion(mortal(at('gpioset')), mortal(at('gpiomon')));
  if (major === '2') return secondVersion(mortal(at('gpioset')), mortal(at('gpiomon')));
  throw new Error(`gpioset is of a version that is not known here: ${text.slice(0, 60).trim()}`);
}

/** The words that start a program. */
type Start = readonly [program: string, ...args: string[]];

/** One that outlived a server that was killed would keep its lines from the next server. util-linux has the program for that. */
async function endsWithUs(signal: AbortSignal | undefined): Promise<(program: string) => Start> {
  const words = ['--pdeathsig', 'KILL'] as const;
  const there = await run('setpriv', [...words, 'true'], { timeout: VERSION_MS, cwd: '/', signal }).then(
    () => true,
    () => false,
  );
  return (program) => (there ? ['setpriv', ...words, program] : [program]);
}

function command([program, ...first]: Start, ...args: readonly string[]): Command {
  return { program, args: [...first, ...args] };
}

/** Chips of the header, newest board first; the others of a Raspberry Pi are for its own use. */
const HEADERS = [/^pinctrl-rp1$/, /^pinctrl-bcm2711$/, /^pinctrl-bcm2835$/];
const OWN_USE = /^(gpio-brcmstb|raspberrypi-exp-gpio|brcmvirt-gpio)/;
const USUAL_CHIP = 'gpiochip0';

/**
 * The chip that the header is on: a Raspberry Pi 5 has had it as gpiochip4 and as gpiochip0, depending on its kernel. Where nobody can tell, it
 * is the usual one. Rejects where that would be one that the machine itself lives by.
 */
export async function findHeaderChip(folder?: string, signal?: AbortSignal): Promise<string> {
  const program = folder === undefined ? 'gpiodetect' : join(folder, 'gpiodetect');
  // One that may not look at every chip has still named the others.
  const text = await run(program, [], { timeout: VERSION_MS, cwd: '/', signal }).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout?: string; readonly killed?: boolean }) => {
      if (error.killed === true) throw new Error('gpiodetect does not answer', { cause: error });
      return error.stdout ?? '';
    },
  );
  const chips = [...text.matchAll(/^(gpiochip\d{1,3}) \[([^\]]{1,64})\]/gm)];
  for (const header of HEADERS) {
    const found = chips.find(([, , label = '']) => header.test(label))?.[1];
    if (found !== undefined) return found;
  }
  if (chips.some(([, chip, label = '']) => chip === USUAL_CHIP && OWN_USE.test(label)))
    throw new Error('gpiodetect does not list the chip of the header');
  return USUAL_CHIP;
}

/** What libgpiod's programs complain of, with what mends it. */
export function gpioFault(said: string, chip: string): string {
  const words = said.trim().split('\n')[0] ?? '';
  if (/permission denied|not permitted/i.test(words))
    return `Tutti may not use ${chip}. Its user belongs into the group gpio: sudo usermod -aG gpio tutti, then restart Tutti`;
  if (/no such file|cannot find gpio chip|no such device/i.test(words))
    return `there is no ${chip}. gpiodetect lists what there is: set gpio_chip to the one of the header`;
  if (/busy/i.test(words))
    return `a line of ${chip} is taken by another program, or by a dtoverlay in /boot/firmware/config.txt; gpioinfo says by which`;
  if (/invalid argument|out of range|cannot find line|too many/i.test(words))
    return `${chip} has no such line (${words})`;
  return words === '' ? 'the program of libgpiod ended' : words;
}

/** The chip is the first argument, and `gpioset` has to be told to stay. */
function firstVersion(gpioset: Start, gpiomon: Start): GpioPrograms {
  const pulled = ['--line-buffered', '--bias=pull-up', `--format=${FORMAT}`];
  return {
    major: 1,
    hold: (chip, { offset, activeLow }, on) =>
      command(gpioset, '--mode=signal', ...low(activeLow), chip, `${offset}=${on ? 1 : 0}`),
    blink: () => undefined,
    monitor: (chip, offsets) => command(gpiomon, ...pulled, chip, ...offsets.map(String)),
  };
}

/** The chip is an option, and `gpioset` stays by itself. */
function secondVersion(gpioset: Start, gpiomon: Start): GpioPrograms {
  const pulled = ['--bias', 'pull-up', '--edges', 'both', '--format', FORMAT];
  return {
    major: 2,
    hold: (chip, { offset, activeLow }, on) =>
      command(gpioset, '--chip', chip, ...low(activeLow), `${offset}=${on ? 1 : 0}`),
    blink: (chip, { offset, activeLow }, ms) =>
      command(gpioset, '--chip', chip, ...low(activeLow), '--toggle', `${ms}ms,${ms}ms`, `${offset}=1`),
    monitor: (chip, offsets) => command(gpiomon, '--chip', chip, ...pulled, ...offsets.map(String)),
  };
}

function low(activeLow: boolean): string[] {
  return activeLow ? ['--active-low'] : [];
}

/** What `gpiomon` says of one change; undefined for anything else. */
export function readEdge(text: string): { readonly offset: number; readonly rising: boolean } | undefined {
  const match = /^(\d{1,3}) ([012])$/.exec(text.trim());
  return match ? { offset: Number(match[1]), rising: match[2] === '1' } : undefined;
}
