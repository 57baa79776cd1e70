/** A straight line through a series: how much it rises in an hour, and between which values that lies with 95 % confidence. */
export interface Slope {
  readonly perHour: number;
  readonly low: number;
  readonly high: number;
  readonly points: number;
}

export interface Point {
  readonly minutes: number;
  readonly value: number;
}

/** Neighbours that resemble each other say less than their number: at most so much is made of that. */
const MOST_ALIKE = 0.95;

/** By least squares. The interval grows with how much neighbouring residuals resemble each other. NaN of fewer than four points. */
export function slopeOf(series: readonly Point[]): Slope {
  const points = series.length;
  if (points < 4) return { perHour: Number.NaN, low: Number.NaN, high: Number.NaN, points };
  const x = series.map(({ minutes }) => minutes / 60);
  const y = series.map(({ value }) => value);
  const [middleX, middleY] = [mean(x), mean(y)];
  const spreadX = sum(x.map((one) => (one - middleX) ** 2));
  const perHour = sum(x.map((one, at) => (one - middleX) * (y[at]! - middleY))) / spreadX;
  const residuals = y.map((one, at) => one - middleY - perHour * (x[at]! - middleX));
  const alike = Math.min(MOST_ALIKE, Math.max(0, likeness(residuals)));
  const freedom = points - 2;
  const error = Math.sqrt(sum(residuals.map((one) => one ** 2)) / freedom / spreadX);
  const half = student(freedom) * error * Math.sqrt((1 + alike) / (1 - alike));
  return { perHour, low: perHour - half, high: perHour + half, points };
}

/** Of each residual with the one before. */
function likeness(residuals: readonly number[]): number {
  const all = sum(residuals.map((one) => one ** 2));
  return all === 0 ? 0 : sum(residuals.slice(1).map((one, at) => one * residuals[at]!)) / all;
}

/** The two-sided 95 % quantile of Student's t, to a hundredth from three degrees of freedom on. */
function student(freedom: number): number {
  const z = 1.959964;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ];
  if (freedom === 2) return 4.3027;
  return terms.reduce((t, term, at) => t + term / freedom ** (at + 1), z);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
