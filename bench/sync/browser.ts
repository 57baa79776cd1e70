import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { packageRoot } from '../../src/package-root.js';
import { until } from '../../test/until.js';
import type { Ground } from '../ground.js';
import { pause } from '../program.js';
import { idOf } from './cast.js';
import { firstSound, nowNs } from './capture.js';
import { openCardEars, type Ears } from './ears.js';
import { House } from './house.js';
import { makeAlbum, type Album } from './music.js';
import { gapRows, hear, skewRows } from './pair.js';
import { filled, follow, jumps, settledAfter, skewsOf, summary } from './skew.js';
import { row, type Scenario, type SyncStage } from './stage.js';

/** The card of the room's mpv, and the browser's. */
const [ROOM, BROWSER] = ['room_a', 'room_b'] as const;
const ROOM_NAME = 'Kitchen';
const START_MS = 45_000;

export interface Listener {
  readonly ears: Ears;
  readonly album: Album;
  readonly house: House;
  readonly roomId: string;
  readonly page: Page;
}

/** A house with one mpv, and a browser with a card of its own that looks at the page of that house. */
export async function openListener(
  { ground, before }: Pick<SyncStage, 'ground' | 'before'>,
  trackSeconds: readonly number[],
): Promise<Listener> {
  if (!existsSync(join(packageRoot, 'dist', 'web', 'index.html')))
    throw new Error('the page is not built; run: npm run build');
  const ears = await openCardEars(join(ground.dir, 'cards'), [{ name: ROOM }, { name: BROWSER, ppm: 60 }]);
  ground.own({ stop: () => ears.close() });
  const album = await makeAlbum(join(ground.dir, 'music'), trackSeconds);
  const roomId = idOf(ROOM);
  const player = { id: roomId, kind: 'local', name: ROOM_NAME, ao: ears.kind, output: ears.output(ROOM) };
  const house = await House.open({ ground, album, players: [player], env: ears.env, before });
  await house.online([roomId]);
  const page = await openPage({ ground, before }, ears, house.server.url, roomId);
  return { ears, album, house, roomId, page };
}

/** Chromium without PulseAudio takes the ALSA card that it is told. */
async function openPage(
  { ground, before }: Pick<SyncStage, 'ground' | 'before'>,
  ears: Ears,
  url: string,
  roomId: string,
): Promise<Page> {
  const browser = await chromium.launch({
    executablePath: await program(ground, before),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      `--alsa-output-device=${BROWSER}`,
    ],
    ignoreDefaultArgs: ['--mute-audio'],
    env: { ...process.env, ...ears.env, PULSE_SERVER: join(ground.dir, 'no-pulse') },
  });
  ground.own({ stop: () => browser.close() });
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    serviceWorkers: 'block',
  });
  context.setDefaultTimeout(START_MS);
  const chosen = JSON.stringify(JSON.stringify({ room_id: roomId }));
  await context.addInitScript({ content: `localStorage.setItem('tutti', ${chosen})` });
  const page = await context.newPage();
  await page.goto(`${url}/#/rooms`);
  return page;
}

/** At the priority of the players: what is measured is how it keeps time, not how busy the machine is. */
async function program(ground: Ground, before: readonly string[]): Promise<string> {
  const chromiumPath = '/usr/bin/chromium';
  if (!existsSync(chromiumPath)) throw new Error('Chromium is missing: apt-get install chromium');
  const path = join(ground.dir, 'chromium.sh');
  await writeFile(path, `#!/bin/sh\nexec ${before.join(' ')} ${chromiumPath} "$@"\n`, { mode: 0o755 });
  return path;
}

/** As a person would: the room's menu, then the button. Resolves when the browser has tapped it. */
export async function listenHere(page: Page): Promise<number> {
  await page.getByRole('button', { name: `More for ${ROOM_NAME}` }).click();
  await page.getByRole('button', { name: 'Listen here', exact: true }).click();
  const tapped = nowNs();
  await page.getByRole('dialog').getByRole('button', { name: 'Listen here', exact: true }).click();
  return tapped;
}

/** Resolves when the browser is heard. */
export async function untilHeard({ ears }: Listener, fromNs: number): Promise<void> {
  const isHeard = async (): Promise<boolean> =>
    (await ears.heard()).every((segments) => firstSound(segments, fromNs) !== undefined);
  await until('the room and the browser are heard', isHeard, START_MS);
}

const LOCK_SECONDS = 8;
const TARGET_MS = 3;

export const browserMpv: Scenario = {
  key: 'browser-mpv',
  title: 'Chromium + mpv, cards +60 and 0 ppm',
  async run(stage) {
    const listener = await openListener(stage, [45, 45, 60, 60]);
    const { ears, album, house, roomId, page } = listener;
    await house.playAlbum(roomId, 2);
    await pause(2000);
    const tapped = await listenHere(page);
    await pause(LOCK_SECONDS * 1000);
    const span = { fromNs: nowNs(), toNs: 0 };
    await pause(stage.steadySeconds * 1000);
    span.toNs = nowNs();
    const sought = nowNs();
    await house.client.send('room:seek', { room_id: roomId, position_seconds: 20.3 });
    await pause(4000);
    const end = nowNs();
    const rooms = await hear(ears);
    const points = rooms.map((room) => follow(room, album.locator, { ...span, windowSeconds: 0.25 }));
    const settled = (fromNs: number, toNs: number): number | undefined => {
      const short = { fromNs, toNs, windowSeconds: 0.1, hopSeconds: 0.1 };
      const [mpv = [], browser = []] = rooms.map((room) => follow(room, album.locator, short));
      return settledAfter(filled(skewsOf(mpv, browser), short), fromNs, { limitMs: TARGET_MS });
    };
    return {
      rows: [
        ...skewRows(summary(skewsOf(points[0]!, points[1]!)), { p95Ms: TARGET_MS }),
        ...gapRows([rooms[1]], span),
        row('jumps in the browser of 3 ms and more', '', jumps(points[1]!, 3).length),
        row('< 3 ms, from the tap', 's', settled(tapped, span.fromNs), LOCK_SECONDS),
        row('seek: < 3 ms, from the command', 's', settled(sought, end)),
      ],
    };
  },
};
