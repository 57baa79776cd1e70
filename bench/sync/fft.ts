/** In-place complex FFT of one length, a power of two. */
export class Fft {
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #reversed: Uint32Array;

  constructor(readonly length: number) {
    if (length < 2 || (length & (length - 1)) !== 0) throw new Error('the length must be a power of two');
    const half = length / 2;
    this.#cos = Float64Array.from({ length: half }, (_, n) => Math.cos((2 * Math.PI * n) / length));
    this.#sin = Float64Array.from({ length: half }, (_, n) => Math.sin((2 * Math.PI * n) / length));
    this.#reversed = new Uint32Array(length);
    for (let n = 1; n < length; n++)
      this.#reversed[n] = (this.#reversed[n >> 1]! >> 1) | ((n & 1) === 1 ? half : 0);
  }

  forward(re: Float64Array, im: Float64Array): void {
    this.#swap(re, im);
    for (let size = 2; size <= this.length; size *= 2) this.#stage(re, im, size);
  }

  /** Without the division by the length. */
  backward(re: Float64Array, im: Float64Array): void {
    this.forward(im, re);
  }

  #swap(re: Float64Array, im: Float64Array): void {
    for (let n = 0; n < this.length; n++) {
      const other = this.#reversed[n]!;
      if (other <= n) continue;
      const [a, b] = [re[n]!, im[n]!];
      re[n] = re[other]!;
      im[n] = im[other]!;
      re[other] = a;
      im[other] = b;
    }
  }

  #stage(re: Float64Array, im: Float64Array, size: number): void {
    const half = size / 2;
    const step = this.length / size;
    for (let k = 0, turn = 0; k < half; k++, turn += step) {
      const c = this.#cos[turn]!;
      const s = this.#sin[turn]!;
      for (let n = k; n < this.length; n += size) {
        const m = n + half;
        const x = re[m]! * c + im[m]! * s;
        const y = im[m]! * c - re[m]! * s;
        re[m] = re[n]! - x;
        im[m] = im[n]! - y;
        re[n] = re[n]! + x;
        im[n] = im[n]! + y;
      }
    }
  }
}

/**
 * Cross-correlation of two real signals, at most half of the FFT's length each: result[k] = sum over n of `short[n] * long[n + k]`, valid
 * for 0 <= k <= long.length - short.length. The returned array belongs to the caller until the next call.
 */
export class Correlator {
  readonly #fft: Fft;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #outRe: Float64Array;
  readonly #outIm: Float64Array;

  constructor(length: number) {
    this.#fft = new Fft(length);
    this.#re = new Float64Array(length);
    this.#im = new Float64Array(length);
    this.#outRe = new Float64Array(length);
    this.#outIm = new Float64Array(length);
  }

  get length(): number {
    return this.#fft.length;
  }

  /** Both go through one transform, as the real and the imaginary part. */
  correlate(short: ArrayLike<number>, long: ArrayLike<number>): Float64Array {
    const { length } = this.#fft;
    if (long.length > length) throw new Error('too long for this correlator');
    const [re, im] = [this.#re.fill(0), this.#im.fill(0)];
    for (let n = 0; n < short.length; n++) re[n] = short[n]!;
    for (let n = 0; n < long.length; n++) im[n] = long[n]!;
    this.#fft.forward(re, im);
    for (let n = 0; n < length; n++) {
      const m = (length - n) % length;
      const aRe = (re[n]! + re[m]!) / 2;
      const aIm = (im[n]! - im[m]!) / 2;
      const bRe = (im[n]! + im[m]!) / 2;
      const bIm = (re[m]! - re[n]!) / 2;
      this.#outRe[n] = (aRe * bRe + aIm * bIm) / length;
      this.#outIm[n] = (aRe * bIm - aIm * bRe) / length;
    }
    this.#fft.backward(this.#outRe, this.#outIm);
    return this.#outRe;
  }
}
