import type { Clock } from '../../src/base/index.js';
import { Steering } from '../../src/sync/index.js';
import { bufferedSeconds, untrustedMs } from './buffers.js';
import type { MpvClient } from './client.js';
import { Learnt } from './learnt.js';
import type { Begun, Trim } from './timed-start.js';

/** A start has shown by then what it was worth, and no correction is heard yet. */
const SHOWN_US = 250_000;
/** What is remembered ends up on an SD card. */
const REMEMBER_PPM = 3;
const REMEMBER_US = 60_000_000;

/** The output that mpv plays to, as steering sees it: its controller, and what this output taught. */
export class SteeredOutput {
  #client: MpvClient;
  #clock: Clock;
  #learnt: Learnt;
  #changed: () => void;
  #key: string | undefined;
  #ao = '';
  #steering = new Steering({ buffered_seconds: bufferedSeconds('') });
  #speed = 1;
  #trustedAt = 0;
  #rememberAt = 0;
  #start: Begun | undefined;
  /** What was taken off at the last start. */
  #startUs = 0;

  /** `changed` is called when there is something new to remember. */
  constructor(client: MpvClient, clock: Clock, learnt: Learnt, changed: () => void) {
    this.#client = client;
    this.#clock = clock;
    this.#learnt = learnt;
    this.#changed = changed;
  }

  get steering(): Steering {
    return this.#steering;
  }

  /** What mpv says is heard can be believed. */
  get trusted(): boolean {
    return this.#clock.nowUs() >= this.#trustedAt;
  }

  /** Finds out which output it is; knows nothing of the one before if it is another. */
  async open(): Promise<void> {
    const [ao, output] = await Promise.all([
      this.#client.get('current-ao'),
      this.#client.get('audio-device'),
    ]);
    if (ao === undefined) return;
    const key = Learnt.keyOf(ao, output ?? 'auto');
    if (key === this.#key) return;
    this.#key = key;
    this.#ao = ao;
    const { drift_ppm, coarse } = this.#learnt.get(key);
    this.#steering = new Steering({
      buffered_seconds: bufferedSeconds(ao),
      ...(drift_ppm !== undefined && { drift_ppm }),
      ...(coarse !== undefined && { coarse }),
    });
  }

  /** mpv goes over to another output, or has opened its output again, while it plays. */
  async reopened(): Promise<void> {
    await this.open();
    this.#start = undefined;
    this.#steering.restart();
    await this.setSpeed(this.#steering.speed);
    this.#distrust(this.#clock.nowUs());
  }

  /** For a start from emptied buffers, which is what follows. */
  async trim(): Promise<Trim> {
    await this.open();
    this.#start = undefined;
    this.#steering.restart();
    this.#speed = this.#steering.speed;
    this.#startUs = this.#key === undefined ? 0 : this.#learnt.startUs(this.#key);
    return { speed: this.#speed, start_us: this.#startUs };
  }

  began(begun: Begun): void {
    this.#start = begun;
    this.#distrust(begun.due_us);
  }

  /** After a look: what the start was worth, and what the clock of this output is like. */
  learn(): void {
    const { skew_ms, learnt, drift_ppm, coarse } = this.#steering;
    const start = this.#start;
    if (this.#key === undefined || skew_ms === undefined) return;
    if (start && this.#clock.nowUs() >= start.due_us + SHOWN_US) {
      this.#start = undefined;
      this.#learnt.start(this.#key, skew_ms * 1e3 + start.late_us, this.#startUs);
      this.#changed();
    }
    const known = this.#learnt.get(this.#key).drift_ppm;
    const now = this.#clock.nowUs();
    if (!learnt || (known !== undefined && now < this.#rememberAt)) return;
    this.#rememberAt = now + REMEMBER_US;
    if (known !== undefined && Math.abs(known - drift_ppm) <= REMEMBER_PPM) return;
    this.#learnt.clock(this.#key, drift_ppm, coarse);
    this.#changed();
  }

  async setSpeed(speed: number): Promise<void> {
    if (speed === this.#speed) return;
    this.#speed = speed;
    await this.#client.request(['set_property', 'speed', speed]);
  }

  /** As fast as the music was made, at the pace of the output's own clock. */
  async leave(): Promise<void> {
    this.#start = undefined;
    await this.setSpeed(1);
  }

  /** Whatever speed a server before us left. */
  async adopt(signal: AbortSignal): Promise<void> {
    this.#speed = (await this.#client.get('speed', signal)) ?? 1;
    await this.leave();
  }

  #distrust(from: number): void {
    this.#trustedAt = from + untrustedMs(this.#ao) * 1000;
  }
}
