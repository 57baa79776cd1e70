interface Pair {
  readonly context: number;
  readonly local: number;
}

/** So long a past is looked at, seconds. */
const WINDOW = 40;
/** Browsers need a moment until what they say of a new output is true: so long, and until halves of it agree. Seconds. */
const SETTLE = 0.8;
const AGREE = 0.012;
const FEWEST = 6;
/** A new line is drawn no more often. Seconds. */
const REDRAW = 0.2;
/** How far one reading is off by itself (seconds), and how fast a sound card may run away (seconds a second): what a slope has to beat. */
const NOISE = 7e-3;
const LIKELY_DRIFT = 2e-4;
/** A reading further off than this is a stray; several in a row mean that the output stood still or was changed. */
const STRAY = 0.025;
const STRAYS = 3;

/** The page's clock against that of the sound output, which is another crystal: a line through what the browser reported. Seconds. */
export class OutputClock {
  #pairs: Pair[] = [];
  #strays = 0;
  #ready = false;
  #origin: Pair = { context: 0, local: 0 };
  #offset = 0;
  #slope = 0;

  /** At `local` of the page's clock, what is due at `context` of the output's was heard. */
  add(context: number, local: number): void {
    const last = this.#pairs.at(-1);
    if (last && context === last.context) return;
    if (last && (context < last.context || local < last.local)) this.clear();
    if (this.ready && Math.abs(this.localAt(context) - local) > STRAY) {
      if (++this.#strays < STRAYS) return;
      this.clear();
    }
    this.#strays = 0;
    this.#pairs.push({ context, local });
    while (this.#pairs[0]!.context < context - WINDOW) this.#pairs.shift();
    if (!this.ready || context - this.#origin.context >= REDRAW) this.#fit();
  }

  get ready(): boolean {
    return this.#ready;
  }

  localAt(context: number): number {
    const passed = context - this.#origin.context;
    return this.#origin.local + this.#offset + passed * (1 + this.#slope);
  }

  contextAt(local: number): number {
    const passed = local - this.#origin.local - this.#offset;
    return this.#origin.context + passed / (1 + this.#slope);
  }

  clear(): void {
    this.#pairs = [];
    this.#strays = 0;
    this.#ready = false;
  }

  #fit(): void {
    this.#origin = this.#pairs.at(-1)!;
    this.#through(this.#pairs);
    const off = this.#pairs.map(({ context, local }) => Math.abs(this.localAt(context) - local));
    const usual = [...off].sort((a, b) => a - b)[Math.floor(off.length / 2)] ?? 0;
    const near = this.#pairs.filter((_, at) => off[at]! <= 4 * usual + NOISE / 4);
    if (near.length < this.#pairs.length) this.#through(near);
    this.#ready ||= this.#settled();
  }

  /** Too long unsettled is forgotten from the front, as what a new output said at first is worth nothing. */
  #settled(): boolean {
    const [first, last] = [this.#pairs[0]!, this.#pairs.at(-1)!];
    if (last.context - first.context < SETTLE || this.#pairs.length < FEWEST) return false;
    const half = Math.floor(this.#pairs.length / 2);
    const apart = meanOffset(this.#pairs.slice(half)) - meanOffset(this.#pairs.slice(0, half));
    if (Math.abs(apart) < AGREE) return true;
    this.#pairs.shift();
    return false;
  }

  /** Least squares, pulled towards no drift while the readings prove little. */
  #through(pairs: readonly Pair[]): void {
    const { context, local } = this.#origin;
    const points = pairs.map((pair) => {
      const x = pair.context - context;
      return { x, y: pair.local - local - x };
    });
    const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
    const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
    let [covariance, variance] = [0, (NOISE / LIKELY_DRIFT) ** 2];
    for (const { x, y } of points) {
      covariance += (x - meanX) * (y - meanY);
      variance += (x - meanX) ** 2;
    }
    this.#slope = covariance / variance;
    this.#offset = meanY - this.#slope * meanX;
  }
}

function meanOffset(pairs: readonly Pair[]): number {
  return pairs.reduce((sum, { context, local }) => sum + local - context, 0) / pairs.length;
}
