import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import type { Clock, Timer } from './clock.js';
import { toError } from './errors.js';
import type { Logger } from './log.js';
import { FAR_MS, judgeWall, PATIENCE_MS, SAME_MS, type WallClock, type WallTurn } from './wall.js';

/** Both clocks are compared this often. */
const LOOK_MS = 15_000;
/** The last time that was believed is written this often: 4 kB. */
const KEEP_MS = 30 * 60_000;

/** What a machine says of its clock besides the time. */
export interface ClockProbe {
  synchronized(): boolean | undefined;
  /** Whether a clock with a battery says the same, within a minute. */
  battery(machineMs: number): boolean;
  /** Which life of the machine this is, and how long it lasts; undefined where nobody says. */
  life(): { readonly name: string; readonly ms: number } | undefined;
}

/** systemd's timesyncd by its files, and the kernel's first real-time clock. */
export const systemProbe: ClockProbe = {
  synchronized() {
    if (existsSync('/run/systemd/timesync/synchronized')) return true;
    return existsSync('/run/systemd/timesync') ? false : undefined;
  },
  battery(machineMs) {
    try {
      const seconds = Number(readFileSync('/sys/class/rtc/rtc0/since_epoch', 'utf8'));
      return Math.abs(seconds * 1000 - machineMs) < 60_000;
    } catch {
      return false;
    }
  },
  life() {
    const name = bootName();
    return name === undefined ? undefined : { name, ms: uptime() * 1000 };
  },
};

/** A new one each time the machine starts; undefined where the kernel gives none. */
export function bootName(): string | undefined {
  try {
    const name = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return /^[0-9a-f-]{36}$/.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

export interface WallParts {
  readonly clock: Clock;
  /** Where the last time that was believed is kept. */
  readonly file: string;
  readonly log: Logger;
  readonly probe?: ClockProbe;
}

export interface OpenedWall extends WallClock {
  /** Begins to keep the time on disk. */
  start(): void;
  close(): void;
}

/** The clock of a server with a data folder; see WallClock. Reads what is kept and writes nothing before `start`. */
export function openWall(parts: WallParts): OpenedWall {
  return new Wall(parts);
}

class Wall implements OpenedWall {
  readonly #parts: WallParts;
  readonly #probe: ClockProbe;
  readonly #listeners = new Set<(turn: WallTurn) => void>();
  readonly #look: Timer;
  #keep: Timer | undefined;
  /** The best that is known, at that moment of the monotonic clock. */
  #anchor: { readonly ms: number; readonly us: number };
  /** The machine's clock, to see it leap. */
  #machine: { readonly ms: number; readonly us: number };
  #steadySinceUs: number;
  /** Nothing was believed yet in this life. */
  #fresh = true;
  #trusted = false;
  readonly #life: ReturnType<ClockProbe['life']>;
  /** What is kept is from before this life of the machine. */
  readonly #older: boolean;
  #keptFails = false;

  constructor(parts: WallParts) {
    this.#parts = parts;
    this.#probe = parts.probe ?? systemProbe;
    const us = parts.clock.nowUs();
    const machineMs = parts.clock.wallMs();
    this.#machine = { ms: machineMs, us };
    this.#steadySinceUs = us;
    this.#life = this.#probe.life();
    const { ms: knownMs, life } = readKept(parts.file);
    this.#older = knownMs !== undefined && this.#life !== undefined && life !== this.#life.name;
    this.#anchor = { ms: knownMs ?? machineMs, us };
    this.#judge(knownMs);
    if (!this.#trusted)
      parts.log.warn({ machine_ms: machineMs, known_ms: knownMs }, 'the clock is not believed yet');
    this.#look = parts.clock.every(LOOK_MS, () => this.#compare());
  }

  nowUs(): number {
    return this.#parts.clock.nowUs();
  }

  after(ms: number, run: () => void): Timer {
    return this.#parts.clock.after(ms, run);
  }

  every(ms: number, run: () => void): Timer {
    return this.#parts.clock.every(ms, run);
  }

  wallMs(): number {
    const machineMs = this.#parts.clock.wallMs();
    if (this.#trusted && Math.abs(machineMs - this.#expected(this.#machine)) > SAME_MS) this.#compare();
    return this.#trusted ? this.#parts.clock.wallMs() : this.#bestGuess();
  }

  trusted(): boolean {
    if (this.#trusted) this.wallMs();
    return this.#trusted;
  }

  onTurn(listener: (turn: WallTurn) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  start(): void {
    this.#keep ??= this.#parts.clock.every(KEEP_MS, () => this.#write());
    this.#write();
  }

  close(): void {
    this.#look.cancel();
    this.#listeners.clear();
    if (!this.#keep) return;
    this.#keep.cancel();
    this.#write();
  }

  #expected({ ms, us }: { readonly ms: number; readonly us: number }): number {
    return ms + (this.#parts.clock.nowUs() - us) / 1000;
  }

  /** While the machine's clock is not believed: what is known, or the machine when it is a little later. */
  #bestGuess(): number {
    const knownMs = this.#expected(this.#anchor);
    const machineMs = this.#parts.clock.wallMs();
    return machineMs > knownMs && machineMs - knownMs <= FAR_MS ? machineMs : knownMs;
  }

  #compare(): void {
    const us = this.#parts.clock.nowUs();
    const machineMs = this.#parts.clock.wallMs();
    const leapt = Math.abs(machineMs - this.#expected(this.#machine)) > SAME_MS;
    const before = {
      ms: this.#trusted ? this.#expected(this.#machine) : this.#guessBefore(),
      trusted: this.#trusted,
    };
    this.#machine = { ms: machineMs, us };
    if (leapt) this.#steadySinceUs = us;
    if (leapt || !this.#trusted) this.#judge(this.#expected(this.#anchor));
    else this.#anchor = { ms: machineMs, us };
    this.#tell(before);
  }

  /** What `wallMs()` would say now, had the machine's clock not been set since the last look. */
  #guessBefore(): number {
    const knownMs = this.#expected(this.#anchor);
    const machineMs = this.#expected(this.#machine);
    return machineMs > knownMs && machineMs - knownMs <= FAR_MS ? machineMs : knownMs;
  }

  #judge(knownMs: number | undefined): void {
    const { ms: machine_ms, us } = this.#machine;
    this.#trusted = judgeWall({
      machine_ms,
      known_ms: knownMs,
      at_start: this.#fresh,
      synchronized: this.#probe.synchronized(),
      just_booted: this.#older && (this.#probe.life()?.ms ?? PATIENCE_MS) < PATIENCE_MS,
      battery: this.#probe.battery(machine_ms),
      steady_ms: (us - this.#steadySinceUs) / 1000,
    });
    if (!this.#trusted) return;
    this.#fresh = false;
    this.#anchor = { ms: machine_ms, us };
  }

  #tell(before: { readonly ms: number; readonly trusted: boolean }): void {
    const nowMs = this.#trusted ? this.#machine.ms : this.#bestGuess();
    const leap = nowMs - before.ms;
    const by_ms = Math.abs(leap) > SAME_MS ? leap : 0;
    if (by_ms === 0 && before.trusted === this.#trusted) return;
    this.#parts.log.warn({ by_ms, trusted: this.#trusted }, 'the clock was set');
    if (this.#keep) this.#write();
    for (const listener of [...this.#listeners]) listener({ by_ms, trusted: this.#trusted });
  }

  #write(): void {
    if (!this.#trusted) return;
    try {
      const ms = String(Math.round(this.#expected(this.#anchor))).padEnd(20);
      writeFileSync(this.#parts.file, `${ms}\n${this.#life?.name ?? ''}\n`, { mode: 0o600 });
      this.#keptFails = false;
    } catch (error) {
      if (!this.#keptFails)
        this.#parts.log.warn({ error: toError(error).message }, 'the time could not be kept');
      this.#keptFails = true;
    }
  }
}

/** The time, and in which life of the machine it was written. A file that was torn, or is of another kind, says nothing. */
function readKept(file: string): { readonly ms?: number; readonly life?: string } {
  try {
    const [text = '', life = ''] = readFileSync(file, 'utf8').slice(0, 80).split('\n');
    return /^\d{13,15}$/.test(text.trim()) ? { ms: Number(text), life } : {};
  } catch {
    return {};
  }
}
