import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Ground } from '../../bench/ground.js';
import { pause } from '../../bench/program.js';
import { listenHere, openListener, untilHeard, type Listener } from '../../bench/sync/browser.js';
import { nowNs, silences } from '../../bench/sync/capture.js';
import { realTime } from '../../bench/sync/programs.js';
import { follow, jumps, settledAfter, skewsOf, summary } from '../../bench/sync/skew.js';
import { until } from '../until.js';

/** Far above what a quiet machine shows: this says that they are together, not how well. The figures are those of bench/sync. */
const BOUND_MS = 10;
/** Right after a resume an mpv that is alone in its room says where it is to some 20 ms; its next word, 8 s later, is exact. */
const RESUMED_MS = 40;
const FIRST_SECONDS = 10;
const HEARD_MS = 30_000;

vi.setConfig({ testTimeout: 120_000 });

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

it('plays in a browser what the room plays, over a track change without a gap, and goes where the room is sent', async () => {
  const { house, ears, album, page, roomId } = listener;
  await house.playAlbum(roomId);
  const tapped = await listenHere(page);
  await untilHeard(listener, tapped);
  await intoSecondTrack(3);
  const words = (await page.locator('.listen-state').textContent()) ?? '';
  const sought = nowNs();
  await house.client.send('room:seek', { room_id: roomId, position_seconds: 40 });
  await pause(3000);
  const [room = [], browser = []] = await ears.heard();
  const short = { windowSeconds: 0.1, hopSeconds: 0.1 };
  const steady = { fromNs: tapped + 3e9, toNs: sought };
  const [there, here] = [room, browser].map((one) => follow(one, album.locator, { ...short, ...steady }));
  const apart = summary(skewsOf(there!, here!));
  expect(apart.windows).toBeGreaterThan(50);
  expect(apart.p95).toBeLessThan(BOUND_MS);
  expect(silences(browser, 20, steady)).toEqual([]);
  expect(jumps(here!, 20)).toEqual([]);
  expect(words).toMatch(/ms (off|ahead|behind), by what the browser says/);
  const [after, heardAfter] = [room, browser].map((one) =>
    follow(one, album.locator, { ...short, fromNs: sought }),
  );
  const limits = { limitMs: BOUND_MS, holdSeconds: 1 };
  expect(settledAfter(skewsOf(after!, heardAfter!), sought, limits)).toBeLessThan(1.5);
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
  await pause(2000);
  const [room = [], browser = []] = await ears.heard();
  const quiet = silences(browser, 500, { fromNs: paused - 1e9 });
  expect(quiet.some(({ fromNs, toNs }) => fromNs < silentFrom && toNs > resumed)).toBe(true);
  const span = { fromNs: resumed, windowSeconds: 0.1, hopSeconds: 0.1 };
  const [there, here] = [room, browser].map((one) => follow(one, album.locator, span));
  expect(summary(skewsOf(there!, here!)).p50).toBeLessThan(RESUMED_MS);
});
