import { toError, type Clock, type Logger, type Timer } from '../base/index.js';
import type { RoomRecord, Store } from '../state/index.js';
import { Amplifier } from './amplifier.js';
import type { Deeds } from './deeds.js';
import { GpioButtons } from './gpio-buttons.js';
import { GpioOutput, type OutputState } from './gpio-output.js';
import { findGpioPrograms, findHeaderChip, type GpioPrograms, type Line } from './gpio-programs.js';
import type { Inputs } from './inputs.js';

/** What is wired to the header. */
export interface GpioSettings {
  /** `auto`: the one that the header is on. */
  readonly chip: string;
  readonly amplifier?: Line | undefined;
  readonly amplifierOffSeconds: number;
  readonly led?: Line | undefined;
  readonly buttons: readonly number[];
  /** Whose music the amplifier and the LED follow; absent: the rooms of this machine's own outputs, or the only one. */
  readonly room?: string | undefined;
}

export interface GpioParts {
  readonly settings: GpioSettings;
  readonly store: Store;
  readonly inputs: Inputs;
  readonly deeds: Deeds;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where libgpiod's programs are, when not on the PATH. */
  readonly programFolder?: string | undefined;
  /** What cannot be used, in sentences by a name of it; each time all of them. */
  told?(this: void, problems: ReadonlyMap<string, string>): void;
}

/** The default of `gpio_chip`. */
const AUTO_CHIP = 'auto';
const AGAIN_MS = 30_000;

export const GPIO_INPUT = 'gpio';

/** Amplifier, status LED and buttons. */
export class Gpio {
  readonly #parts: GpioParts;
  readonly #closers: (() => Promise<void> | void)[] = [];
  #amplifier: Amplifier | undefined;
  #led: GpioOutput | undefined;
  readonly #problems = new Map<string, string>();
  readonly #over = new AbortController();
  /** Why nothing of it could be used at the last look. */
  #missing: string | undefined;
  #looking: Promise<void> | undefined;
  #again: Timer | undefined;
  #telling: Timer | undefined;

  private constructor(parts: GpioParts) {
    this.#parts = parts;
  }

  /** Nothing is started where nothing is wired. What is missing is said, and is no reason not to play. */
  static async open(parts: GpioParts): Promise<Gpio> {
    const { amplifier, led, buttons } = parts.settings;
    const gpio = new Gpio(parts);
    if (amplifier !== undefined || led !== undefined || buttons.length > 0) await gpio.#look();
    return gpio;
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#again?.cancel();
    await this.#looking;
    this.#telling?.cancel();
    for (const close of this.#closers.splice(0)) await close();
    this.#telling?.cancel();
  }

  #look(): Promise<void> {
    this.#looking = this.#find().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** A machine that starts is slow, its chips come one by one, and what is missing may be installed: what was not found is looked for again. */
  async #find(): Promise<void> {
    const { settings, programFolder, clock, log } = this.#parts;
    const { amplifier, led, buttons, chip } = settings;
    const { signal } = this.#over;
    try {
      const programs = await findGpioPrograms(programFolder, signal);
      const header = chip === AUTO_CHIP ? await findHeaderChip(programFolder, signal) : chip;
      if (signal.aborted) return;
      for (const name of ['amplifier', 'led']) this.#tell(name, undefined);
      this.#begin(programs, header);
    } catch (error) {
      if (signal.aborted) return;
      const problem = toError(error).message;
      if (problem !== this.#missing) log.error({ problem }, 'what is wired to the header cannot be used');
      this.#missing = problem;
      if (buttons.length > 0) this.#heard(problem);
      if (amplifier !== undefined) this.#tell('amplifier', `The amplifier cannot be switched: ${problem}.`);
      if (led !== undefined) this.#tell('led', `The status LED cannot be switched: ${problem}.`);
      this.#again = clock.after(AGAIN_MS, () => void this.#look());
    }
  }

  #begin(programs: GpioPrograms, chip: string): void {
    const { settings, store, inputs, clock, log } = this.#parts;
    const { amplifier, led, buttons } = settings;
    const common = { programs, chip, clock, log };
    const failed =
      (name: string, what: string) =>
      (problem: string | undefined): void =>
        this.#tell(name, problem && `${what} cannot be switched: ${problem}.`);
    if (amplifier) {
      const output = new GpioOutput({
        ...common,
        line: amplifier,
        failed: failed('amplifier', 'The amplifier'),
      });
      this.#amplifier = new Amplifier(clock, settings.amplifierOffSeconds, (on) =>
        output.set(on ? 'on' : 'off'),
      );
      this.#closers.push(
        () => this.#amplifier?.close(),
        () => output.close(),
      );
    }
    if (led) {
      const output = new GpioOutput({ ...common, line: led, failed: failed('led', 'The status LED') });
      this.#led = output;
      this.#closers.push(() => output.close());
    }
    if (buttons.length > 0) {
      const heard = (problem: string | undefined): void => this.#heard(problem);
      const gestures = inputs.gesturesOf(GPIO_INPUT);
      const all = new GpioButtons({ ...common, offsets: buttons, gestures, heard });
      this.#closers.push(() => all.close());
    }
    this.#closers.unshift(store.watch(() => this.#follow()));
    this.#follow();
  }

  #heard(problem: string | undefined): void {
    const keys = this.#parts.settings.buttons.map((offset) => `GPIO${offset}`);
    this.#parts.inputs.plugged(
      { input_id: GPIO_INPUT, name: 'Buttons on the GPIO header', kind: 'gpio', keys },
      problem,
    );
  }

  #tell(name: string, problem: string | undefined): void {
    if (this.#problems.get(name) === problem) return;
    if (problem === undefined) this.#problems.delete(name);
    else this.#problems.set(name, problem);
    // Not within the commit that may have led here.
    this.#telling ??= this.#parts.clock.after(0, () => {
      this.#telling = undefined;
      this.#parts.told?.(this.#problems);
    });
  }

  #follow(): void {
    const rooms = this.#rooms();
    const playing = rooms.some((room) => this.#sounds(room));
    this.#amplifier?.follow(playing);
    this.#led?.set(this.#ledOf(rooms, playing));
  }

  /** What a player says counts too: an announcement, and what another program plays on it, are no music of the room. */
  #sounds({ kept, live }: RoomRecord): boolean {
    if (live.state === 'playing' || (live.state === 'loading' && kept.intent === 'playing')) return true;
    const { players } = this.#parts.store.state;
    return kept.player_ids.some((id) => {
      const { link, status, foreign } = players.get(id)?.live ?? {};
      return link === 'online' && (status === 'playing' || foreign?.status === 'playing');
    });
  }

  /** On while there is music, blinking while something is wrong, else off. */
  #ledOf(rooms: readonly RoomRecord[], playing: boolean): OutputState {
    const { players } = this.#parts.store.state;
    const wrong = rooms.some(({ kept: { player_ids }, live }) => {
      const lost =
        player_ids.length > 0 && player_ids.every((id) => players.get(id)?.live.link === 'offline');
      return lost || live.problem !== undefined;
    });
    if (wrong) return 'blinking';
    return playing ? 'on' : 'off';
  }

  /**
   * Where they play that the header is for: the chosen room, and the rooms that its players have joined; else those of the outputs of this
   * machine; else the only one.
   */
  #rooms(): RoomRecord[] {
    const { settings, store, deeds } = this.#parts;
    const { room } = settings;
    const { rooms, players } = store.state;
    const ids = [...players.values()].flatMap(({ kept: { kind, room_id, home_room_id } }) =>
      (room === undefined ? kind === 'local' : home_room_id === room) ? [room_id] : [],
    );
    if (room !== undefined) ids.push(room);
    const found = [...new Set(ids)].flatMap((id) => rooms.get(id) ?? []);
    const known = [...rooms.keys()].join(', ');
    const missing = `gpio_room: there is no room ${room ?? ''}, and what is wired to the header stays off. There is ${known}.`;
    this.#tell('room', found.length > 0 || room === undefined || known === '' ? undefined : missing);
    if (found.length > 0 || room !== undefined) return found;
    try {
      return [deeds.roomFor(undefined)];
    } catch {
      return [];
    }
  }
}
