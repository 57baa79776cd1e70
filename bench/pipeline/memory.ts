import { readdirSync, readFileSync } from 'node:fs';
import { rssMb } from '../program.js';

const EVERY_MS = 250;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
}

/** What a server holds while it is watched, and what the programs hold that it starts. */
export class MemoryWatch {
  readonly #pid: number;
  readonly #passedOver: readonly string[];
  readonly #timer: NodeJS.Timeout;
  #peak = 0;
  #peakWithHelpers = 0;

  /** `passedOver`: names of programs that were there before, and what they start. */
  constructor(pid: number, passedOver: readonly string[]) {
    this.#pid = pid;
    this.#passedOver = passedOver;
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  end(): { readonly serverMb: number; readonly withHelpersMb: number } {
    clearInterval(this.#timer);
    this.#look();
    return { serverMb: this.#peak, withHelpersMb: this.#peakWithHelpers };
  }

  #look(): void {
    const own = mbOf(this.#pid);
    const helpers = below(this.#pid, this.#passedOver).reduce((sum, pid) => sum + mbOf(pid), 0);
    this.#peak = Math.max(this.#peak, own);
    this.#peakWithHelpers = Math.max(this.#peakWithHelpers, own + helpers);
  }
}

/** 0 for what has ended meanwhile. */
function mbOf(pid: number): number {
  try {
    const mb = rssMb(pid);
    return Number.isNaN(mb) ? 0 : mb;
  } catch {
    return 0;
  }
}

function below(pid: number, passedOver: readonly string[]): number[] {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? processOf(Number(name)) : []));
  const found: number[] = [];
  const add = (parent: number): void => {
    for (const one of all)
      if (one.parent === parent && !passedOver.includes(one.name)) {
        found.push(one.pid);
        add(one.pid);
      }
  };
  add(pid);
  return found;
}

function processOf(pid: number): Process[] {
  try {
    const [, name = '', rest = ''] =
      /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return [{ pid, name, parent: Number(rest.split(' ')[1]) }];
  } catch {
    return [];
  }
}

/** Milliseconds of CPU that the programs used which a process started and which have ended. */
export function endedCpuMs(pid: number): number {
  const rest = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]?.split(' ') ?? [];
  const ticks = Number(rest[13]) + Number(rest[14]);
  return ticks * 10;
}
