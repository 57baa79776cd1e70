import { afterEach, describe, expect, it } from 'vitest';
import type { CommandInput } from '../../src/protocol/index.js';
import { AlarmHouse } from '../fakes/alarm-house.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const houses: AlarmHouse[] = [];
afterEach(() => {
  for (const house of houses.splice(0)) house.close();
});

/** An alarm for seven on Friday the 20th, a minute from now. */
async function atSeven(more: Omit<CommandInput<'alarm:set'>, 'alarm_id'> = {}) {
  const house = new AlarmHouse(['a']);
  houses.push(house);
  house.set('2026-11-20T06:59:00');
  const source = { track_ids: ['morning', 'noon'] };
  const { alarm } = await house.ask('alarm:set', { room_id: 'a', time: '07:00', source, ...more });
  const messages = (): string[] => house.notices.map(({ message }) => message);
  return { house, id: alarm.alarm_id, messages };
}

const MISSED =
  'Alarm of 07:00 did not ring on Friday 20 November in a: the server was off, or its clock was set, and 3 hours is too late.';

/** The server was off from before seven until ten. */
async function missed(more: Omit<CommandInput<'alarm:set'>, 'alarm_id'> = {}) {
  const all = await atSeven(more);
  all.house.restart(3 * HOUR + MINUTE);
  all.house.house.player('a').link('online');
  await all.house.clock.advance(1_000);
  return all;
}

describe('[AL7] an alarm that did not ring', () => {
  it('is a notice with day, room and reason, also after another restart', async () => {
    const { house, messages } = await missed({ days: ['fri', 'sat'] });
    expect(house.notices).toEqual([{ level: 'warning', message: MISSED }]);
    house.restart(MINUTE);
    expect(messages()).toEqual([MISSED]);
  });
  it('says by name which, and how often', async () => {
    const { house, messages } = await atSeven({ name: 'School', days: ['fri', 'sat', 'sun'] });
    house.restart(51 * HOUR + MINUTE);
    await house.clock.advance(1_000);
    expect(messages()[0]).toMatch(
      /^Alarm of 07:00 \(School\) did not ring 3 times, last on Sunday 22 November in a: /,
    );
  });
  it('is told until somebody dismisses it, and what the alarm says of itself stays', async () => {
    const { house, id } = await missed();
    await house.ask('alarm:dismiss', { alarm_id: id });
    expect(house.notices).toEqual([]);
    house.restart(MINUTE);
    expect([house.notices, house.alarm(id).last_result]).toEqual([[], 'missed']);
    await house.ask('alarm:dismiss', { alarm_id: id });
  });
  it.each([
    ['changes', (house: AlarmHouse, alarm_id: string) => house.ask('alarm:set', { alarm_id, volume: 0.5 })],
    [
      'turns off',
      (house: AlarmHouse, alarm_id: string) => house.ask('alarm:set', { alarm_id, enabled: false }),
    ],
    ['removes', (house: AlarmHouse, alarm_id: string) => house.ask('alarm:remove', { alarm_id })],
  ] as const)('is told until somebody %s it', async (_name, command) => {
    const { house, id } = await missed({ days: ['fri', 'sat'] });
    await command(house, id);
    expect(house.notices).toEqual([]);
  });
  it('is told until it rings, and not only because it is left out', async () => {
    const { house, id, messages } = await missed({ days: ['fri', 'sat', 'sun'] });
    await house.ask('alarm:skip', { alarm_id: id });
    house.set('2026-11-21T07:00:10');
    await house.clock.advance(16_000);
    expect([house.alarm(id).last_result, messages()]).toEqual(['skipped', [MISSED]]);
    house.set('2026-11-22T06:59:58');
    await house.clock.advance(16_000);
    expect([house.alarm(id).ring?.state, messages()]).toEqual(['ringing', []]);
  });
  it('because the clock was wrongly ahead is told no more when the clock is right', async () => {
    const { house } = await atSeven();
    house.set('2026-11-22T06:59:00');
    await house.clock.advance(15_000);
    expect(house.notices).toHaveLength(1);
    house.set('2026-11-20T06:59:00');
    await house.clock.advance(15_000);
    expect(house.notices).toEqual([]);
  });
});

describe('[AL7] an alarm that rang', () => {
  it('in time, or late, is no notice', async () => {
    const { house, id } = await atSeven();
    house.restart(20 * MINUTE);
    house.house.player('a').link('online');
    await house.clock.advance(5_000);
    expect([house.alarm(id).last_result, house.notices]).toEqual(['made_up', []]);
    await house.ask('alarm:stop', { alarm_id: id });
    expect(house.notices).toEqual([]);
  });
  it('and was heard by nobody is an error with its reason', async () => {
    const { house, id, messages } = await atSeven({ stop_minutes: 2 });
    house.refuses.add('queue:add');
    await house.clock.advance(4 * MINUTE);
    expect([house.alarm(id).last_result, house.notices[0]?.level]).toEqual(['failed', 'error']);
    expect(messages()).toEqual(['Alarm of 07:00 failed on Friday 20 November in a: somebody else is at it.']);
  });
  it('in a room that is gone says so', async () => {
    const { house, messages } = await atSeven();
    await house.clock.advance(MINUTE + 3_000);
    house.house.store.commit({ type: 'player/removed', player_id: 'a', at_us: 0 });
    house.house.store.commit({ type: 'room/removed', room_id: 'a' });
    await house.clock.advance(3_000);
    expect(messages()).toEqual(['Alarm of 07:00 failed on Friday 20 November: its room is gone.']);
  });
  it('until the server went off, for longer than it would have rung, was cut short', async () => {
    const { house, messages } = await atSeven({ days: ['fri'] });
    await house.clock.advance(MINUTE + 3_000);
    house.restart(6 * HOUR);
    await house.clock.advance(5_000);
    expect(messages()).toEqual([
      'Alarm of 07:00 was cut short on Friday 20 November in a: the server was off while it rang.',
    ]);
  });
  it('only as a test leaves none, whatever comes of it', async () => {
    const { house, id } = await atSeven();
    house.refuses.add('queue:add');
    await house.ask('alarm:test', { alarm_id: id });
    house.restart(6 * HOUR - MINUTE);
    await house.clock.advance(5_000);
    const fresh = house.notices.filter(({ message }) => !message.includes('did not ring'));
    expect(fresh).toEqual([]);
  });
});

it('[AL7] is told to the house, and to nobody who may not have the topic of alarms', async () => {
  const { house } = await missed({ name: 'School' });
  const told = house.events.filter((event) => JSON.stringify(event).includes('School'));
  expect(told.map(({ type }) => type)).toEqual(expect.arrayContaining(['alarm:updated', 'notification']));
  expect(told.filter(({ topic, audience }) => topic !== 'alarms' && audience?.access !== 'house')).toEqual(
    [],
  );
});

it('[AL7] dismissing what is not there is refused', async () => {
  const { house } = await atSeven();
  await expect(house.ask('alarm:dismiss', { alarm_id: 'gone' })).rejects.toThrow('ERR_NOT_FOUND');
});
