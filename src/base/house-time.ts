import { readlinkSync } from 'node:fs';
import type { Clock, Timer } from './clock.js';
import { systemOffset, type OffsetAt } from './local-time.js';
import type { Logger } from './log.js';

/** What a machine says of the time zone that it is in, by names such as `Europe/Berlin`. */
export interface PlaceProbe {
  /** The one that this process goes by until it ends. */
  own(): string;
  /** The one that is set for the machine now; undefined where that is not to be seen. */
  linked(): string | undefined;
}

/**
 * By what `TZ` of this process says, which wins over what is set for the machine. The tables of the program are asked only where nothing else
 * knows: they cost 8 MB of memory.
 */
export function systemPlace(tz: string | undefined): PlaceProbe {
  const linked = (): string | undefined => {
    try {
      return /\/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(readlinkSync('/etc/localtime'))?.[1];
    } catch {
      return undefined;
    }
  };
  const asked = (): string => placeNamed(new Intl.DateTimeFormat().resolvedOptions().timeZone) ?? 'UTC';
  return { linked, own: () => (tz === undefined ? linked() : undefined) ?? asked() };
}

/** As the tables of the program call it; undefined for what is no time zone. */
export function placeNamed(name: string | undefined): string | undefined {
  if (name === undefined || !/^[A-Za-z]/.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

export interface HouseTimeParts {
  /** What people have chosen, now. */
  readonly chosen: () => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly probe: PlaceProbe;
}

const LOOK_MS = 15_000;

/**
 * By which time zone the clocks on the walls of the house go: the one that somebody chose, else that of the machine, also when it is set to another
 * one while the server runs. A process that was given one of its own (`TZ`) keeps it.
 */
export class HouseTime {
  readonly #parts: HouseTimeParts;
  readonly #probe: PlaceProbe;
  readonly #own: string;
  /** The process goes by what is set for the machine. */
  readonly #follows: boolean;
  readonly #timer: Timer;
  #name: string;
  #offsetAt: OffsetAt;

  constructor(parts: HouseTimeParts) {
    this.#parts = parts;
    this.#probe = parts.probe;
    this.#own = this.#probe.own();
    this.#follows = this.#named(this.#probe.linked()) === this.#own;
    this.#name = this.#own;
    this.#offsetAt = systemOffset;
    this.look();
    this.#timer = parts.clock.every(LOOK_MS, () => this.look());
  }

  get name(): string {
    return this.#name;
  }

  /** Minutes that clocks on the walls of the house are ahead of UTC at a moment. */
  readonly offsetAt: OffsetAt = (ms) => this.#offsetAt(ms);

  /** Looks whether it is another one now. */
  look(): void {
    const machine = this.#follows ? this.#named(this.#probe.linked()) : undefined;
    const name = this.#named(this.#parts.chosen()) ?? machine ?? this.#own;
    if (name === this.#name) return;
    this.#parts.log.info({ time_zone: name, before: this.#name }, 'the house goes by another time zone');
    this.#name = name;
    this.#offsetAt = name === this.#own ? systemOffset : offsetIn(name);
  }

  close(): void {
    this.#timer.cancel();
  }

  #named(name: string | undefined): string | undefined {
    return name === this.#own ? name : placeNamed(name);
  }
}

/** Of any time zone, whichever this process goes by. */
export function offsetIn(timeZone: string): OffsetAt {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  return (ms) => {
    const said = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0', seconds = '0'] =
      /^GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(said) ?? [];
    const size = Number(hours) * 60 + Number(minutes) + Number(seconds) / 60;
    return sign === '-' ? -size : size;
  };
}
