/** A token bucket: `size` at once, then `perSecond`. */
export class Bucket {
  readonly #size: number;
  readonly #perSecond: number;
  #tokens: number;
  #atUs = 0;

  constructor({ size, perSecond }: { readonly size: number; readonly perSecond: number }) {
    this.#size = size;
    this.#perSecond = perSecond;
    this.#tokens = size;
  }

  /** Takes one at `nowUs`; 0, or how many milliseconds there is none. */
  take(nowUs: number): number {
    const passed = Math.max(0, nowUs - this.#atUs) / 1e6;
    this.#tokens = Math.min(this.#size, this.#tokens + passed * this.#perSecond);
    this.#atUs = nowUs;
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
    this.#tokens -= 1;
    return 0;
  }
}
