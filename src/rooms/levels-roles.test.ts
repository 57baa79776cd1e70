import { afterEach, describe, expect, it } from 'vitest';
import type { Caller, Outcome } from '../protocol/index.js';
import { LevelHouse } from '../../test/fakes/level-house.js';
import { LimitsOfRoles } from './levels-roles.js';

const admin: Caller = { connection_id: 'a', role: 'admin' };
const child: Caller = { connection_id: 'c', role: 'user', subject_id: 'u' };
let house: LevelHouse;
afterEach(() => house.rooms.close());

async function turn(volume: number, caller: Caller): Promise<readonly Outcome[]> {
  const reply = await house.rooms.handlers['room:volume']({ room_id: 'r', volume }, caller);
  return reply.outcomes;
}

describe('[VL5] the limit of a role', () => {
  it('holds those of the role, and says so', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.2);
    await house.rooms.handlers['house:limits']({ user: 0.4 }, admin);
    const outcomes = await turn(0.9, child);
    expect([house.volumes, outcomes[0]?.reason]).toEqual([
      [0.4],
      'held at 40 % by the limit of who turns it',
    ]);
    await turn(0.9, admin);
    expect(house.volumes).toEqual([0.9]);
  });
  it('lets them turn down what somebody else turned louder', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.8);
    await house.rooms.handlers['house:limits']({ user: 0.4 }, admin);
    await turn(0.9, child);
    expect(house.volumes).toEqual([0.8]);
    await turn(0.6, child);
    expect(house.volumes).toEqual([0.6]);
  });
  it('holds every member of a shared room, and single players', async () => {
    house = new LevelHouse({ r: ['a', 'b'] }, 0.2);
    await house.rooms.handlers['house:limits']({ user: 0.4 }, admin);
    await turn(1, child);
    expect(house.volumes).toEqual([0.4, 0.4]);
    await house.rooms.handlers['player:volume']({ player_id: 'b', volume: 1 }, child);
    expect(house.volumes).toEqual([0.4, 0.4]);
  });
  it('leaves a knob at the loudspeaker alone: nobody knows whose hand it is', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.2);
    await house.rooms.handlers['house:limits']({ user: 0.4, device: 0.4 }, admin);
    house.turn('a', 0.9);
    await house.clock.advance(1_000);
    expect(house.volumes).toEqual([0.9]);
  });
  it('is lower in quiet hours', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.1);
    const quiet_hours = { from: '22:00', to: '07:00', limit: 0.6 };
    await house.rooms.handlers['room:limits']({ room_id: 'r', quiet_hours }, admin);
    await house.rooms.handlers['house:limits']({ user: 0.4, user_quiet: 0.2 }, admin);
    await turn(1, child);
    expect(house.volumes).toEqual([0.4]);
    house.minute = 23 * 60;
    await turn(0.1, child);
    const outcomes = await turn(1, child);
    expect([house.volumes, outcomes[0]?.reason]).toEqual([
      [0.2],
      'held at 20 % by the limit of who turns it',
    ]);
    await turn(1, admin);
    expect(house.volumes).toEqual([0.6]);
  });
  it('never lets them turn louder in quiet hours than at other times', () => {
    const limits = new LimitsOfRoles();
    limits.set({ device: 0.3, device_quiet: 0.5 });
    expect([limits.of('device', true), limits.of('user', true), limits.of('admin', true)]).toEqual([
      0.3, 1, 1,
    ]);
  });
  it('is told to everybody', async () => {
    house = new LevelHouse({ r: ['a'] });
    await house.rooms.handlers['house:limits']({ user: 0.4 }, admin);
    const all = { user: 0.4, device: 1, user_quiet: 1, device_quiet: 1 };
    expect(house.events.findLast(({ topic }) => topic === 'system')?.data).toMatchObject({
      role_limits: all,
    });
    expect(house.store.state.system.role_limits).toEqual(all);
  });
  it('is kept, and what is not named stays', () => {
    house = new LevelHouse({ r: ['a'] });
    let text: string | undefined;
    const kept = { read: () => text, write: (next: string) => void (text = next) };
    new LimitsOfRoles(kept).set({ user: 0.5 });
    new LimitsOfRoles(kept).set({ device: 0.7, user_quiet: 0.2 });
    expect(new LimitsOfRoles(kept).all).toEqual({ user: 0.5, device: 0.7, user_quiet: 0.2, device_quiet: 1 });
    text = '{"user":0.5,"device":0.7}';
    expect(new LimitsOfRoles(kept).all).toEqual({ user: 0.5, device: 0.7, user_quiet: 1, device_quiet: 1 });
    text = 'torn';
    expect(new LimitsOfRoles(kept).of('user', true)).toBe(1);
  });
});
