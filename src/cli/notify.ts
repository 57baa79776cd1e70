import { execFile } from 'node:child_process';
import { toError, Serial, type Clock, type Logger, type Timer } from '../base/index.js';

type Env = Readonly<Record<string, string | undefined>>;

/** systemd waits for the word of a unit of Type=notify; this says it. Without systemd it says nothing. */
export interface Notifier {
  /** It does its work from here on; from now the watchdog hears that the event loop turns. */
  ready(status: string): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  /** It closes what it has, which may take a moment. Resolves when systemd has heard it. */
  stopping(): Promise<void>;
  close(): void;
}

/** Tells systemd some `KEY=value` lines. */
export type Tell = (lines: readonly string[]) => Promise<void>;

export interface NotifierParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly pid: number;
  readonly tell?: Tell;
}

const TELL_MS = 5_000;
const MAX_STATUS = 200;

export function openNotifier(env: Env, parts: NotifierParts): Notifier {
  const socket = env['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return SILENT;
  return new SystemdNotifier(parts.tell ?? systemdNotify(socket), watchdogMs(env, parts.pid), parts);
}

const SILENT: Notifier = {
  ready: () => undefined,
  status: () => undefined,
  stopping: () => Promise.resolve(),
  close: () => undefined,
};

/** Half of what systemd allows between two signs of life; undefined when it wants none from this process. */
export function watchdogMs(env: Env, pid: number): number | undefined {
  const usec = Number(env['WATCHDOG_USEC']);
  if (!Number.isSafeInteger(usec) || usec < 2_000) return undefined;
  const whose = env['WATCHDOG_PID'];
  if (whose !== undefined && whose !== '' && Number(whose) !== pid) return undefined;
  return Math.floor(usec / 2_000);
}

class SystemdNotifier implements Notifier {
  readonly #tell: Tell;
  readonly #everyMs: number | undefined;
  readonly #parts: NotifierParts;
  readonly #order = new Serial();
  #signs: Timer | undefined;
  #alive = false;

  constructor(tell: Tell, everyMs: number | undefined, parts: NotifierParts) {
    this.#tell = tell;
    this.#everyMs = everyMs;
    this.#parts = parts;
  }

  ready(status: string): void {
    void this.#say('READY=1', statusLine(status));
    if (this.#everyMs === undefined || this.#signs) return;
    this.#signs = this.#parts.clock.every(this.#everyMs, () => this.#signOfLife());
  }

  status(text: string): void {
    void this.#say(statusLine(text));
  }

  stopping(): Promise<void> {
    this.close();
    return this.#say('STOPPING=1', statusLine('Stopping'));
  }

  close(): void {
    this.#signs?.cancel();
    this.#signs = undefined;
  }

  /** Only a turning event loop gets here, and one sign at a time is under way. */
  #signOfLife(): void {
    if (this.#alive) return;
    this.#alive = true;
    void this.#say('WATCHDOG=1').finally(() => (this.#alive = false));
  }

  async #say(...lines: string[]): Promise<void> {
    try {
      await this.#order.run(() => this.#tell(lines));
    } catch (error) {
      this.#parts.log.warn({ lines, reason: toError(error).message }, 'systemd could not be told');
    }
  }
}

function statusLine(text: string): string {
  return `STATUS=${text.replace(/\s+/g, ' ').trim().slice(0, MAX_STATUS)}`;
}

/** Node has no datagram sockets of this kind; systemd's own program waits until systemd has read what it sent. */
function systemdNotify(socket: string): Tell {
  const env = { NOTIFY_SOCKET: socket, PATH: '/usr/bin:/bin' };
  return (lines) =>
    new Promise((resolve, reject) => {
      execFile('systemd-notify', [...lines], { env, timeout: TELL_MS, cwd: '/' }, (error) =>
        error ? reject(toError(error)) : resolve(),
      );
    });
}
