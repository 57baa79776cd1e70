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
/** A reading so many times further off than is usual is a stray, from the first of these bounds on and beyond the second in any case. */
const STRAY_FACTOR = 8;
const LEAST_STRAY = 0.003;
const STRAY = 0.025;
/** Several in a row that agree: the output ran dry, stood still or was changed. So many that do not: nothing that was known is true. */
const STRAYS = 3;
const WILD = 12;
/** What is too little for a stray shows when readings lie on two lines so many times better than on one. Less than this is no step, seconds. */
const STEP_FACTOR = 10;
const LEAST_STEP = 0.001;
/** What is usual is known from so many readings on. */
const KNOWN = 10;

/** The page's clock against that of the sound output, which is another crystal: a line through what the browser reported. Seconds. */
export class OutputClock {
  #pairs: Pair[] = [];
  #strays: Pair[] = [];
  #ready = false;
  #usual = NOISE;
  #origin: Pair = { context: 0, local: 0 };
  #offset = 0;
  #slope = 0;

  /** At `local` of the page's clock, what is due at `context` of the output's was heard. */
  add(context: number, local: number): void {
    const last = this.#pairs.at(-1);
    if (last && context === last.context) return;
    if (last && (context < last.context || local < last.local)) this.clear();
    const pair = { context, local };
    if (this.ready && Math.abs(this.#off(pair)) > this.#stray) {
      this.#strayed(pair);
      return;
    }
    this.#strays = [];
    this.#pairs.push(pair);
    while (this.#pairs[0]!.context < context - WINDOW) this.#pairs.shift();
    if (!this.ready || context - this.#origin.context >= REDRAW) this.#fit();
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** How far one reading is off by itself, as it is usual here. Seconds. */
  get noise(): number {
    return this.#usual;
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
    this.#strays = [];
    this.#ready = false;
    this.#usual = NOISE;
  }

  #off({ context, local }: Pair): number {
    return local - this.localAt(context);
  }

  get #stray(): number {
    return Math.min(STRAY, Math.max(LEAST_STRAY, STRAY_FACTOR * this.#usual));
  }

  /** Where several of them agree it goes on from there at once. */
  #strayed(pair: Pair): void {
    this.#strays.push(pair);
    const strays = this.#strays.slice(-STRAYS);
    const offs = strays.map((stray) => this.#off(stray));
    const agree = Math.max(...offs) - Math.min(...offs) < this.#stray;
    if (strays.length === STRAYS && agree) this.#goOnFrom(strays);
    else if (this.#strays.length >= WILD) this.clear();
  }

  #goOnFrom(pairs: readonly Pair[]): void {
    this.#pairs = [...pairs];
    this.#strays = [];
    this.#fit();
  }

  #fit(): void {
    this.#pairs = this.#pairs.slice(this.#lastStep());
    this.#origin = this.#pairs.at(-1)!;
    this.#through(this.#pairs);
    const off = this.#pairs.map((pair) => Math.abs(this.#off(pair)));
    const usual = middle(off);
    this.#usual = this.#pairs.length < KNOWN ? Math.max(this.#usual, usual) : usual;
    const near = this.#pairs.filter((_, at) => off[at]! <= 4 * usual + NOISE / 4);
    if (near.length < this.#pairs.length) this.#through(near);
    this.#ready ||= this.#settled();
  }

  /** From which reading on the output has run without a step. */
  #lastStep(): number {
    const offs = this.#pairs.map((pair) => this.#off(pair));
    const all = new Spread(offs);
    const early = new Spread([]);
    const late = new Spread(offs);
    let [best, from] = [all.sum / STEP_FACTOR, 0];
    for (const [n, off] of offs.slice(0, -STRAYS).entries()) {
      early.add(off);
      late.remove(off);
      const sum = early.sum + late.sum;
      if (sum >= best || Math.abs(late.mean - early.mean) < LEAST_STEP) continue;
      [best, from] = [sum, n + 1];
    }
    return from;
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

/** Of some values: their mean, and the sum of the squares of how far they are from it. */
class Spread {
  #count = 0;
  #mean = 0;
  #squares = 0;

  constructor(values: readonly number[]) {
    for (const value of values) this.add(value);
  }

  get mean(): number {
    return this.#mean;
  }

  get sum(): number {
    return Math.max(0, this.#squares);
  }

  add(value: number): void {
    const before = value - this.#mean;
    this.#mean += before / ++this.#count;
    this.#squares += before * (value - this.#mean);
  }

  remove(value: number): void {
    const after = value - this.#mean;
    this.#count--;
    this.#mean = this.#count === 0 ? 0 : this.#mean - after / this.#count;
    this.#squares -= after * (value - this.#mean);
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function meanOffset(pairs: readonly Pair[]): number {
  return pairs.reduce((sum, { context, local }) => sum + local - context, 0) / pairs.length;
}
