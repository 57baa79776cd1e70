import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { Ground } from '../ground.js';
import { Program } from '../program.js';

/** What kept programs from running: how late a timer of 5 ms came, at the priority of what is measured. */
export const Stalls = z.object({
  /** Times it was more than 10 ms late. */
  above10Ms: z.int(),
  above50Ms: z.int(),
  longestMs: z.number(),
});
export type Stalls = z.infer<typeof Stalls>;

const TICK_MS = 5;

/** Runs beside a measurement; ask once. */
export class StallMeter {
  readonly #program: Program;
  readonly #answer: Promise<Stalls>;
  readonly #ask: () => void;

  constructor(ground: Ground, before: readonly string[]) {
    const [first = process.execPath, ...execArgv] = [...before, process.execPath];
    const child = fork(fileURLToPath(import.meta.url), ['meter'], {
      execPath: first,
      execArgv,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#program = ground.own(new Program(child, 'the stall meter'));
    this.#answer = new Promise((resolve, reject) => {
      child.once('message', (message) => resolve(Stalls.parse(message)));
      child.once('exit', () => reject(new Error('the stall meter ended')));
    });
    this.#answer.catch(() => undefined);
    this.#ask = () => void child.send('stop');
  }

  async stop(): Promise<Stalls> {
    this.#ask();
    const stalls = await this.#answer;
    await this.#program.stop();
    return stalls;
  }
}

function measure(): void {
  let [above10Ms, above50Ms, longestMs] = [0, 0, 0];
  let due = performance.now() + TICK_MS;
  const timer = setInterval(() => {
    const late = performance.now() - due;
    due = performance.now() + TICK_MS;
    if (late > 10) above10Ms += 1;
    if (late > 50) above50Ms += 1;
    longestMs = Math.max(longestMs, late);
  }, TICK_MS);
  process.once('message', () => {
    clearInterval(timer);
    process.send?.({ above10Ms, above50Ms, longestMs: Math.round(longestMs * 10) / 10 }, () =>
      process.exit(0),
    );
  });
}

if (process.argv[2] === 'meter' && process.argv[1] === fileURLToPath(import.meta.url)) measure();
