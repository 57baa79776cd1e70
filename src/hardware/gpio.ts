import { toError, type Clock, type Logger } from '../base/index.js';
import type { RoomRecord, Store } from '../state/index.js';
import { Amplifier } from './amplifier.js';
import type { Deeds } from './deeds.js';
import { GpioButtons } from './gpio-buttons.js';
import { GpioOutput, type OutputState } from './gpio-output.js';
import { findGpioPrograms, type GpioPrograms, type Line } from './gpio-programs.js';
import type { Inputs } from './inputs.js';

/** What is wired to the header. */
export interface GpioSettings {
  readonly chip: string;
  readonly amplifier?: Line | undefined;
  readonly amplifierOffSeconds: number;
  readonly led?: Line | undefined;
  readonly buttons: readonly number[];
  /** Whose music the amplifier and the LED follow; absent: the room of this machine's own output, or the only one. */
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
}

export const GPIO_INPUT = 'gpio';

/** Amplifier, status LED and buttons. */
export class Gpio {
  readonly #parts: GpioParts;
  readonly #closers: (() => Promise<void> | void)[] = [];
  #amplifier: Amplifier | undefined;
  #led: GpioOutput | undefined;

  private constructor(parts: GpioParts) {
    this.#parts = parts;
  }

  /** Nothing is started where nothing is wired. Missing programs are said, and are no reason not to play. */
  static async open(parts: GpioParts): Promise<Gpio> {
    const { amplifier, led, buttons } = parts.settings;
    const gpio = new Gpio(parts);
    if (amplifier === undefined && led === undefined && buttons.length === 0) return gpio;
    try {
      gpio.#begin(await findGpioPrograms(parts.programFolder));
    } catch (error) {
      const problem = toError(error).message;
      parts.log.error({ problem }, 'what is wired to the header cannot be used');
      if (buttons.length > 0) gpio.#heard(problem);
    }
    return gpio;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
  }

  #begin(programs: GpioPrograms): void {
    const { settings, store, inputs, clock, log } = this.#parts;
    const { chip, amplifier, led, buttons } = settings;
    const common = { programs, chip, clock, log };
    if (amplifier) {
      const output = new GpioOutput({ ...common, line: amplifier });
      this.#amplifier = new Amplifier(clock, settings.amplifierOffSeconds, (on) =>
        output.set(on ? 'on' : 'off'),
      );
      this.#closers.push(
        () => this.#amplifier?.close(),
        () => output.close(),
      );
    }
    if (led) {
      const output = new GpioOutput({ ...common, line: led });
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

  #follow(): void {
    const room = this.#room();
    const playing =
      room?.live.state === 'playing' || (room?.live.state === 'loading' && room.kept.intent === 'playing');
    this.#amplifier?.follow(playing);
    this.#led?.set(this.#ledOf(room, playing));
  }

  /** On while there is music, blinking while something is wrong, else off. */
  #ledOf(room: RoomRecord | undefined, playing: boolean): OutputState {
    const players = room?.kept.player_ids.map((id) => this.#parts.store.state.players.get(id)) ?? [];
    const lost = players.length > 0 && players.every((player) => player?.live.link === 'offline');
    if (lost || room?.live.problem !== undefined) return 'blinking';
    return playing ? 'on' : 'off';
  }

  #room(): RoomRecord | undefined {
    try {
      return this.#parts.deeds.roomFor(this.#parts.settings.room);
    } catch {
      return undefined;
    }
  }
}
