import type { Clock } from './clock.js';
import type { Logger } from './log.js';

const MOST_LINES = 400;
const LONGEST_LINE = 1000;

type Fields = Readonly<Record<string, unknown>>;

/** The last lines of the log in memory, for who looks for what went wrong; from `info` on, whatever else is written where. */
export class LogRing {
  readonly #clock: Clock;
  readonly #lines: string[] = [];
  #next = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The oldest first, one JSON object each. As they were said: who hands them on takes secrets out. */
  lines(): string[] {
    return [...this.#lines.slice(this.#next), ...this.#lines.slice(0, this.#next)];
  }

  /** The same logger, whose lines are kept here too. */
  through(log: Logger, own: Fields = {}): Logger {
    const kept =
      (level: 'info' | 'warn' | 'error') =>
      (fields: Fields, message: string): void => {
        this.#keep(level, { ...own, ...fields }, message);
        log[level](fields, message);
      };
    return {
      trace: (fields, message) => log.trace(fields, message),
      debug: (fields, message) => log.debug(fields, message),
      info: kept('info'),
      warn: kept('warn'),
      error: kept('error'),
      child: (fields) => this.through(log.child(fields), { ...own, ...fields }),
    };
  }

  #keep(level: string, fields: Fields, message: string): void {
    const line = lineOf({ at: new Date(this.#clock.wallMs()).toISOString(), level, ...fields, message });
    this.#lines[this.#next] = line;
    this.#next = (this.#next + 1) % MOST_LINES;
  }
}

/** A log line must never throw. A line that is too long is cut in its values, so that it stays JSON. */
function lineOf(fields: Fields): string {
  try {
    const line = JSON.stringify(fields, plain);
    if (line.length <= LONGEST_LINE) return line;
    return JSON.stringify({ ...fields, ...cut(fields) }, plain).slice(0, LONGEST_LINE * 8);
  } catch {
    return JSON.stringify({ level: fields['level'], message: fields['message'], lost: 'fields' });
  }
}

function cut(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? value.slice(0, LONGEST_LINE / 4)
        : typeof value === 'object' && value !== null
          ? (JSON.stringify(value, plain) ?? '').slice(0, LONGEST_LINE / 4)
          : value,
    ]),
  );
}

const plain = (_name: string, value: unknown): unknown =>
  value instanceof Error ? { message: value.message, stack: value.stack } : value;
