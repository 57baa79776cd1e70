import { percentile } from '../figures.js';
import { endOf, timeOf, type Segment } from './capture.js';
import type { Locator } from './locate.js';

/** Where a room was in the music at a moment: what was heard around then, in seconds of the source. */
export interface Point {
  readonly atNs: number;
  readonly seconds: number;
}

export interface Skew {
  readonly atNs: number;
  /** How far the second room is ahead of the first. */
  readonly ms: number;
}

export interface Span {
  readonly fromNs?: number;
  readonly toNs?: number;
  /** Length of a window. Default 0.25; at least 0.05. */
  readonly windowSeconds?: number;
  /** From one window to the next. Default: the length of one. */
  readonly hopSeconds?: number;
}

export interface Summary {
  readonly windows: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** Long enough to be found in the whole source. */
const SEARCH_SECONDS = 0.25;
const SHORTER_SECONDS = [0.1, 0.05, 0.025];
const LOUD = 100;

/** Where a room was, window by window. The windows of all rooms have the same middles. Windows with silence in them are left out. */
export function follow(
  segments: readonly Segment[],
  locator: Locator,
  {
    fromNs = 0,
    toNs = Number.POSITIVE_INFINITY,
    windowSeconds = 0.25,
    hopSeconds = windowSeconds,
  }: Span = {},
): Point[] {
  const hopNs = hopSeconds * 1e9;
  const points: Point[] = [];
  for (const segment of segments) {
    if (segment.rate !== locator.rate)
      throw new Error(`a card ran at ${segment.rate}: the music is at ${locator.rate}`);
    const last = Math.min(toNs, endOf(segment));
    let grid = Math.ceil(Math.max(fromNs, segment.startNs) / hopNs);
    for (; grid * hopNs < last; grid++) {
      const seconds = placeAt(segment, locator, grid * hopNs, windowSeconds, points.at(-1));
      if (seconds !== undefined) points.push({ atNs: grid * hopNs, seconds });
    }
  }
  return points;
}

interface Piece {
  readonly window: Int16Array;
  readonly from: number;
}

/** A player that changes its speed by a few thousandths stretches a long window beyond recognition; a short one in its middle is found. */
function placeAt(
  segment: Segment,
  locator: Locator,
  atNs: number,
  windowSeconds: number,
  before: Point | undefined,
): number | undefined {
  const { rate } = locator;
  const middle = ((atNs - segment.startNs) / 1e9) * segment.framesPerSecond;
  const cut = (seconds: number): Piece | undefined => {
    const length = Math.round(seconds * rate);
    const from = Math.round(middle - length / 2);
    if (from < 0 || from + length > segment.samples.length) return undefined;
    return { window: segment.samples.subarray(from, from + length), from };
  };
  const whole = cut(windowSeconds);
  if (!whole || !sounds(whole.window)) return undefined;
  const expected = before && (before.seconds + (atNs - before.atNs) / 1e9) * rate;
  const lengths = [windowSeconds, ...SHORTER_SECONDS.filter((seconds) => seconds < windowSeconds)];
  const near = (around: number): number | undefined => {
    for (const seconds of lengths) {
      const piece = cut(seconds)!;
      const half = piece.window.length / 2;
      const place = locator.locate(piece.window, around - half);
      const toMiddle = (atNs - timeOf(segment, piece.from + half)) / 1e9;
      if (place) return (place.sample + half) / rate + toMiddle;
    }
    return undefined;
  };
  return (expected === undefined ? undefined : near(expected)) ?? near(searched(cut, locator));
}

/** Where the middle of a piece may be in the whole source, by what is around it. NaN = nowhere. */
function searched(cut: (seconds: number) => Piece | undefined, locator: Locator): number {
  const wide = cut(SEARCH_SECONDS) ?? cut(SEARCH_SECONDS / 2);
  const found = wide && locator.roughly(wide.window);
  return wide && found !== undefined ? found + wide.window.length / 2 : Number.NaN;
}

/** No part of it is silent. */
function sounds(window: Int16Array): boolean {
  const part = Math.floor(window.length / 10);
  for (let from = 0; from + part <= window.length; from += part)
    if (!window.subarray(from, from + part).some((sample) => Math.abs(sample) > LOUD)) return false;
  return true;
}

/** In the windows in which both were heard. */
export function skewsOf(first: readonly Point[], second: readonly Point[]): Skew[] {
  const at = new Map(first.map((point) => [point.atNs, point.seconds]));
  return second.flatMap(({ atNs, seconds }) => {
    const other = at.get(atNs);
    return other === undefined ? [] : [{ atNs, ms: (seconds - other) * 1000 }];
  });
}

/** Of the absolute values, in ms. */
export function summary(skews: readonly Skew[]): Summary {
  const values = skews.map(({ ms }) => Math.abs(ms));
  return {
    windows: values.length,
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    max: values.length === 0 ? Number.NaN : Math.max(...values),
  };
}

/**
 * Seconds from `eventNs` to the middle of the first window from which on the skew stays below `limitMs` for `holdSeconds` (or to the last
 * window). Undefined = never.
 */
export function settledAfter(
  skews: readonly Skew[],
  eventNs: number,
  { limitMs = 1, holdSeconds = 1 }: { readonly limitMs?: number; readonly holdSeconds?: number } = {},
): number | undefined {
  const later = skews.filter(({ atNs }) => atNs >= eventNs);
  let since: number | undefined;
  for (const { atNs, ms } of later) {
    if (Math.abs(ms) >= limitMs) since = undefined;
    else since ??= atNs;
    if (since !== undefined && atNs - since >= holdSeconds * 1e9) break;
  }
  return since === undefined ? undefined : (since - eventNs) / 1e9;
}

/** Where a room jumped in the music by at least `ms` from one window to the next; positive = sound is missing. */
export function jumps(points: readonly Point[], ms: number): Skew[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1];
    if (!before) return [];
    const off = (point.seconds - before.seconds) * 1000 - (point.atNs - before.atNs) / 1e6;
    return Math.abs(off) >= ms ? [{ atNs: point.atNs, ms: off }] : [];
  });
}

/** The skews of a span with a place for every window: where one of the rooms was silent, it is infinite. For `settledAfter`. */
export function filled(
  skews: readonly Skew[],
  { fromNs, toNs, hopSeconds }: Required<Omit<Span, 'windowSeconds'>>,
): Skew[] {
  const hopNs = hopSeconds * 1e9;
  const at = new Map(skews.map(({ atNs, ms }) => [Math.round(atNs / hopNs), ms]));
  const all: Skew[] = [];
  for (let grid = Math.ceil(fromNs / hopNs); grid * hopNs < toNs; grid++)
    all.push({ atNs: grid * hopNs, ms: at.get(grid) ?? Number.POSITIVE_INFINITY });
  return all;
}
