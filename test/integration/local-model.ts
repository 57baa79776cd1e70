import { socketPath } from '../../drivers/local/process.js';
import { systemClock } from '../../src/base/index.js';
import { FakeMpv, type Answer } from '../fakes/fake-mpv.js';

const PLAYER = 'player-under-test';

/** An mpv that plays by the clock, can be put where it should not be, and notes what it is told. */
export class ModelMpv {
  readonly fake: FakeMpv;
  /** Of everything that was said to it. */
  readonly speeds: number[] = [];
  readonly pauses: boolean[] = [];
  readonly seeks: number[] = [];
  /** A seek leads nowhere: it plays on from where it was. */
  deaf = false;
  /** What it says is so many seconds further than what is heard. */
  wrongBy = 0;
  /** Where it plays to, and what there is. */
  output = 'auto';
  listed: readonly { readonly name: string; readonly description: string }[] = [];
  /** Called when it is asked for a property, before it answers. */
  asked: (property: string) => void = () => undefined;
  #ref: string;
  #entryId = 1;
  #paused: boolean;
  #speed: number;
  #place: number;
  #at = systemClock.nowUs();

  private constructor(fake: FakeMpv, state: { ref: string; place: number; paused: boolean; speed: number }) {
    this.fake = fake;
    this.#ref = state.ref;
    this.#place = state.place;
    this.#paused = state.paused;
    this.#speed = state.speed;
    fake.answer = (command) => this.#answer(command);
  }

  static async start(
    state: { ref?: string; place?: number; paused?: boolean; speed?: number } = {},
  ): Promise<ModelMpv> {
    const fake = await FakeMpv.start((dir) => socketPath(dir, PLAYER));
    return new ModelMpv(fake, { ref: 'song', place: 10, paused: false, speed: 1, ...state });
  }

  /** What is heard now. */
  get place(): number {
    return this.placeAt(systemClock.nowUs());
  }

  /** What was heard at a moment after the last change. */
  placeAt(us: number): number {
    const seconds = this.#paused ? 0 : (us - this.#at) / 1e6;
    return this.#place + seconds * this.#speed;
  }

  /** Puts the playhead elsewhere, as an underrun does. */
  moveTo(place: number): void {
    this.#place = place;
    this.#at = systemClock.nowUs();
  }

  /** Goes on to the next entry of its playlist, where the place is `place`. */
  goOn(ref: string, place: number): void {
    this.fake.event({ event: 'end-file', playlist_entry_id: this.#entryId, reason: 'eof' });
    this.#ref = ref;
    this.#entryId++;
    this.moveTo(place);
    this.fake.event({ event: 'start-file', playlist_entry_id: this.#entryId });
    this.fake.event({ event: 'file-loaded' });
    this.fake.event({ event: 'playback-restart' });
  }

  /** How often the place was asked for. */
  get looks(): number {
    return this.fake.commands.filter(
      ([name, property]) => name === 'get_property' && property === 'audio-pts',
    ).length;
  }

  close(): Promise<void> {
    return this.fake.close();
  }

  #answer([name, first, second]: readonly unknown[]): Answer {
    if (name === 'get_property') return this.#property(String(first));
    if (name === 'seek') {
      this.seeks.push(Number(first));
      if (!this.deaf) this.moveTo(Number(first));
      setImmediate(() => this.fake.event({ event: 'playback-restart' }));
    }
    if (name === 'set_property' && first === 'speed') {
      this.speeds.push(Number(second));
      this.moveTo(this.place);
      this.#speed = Number(second);
    }
    if (name === 'set_property' && first === 'audio-device') {
      this.output = String(second);
      const observed = this.fake.commands.some(([word, , of]) => word === 'observe_property' && of === first);
      if (observed) this.fake.event({ event: 'property-change', id: 202, name: first, data: this.output });
    }
    if (name === 'set_property' && first === 'pause') {
      this.pauses.push(second === true);
      this.moveTo(this.place);
      this.#paused = second === true;
      this.fake.event({ event: 'property-change', id: 100, name: 'pause', data: this.#paused });
    }
    return {};
  }

  #property(name: string): Answer {
    this.asked(name);
    const values: Readonly<Record<string, unknown>> = {
      'mpv-version': 'mpv 0.35.1',
      pid: process.pid,
      'idle-active': false,
      'playlist-count': 1,
      pause: this.#paused,
      'paused-for-cache': false,
      seeking: false,
      'audio-pts': this.place + this.wrongBy,
      'time-pos': this.place,
      duration: 3600,
      speed: this.#speed,
      'current-ao': 'alsa',
      'audio-device': this.output,
      'audio-device-list': this.listed,
      volume: 100,
      mute: false,
      'script-opts': { 'tutti-ref': Buffer.from(this.#ref).toString('base64url') },
    };
    return Object.hasOwn(values, name) ? { data: values[name] } : { error: 'property unavailable' };
  }
}
