/** What was heard: the left channel, 16 bit. */
export class Recording {
  private constructor(
    readonly samples: Int16Array,
    readonly rate: number,
  ) {}

  static fromPcm(pcm: Buffer, rate: number, channels: number): Recording {
    const frames = Math.floor(pcm.length / 2 / channels);
    const samples = new Int16Array(frames);
    for (let n = 0; n < frames; n++) samples[n] = pcm.readInt16LE(n * 2 * channels);
    return new Recording(samples, rate);
  }

  get seconds(): number {
    return this.samples.length / this.rate;
  }

  /** From the first sound to the last. Empty when all was silent. */
  sounding(): Recording {
    const from = this.samples.findIndex((sample) => Math.abs(sample) > 1);
    const to = this.samples.findLastIndex((sample) => Math.abs(sample) > 1);
    return new Recording(from < 0 ? new Int16Array() : this.samples.slice(from, to + 1), this.rate);
  }

  /** The longest silence between the first sound and the last, in ms. */
  longestGapMs(): number {
    let longest = 0;
    let run = 0;
    for (const sample of this.sounding().samples) {
      run = Math.abs(sample) <= 1 ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    return (longest / this.rate) * 1000;
  }

  /**
   * Where a steady sine of `hertz` is not one: each sample follows from the two before it, so a splice, a repeat or a lost
   * sample shows as a residue. Seconds from the first sound, at most one for each 10 ms, without the first and last 20 ms.
   */
  breaksOfSine(hertz: number, tolerance = 64): number[] {
    const { samples } = this.sounding();
    const factor = 2 * Math.cos((2 * Math.PI * hertz) / this.rate);
    const edge = Math.round(this.rate * 0.02);
    const breaks: number[] = [];
    for (let n = edge; n < samples.length - edge; n++) {
      const expected = factor * (samples[n - 1] ?? 0) - (samples[n - 2] ?? 0);
      const last = breaks.at(-1);
      if (Math.abs((samples[n] ?? 0) - expected) <= tolerance) continue;
      if (last === undefined || n / this.rate - last > 0.01) breaks.push(n / this.rate);
    }
    return breaks;
  }

  /** How loud `hertz` is in the part from `from` to `to` seconds: 0 to about 1 of full scale. */
  level(hertz: number, from = 0, to = this.seconds): number {
    const begin = Math.round(from * this.rate);
    const end = Math.min(this.samples.length, Math.round(to * this.rate));
    let [real, imaginary] = [0, 0];
    for (let n = begin; n < end; n++) {
      const angle = (2 * Math.PI * hertz * n) / this.rate;
      real += (this.samples[n] ?? 0) * Math.cos(angle);
      imaginary += (this.samples[n] ?? 0) * Math.sin(angle);
    }
    return end <= begin ? 0 : (2 * Math.hypot(real, imaginary)) / (end - begin) / 32_768;
  }
}
