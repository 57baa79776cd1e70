import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { local } from '../../drivers/local/index.js';
import { nullDriver } from '../../drivers/null/index.js';
import { until } from '../until.js';
import { killMpvs } from './local-rig.js';
import { SharedHouse } from './shared-house.js';

/** A whole server with a silent player and a real mpv: levels, the truth meter and announcements as a client sees them. */
let house: SharedHouse;
const BOTH = ['attic', 'desk'];

beforeAll(async () => {
  house = await SharedHouse.open({
    drivers: [nullDriver, local],
    players: [
      { id: 'attic', kind: 'null', name: 'attic' },
      { id: 'desk', kind: 'local', name: 'desk', ao: 'null' },
    ],
    trackSeconds: 12,
  });
  await house.client.send('room:group', { room_id: 'attic', player_ids: ['desk'] });
});
afterAll(async () => {
  await house.stop();
  await killMpvs(join(house.dir, 'state', 'run'));
  await house.remove();
});

const hasClip = (id: string): boolean => house.of(id).anchor?.ref?.startsWith('clip-') === true;
const volumeOf = (id: string) => house.room('attic').players.find((one) => one.player_id === id)?.volume;

/** A track of the other album: it lasts 12 seconds. */
async function clip(): Promise<string> {
  const { tracks } = await house.client.send('library:album', { album_id: house.albums[1]! });
  return tracks[0]!.track_id;
}

describe('a whole server', () => {
  it('keeps the balance of a room, and mirrors every knob', async () => {
    await house.client.send('player:volume', { player_id: 'attic', volume: 0.2 });
    await house.client.send('player:volume', { player_id: 'desk', volume: 0.6 });
    await until('the room is their mean', () => house.playback('attic').volume === 0.4);
    await house.client.send('room:volume', { room_id: 'attic', volume: 0 });
    await house.client.send('room:volume', { room_id: 'attic', volume: 0.5 });
    await until('the balance is back', () => volumeOf('attic') === 0.3 && volumeOf('desk') === 0.7);
    expect(house.playback('attic').volume).toBe(0.5);
    expect(house.client.mirror.players?.find(({ player_id }) => player_id === 'desk')?.volume).toBe(0.7);
  });

  it('says how tightly its players are together', async () => {
    const reports: unknown[] = [];
    const stop = house.client.onEvent((event) => {
      if (event.type === 'sync:report') reports.push(event.data.players.map(({ player_id }) => player_id));
    });
    await house.play('attic');
    await until('a report came', () => reports.length > 0);
    stop();
    expect(reports[0]).toEqual(BOTH);
    const metrics = await fetch(`http://127.0.0.1:${house.app.port}/metrics`);
    expect(await metrics.text()).toMatch(/tutti_player_sync_state\{player_id="desk",room_id="attic"/);
  });

  it('announces on real players, and gives music and volume back', async () => {
    await house.play('attic');
    const queue = house.room('attic').queue.items;
    const item = house.playback('attic').item_id;
    await until('both play', () => house.spread('attic', BOTH) < 0.5);
    const { outcomes } = await house.client.send('room:announce', {
      room_ids: ['attic'],
      clip: { track_id: await clip() },
      volume: 0.4,
    });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
    await until('both have the clip', () => BOTH.every(hasClip));
    expect(house.playback('attic')).toMatchObject({ item_id: item, state: 'paused' });
    const stood = house.playback('attic').position_seconds;
    await until('the music is back', () => house.spread('attic', BOTH) < 0.5, 30_000);
    expect(house.playback('attic')).toMatchObject({ item_id: item, state: 'playing' });
    expect(Math.abs(house.playback('attic').position_seconds - stood)).toBeLessThan(1);
    expect(house.room('attic').queue.items).toEqual(queue);
    await until('it is as loud as before', () => volumeOf('attic') === 0.3 && volumeOf('desk') === 0.7);
  });

  it('comes back to its music when it was stopped during an announcement', async () => {
    await house.play('attic');
    const item = house.playback('attic').item_id;
    await until('both play', () => house.spread('attic', BOTH) < 0.5);
    await house.client.send('room:announce', {
      room_ids: ['attic'],
      clip: { track_id: await clip() },
      volume: 0.9,
    });
    await until('both have the clip', () => BOTH.every(hasClip));
    await house.stop();
    await house.start();
    await until('the music is back', () => house.spread('attic', BOTH) < 0.5, 30_000);
    expect(house.playback('attic').item_id).toBe(item);
    await until('the mpv is as loud as before', () => volumeOf('desk') === 0.7);
  });
});
