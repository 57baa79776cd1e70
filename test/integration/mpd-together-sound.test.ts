import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silences } from '../../bench/sync/capture.js';
import { openCards, type Cards } from '../../bench/sync/cards.js';
import { Locator } from '../../bench/sync/locate.js';
import { noise, writeFlac } from '../../bench/sync/signal.js';
import { follow } from '../../bench/sync/skew.js';
import { mpd as definition } from '../../drivers/mpd/index.js';
import { systemClock } from '../../src/base/index.js';
import type { Cue, Media } from '../../src/players/index.js';
import { DrivenLink, pause } from '../contracts/driven-link.js';
import { startMpd, type RunningMpd } from '../fakes/real-mpd.js';

const NAMES = ['left', 'right'] as const;
const SECONDS = 40;
/** What MPD keeps in this card's buffer and before it, ms: what is heard against what it says. */
const LATENCY_MS = 133;
const BUFFERS = ['buffer_time "120000"', 'period_time "10000"'];
const STARTS = 3;
const TOGETHER_MS = 60;
const SKIP_MS = 7;

let dir = '';
let cards: Cards;
let locator: Locator;
let mpds: RunningMpd[] = [];
let links: DrivenLink[] = [];
let serial = 0;

const soon = (): AbortSignal => AbortSignal.timeout(15_000);
const cueAt = (position_seconds: number): Cue => ({
  position_seconds,
  at_us: systemClock.nowUs() + 500_000,
});
/** What was not heard at all is infinitely far away. */
const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.POSITIVE_INFINITY;

function media(): Media {
  return {
    ref: `noise-${++serial}`,
    relative_path: 'noise.flac',
    title: 'noise',
    live: false,
    duration_seconds: SECONDS,
  };
}

async function connectAll(options: Readonly<Record<string, unknown>> = {}): Promise<void> {
  for (const { host, port } of mpds) {
    const driver = { host, port, shares_music: true, ...options };
    links.push(await DrivenLink.connect({ definition, options: driver, runtimeDir: '/nonexistent' }));
  }
}

/** One command for each, at once. */
async function all(command: Parameters<DrivenLink['run']>[0]): Promise<void> {
  await Promise.all(links.map((link) => link.run(command, soon())));
}

async function passes(cue: Cue, seconds: number): Promise<void> {
  while (systemClock.nowUs() < cue.at_us + seconds * 1e6) await pause(20);
}

/** How far ahead of the cue each was heard, by what its card was given, from one to two seconds after it. */
async function heardAgainst(cue: Cue): Promise<number[]> {
  await passes(cue, 2.3);
  const span = { fromNs: (cue.at_us + 1e6) * 1000, toNs: (cue.at_us + 2e6) * 1000 };
  const found: number[] = [];
  for (const name of NAMES) {
    const points = follow(await cards.heard(name), locator, span);
    const due = (ns: number): number => cue.position_seconds + (ns / 1000 - cue.at_us) / 1e6;
    found.push(middle(points.map(({ atNs, seconds }) => (seconds - due(atNs)) * 1000)));
  }
  return found;
}

/** The difference between the two, and what their own reports say it is. */
async function difference(cue: Cue, what: string): Promise<{ heard: number; estimated: number }> {
  const ahead = await heardAgainst(cue);
  const reports = await Promise.all(
    links.map((link) => link.next('sync', 'a report', (fact) => fact.at_us > cue.at_us)),
  );
  const [one, other] = reports.map((report) => report.skew_ms);
  const heard = ahead.every(Number.isFinite) ? (ahead[0] ?? 0) - (ahead[1] ?? 0) : Number.POSITIVE_INFINITY;
  const result = { heard, estimated: (one ?? 0) - (other ?? 0) };
  console.log(
    `${what}: heard ${result.heard.toFixed(2)} ms apart, estimated ${result.estimated.toFixed(2)}; ` +
      `against the cue ${ahead.map((ms) => ms.toFixed(1)).join(' and ')} ms`,
  );
  return result;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-together-'));
  const musicDir = join(dir, 'music');
  await mkdir(musicDir);
  const sound = noise(7, SECONDS);
  await writeFlac(join(musicDir, 'noise.flac'), sound, { title: 'noise' });
  locator = new Locator(sound);
  cards = await openCards(dir, [{ name: NAMES[0] }, { name: NAMES[1], ppm: 60 }]);
  for (const name of NAMES) {
    const outputLines = [`device "${name}"`, ...BUFFERS];
    mpds.push(await startMpd({ musicDir, output: 'alsa', outputLines, env: cards.env }));
  }
});

afterEach(async () => {
  const violations: string[] = [];
  for (const link of links) {
    await link.link.execute({ type: 'stop' }, soon());
    await link.close();
    violations.push(...link.violations);
  }
  links = [];
  expect(violations).toEqual([]);
});

afterAll(async () => {
  for (const player of mpds) await player.stop();
  mpds = [];
  await rm(dir, { recursive: true, force: true });
});

describe('a real MPD that is told to begin the next track later in it', () => {
  it('is heard to leave out exactly that, without a gap', async () => {
    await connectAll();
    const [first, next] = [media(), media()];
    const cue = cueAt(SECONDS - 5);
    await all({ type: 'load', media: first, next, playing: true, ...cue });
    await passes(cue, 1.5);
    await all({ type: 'preload', next, skip_ms: SKIP_MS });
    await passes(cue, 6.5);
    const [segments = []] = [await cards.heard(NAMES[0])];
    const span = { fromNs: (cue.at_us + 0.5e6) * 1000, toNs: (cue.at_us + 6.4e6) * 1000 };
    const points = follow(segments, locator, span);
    const zeros = points.map(({ atNs, seconds }) => ({ seconds, ms: atNs / 1e6 - seconds * 1000 }));
    const of = (which: (seconds: number) => boolean): number =>
      middle(zeros.filter(({ seconds }) => which(seconds)).map(({ ms }) => ms));
    const later = of((seconds) => seconds < 5) - of((seconds) => seconds > 5);
    expect(later).toBeCloseTo(SECONDS * 1000 - SKIP_MS, 1);
    expect(silences(segments, 1, span)).toEqual([]);
  });
});

describe('two real MPDs, each with a card and a clock of its own', () => {
  it('start together, and tell how far apart they are', async () => {
    await connectAll();
    const found: { heard: number; estimated: number }[] = [];
    for (let n = 0; n < STARTS; n++) {
      await all({ type: 'load', media: media(), position_seconds: 3 * n, playing: false });
      const cue = cueAt(3 * n);
      await all({ type: 'play', cue });
      found.push(await difference(cue, 'prepared, then started'));
    }
    expect(middle(found.map(({ heard }) => Math.abs(heard)))).toBeLessThan(TOGETHER_MS);
    expect(middle(found.map(({ heard, estimated }) => Math.abs(heard - estimated)))).toBeLessThan(20);
  });

  it('are together at a track start, at a seek and when they are started anew', async () => {
    await connectAll();
    const found: number[] = [];
    const first = cueAt(1);
    await all({ type: 'load', media: media(), playing: true, ...first });
    found.push((await difference(first, 'loaded with a time')).heard);
    const second = cueAt(20);
    await all({ type: 'seek', ...second });
    found.push((await difference(second, 'sought')).heard);
    const third = cueAt(10);
    await all({ type: 'play', cue: third });
    found.push((await difference(third, 'started anew')).heard);
    expect(middle(found.map(Math.abs))).toBeLessThan(TOGETHER_MS);
  });

  it('are heard at the moment itself when their latency is told', async () => {
    await connectAll({ output_latency_ms: LATENCY_MS });
    const off: number[] = [];
    for (let n = 0; n < STARTS + 1; n++) {
      const cue = cueAt(4 * n);
      await all({ type: 'load', media: media(), playing: true, ...cue });
      const ahead = await heardAgainst(cue);
      await Promise.all(links.map((link) => link.next('sync', 'a report', (fact) => fact.at_us > cue.at_us)));
      console.log(
        `told ${LATENCY_MS} ms: ${ahead.map((ms) => ms.toFixed(1)).join(' and ')} ms against the cue`,
      );
      if (n > 0) off.push(...ahead.map(Math.abs));
    }
    expect(middle(off)).toBeLessThan(TOGETHER_MS);
  });
});
