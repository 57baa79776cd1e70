import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { local } from '../../drivers/local/index.js';
import { silences, type Segment } from '../../bench/sync/capture.js';
import { openCardEars, type Ears } from '../../bench/sync/ears.js';
import { Locator } from '../../bench/sync/locate.js';
import { noise, RATE, writeFlac } from '../../bench/sync/signal.js';
import { follow, skewsOf, summary, type Skew, type Summary } from '../../bench/sync/skew.js';
import { systemClock } from '../../src/base/index.js';
import type { Cue, Media, PlayerCommand } from '../../src/players/index.js';
import { DrivenLink, pause } from '../contracts/driven-link.js';
import { killMpvs, mpvsOf, until } from './local-rig.js';

/** Two rooms must not sound like two; the bench has the real figures. Asked of the middle: a busy machine starves any card for a moment. */
const BOUND_MS = 5;
const SECONDS = 60;
const CUT = 6;

let folder = '';
let locator: Locator;
let ears: Ears;
let links: DrivenLink[] = [];
let folders: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-noise-'));
  const music = noise(3, SECONDS);
  locator = new Locator(music);
  await writeFlac(join(folder, 'whole.flac'), music, {});
  await writeFlac(join(folder, 'one.flac'), music.subarray(0, CUT * RATE), {});
  await writeFlac(join(folder, 'two.flac'), music.subarray(CUT * RATE), {});
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Two cards, the second 60 ppm fast, and a player on each. */
beforeEach(async () => {
  const dir = await mkdtemp(join(folder, 'cards-'));
  ears = await openCardEars(dir, [{ name: 'room_a' }, { name: 'room_b', ppm: 60 }]);
  Object.assign(process.env, ears.env);
  for (const room of ears.rooms) {
    const runtimeDir = await mkdtemp(join(tmpdir(), 'tutti-run-'));
    folders.push(runtimeDir);
    const options = { ao: 'alsa', output: ears.output(room) };
    links.push(await DrivenLink.connect({ definition: local, options, runtimeDir }));
  }
});

afterEach(async () => {
  for (const link of links) await link.close();
  for (const runtimeDir of folders) {
    await killMpvs(runtimeDir);
    await rm(runtimeDir, { recursive: true, force: true });
  }
  links = [];
  folders = [];
  for (const name of Object.keys(ears.env)) Reflect.deleteProperty(process.env, name);
  await ears.close();
});

function media(name: string): Media {
  return { ref: name, path: join(folder, `${name}.flac`), title: name, live: false };
}

async function both(command: PlayerCommand): Promise<void> {
  await Promise.all(links.map((link) => link.run(command)));
}

/** Prepares both and starts them at one moment. */
async function start(first: Media, position_seconds: number, next?: Media): Promise<Cue> {
  await both({ type: 'load', media: first, position_seconds, playing: false, ...(next && { next }) });
  const cue = { position_seconds, at_us: systemClock.nowUs() + 400_000 };
  await both({ type: 'play', cue });
  return cue;
}

async function untilUs(at: number): Promise<void> {
  await pause(Math.max(0, (at - systemClock.nowUs()) / 1000));
}

/** Ends the music and says how far apart the rooms were from a moment on. */
async function heardFrom(atUs: number): Promise<{ skews: Skew[]; all: Summary; rooms: Segment[][] }> {
  await both({ type: 'stop' });
  const rooms = await ears.heard();
  const span = { fromNs: atUs * 1000, windowSeconds: 0.1 };
  const [a = [], b = []] = rooms.map((segments) => follow(segments, locator, span));
  const skews = skewsOf(a, b);
  return { skews, all: summary(skews), rooms };
}

it('two outputs whose clocks drift play as one from a common moment on', async () => {
  const cue = await start(media('whole'), 2);
  await untilUs(cue.at_us + 8e6);
  const { all } = await heardFrom(cue.at_us + 1e6);
  console.info(`mpv + mpv, cards 0 and +60 ppm: p50 ${all.p50.toFixed(3)} p95 ${all.p95.toFixed(3)} ms`);
  expect(all.windows).toBeGreaterThan(30);
  expect(all.p50).toBeLessThan(BOUND_MS);
  for (const link of links) {
    const said = link.facts.flatMap((fact) => (fact.type === 'sync' ? [fact] : []));
    expect(said.length).toBeGreaterThan(5);
    expect(said.every(({ estimated }) => !estimated)).toBe(true);
  }
});

it('two outputs go on to the next track as one, without a gap', async () => {
  const cue = await start(media('one'), CUT - 4, media('two'));
  await untilUs(cue.at_us + 7e6);
  const { all, rooms } = await heardFrom(cue.at_us + 1e6);
  expect(all.p50).toBeLessThan(BOUND_MS);
  // Between two of them a card ran dry, which is the machine's doing.
  for (const segment of rooms.flat()) expect(silences([segment], 1)).toEqual([]);
  for (const link of links)
    expect(link.facts.some((fact) => fact.type === 'playback' && fact.ref === 'two')).toBe(true);
});

it('an output that stood still comes back to where the music is by itself', async () => {
  const cue = await start(media('whole'), 10);
  await untilUs(cue.at_us + 2e6);
  const [, second] = links;
  const [pid = 0] = await mpvsOf(folders[1] ?? '');
  process.kill(pid, 'SIGSTOP');
  await pause(600);
  process.kill(pid, 'SIGCONT');
  const thawed = systemClock.nowUs();
  await second?.next('sync', 'why it started again', (fact) => fact.correction?.kind === 'restart');
  await until('it is back', () => Math.abs(second?.last('sync')?.skew_ms ?? 99) < 3);
  await pause(1500);
  const { skews } = await heardFrom(thawed);
  const back = skews.find(({ ms }) => Math.abs(ms) < BOUND_MS);
  console.info(
    `frozen for 0.6 s: together again ${(((back?.atNs ?? 0) / 1000 - thawed) / 1e6).toFixed(2)} s after the thaw`,
  );
  expect(summary(skews.slice(-8)).p50).toBeLessThan(BOUND_MS);
});
