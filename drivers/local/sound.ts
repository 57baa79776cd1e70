import { AppError, toError, type Clock, type Logger } from '../../src/base/index.js';
import type { LinkContext } from '../../src/players/index.js';
import { cardOf } from './cards.js';
import type { MpvClient } from './client.js';
import { Formats } from './formats.js';
import { Mixer } from './mixer.js';
import type { LocalOptions } from './options.js';
import { outputChoices, type ListedOutput } from './outputs.js';
import { propertyValue, type MpvEvent, type PropertyName } from './wire.js';

const OBSERVED: readonly PropertyName[] = ['volume', 'mute', 'audio-device', 'audio-device-list'];

export interface SoundParts {
  readonly client: MpvClient;
  readonly options: LocalOptions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly asound?: string | undefined;
  readonly emit: LinkContext['emit'];
}

/** How an output stood that was pulled out: the card that comes back has forgotten it, and may stand at its loudest. */
export interface Before {
  /** 0..100 */
  readonly volume: number;
  readonly muted: boolean;
}

/** How loud, and where to. Where the card has a volume of its own that is turned, and mpv plays at its loudest. */
export class Sound {
  /** 0..100, whichever does it. */
  volume: number | undefined;
  muted = false;
  output = 'auto';
  #listed: readonly ListedOutput[] = [];
  #parts: SoundParts;
  #changed: () => void;
  #formats: Formats;
  #mixer: Mixer | undefined;
  #soft: number | undefined;
  #softMuted = false;
  /** The output whose mixer is in use, or is being opened. */
  #mixerFor: string | undefined;
  /** The card was pulled out: it stands as it stood before when it is taken up. */
  #returning = false;
  #over = false;

  /** `changed` is called when there is something new to remember. */
  constructor(parts: SoundParts, changed: () => void) {
    this.#parts = parts;
    this.#changed = changed;
    this.#formats = new Formats(parts.asound);
  }

  /** Reads everything once and reports it. `firstId` counts up the ids of observed properties. `before`: the card was pulled out. */
  async begin(firstId: number, signal: AbortSignal, before?: Before): Promise<void> {
    const { client } = this.#parts;
    const [volume, muted, output, listed] = await Promise.all([
      client.get('volume', signal),
      client.get('mute', signal),
      client.get('audio-device', signal),
      client.get('audio-device-list', signal),
    ]);
    this.volume = this.#soft = volume;
    this.muted = this.#softMuted = muted ?? false;
    this.output = output ?? 'auto';
    this.#listed = listed ?? [];
    if (before) await this.#standAs(before);
    await this.#useMixer();
    this.#emitVolume();
    await this.#formats.read(this.#listed);
    this.#emitOutputs();
    await Promise.all(
      OBSERVED.map((name, n) => client.request(['observe_property', firstId + n, name], signal)),
    );
  }

  /** mpv stands at its loudest where the card did the volume: first it takes that over, and then the card does again, if it can. */
  async #standAs({ volume, muted }: Before): Promise<void> {
    this.#returning = true;
    await this.#setSoft(volume);
    await this.#parts.client.request(['set_property', 'mute', muted]);
    this.#softMuted = this.muted = muted;
    this.volume = volume;
  }

  /** The output that was away is plugged in again. */
  async back(): Promise<void> {
    if (!this.#mixer) await this.#useMixer();
  }

  /** Lets the card's volume alone; it stays where it is. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#mixer?.close();
  }

  handle(event: MpvEvent): void {
    if (event.event !== 'property-change') return;
    const { name, data } = event;
    if (name === 'volume') this.#soft = propertyValue(name, data) ?? this.#soft;
    if (name === 'mute') this.#softMuted = propertyValue(name, data) ?? this.#softMuted;
    if (name === 'volume' || name === 'mute') this.#saw();
    if (name === 'audio-device') this.#sawOutput(propertyValue(name, data) ?? this.output);
    if (name === 'audio-device-list') this.#sawList(propertyValue(name, data) ?? this.#listed);
  }

  /** What is true now, told if it is news. */
  #saw(): void {
    const mixer = this.#mixer;
    const volume = mixer ? Math.round(mixer.level * 1000) / 10 : this.#soft;
    const muted = this.#softMuted || mixer?.muted === true;
    if (volume === this.volume && muted === this.muted) return;
    this.volume = volume;
    this.muted = muted;
    this.#emitVolume();
    this.#changed();
  }

  #sawOutput(output: string): void {
    if (output === this.output) return;
    this.output = output;
    this.#emitOutputs();
    this.#changed();
    void this.#useMixer();
  }

  #sawList(listed: readonly ListedOutput[]): void {
    if (JSON.stringify(listed) === JSON.stringify(this.#listed)) return;
    this.#listed = listed;
    void this.#formats.read(listed).then(() => this.#over || this.#emitOutputs());
  }

  /** mpv announces volume and mute one by one, in an order of its own: what it accepted is news at once, and its news then agrees. */
  async setVolume(volume: number): Promise<void> {
    if (this.#mixer) await this.#mixer.set(volume);
    else await this.#setSoft(Math.min(100, Math.max(0, volume * 100)));
    this.#saw();
  }

  async setMuted(muted: boolean): Promise<void> {
    const { client } = this.#parts;
    const switched = this.#mixer?.muted !== undefined;
    if (switched) await this.#mixer?.setMuted(muted);
    if (!switched || !muted) {
      await client.request(['set_property', 'mute', muted]);
      this.#softMuted = muted;
    }
    this.#saw();
  }

  async #setSoft(level: number): Promise<void> {
    await this.#parts.client.request(['set_property', 'volume', level]);
    this.#soft = level;
  }

  /** One output at a time: choosing one leaves the other, and the one in use cannot be switched off. */
  async choose(outputId: string, active: boolean): Promise<void> {
    const { client } = this.#parts;
    this.#listed = (await client.get('audio-device-list')) ?? this.#listed;
    const wanted = outputChoices(this.#listed, this.output).find(({ output_id }) => output_id === outputId);
    if (!wanted) throw new AppError('ERR_OUTPUT_NOT_FOUND', 'this machine has no such output');
    if (active) {
      if (outputId !== this.output) await this.#leaveMixer();
      this.#returning = false;
      await client.request(['set_property', 'audio-device', outputId]);
    } else if (wanted.active) {
      throw new AppError('ERR_NOT_SUPPORTED', 'one output is always in use; choose another instead');
    }
  }

  /** The next output is no louder than this one: mpv turns itself down to where the card stood. */
  async #leaveMixer(): Promise<void> {
    const mixer = this.#mixer;
    this.#mixerFor = undefined;
    this.#mixer = undefined;
    if (!mixer) return;
    await this.#setSoft(mixer.level * 100);
    await mixer.close();
  }

  /** The volume of the card, where the output is one that has some; where it refuses, mpv's. */
  async #useMixer(): Promise<void> {
    try {
      await this.#takeMixer();
    } catch (error) {
      if (!this.#over)
        this.#parts.log.warn({ reason: toError(error).message }, 'the volume of the card is not used');
    }
  }

  /** It is never made louder by being taken up, except to where it stood before it was pulled out. */
  async #takeMixer(): Promise<void> {
    const { output } = this;
    const { options, clock, log } = this.#parts;
    await this.#leaveMixer();
    const card = options.mixer_card ?? hardwareOf(output);
    if (options.mixer === 'none' || card === undefined || this.#over) return;
    this.#mixerFor = output;
    const changed = (): void => {
      if (!this.#over && this.#mixer === mixer) this.#saw();
    };
    const mixer = await Mixer.open({ card, wanted: options.mixer, clock, log, changed });
    if (!mixer) return;
    if (this.#over || this.#mixerFor !== output) return mixer.close();
    const soft = (this.#soft ?? 100) / 100;
    if (this.#returning || soft < mixer.level) await mixer.set(soft);
    this.#returning = false;
    if (this.#softMuted && mixer.muted === false) await mixer.setMuted(true);
    this.#mixer = mixer;
    await this.#setSoft(100);
    this.#saw();
  }

  #emitVolume(): void {
    const volume = this.volume === undefined ? undefined : Math.min(1, Math.max(0, this.volume / 100));
    this.#parts.emit({ type: 'volume', muted: this.muted, ...(volume !== undefined && { volume }) });
  }

  #emitOutputs(): void {
    const outputs = outputChoices(this.#listed, this.output).map((output) => {
      const detail = this.#formats.of(output.output_id);
      return { ...output, ...(detail !== undefined && { detail }) };
    });
    this.#parts.emit({ type: 'outputs', outputs });
  }
}

/** ALSA's name of the controls of an output's card. */
function hardwareOf(output: string): string | undefined {
  const place = cardOf(output);
  return place && `hw:${place.card}`;
}
