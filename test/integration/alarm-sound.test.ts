import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { local } from '../../drivers/local/index.js';
import { startApp, type App } from '../../src/app/index.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { connect, type TuttiClient } from '../../src/client/index.js';
import { ConfigSchema } from '../../src/config/index.js';
import { TONE_ID } from '../../src/alarms/index.js';
import { startPulse, type Pulse } from '../fakes/pulse.js';
import type { Recording } from '../fakes/recording.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';
import { killMpvs } from './local-rig.js';

const HERTZ = 330;
/** 16 bit stereo of 44.1 kHz. */
const BYTES_A_SECOND = 44_100 * 4;

let pulse: Pulse;
let dir = '';
let app: App | undefined;
let client: TuttiClient | undefined;
/** How far the clock on the wall is ahead of this machine's. */
let offset = 0;

beforeAll(async () => {
  pulse = await startPulse(['kitchen']);
  Object.assign(process.env, pulse.env);
});
afterAll(async () => {
  for (const name of Object.keys(pulse.env)) Reflect.deleteProperty(process.env, name);
  await pulse.close();
});
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-alarm-'));
});
afterEach(async () => {
  client?.close();
  await app?.close();
  [client, app] = [undefined, undefined];
  await killMpvs(join(dir, 'state'));
  await rm(dir, { recursive: true, force: true });
});

/** A whole Tutti with a real mpv, whose clock on the wall was just set to a few seconds before seven. */
async function beforeSeven(): Promise<TuttiClient> {
  await makeSineAlbums(join(dir, 'music'), HERTZ, ['Morning'], 1, 60);
  setWall(6, 50, 0);
  const options = { ao: 'pulse', output: 'pulse/kitchen' };
  const config = ConfigSchema.parse({
    port: 0,
    auth: 'open',
    mdns: false,
    local_output: false,
    snapcast: false,
    mpd_port: 0,
    players: [{ id: 'kitchen', kind: 'local', name: 'Kitchen', ...options }],
  });
  app = await startApp({
    config: { ...config, host: '127.0.0.1', data_dir: join(dir, 'state'), music_dir: join(dir, 'music') },
    log: silentLogger,
    clock: { ...systemClock, wallMs: () => systemClock.wallMs() + offset },
    drivers: [local],
  });
  const opened = connect({
    url: `ws://127.0.0.1:${app.port}/ws`,
    WebSocket,
    topics: ['rooms', 'players', 'library', 'alarms'],
  });
  client = opened;
  await until('the player is there', () => opened.mirror.players?.[0]?.link === 'online', 30_000);
  await until('the album is known', () => opened.mirror.library?.album_count === 1, 30_000);
  setWall(6, 59, 56);
  return opened;
}

function setWall(hour: number, minute: number, second: number): void {
  offset = new Date(2026, 10, 20, hour, minute, second).getTime() - systemClock.wallMs();
}

async function heard(
  house: TuttiClient,
  source: { album_id: string } | { playlist_id: string },
  seconds: number,
): Promise<Recording> {
  const capture = await pulse.capture('kitchen');
  const { alarm } = await house.send('alarm:set', {
    room_id: 'kitchen',
    time: '07:00',
    source,
    from_volume: 0.3,
    volume: 1,
    fade_seconds: 4,
    silence_seconds: 5,
  });
  const ring = () => house.mirror.lists.alarms?.find(({ alarm_id }) => alarm_id === alarm.alarm_id)?.ring;
  await until('it rings', () => ring() !== undefined, 30_000);
  await until('the room plays', () => house.mirror.rooms?.[0]?.state === 'playing', 30_000);
  const from = capture.bytes;
  await until('it was heard long enough', () => capture.bytes - from > seconds * BYTES_A_SECOND, 30_000);
  await house.send('alarm:stop', { alarm_id: alarm.alarm_id });
  return (await capture.stop()).sounding();
}

describe('an alarm in a house with a real player', () => {
  it('is heard, from quiet to loud', async () => {
    const house = await beforeSeven();
    const [album] = (await house.send('library:albums', {})).items;
    const recording = await heard(house, { album_id: album?.album_id ?? '' }, 8);
    const [early, late] = [recording.level(HERTZ, 0.3, 1), recording.level(HERTZ, recording.seconds - 1.5)];
    expect(late).toBeGreaterThan(0);
    expect(early).toBeLessThan(late * 0.6);
  });
  it('whose music is gone is heard as a tone', async () => {
    const house = await beforeSeven();
    const recording = await heard(house, { playlist_id: 'gone' }, 6);
    expect(house.mirror.rooms?.[0]?.current?.track_id ?? TONE_ID).toBe(TONE_ID);
    expect(recording.level(659.26, 0, recording.seconds)).toBeGreaterThan(0.002);
    expect(recording.level(HERTZ, 0, recording.seconds)).toBeLessThan(0.002);
  });
});
