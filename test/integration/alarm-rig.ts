import { afterEach } from 'vitest';
import type { Alarm, CommandInput } from '../../src/protocol/index.js';
import { AlarmHouse } from '../fakes/alarm-house.js';

export const MINUTE = 60_000;

const houses: AlarmHouse[] = [];
afterEach(() => {
  for (const house of houses.splice(0)) house.close();
});

/** Closed after the test. It is a minute to seven. */
export function houseOf(...names: string[]): AlarmHouse {
  const house = new AlarmHouse(names.length > 0 ? names : ['a']);
  houses.push(house);
  house.set('2026-11-20T06:59:00');
  return house;
}

/** An alarm for seven, a minute from now. */
export async function atSeven(
  house: AlarmHouse,
  more: Omit<CommandInput<'alarm:set'>, 'alarm_id'> = {},
): Promise<string> {
  const source = { track_ids: ['morning', 'noon'] };
  const { alarm } = await house.ask('alarm:set', { room_id: 'a', time: '07:00', source, ...more });
  return alarm.alarm_id;
}

/** It rings, and is heard. */
export async function ringing(more: Omit<CommandInput<'alarm:set'>, 'alarm_id'> = {}, ...names: string[]) {
  const house = houseOf(...names);
  const id = await atSeven(house, more);
  await house.clock.advance(MINUTE + 3_000);
  return { house, id, ring: (): Alarm['ring'] => house.alarm(id).ring };
}
