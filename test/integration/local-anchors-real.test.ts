import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { MpvClient } from '../../drivers/local/client.js';
import { local } from '../../drivers/local/index.js';
import { socketPath } from '../../drivers/local/process.js';
import { systemClock } from '../../src/base/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { MediaFolder } from '../contracts/media-files.js';
import { killMpvs, until } from './local-rig.js';

/** What is told agrees with what mpv says when somebody else asks it. */
const EXACT_SECONDS = 0.005;
/** Every 8 s it says where it is in any case. */
const SOON_MS = 5000;
/** A slow answer is no measure of anything. */
const GOOD_ROUND_TRIP_US = 2000;

let music: MediaFolder;
let runtimeDir = '';
let link: DrivenLink;
let other: MpvClient;

beforeAll(async () => {
  music = await MediaFolder.create();
});
afterAll(() => music.remove());

beforeEach(async () => {
  runtimeDir = await mkdtemp(join(tmpdir(), 'tutti-run-'));
  link = await DrivenLink.connect({ definition: local, options: { ao: 'null' }, runtimeDir });
  const path = socketPath(runtimeDir, 'player-under-test');
  other = await MpvClient.open(path, systemClock, AbortSignal.timeout(5000));
});

afterEach(async () => {
  other.close();
  await link.close();
  await killMpvs(runtimeDir);
  await rm(runtimeDir, { recursive: true, force: true });
});

/** How far what was told last is from what is heard, seconds; undefined when that cannot be said. */
async function off(): Promise<number | undefined> {
  const sent = systemClock.nowUs();
  const heard = await other.get('audio-pts');
  const received = systemClock.nowUs();
  const told = link.last('playback');
  if (heard === undefined || !told || received - sent > GOOD_ROUND_TRIP_US) return undefined;
  const middle = (sent + received) / 2;
  return told.position_seconds + ((middle - told.at_us) / 1e6) * told.rate - heard;
}

async function untilExact(): Promise<void> {
  await until('what is told to be exact', async () => Math.abs((await off()) ?? 1) < EXACT_SECONDS, SOON_MS);
}

it('is told exactly soon after a start, a pause, a seek and a change to the next item', async () => {
  const [media, next] = [await music.tone(1, { seconds: 12 }), await music.tone(2, { seconds: 20 })];
  await link.run({ type: 'load', media, next, position_seconds: 0, playing: true });
  await link.next('playback', 'it plays', ({ status }) => status === 'playing');
  await untilExact();
  await link.run({ type: 'pause' });
  await link.next('playback', 'it is paused', ({ status }) => status === 'paused');
  await link.run({ type: 'play' });
  await link.next('playback', 'it plays again', ({ status }) => status === 'playing');
  await untilExact();
  await link.run({ type: 'seek', position_seconds: 10.5 });
  await link.next('playback', 'the seek', ({ position_seconds }) => position_seconds > 10);
  await untilExact();
  await link.next('playback', 'the next item', ({ ref }) => ref === next.ref);
  await untilExact();
  expect(link.last('playback')).toMatchObject({ ref: next.ref, status: 'playing' });
});
