import { spawn, type ChildProcess } from 'node:child_process';
import { Serial, type Clock, type Logger, type Timer } from '../base/index.js';
import { gpioFault, type Command, type GpioPrograms, type Line } from './gpio-programs.js';

export type OutputState = 'off' | 'on' | 'blinking';

export interface GpioOutputParts {
  readonly programs: GpioPrograms;
  readonly chip: string;
  readonly line: Line;
  readonly clock: Clock;
  readonly log: Logger;
  /** It cannot be switched, and why; undefined when it can again. */
  failed(this: void, problem: string | undefined): void;
}

const BLINK_MS = 400;
/** One that runs for so long has its line. */
const SETTLED_MS = 700;
/** One that ran for less than this failed, because the line is taken or the chip is not there; how it failed is said once. */
const FAILED_US = 2_000_000;
/** And is started again after so long; one that had its line and was ended by somebody, at once. */
const AGAIN_MS = 30_000;
/** One that does not end when it is told to is made to. */
const END_MS = 1000;

/** One output of the header: `gpioset` holds its level for as long as it runs. */
export class GpioOutput {
  readonly #parts: GpioOutputParts;
  readonly #turns = new Serial();
  #state: OutputState | undefined;
  #wanted: Command | undefined;
  #child: ChildProcess | undefined;
  #timer: Timer | undefined;
  #settled: Timer | undefined;
  #said: string | undefined;
  #over = false;

  constructor(parts: GpioOutputParts) {
    this.#parts = parts;
  }

  set(state: OutputState): void {
    if (state === this.#state || this.#over) return;
    this.#state = state;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#parts.log.debug({ gpio: this.#parts.line.offset, state }, 'an output of the header is switched');
    const { programs, chip, line } = this.#parts;
    if (state === 'blinking') {
      const command = programs.blink(chip, line, BLINK_MS);
      if (command) this.#run(command);
      else this.#blink(true);
    } else this.#run(programs.hold(chip, line, state === 'on'));
  }

  /** For programs that cannot: one after the other. */
  #blink(on: boolean): void {
    const { programs, chip, line, clock } = this.#parts;
    this.#run(programs.hold(chip, line, on));
    this.#timer = clock.after(BLINK_MS, () => this.#blink(!on));
  }

  /** Lets the line go: the kernel of a Raspberry Pi leaves it as it is. */
  async close(): Promise<void> {
    this.#over = true;
    this.#timer?.cancel();
    this.#settled?.cancel();
    await this.#turns.run(() => this.#end());
  }

  /** Two programs cannot hold one line: the next begins when the last is gone, unless something else is wanted by then. */
  #run(command: Command): void {
    this.#wanted = command;
    void this.#turns.run(async () => {
      if (this.#wanted !== command) return;
      await this.#end();
      if (!this.#over && this.#wanted === command) this.#start(command);
    });
  }

  #start({ program, args }: Command): void {
    const { clock, log, line, chip } = this.#parts;
    const child = spawn(program, [...args], { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
    const startedUs = clock.nowUs();
    let said = '';
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(0, 300)));
    child.on('error', (error) => (said ||= error.message));
    this.#settled?.cancel();
    this.#settled = clock.after(SETTLED_MS, () => {
      if (this.#child === child) this.#tell(undefined);
    });
    child.once('close', () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      const problem = gpioFault(said, chip);
      const failed = clock.nowUs() - startedUs < FAILED_US;
      if (failed && problem !== this.#said) {
        log.warn({ gpio: line.offset, reason: problem }, 'an output of the header cannot be switched');
        this.#tell(problem);
      }
      this.#timer ??= clock.after(failed ? AGAIN_MS : 0, () => {
        this.#timer = undefined;
        if (!this.#child) this.#run({ program, args });
      });
    });
  }

  #tell(problem: string | undefined): void {
    if (this.#over || problem === this.#said) return;
    this.#said = problem;
    this.#parts.failed(problem);
  }

  async #end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    const late = this.#parts.clock.after(END_MS, () => child.kill('SIGKILL'));
    await gone;
    late.cancel();
  }
}
