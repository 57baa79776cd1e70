import type { Sound } from './play-along.js';
import type { Piece } from './run.js';

const FADE_SECONDS = 0.008;

/** The sound output of the browser. Pieces are buffers that start on whole frames, so that they meet without a seam. */
export class Speaker implements Sound {
  readonly #context: AudioContext;
  readonly #master: GainNode;
  #fader: GainNode | undefined;
  /** What was given, and the frame at which it begins. */
  #sources = new Map<AudioBufferSourceNode, number>();

  /** To be made in the handler of a tap: browsers allow no sound otherwise. */
  constructor(rate: number) {
    this.#context = openContext(rate);
    this.#master = this.#context.createGain();
    this.#master.connect(this.#context.destination);
    void this.wake();
  }

  get rate(): number {
    return this.#context.sampleRate;
  }

  get frame(): number {
    return this.#context.currentTime * this.rate;
  }

  get running(): boolean {
    return this.#context.state === 'running';
  }

  /** Phones stop the output while they sleep. */
  async wake(): Promise<void> {
    if (this.#context.state === 'running' || this.#context.state === 'closed') return;
    // Refused until the next tap; that is tried again then.
    await this.#context.resume().catch(() => undefined);
  }

  set volume(volume: number) {
    this.#master.gain.setTargetAtTime(volume, this.#context.currentTime, 0.02);
  }

  heard(): { context: number; local: number } | undefined {
    if (!this.running) return undefined;
    const { contextTime = 0, performanceTime = 0 } = this.#context.getOutputTimestamp();
    if (contextTime > 0 && performanceTime > 0) return { context: contextTime, local: performanceTime };
    const latency = this.#context.outputLatency || this.#context.baseLatency || 0;
    return { context: this.#context.currentTime - latency, local: performance.now() };
  }

  begin(at: number): void {
    const fader = this.#context.createGain();
    const from = at / this.rate;
    fader.gain.setValueAtTime(0, 0);
    fader.gain.setValueAtTime(0, from);
    fader.gain.linearRampToValueAtTime(1, from + FADE_SECONDS);
    fader.connect(this.#master);
    this.#fader = fader;
    this.#sources = new Map();
  }

  play(piece: Piece, samples: Int16Array, rate: number): void {
    if (!this.#fader) return;
    const buffer = this.#context.createBuffer(2, piece.frames, rate);
    for (const channel of [0, 1]) {
      const line = buffer.getChannelData(channel);
      for (let n = 0; n < line.length; n++) line[n] = samples[n * 2 + channel]! / 32_768;
    }
    const source = new AudioBufferSourceNode(this.#context, { buffer });
    source.playbackRate.value = piece.frames / rate / (piece.span / this.rate);
    source.connect(this.#fader);
    source.start(piece.at / this.rate);
    source.stop((piece.at + piece.span) / this.rate);
    const sources = this.#sources;
    sources.set(source, piece.at);
    source.onended = () => {
      source.disconnect();
      sources.delete(source);
    };
  }

  takeBack(at: number): void {
    for (const [source, begins] of this.#sources) {
      if (begins < at) continue;
      source.disconnect();
      source.stop();
    }
  }

  cut(at: number): void {
    const fader = this.#fader;
    if (!fader) return;
    const from = at / this.rate;
    fader.gain.cancelScheduledValues(from);
    fader.gain.setValueAtTime(1, from);
    fader.gain.linearRampToValueAtTime(0, from + FADE_SECONDS);
    for (const source of this.#sources.keys()) source.stop(from + 2 * FADE_SECONDS);
    this.#fader = undefined;
    this.#sources = new Map();
  }

  close(): void {
    this.#master.disconnect();
    this.#context.close().catch(() => undefined);
  }
}

/** Not every browser can run its output at any rate; the pieces are fitted to the one it has. */
function openContext(sampleRate: number): AudioContext {
  try {
    return new AudioContext({ latencyHint: 'playback', sampleRate });
  } catch {
    return new AudioContext({ latencyHint: 'playback' });
  }
}
