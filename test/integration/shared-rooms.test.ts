import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nullDriver } from '../../drivers/null/index.js';
import { positionAt } from '../../src/protocol/index.js';
import { until } from '../until.js';
import { SharedHouse } from './shared-house.js';

/** A whole server with players that keep perfect time: what does not fit together here is the rooms' doing. */
let house: SharedHouse;
const ALL = ['attic', 'bath', 'cellar'];
/** Players that never hear a sound agree to the microsecond; a test only has to tell that from not agreeing. */
const TOGETHER_SECONDS = 0.002;

beforeAll(async () => {
  house = await SharedHouse.open({
    drivers: [nullDriver],
    players: ALL.map((id) => ({ id, kind: 'null', name: id })),
    trackSeconds: 4,
  });
});
afterAll(() => house.close());

beforeEach(async () => {
  for (const room_id of ALL) await house.client.send('room:ungroup', { room_id, player_ids: ALL });
  for (const room_id of ALL) await house.client.send('queue:clear', { room_id });
  await until('everybody is home', () => ALL.every((id) => house.members(id).join() === id));
});

const together = (ids: readonly string[]): Promise<void> =>
  until('they play together', () => house.spread('attic', ids) < TOGETHER_SECONDS);

describe('rooms of a whole server', () => {
  it('play as one while players come and go', async () => {
    await house.play('attic');
    const { outcomes } = await house.client.send('room:group', {
      room_id: 'attic',
      player_ids: ['bath', 'cellar'],
    });
    expect(outcomes).toEqual([
      { player_id: 'bath', outcome: 'applied', sync_class: 'loose' },
      { player_id: 'cellar', outcome: 'applied', sync_class: 'loose' },
    ]);
    expect(house.members('attic')).toEqual(ALL);
    expect(house.room('bath').room.player_ids).toEqual([]);
    await together(ALL);
    await house.client.send('room:ungroup', { room_id: 'attic', player_ids: ['bath'] });
    expect(house.members('attic')).toEqual(['attic', 'cellar']);
    expect(house.members('bath')).toEqual(['bath']);
    await together(['attic', 'cellar']);
    expect(house.of('bath').anchor?.status).toBe('stopped');
  });

  it('stay together over a change of track, which is told once', async () => {
    await house.client.send('room:group', { room_id: 'attic', player_ids: ['bath', 'cellar'] });
    const tracks: (string | undefined)[] = [];
    const stop = house.client.onEvent((event) => {
      if (event.type === 'playback:track' && event.data.room_id === 'attic')
        tracks.push(event.data.track?.title);
    });
    await house.play('attic');
    await until('the third track plays', () => house.playback('attic').track?.title === 'One 3', 15_000);
    await together(ALL);
    stop();
    expect(tracks).toEqual(['One 1', 'One 2', 'One 3']);
    for (const id of ALL)
      expect(house.of(id).commands.filter(({ type }) => type === 'load').length).toBeLessThan(4);
  });

  it('draw the same place on every page as the players play', async () => {
    await house.client.send('room:group', { room_id: 'attic', player_ids: ['bath'] });
    await house.play('attic');
    await together(['attic', 'bath']);
    await house.client.send('room:pause', { room_id: 'attic' });
    await house.client.send('room:play', { room_id: 'attic' });
    await house.client.send('room:seek', { room_id: 'attic', position_seconds: 1 });
    await together(['attic', 'bath']);
    const drawn = positionAt(house.playback('attic'), house.client.serverNowUs());
    expect(Math.abs(drawn - house.of('bath').now())).toBeLessThan(0.1);
  });

  it('shift what a player is told by its latency, while it plays', async () => {
    await house.client.send('room:group', { room_id: 'attic', player_ids: ['bath'] });
    await house.play('attic');
    await together(['attic', 'bath']);
    await house.client.send('player:latency', { player_id: 'bath', latency_ms: 300 });
    const ahead = (): number => house.of('bath').now() - house.of('attic').now();
    await until('it plays earlier by as much', () => Math.abs(ahead() - 0.3) < TOGETHER_SECONDS);
    await house.client.send('player:latency', { player_id: 'bath', latency_ms: 0 });
    await together(['attic', 'bath']);
  });

  it('move to another room without a gap', async () => {
    await house.play('attic');
    await house.client.send('room:group', { room_id: 'bath', player_ids: ['cellar'] });
    await house.client.send('room:transfer', { room_id: 'attic', to_room_id: 'bath' });
    expect(house.playback('bath').track?.title).toBe('One 1');
    await until('they play there', () => house.spread('bath', ['bath', 'cellar']) < TOGETHER_SECONDS);
    await until('it is silent here', () => house.of('attic').anchor?.status === 'stopped');
    expect(house.room('attic').queue.items).toHaveLength(3);
  });

  it('are shared as before after a restart, and go on where they were', async () => {
    await house.client.send('room:group', { room_id: 'attic', player_ids: ['bath', 'cellar'] });
    await house.play('attic');
    await together(ALL);
    await house.stop();
    await house.start();
    expect(house.members('attic')).toEqual(ALL);
    await together(ALL);
    expect(house.playback('attic').state).toBe('playing');
  });
});
