import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromecast } from '../../drivers/chromecast/index.js';
import { local } from '../../drivers/local/index.js';
import { mpd as mpdDriver } from '../../drivers/mpd/index.js';
import { snapcastDriver } from '../../drivers/snapcast/index.js';
import { systemClock } from '../../src/base/index.js';
import { positionAt, type SyncReport } from '../../src/protocol/index.js';
import { FakeCastReceiver } from '../fakes/fake-cast-receiver.js';
import { startMpd, type RunningMpd } from '../fakes/real-mpd.js';
import { startSnapclient, type RunningSnapclient } from '../fakes/real-snapclient.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';
import { killMpvs, mpvsOf } from './local-rig.js';
import { SharedHouse } from './shared-house.js';
import { SnapRig } from './snapcast-rig.js';

/** One player of each kind in one room, all of them real programs. How well it sounds is measured elsewhere; here each has to be there. */
const ALL = ['desk', 'bath', 'cellar', 'lounge'] as const;
type Name = (typeof ALL)[number];
const CLASSES = { desk: 'steered', bath: 'nudged', cellar: 'locked', lounge: 'nudged' } as const;
const NEAR_SECONDS = { desk: 0.05, bath: 0.5, cellar: 0.05, lounge: 0.5 } as const;
const SECONDS = 20;
const CLIENT_ID = 'mixed-cellar';

let dir = '';
let mpd: RunningMpd;
let snap: SnapRig;
let snapclient: RunningSnapclient;
let receiver: FakeCastReceiver;
let house: SharedHouse;
let reports = new Map<string, SyncReport>();

const startClient = (): Promise<RunningSnapclient> =>
  startSnapclient({ port: snap.server.port, id: CLIENT_ID });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-mixed-'));
  await makeSineAlbums(join(dir, 'music'), 330, ['One', 'Two'], 3, SECONDS);
  mpd = await startMpd({ musicDir: join(dir, 'music') });
  snap = await SnapRig.start();
  snapclient = await startClient();
  receiver = await FakeCastReceiver.start();
  house = await SharedHouse.open({
    drivers: [local, mpdDriver, chromecast, snapcastDriver(snap.server)],
    players: [
      { id: 'desk', kind: 'local', name: 'Desk', ao: 'null' },
      { id: 'bath', kind: 'mpd', name: 'Bath', host: mpd.host, port: mpd.port },
      { id: 'cellar', kind: 'snapcast', name: 'Cellar', client_id: CLIENT_ID },
      { id: 'lounge', kind: 'chromecast', name: 'Lounge', host: '127.0.0.1', port: receiver.port },
    ],
    trackSeconds: SECONDS,
  });
  house.client.onEvent((event) => {
    if (event.type === 'sync:report' && event.data.room_id === 'desk')
      reports = new Map(event.data.players.map((player) => [player.player_id, player]));
  });
});
afterAll(async () => {
  await house.stop();
  await killMpvs(join(house.dir, 'state', 'run'));
  await house.remove();
  await receiver.close();
  await snapclient.stop();
  await snap.close();
  await mpd.stop();
  await rm(dir, { recursive: true, force: true });
});

/** How far ahead of the room's timeline a player says that it is heard, seconds; Infinity = it does not play what the room plays. */
function ahead(id: Name): number {
  const { anchor } = house.of(id);
  const playback = house.playback('desk');
  if (anchor?.status !== 'playing' || anchor.ref !== playback.item_id) return Infinity;
  return house.of(id).now() - positionAt(playback, systemClock.nowUs());
}
const near = (id: Name): boolean => Math.abs(ahead(id)) < NEAR_SECONDS[id];

async function allNear(what: string, ids: readonly Name[] = ALL): Promise<void> {
  try {
    await until(what, () => ids.every(near), 20_000);
  } catch (error) {
    const places = ids.map((id) => `${id} ${ahead(id).toFixed(3)}`).join(', ');
    throw new Error(`${what}: ${places}`, { cause: error });
  }
}

const applied = (): unknown[] =>
  ALL.map((player_id) => expect.objectContaining({ player_id, outcome: 'applied' }) as unknown);

beforeEach(async () => {
  await house.client.send('room:ungroup', { room_id: 'desk', player_ids: [...ALL].reverse() });
  for (const room_id of ALL) await house.client.send('queue:clear', { room_id });
  await until('everybody is home', () => ALL.every((id) => house.members(id).join() === id));
  await house.play('desk');
  const { outcomes } = await house.client.send('room:group', {
    room_id: 'desk',
    player_ids: ['bath', 'cellar', 'lounge'],
  });
  expect(outcomes?.map(({ player_id, outcome, sync_class }) => [player_id, outcome, sync_class])).toEqual(
    (['bath', 'cellar', 'lounge'] as const).map((id) => [id, 'applied', CLASSES[id]]),
  );
  await allNear('all of them play');
});

describe('a room with a player of each kind', () => {
  it('pauses, goes on, jumps and goes to the next track as one, and says of each that it did', async () => {
    const { client } = house;
    const paused = await client.send('room:pause', { room_id: 'desk' });
    expect(paused.outcomes).toEqual(applied());
    await until('all pause', () => ALL.every((id) => house.of(id).anchor?.status === 'paused'));
    const resumed = await client.send('room:play', { room_id: 'desk' });
    expect(resumed.outcomes).toEqual(applied());
    await allNear('all go on');
    const sought = await client.send('room:seek', { room_id: 'desk', position_seconds: 10 });
    expect(sought.outcomes).toEqual(applied());
    await allNear('all have jumped');
    const next = await client.send('room:next', { room_id: 'desk' });
    expect(next.outcomes).toEqual(applied());
    expect(house.playback('desk').track?.title).toBe('One 2');
    await allNear('all play the next track');
  });

  it('goes on without a gap, each by itself', async () => {
    const loads = (id: Name): number => house.of(id).commands.filter(({ type }) => type === 'load').length;
    const before = ALL.map(loads);
    await house.client.send('room:seek', { room_id: 'desk', position_seconds: SECONDS - 6 });
    await until('the second track', () => house.playback('desk').track?.title === 'One 2', 15_000);
    await allNear('all are in it');
    expect(ALL.map(loads)).toEqual(before);
  });

  it('tells the truth about each of them', async () => {
    const kindOf = (id: Name): unknown => {
      const report = reports.get(id);
      return report && { ...report, measured: report.skew_ms !== undefined };
    };
    await until('all are reported', () => {
      const [desk, bath, lounge] = ['desk', 'bath', 'lounge'].map((id) => reports.get(id));
      return [desk, bath, lounge].every((report) => report?.skew_ms !== undefined);
    });
    expect(kindOf('desk')).toMatchObject({ sync_class: 'steered', estimated: false, measured: true });
    expect(kindOf('bath')).toMatchObject({ sync_class: 'nudged', estimated: true, measured: true });
    expect(kindOf('lounge')).toMatchObject({ sync_class: 'nudged', estimated: true, measured: true });
    expect(reports.get('cellar')).toEqual({
      player_id: 'cellar',
      sync_class: 'locked',
      state: 'unmeasured',
      estimated: false,
    });
  });

  it('plays on elsewhere when one leaves it, who falls silent and is at home', async () => {
    for (const id of ['lounge', 'cellar', 'bath'] as const) {
      const { outcomes } = await house.client.send('room:ungroup', { room_id: 'desk', player_ids: [id] });
      expect(outcomes).toEqual([{ player_id: id, outcome: 'applied' }]);
      expect(house.members(id)).toEqual([id]);
      await until(`${id} is silent`, () => house.of(id).anchor?.status === 'stopped');
    }
    expect(near('desk')).toBe(true);
  });
});

describe('a member whose program dies', () => {
  const deaths: readonly (readonly [Name, () => Promise<void>])[] = [
    [
      'desk',
      async () => {
        const [pid] = await mpvsOf(join(house.dir, 'state', 'run'));
        process.kill(pid ?? 0, 'SIGKILL');
      },
    ],
    ['bath', async () => mpd.restart()],
    [
      'cellar',
      async () => {
        await snapclient.stop();
        snapclient = await startClient();
      },
    ],
    ['lounge', async () => receiver.restart()],
  ];

  it.each(deaths)('%s comes back to the others, who have played on', async (id, kill) => {
    const others = ALL.filter((other) => other !== id);
    const disturbing = (other: Name): string[] =>
      house
        .of(other)
        .commands.map(({ type }) => type)
        .filter((type) => type !== 'preload' && type !== 'follow' && type !== 'volume' && type !== 'mute');
    const before = others.map((other) => disturbing(other).length);
    await house.client.send('room:repeat', { room_id: 'desk', repeat: 'all' });
    const { connects } = house.of(id);
    await kill();
    await until('it is connected anew', () => house.of(id).connects > connects, 20_000);
    await allNear('it is back', [id]);
    expect(others.filter((other) => !near(other))).toEqual([]);
    expect(others.map((other) => disturbing(other).length)).toEqual(before);
  });
});
