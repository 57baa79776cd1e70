import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCards } from '../../bench/sync/cards.js';
import { local } from '../../drivers/local/index.js';
import { mpd as mpdDriver } from '../../drivers/mpd/index.js';
import type { PlayerCommand } from '../../src/players/index.js';
import type { SyncReport } from '../../src/protocol/index.js';
import { startMpd, type RunningMpd } from '../fakes/real-mpd.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';
import { killMpvs } from './local-rig.js';
import { SharedHouse } from './shared-house.js';

/** Two real MPDs beside a steered player; the clock of one card is so fast that within a track it is tens of milliseconds ahead. */
const PPM = 3000;
const SECONDS = 24;
const NAMES = ['left', 'right'] as const;
const BUFFERS = ['buffer_time "120000"', 'period_time "10000"'];
/** What MPD keeps in this card's buffer and before it, ms. */
const LATENCY_MS = 133;

let dir = '';
let mpds: RunningMpd[] = [];
let house: SharedHouse;
let reports: readonly SyncReport[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-realign-'));
  const musicDir = join(dir, 'music');
  await makeSineAlbums(musicDir, 330, ['One', 'Two'], 3, SECONDS);
  const cards = await openCards(dir, [{ name: NAMES[0] }, { name: NAMES[1], ppm: PPM }]);
  for (const name of NAMES) {
    const outputLines = [`device "${name}"`, ...BUFFERS];
    mpds.push(await startMpd({ musicDir, output: 'alsa', outputLines, env: cards.env }));
  }
  house = await SharedHouse.open({
    drivers: [local, mpdDriver],
    players: [
      { id: 'desk', kind: 'local', name: 'Desk', ao: 'null' },
      ...mpds.map(({ host, port }, index) => ({
        ...{ id: NAMES[index] ?? '', kind: 'mpd', name: NAMES[index] ?? '' },
        ...{ host, port, output_latency_ms: LATENCY_MS },
      })),
    ],
    trackSeconds: SECONDS,
  });
  house.client.onEvent((event) => {
    if (event.type === 'sync:report') reports = event.data.players;
  });
});
afterAll(async () => {
  await house.stop();
  await killMpvs(join(house.dir, 'state', 'run'));
  await house.remove();
  for (const mpd of mpds) await mpd.stop();
  mpds = [];
  await rm(dir, { recursive: true, force: true });
});

const starts = (id: string, since: number): PlayerCommand[] =>
  house
    .of(id)
    .commands.slice(since)
    .filter(({ type }) => type === 'play' || type === 'seek' || type === 'load');
const skewMs = (id: string): number => house.of(id).syncs.at(-1)?.skew_ms ?? Infinity;

it('MPDs that have drifted apart start together anew when the next track begins, and nobody else does', async () => {
  await house.client.send('room:group', { room_id: 'desk', player_ids: [...NAMES] });
  await house.play('desk');
  await until('one has drifted away', () => skewMs('right') > 40, 40_000);
  const ids = ['desk', ...NAMES];
  const since = new Map(ids.map((id) => [id, house.of(id).commands.length]));
  const told = (id: string): PlayerCommand[] => starts(id, since.get(id) ?? 0);
  await until('the second track', () => house.playback('desk').track?.title === 'One 2', 40_000);
  await until('both are told to start', () => NAMES.every((id) => told(id).length > 0));
  const before = house.of('right').syncs.length;
  await until('it has measured itself since', () => house.of('right').syncs.length > before, 20_000);
  // One that was not started anew is more than 40 ms off by now.
  expect(Math.abs(skewMs('right'))).toBeLessThan(30);
  expect(told('desk')).toEqual([]);
  expect(told('left')).toEqual([expect.objectContaining({ type: 'play' })]);
  expect(told('right')).toEqual(told('left'));
  await until('the truth meter says so', () =>
    NAMES.every((id) => reports.find(({ player_id }) => player_id === id)?.correction?.kind === 'realign'),
  );
}, 120_000);
