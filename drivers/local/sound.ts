import { AppError } from '../../src/base/index.js';
import type { LinkContext } from '../../src/players/index.js';
import type { MpvClient } from './client.js';
import { outputChoices, type ListedOutput } from './outputs.js';
import { propertyValue, type MpvEvent, type PropertyName } from './wire.js';

const OBSERVED: readonly PropertyName[] = ['volume', 'mute', 'audio-device', 'audio-device-list'];

/** How loud, and where to. */
export class Sound {
  volume: number | undefined;
  muted = false;
  output = 'auto';
  #listed: readonly ListedOutput[] = [];
  #client: MpvClient;
  #emit: LinkContext['emit'];
  #changed: () => void;

  /** `changed` is called when there is something new to remember. */
  constructor(client: MpvClient, emit: LinkContext['emit'], changed: () => void) {
    this.#client = client;
    this.#emit = emit;
    this.#changed = changed;
  }

  /** Reads everything once and reports it. `firstId` counts up the ids of observed properties. */
  async begin(firstId: number, signal: AbortSignal): Promise<void> {
    const client = this.#client;
    const [volume, muted, output, listed] = await Promise.all([
      client.get('volume', signal),
      client.get('mute', signal),
      client.get('audio-device', signal),
      client.get('audio-device-list', signal),
    ]);
    this.volume = volume;
    this.muted = muted ?? false;
    this.output = output ?? 'auto';
    this.#listed = listed ?? [];
    this.#emitVolume();
    this.#emitOutputs();
    await Promise.all(
      OBSERVED.map((name, n) => client.request(['observe_property', firstId + n, name], signal)),
    );
  }

  handle(event: MpvEvent): void {
    if (event.event !== 'property-change') return;
    const { name, data } = event;
    if (name === 'volume') this.#sawVolume(propertyValue(name, data) ?? this.volume, this.muted);
    if (name === 'mute') this.#sawVolume(this.volume, propertyValue(name, data) ?? this.muted);
    if (name === 'audio-device') this.#sawOutput(propertyValue(name, data) ?? this.output);
    if (name === 'audio-device-list') this.#sawList(propertyValue(name, data) ?? this.#listed);
  }

  #sawVolume(volume: number | undefined, muted: boolean): void {
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
  }

  #sawList(listed: readonly ListedOutput[]): void {
    if (JSON.stringify(listed) === JSON.stringify(this.#listed)) return;
    this.#listed = listed;
    this.#emitOutputs();
  }

  /** mpv announces volume and mute one by one, in an order of its own: what it accepted is news at once, and its news then agrees. */
  async setVolume(volume: number): Promise<void> {
    const level = Math.min(100, Math.max(0, volume * 100));
    await this.#client.request(['set_property', 'volume', level]);
    this.#sawVolume(level, this.muted);
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.#client.request(['set_property', 'mute', muted]);
    this.#sawVolume(this.volume, muted);
  }

  /** One output at a time: choosing one leaves the other, and the one in use cannot be switched off. */
  async choose(outputId: string, active: boolean): Promise<void> {
    this.#listed = (await this.#client.get('audio-device-list')) ?? this.#listed;
    const wanted = outputChoices(this.#listed, this.output).find(({ output_id }) => output_id === outputId);
    if (!wanted) throw new AppError('ERR_OUTPUT_NOT_FOUND', 'this machine has no such output');
    if (active) await this.#client.request(['set_property', 'audio-device', outputId]);
    else if (wanted.active) {
      throw new AppError('ERR_NOT_SUPPORTED', 'one output is always in use; choose another instead');
    }
  }

  #emitVolume(): void {
    const volume = this.volume === undefined ? undefined : Math.min(1, Math.max(0, this.volume / 100));
    this.#emit({ type: 'volume', muted: this.muted, ...(volume !== undefined && { volume }) });
  }

  #emitOutputs(): void {
    this.#emit({ type: 'outputs', outputs: outputChoices(this.#listed, this.output) });
  }
}
