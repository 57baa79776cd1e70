import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Ground } from '../../bench/ground.js';
import { pause } from '../../bench/program.js';
import { listenHere, openListener, untilHeard, type Listener } from '../../bench/sync/browser.js';
import { nowNs, silences, type Segment, type Silence } from '../../bench/sync/capture.js';
import { realTime } from '../../bench/sync/programs.js';
import { follow, jumps, settledAfter, skewsOf, summary, type Span } from '../../bench/sync/skew.js';
import { until } from '../until.js';

/** Far above what a quiet machine shows: this says that they are together, not how well. The figures are those of bench/sync. */
const BOUND_MS = 10;
/** By when it is in step with the room: what comes before may still be finding its place. */
const IN_STEP_NS = 8e9;
/** After each change of the room. */
const AGAIN_NS = 2e9;
/** A busy machine makes an output run dry for some tens of ms, and what was lost is jumped over. More than this is the music at a wrong place. */
const LOST_MS = 250;
const GAP_MS = 100;
const FIRST_SECONDS = 16;
const SHORT = { windowSeconds: 0.1, hopSeconds: 0.1 };
const HEARD_MS = 60_000;

vi.setConfig({ testTimeout: 240_000 });

let ground: Ground;
let listener: Listener;
beforeEach(async () => {
  ground = await Ground.open();
  listener = await openListener({ ground, before: await realTime() }, [FIRST_SECONDS, 60]);
});
afterEach(async () => {
  await ground.close();
});

/** Resolves when the room has been on its second track for some seconds. */
async function intoSecondTrack(seconds: number): Promise<void> {
  const { client } = listener.house;
  const where = async (): Promise<number> => {
    const { playback } = await client.send('room:get', { room_id: listener.roomId });
    const isSecond = playback.current_index === 1;
    return isSecond ? playback.position_seconds + (client.serverNowUs() - playback.at_us) / 1e6 : 0;
  };
  await until('the second track plays', async () => (await where()) > seconds, HEARD_MS);
}

/** How far apart the two are in the middle of a stretch; it must be one that can be judged. */
function middleOf(skews: ReturnType<typeof skewsOf>, fromNs: number, toNs: number): number {
  const { windows, p50 } = summary(skews.filter(({ atNs }) => atNs >= fromNs && atNs < toNs));
  expect(windows).toBeGreaterThan(10);
  return p50;
}

/** Silences that the program itself gave to the card; a card that ran dry is the machine's doing. */
function given(segments: readonly Segment[], span: Span): Silence[] {
  return segments.flatMap((segment) => silences([segment], GAP_MS, span));
}

it('plays in a browser what the room plays, over a track change without a gap, and goes where the room is sent', async () => {
  const { house, ears, album, page, roomId } = listener;
  await house.playAlbum(roomId);
  const tapped = await listenHere(page);
  await untilHeard(listener, tapped);
  await intoSecondTrack(0);
  const changed = nowNs();
  await intoSecondTrack(6);
  const words = (await page.locator('.listen-state').textContent()) ?? '';
  const sought = nowNs();
  await house.client.send('room:seek', { room_id: roomId, position_seconds: 40 });
  await pause(6000);
  const [room = [], browser = []] = await ears.heard();
  const steady = { ...SHORT, fromNs: tapped + IN_STEP_NS, toNs: sought };
  const [there, here] = [room, browser].map((one) => follow(one, album.locator, steady));
  const apart = skewsOf(there!, here!);
  expect(middleOf(apart, steady.fromNs, changed)).toBeLessThan(BOUND_MS);
  expect(middleOf(apart, changed + AGAIN_NS, sought)).toBeLessThan(BOUND_MS);
  expect(given(browser, steady)).toEqual([]);
  expect(jumps(here!, LOST_MS)).toEqual([]);
  expect(words).toMatch(/ms (off|ahead|behind), by what the browser says/);
  const [after, heardAfter] = [room, browser].map((one) =>
    follow(one, album.locator, { ...SHORT, fromNs: sought }),
  );
  const limits = { limitMs: BOUND_MS, holdSeconds: 1 };
  expect(settledAfter(skewsOf(after!, heardAfter!), sought, limits)).toBeLessThan(4);
});

it('is silent while the room is, and comes back with it', async () => {
  const { house, ears, album, page, roomId } = listener;
  await house.playAlbum(roomId);
  await untilHeard(listener, await listenHere(page));
  const state = page.locator('.listen-state');
  const paused = nowNs();
  await house.client.send('room:pause', { room_id: roomId });
  await until('the browser waits', async () => /Waits/.test((await state.textContent()) ?? ''), HEARD_MS);
  const silentFrom = nowNs() + 0.5e9;
  await pause(1500);
  const resumed = nowNs();
  await house.client.send('room:play', { room_id: roomId });
  await untilHeard(listener, resumed + 0.2e9);
  await pause(5000);
  const [room = [], browser = []] = await ears.heard();
  const quiet = silences(browser, 500, { fromNs: paused - 1e9 });
  expect(quiet.some(({ fromNs, toNs }) => fromNs < silentFrom && toNs > resumed)).toBe(true);
  const span = { ...SHORT, fromNs: resumed + AGAIN_NS };
  const [there, here] = [room, browser].map((one) => follow(one, album.locator, span));
  expect(middleOf(skewsOf(there!, here!), span.fromNs, Infinity)).toBeLessThan(BOUND_MS);
});
