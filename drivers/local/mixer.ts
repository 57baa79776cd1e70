import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError, toError, type Clock, type Logger, type Timer } from '../../src/base/index.js';
import { chooseControl, quotedId, readControls, type Control } from './mixer-words.js';

export interface MixerParts {
  /** ALSA's name of the card's controls: `hw:DAC`. */
  readonly card: string;
  /** `auto`, or the name of the control. */
  readonly wanted: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Somebody turned it, here or elsewhere. */
  changed(this: void): void;
}

const PROGRAM_MS = 3000;
/** Changes come in groups, one for each channel. */
const GATHER_MS = 30;
/** A watch that ended begins again after so long. */
const AGAIN_MS = 5000;
/** Cards have steps: one that lands so far above what was asked is turned one step down. */
const ABOVE = 0.015;
/** One that stands further below what was asked did something else. */
const BELOW = 0.2;
const run = promisify(execFile);

/** The volume control of a card, through the programs of alsa-utils: what other programs and real knobs do to it shows up too. */
export class Mixer {
  readonly #parts: MixerParts;
  #control: Control;
  #watch: ChildProcess | undefined;
  #timer: Timer | undefined;
  #reading: Promise<void> | undefined;
  #unread = false;
  #setting: Promise<void> | undefined;
  #wanted: number | undefined;
  /** What was asked for last, and where the card stood then. */
  #asked: { readonly level: number; readonly stood: number } | undefined;
  #over = false;

  private constructor(parts: MixerParts, control: Control) {
    this.#parts = parts;
    this.#control = control;
    this.#follow();
  }

  /** Undefined where the card has no volume of its own, or alsa-utils is not installed. */
  static async open(parts: MixerParts): Promise<Mixer | undefined> {
    const { card, wanted, log } = parts;
    try {
      const controls = readControls(await amixer(card, 'scontents'));
      const control = chooseControl(controls, wanted);
      log.info({ card, control: control?.name ?? null }, 'the volume of a card');
      if (!control && wanted !== 'auto')
        log.warn({ card, wanted, there: controls.map(({ name }) => name) }, 'the card has no such control');
      return control && new Mixer(parts, control);
    } catch (error) {
      log.info({ card, reason: toError(error).message.slice(0, 200) }, 'the volume of a card cannot be read');
      return undefined;
    }
  }

  /** What was asked for, as long as the card stands at its step for that: small steps up would add up to nothing otherwise. */
  get level(): number {
    const { level } = this.#control;
    const asked = this.#asked;
    return asked?.stood === level && level > asked.level - BELOW ? asked.level : level;
  }

  /** Undefined where it cannot be switched off. */
  get muted(): boolean | undefined {
    return this.#control.muted;
  }

  /** Resolves when the card stands there, or at a newer level that was asked for meanwhile. */
  async set(level: number): Promise<void> {
    this.#wanted = Math.min(1, Math.max(0, level));
    this.#setting ??= this.#setAll().finally(() => (this.#setting = undefined));
    await this.#setting;
  }

  async #setAll(): Promise<void> {
    while (this.#wanted !== undefined && !this.#over) {
      const level = this.#wanted;
      this.#wanted = undefined;
      await this.#ask(`${Math.round(level * 100)}%`);
      for (let n = 0; n < 2 && this.#control.level > level + ABOVE; n++) await this.#ask('1-');
      this.#asked = { level, stood: this.#control.level };
    }
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.#ask(muted ? 'mute' : 'unmute');
  }

  async close(): Promise<void> {
    this.#over = true;
    this.#timer?.cancel();
    const watch = this.#watch;
    this.#watch = undefined;
    if (!watch || watch.exitCode !== null || watch.signalCode !== null || watch.pid === undefined) return;
    const gone = new Promise((resolve) => watch.once('close', resolve));
    watch.kill('SIGKILL');
    await gone;
  }

  /** `playback`: a control of that name may be a microphone's too, which stays as it is. */
  async #ask(what: string): Promise<void> {
    try {
      this.#take(await amixer(this.#parts.card, 'sset', quotedId(this.#control.id), 'playback', what));
    } catch (error) {
      throw new AppError('ERR_PLAYER_REFUSED', 'the card did not take its volume', { cause: error });
    }
  }

  /** True when it is news. */
  #take(text: string): boolean {
    const [control] = readControls(text);
    if (!control) return false;
    const { level, muted } = this;
    this.#control = control;
    return this.level !== level || this.muted !== muted;
  }

  /** `stdbuf`: through a pipe it would keep what it saw to itself. (`alsactl monitor` knows only cards of the kernel.) */
  #follow(): void {
    const args = ['-oL', 'amixer', '-D', this.#parts.card, 'sevents'];
    const watch = spawn('stdbuf', args, { stdio: ['ignore', 'pipe', 'ignore'], cwd: '/' });
    this.#watch = watch;
    watch.on('error', () => undefined);
    watch.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('event ')) this.#lookSoon();
    });
    watch.once('close', () => {
      if (this.#over || this.#watch !== watch) return;
      this.#timer?.cancel();
      this.#timer = this.#parts.clock.after(AGAIN_MS, () => {
        this.#timer = undefined;
        if (this.#over) return;
        this.#follow();
        this.#look();
      });
    });
  }

  #lookSoon(): void {
    if (this.#over || this.#timer) return;
    this.#timer = this.#parts.clock.after(GATHER_MS, () => {
      this.#timer = undefined;
      this.#look();
    });
  }

  /** One look at a time; what changes meanwhile is looked at after it. */
  #look(): void {
    if (this.#reading) {
      this.#unread = true;
      return;
    }
    const look = async (): Promise<void> => {
      const text = await amixer(this.#parts.card, 'sget', quotedId(this.#control.id));
      if (this.#take(text) && !this.#over) this.#parts.changed();
    };
    this.#reading = look()
      .catch((error: unknown) =>
        this.#parts.log.debug({ reason: toError(error).message.slice(0, 200) }, 'the card was not read'),
      )
      .finally(() => {
        this.#reading = undefined;
        if (!this.#unread || this.#over) return;
        this.#unread = false;
        this.#look();
      });
  }
}

/** `-M`: percent of what the ear hears, as alsamixer shows it; linear in dB for ranges that are small. */
async function amixer(card: string, command: string, ...words: readonly string[]): Promise<string> {
  const args = ['-M', '-D', card, command, ...words];
  const { stdout } = await run('amixer', args, { timeout: PROGRAM_MS, cwd: '/', maxBuffer: 1 << 20 });
  return stdout;
}
