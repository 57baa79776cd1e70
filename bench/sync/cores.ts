import { readFileSync } from 'node:fs';
import type { Row } from '../result.js';
import { once, row } from './stage.js';

interface Ticks {
  readonly all: number;
  readonly idle: number;
  /** Taken by the machine below this one. */
  readonly stolen: number;
}

/** How busy the cores were between its making and the end, by /proc/stat: all programs, the kernel, and what a host took away. */
export class CoreMeter {
  readonly #before = ticks();
  #cores: readonly { readonly busy: number; readonly stolen: number }[] = [];

  end(): void {
    this.#cores = ticks().map((now, core) => {
      const before = this.#before[core] ?? { all: 0, idle: 0, stolen: 0 };
      const all = now.all - before.all;
      return {
        busy: (100 * (all - (now.idle - before.idle))) / all,
        stolen: (100 * (now.stolen - before.stolen)) / all,
      };
    });
  }

  /** `least`: the least busy one has to be so busy, %. */
  rows(least: number): Row[] {
    const lowest = Math.min(...this.#cores.map(({ busy }) => busy));
    const all = this.#cores.map(({ busy }) => busy.toFixed(1)).join(' and ');
    return [
      {
        measure: `the least busy core (all: ${all})`,
        unit: '%',
        ours: once(lowest),
        target: { text: `>= ${least} %`, met: lowest >= least },
      },
      row('of that, taken away by the host', '%', Math.max(...this.#cores.map(({ stolen }) => stolen))),
    ];
  }
}

function ticks(): Ticks[] {
  const lines = readFileSync('/proc/stat', 'utf8').match(/^cpu\d+ .*$/gm) ?? [];
  return lines.map((line) => {
    const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, stolen = 0] = line
      .split(' ')
      .slice(1)
      .map(Number);
    const waiting = idle + iowait;
    return { all: user + nice + system + waiting + irq + softirq + stolen, idle: waiting, stolen };
  });
}
