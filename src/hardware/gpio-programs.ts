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
export async function findGpioPrograms(folder?: string): Promise<GpioPrograms> {
  const at = (name: string): string => (folder === undefined ? name : join(folder, name));
  let text: string;
  try {
    text = (await run(at('gpioset'), ['--version'], { timeout: VERSION_MS, cwd: '/' })).stdout;
  } catch (error) {
    const missing = toError(error).message.includes('ENOENT');
    const message = missing ? 'gpioset is not installed: sudo apt install gpiod' : 'gpioset does not run';
    throw new Error(message, { cause: error });
  }
  const major = /\bv?(\d+)\.\d+/.exec(text)?.[1];
  if (major === '1') return firstVersion(at('gpioset'), at('gpiomon'));
  if (major === '2') return secondVersion(at('gpioset'), at('gpiomon'));
  throw new Error(`gpioset is of a version that is not known here: ${text.slice(0, 60).trim()}`);
}

/** The chip is the first argument, and `gpioset` has to be told to stay. */
function firstVersion(gpioset: string, gpiomon: string): GpioPrograms {
  return {
    major: 1,
    hold: (chip, { offset, activeLow }, on) => ({
      program: gpioset,
      args: ['--mode=signal', ...low(activeLow), chip, `${offset}=${on ? 1 : 0}`],
    }),
    blink: () => undefined,
    monitor: (chip, offsets) => ({
      program: gpiomon,
      args: ['--line-buffered', '--bias=pull-up', `--format=${FORMAT}`, chip, ...offsets.map(String)],
    }),
  };
}

/** The chip is an option, and `gpioset` stays by itself. */
function secondVersion(gpioset: string, gpiomon: string): GpioPrograms {
  return {
    major: 2,
    hold: (chip, { offset, activeLow }, on) => ({
      program: gpioset,
      args: ['--chip', chip, ...low(activeLow), `${offset}=${on ? 1 : 0}`],
    }),
    blink: (chip, { offset, activeLow }, ms) => ({
      program: gpioset,
      args: ['--chip', chip, ...low(activeLow), '--toggle', `${ms}ms,${ms}ms`, `${offset}=1`],
    }),
    monitor: (chip, offsets) => ({
      program: gpiomon,
      args: [
        '--chip',
        chip,
        '--bias',
        'pull-up',
        '--edges',
        'both',
        '--format',
        FORMAT,
        ...offsets.map(String),
      ],
    }),
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
