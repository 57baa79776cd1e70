import type { Clock } from '../base/index.js';
import { isCommandType } from '../protocol/index.js';
import type { RunCommand } from './commands.js';

export interface CommandTime {
  readonly type: string;
  readonly result: 'ok' | 'error';
  count: number;
  /** Altogether, from the request to its answer. */
  seconds: number;
}

/** How often each command ran since the server started, and how long that took. */
export class CommandTimes {
  readonly #clock: Clock;
  readonly #times = new Map<string, CommandTime>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  rows(): readonly CommandTime[] {
    return [...this.#times.values()];
  }

  /** The same, and counted. What is no command counts under one name, whatever it is called. */
  counted(run: RunCommand): RunCommand {
    return async (type, request, caller, asked) => {
      const startUs = this.#clock.nowUs();
      const result = await run(type, request, caller, asked);
      this.#add(isCommandType(type) ? type : 'unknown', result.ok, (this.#clock.nowUs() - startUs) / 1e6);
      return result;
    };
  }

  #add(type: string, ok: boolean, seconds: number): void {
    const result = ok ? 'ok' : 'error';
    const key = `${type} ${result}`;
    let time = this.#times.get(key);
    if (!time) this.#times.set(key, (time = { type, result, count: 0, seconds: 0 }));
    time.count++;
    time.seconds += seconds;
  }
}
