import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock, Logger, Timer } from '../base/index.js';
import type { Gestures } from './gestures.js';
import { gpioFault, readEdge, type GpioPrograms } from './gpio-programs.js';

export interface GpioButtonsParts {
  readonly programs: GpioPrograms;
  readonly chip: string;
  readonly offsets: readonly number[];
  readonly gestures: Gestures;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether they are heard now, and if not why. */
  heard(problem: string | undefined): void;
}

/** `gpiomon` that says nothing for so long is taken to have got its lines. */
const SETTLED_MS = 500;
const AGAIN_MS = 30_000;
/** One that ran for longer had its lines, was ended by somebody, and is started again at once. */
const FAILED_US = 2_000_000;

/** Buttons between a line and ground, heard by one `gpiomon`. */
export class GpioButtons {
  readonly #parts: GpioButtonsParts;
  #timer: Timer | undefined;
  #stop: (() => Promise<void>) | undefined;
  #over = false;

  constructor(parts: GpioButtonsParts) {
    this.#parts = parts;
    this.#start();
  }

  async close(): Promise<void> {
    this.#over = true;
    this.#timer?.cancel();
    await this.#stop?.();
  }

  #start(): void {
    const { programs, chip, offsets, gestures, clock, log } = this.#parts;
    const { program, args } = programs.monitor(chip, offsets);
    const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    this.#stop = async () => {
      child.kill('SIGKILL');
      await gone;
    };
    const startedUs = clock.nowUs();
    let said = '';
    child.on('error', (error) => (said ||= error.message));
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(0, 300)));
    createInterface(child.stdout).on('line', (text) => {
      const edge = this.#over ? undefined : readEdge(text.slice(0, 40));
      if (!edge || !offsets.includes(edge.offset)) return;
      const key = `GPIO${edge.offset}`;
      if (edge.rising) gestures.release(key);
      else gestures.press(key);
    });
    this.#timer = clock.after(SETTLED_MS, () => this.#parts.heard(undefined));
    void gone.then(() => {
      this.#timer?.cancel();
      gestures.forget();
      if (this.#over) return;
      const problem = `the buttons cannot be heard: ${gpioFault(said, chip)}`;
      log.warn({ chip, problem }, 'buttons of the header cannot be heard');
      this.#parts.heard(problem);
      this.#timer = clock.after(clock.nowUs() - startedUs < FAILED_US ? AGAIN_MS : 0, () => this.#start());
    });
  }
}
