import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { local } from '../../drivers/local/index.js';
import { startApp, type App } from '../../src/app/index.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { connect, type TuttiClient } from '../../src/client/index.js';
import { ConfigSchema } from '../../src/config/index.js';
import { startPulse, type Pulse } from '../fakes/pulse.js';
import type { Recording } from '../fakes/recording.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';
import { killMpvs } from './local-rig.js';

const HERTZ = 330;
/** 16 bit stereo of 44.1 kHz. */
const BYTES_A_SECOND = 44_100 * 4;
/** The first note of the tone. */
const BELL = 659.26;

let pulse: Pulse;
let dir = '';
let app: App;
let house: TuttiClient;
/** How far the clock on the wall is ahead of this machine's. */
let offset = 0;

function setWall(hour: number, minute: number, second: number): void {
  offset = new Date(2026, 10, 20, hour, minute, second).getTime() - systemClock.wallMs();
}

/** A whole Tutti with a real mpv. */
beforeAll(async () => {
  pulse = await startPulse(['kitchen']);
  Object.assign(process.env, pulse.env);
  dir = await mkdtemp(join(tmpdir(), 'tutti-alarm-'));
  await makeSineAlbums(join(dir, 'music'), HERTZ, ['Morning'], 1, 60);
  setWall(6, 30, 0);
  const config = ConfigSchema.parse({
    port: 0,
    auth: 'open',
    mdns: false,
    local_output: false,
    snapcast: false,
    mpd_port: 0,
    players: [{ id: 'kitchen', kind: 'local', name: 'Kitchen', ao: 'pulse', output: 'pulse/kitchen' }],
  });
  app = await startApp({
    config: { ...config, host: '127.0.0.1', data_dir: join(dir, 'state'), music_dir: join(dir, 'music') },
    log: silentLogger,
    clock: { ...systemClock, wallMs: () => systemClock.wallMs() + offset },
    drivers: [local],
  });
  house = connect({
    url: `ws://127.0.0.1:${app.port}/ws`,
    WebSocket,
    topics: ['rooms', 'players', 'library', 'alarms'],
  });
  await until('the player is there', () => house.mirror.players?.[0]?.link === 'online', 30_000);
  await until('the album is known', () => house.mirror.library?.album_count === 1, 30_000);
});
afterAll(async () => {
  house.close();
  await app.close();
  for (const name of Object.keys(pulse.env)) Reflect.deleteProperty(process.env, name);
  await killMpvs(join(dir, 'state'));
  await pulse.close();
  await rm(dir, { recursive: true, force: true });
});

/** What is heard of an alarm for a full hour; the clock on the wall is set to a few seconds before it. */
async function heard(
  hour: number,
  source: { album_id: string } | { playlist_id: string },
  seconds: number,
): Promise<Recording> {
  setWall(hour - 1, 59, 57);
  const capture = await pulse.capture('kitchen');
  const { alarm } = await house.send('alarm:set', {
    room_id: 'kitchen',
    time: `0${hour}:00`,
    source,
    from_volume: 0.3,
    volume: 1,
    fade_seconds: 3,
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

/** How loud a note is where it is loudest: the tone has silence between its notes. */
function loudest(recording: Recording, hertz: number): number {
  const starts = Array.from({ length: Math.floor(recording.seconds / 0.2) }, (_, at) => at * 0.2);
  return Math.max(...starts.map((from) => recording.level(hertz, from, from + 0.2)));
}

describe('[AL1] an alarm in a house with a real player', () => {
  it('is heard, from quiet to loud', async () => {
    const [album] = (await house.send('library:albums', {})).items;
    const recording = await heard(7, { album_id: album?.album_id ?? '' }, 6);
    const [early, late] = [recording.level(HERTZ, 0.3, 1), recording.level(HERTZ, recording.seconds - 1)];
    expect(late).toBeGreaterThan(0.01);
    expect(early).toBeLessThan(late * 0.6);
  });
  it('whose music is gone is heard as a tone', async () => {
    const recording = await heard(8, { playlist_id: 'gone' }, 4);
    const bell = loudest(recording, BELL);
    expect(bell).toBeGreaterThan(0.003);
    expect(loudest(recording, HERTZ)).toBeLessThan(bell / 4);
  });
});
