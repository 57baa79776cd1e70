import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { local } from '../../drivers/local/index.js';
import { nullDriver } from '../../drivers/null/index.js';
import { until } from '../until.js';
import { killMpvs } from './local-rig.js';
import { SharedHouse } from './shared-house.js';

/** Two real mpv in one room, as people would group them. What is heard is measured elsewhere; here it is that they find together at all. */
let house: SharedHouse;
const SETTLED_SECONDS = 0.02;

beforeAll(async () => {
  house = await SharedHouse.open({
    drivers: [local, nullDriver],
    players: [
      { id: 'desk', kind: 'local', name: 'Desk', ao: 'null' },
      { id: 'shelf', kind: 'local', name: 'Shelf', ao: 'null' },
      { id: 'ideal', kind: 'null', name: 'Ideal' },
    ],
    trackSeconds: 12,
  });
});
afterAll(async () => {
  await house.stop();
  await killMpvs(join(house.dir, 'state', 'run'));
  await house.remove();
});

/** The distance of a player from its room's timeline, by its own last measurement, seconds. */
const skew = (id: string): number => Math.abs(house.of(id).syncs.at(-1)?.skew_ms ?? Infinity) / 1000;
const inPhase = async (
  what: string,
  ids: readonly string[],
  since = ids.map((id) => house.of(id).syncs.length),
): Promise<void> =>
  until(
    what,
    () =>
      ids.every((id, index) => house.of(id).syncs.length > since[index]! + 4 && skew(id) < SETTLED_SECONDS),
    20_000,
  );

describe('two real players in one room', () => {
  it('find together when one joins the music of the other, without a word to change what plays there', async () => {
    await house.play('desk');
    const before = house.of('desk').commands.length;
    const { outcomes } = await house.client.send('room:group', { room_id: 'desk', player_ids: ['shelf'] });
    expect(outcomes).toEqual([{ player_id: 'shelf', outcome: 'applied', sync_class: 'steered' }]);
    await inPhase('both are in phase', ['desk', 'shelf']);
    expect(
      house
        .of('desk')
        .commands.slice(before)
        .map(({ type }) => type),
    ).toEqual(['follow']);
  });

  it('stay together when they are paused, go on, and jump', async () => {
    await house.client.send('room:pause', { room_id: 'desk' });
    await house.client.send('room:play', { room_id: 'desk' });
    await inPhase('they go on in phase', ['desk', 'shelf']);
    await house.client.send('room:seek', { room_id: 'desk', position_seconds: 2 });
    await inPhase('they have jumped in phase', ['desk', 'shelf']);
  });

  it('go on to the next track without being told to', async () => {
    const loads = (id: string): number => house.of(id).commands.filter(({ type }) => type === 'load').length;
    const before = [loads('desk'), loads('shelf')];
    await until('the second track plays', () => house.playback('desk').track?.title === 'One 2', 20_000);
    await inPhase('they are in phase in it', ['desk', 'shelf']);
    expect([loads('desk'), loads('shelf')]).toEqual(before);
  });

  it('go on elsewhere in phase, on players of another kind', async () => {
    const ahead = (): number => house.of('ideal').now() - house.of('desk').now();
    const moving = house.client.send('room:transfer', { room_id: 'desk', to_room_id: 'ideal' });
    await until('both rooms are heard at the same place', () => Math.abs(ahead()) < SETTLED_SECONDS);
    await moving;
    await until('it plays there', () => house.playback('ideal').state === 'playing');
    await until('both are silent', () =>
      ['desk', 'shelf'].every((id) => house.of(id).anchor?.status === 'stopped'),
    );
  });
});
