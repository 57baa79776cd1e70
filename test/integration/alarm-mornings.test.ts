import { describe, expect, it } from 'vitest';
import type { AlarmHouse } from '../fakes/alarm-house.js';
import { atSeven, houseOf, MINUTE, ringing } from './alarm-rig.js';

const HOUR = 60 * MINUTE;
const DOORBELL = { room_ids: ['a'], clip: { track_id: 'bell' }, volume: 0.9 };

const status = (house: AlarmHouse, name = 'a') => house.house.player(name).status;

/** The player has lost what it played, and is there again. */
async function backAgain(house: AlarmHouse, ...names: string[]): Promise<void> {
  for (const name of names) {
    house.house.player(name).ref = undefined;
    house.house.player(name).link('online');
  }
  await house.clock.advance(20_000);
}

/** The server is there again after a few seconds, and a player too. */
async function restarted(house: AlarmHouse): Promise<void> {
  house.restart(5_000);
  house.house.player('a').link('online');
  await house.clock.advance(5_000);
}

function setClock(house: AlarmHouse, by_ms: number): void {
  house.clock.set(house.clock.wallMs() + by_ms);
  house.wall.turned({ by_ms, trusted: true });
}

describe('[AL5] an alarm after snoozes that together are longer than it rings by itself', () => {
  it('rings as long as ever', async () => {
    const { house, id, ring } = await ringing({ stop_minutes: 10, snooze_minutes: 9 });
    for (let n = 0; n < 2; n++) {
      await house.ask('alarm:snooze', { alarm_id: id });
      await house.clock.advance(9 * MINUTE + 5_000);
    }
    await house.clock.advance(9 * MINUTE);
    expect([ring()?.state, status(house)]).toEqual(['ringing', 'playing']);
    await house.clock.advance(MINUTE);
    expect([ring(), house.alarm(id).last_message]).toEqual([undefined, 'Nobody stopped it']);
  });
  it('rings on after a restart', async () => {
    const { house, id, ring } = await ringing({ stop_minutes: 10, snooze_minutes: 15 });
    await house.ask('alarm:snooze', { alarm_id: id });
    await house.clock.advance(16 * MINUTE);
    await restarted(house);
    expect([ring()?.state, status(house)]).toEqual(['ringing', 'playing']);
  });
});

describe('[AL5] an alarm over a restart', () => {
  it('does not ring longer for it', async () => {
    const { house, id, ring } = await ringing({ stop_minutes: 10 });
    await house.clock.advance(8 * MINUTE);
    await restarted(house);
    await house.clock.advance(2 * MINUTE);
    expect([ring(), house.alarm(id).last_message]).toEqual([undefined, 'Nobody stopped it']);
  });
  it('rings on when the clock was set hours ahead before', async () => {
    const { house, ring } = await ringing();
    setClock(house, 3 * HOUR);
    await house.clock.advance(MINUTE);
    await restarted(house);
    expect([ring()?.state, status(house)]).toEqual(['ringing', 'playing']);
  });
  it('snoozes as long as it should when the clock was set hours ahead before', async () => {
    const { house, id, ring } = await ringing({ snooze_minutes: 9 });
    await house.ask('alarm:snooze', { alarm_id: id });
    setClock(house, 3 * HOUR);
    await house.clock.advance(2 * MINUTE);
    await restarted(house);
    await house.clock.advance(6 * MINUTE);
    expect(ring()?.state).toBe('snoozed');
    await house.clock.advance(MINUTE);
    expect(ring()?.state).toBe('ringing');
  });
});

describe('[AL4] an alarm all of whose players are away while it rings', () => {
  it.each([[['a']], [['a', 'b']]])('rings on when they are back after minutes: %s', async (names) => {
    const house = houseOf(...names);
    if (names.length > 1) await house.house.group('a', 'b');
    const id = await atSeven(house);
    await house.clock.advance(MINUTE + 10_000);
    for (const name of names) house.house.player(name).link('offline');
    await house.clock.advance(3 * MINUTE);
    expect(house.alarm(id).ring?.problem).toBe('No player of its room is connected');
    await backAgain(house, ...names);
    expect(house.alarm(id).ring).toMatchObject({ state: 'ringing', tone: false });
    expect(names.map((name) => status(house, name))).toEqual(names.map(() => 'playing'));
  });
  it('is over when somebody stops the room meanwhile', async () => {
    const { house, id, ring } = await ringing();
    house.house.player('a').link('offline');
    await house.clock.advance(20_000);
    await expect(house.house.command('stop', 'a')).rejects.toThrow();
    await house.clock.advance(2_000);
    expect([ring(), house.alarm(id).last_message]).toEqual([undefined, 'Stopped in its room']);
  });
  it('rings in a player that comes into the room instead', async () => {
    const house = houseOf('a', 'b');
    house.house.player('a').link('offline');
    const id = await atSeven(house);
    await house.clock.advance(2 * MINUTE);
    await house.house.group('a', 'b');
    await house.clock.advance(20_000);
    expect([house.alarm(id).ring?.state, status(house, 'b')]).toEqual(['ringing', 'playing']);
  });
});

describe('an announcement', () => {
  it('at the end of a snooze is heard to its end, and then it rings', async () => {
    const { house, id, ring } = await ringing();
    await house.ask('alarm:snooze', { alarm_id: id, minutes: 1 });
    await house.clock.advance(MINUTE - 2_000);
    await house.ask('room:announce', DOORBELL);
    await house.clock.advance(5_000);
    expect([ring()?.state, house.house.player('a').title]).toEqual(['ringing', undefined]);
    house.house.player('a').finish();
    await house.clock.advance(5_000);
    expect([status(house), house.house.current('a')]).toEqual(['playing', 'morning']);
    expect(house.volume('a')).toBeLessThan(0.2);
  });
  it.each(['alarm:stop', 'alarm:snooze'] as const)(
    'over an alarm does not bring its music back after %s',
    async (command) => {
      const { house, id } = await ringing();
      await house.ask('room:announce', DOORBELL);
      await house.clock.advance(1_000);
      await house.ask(command, { alarm_id: id });
      await house.clock.advance(5_000);
      house.house.player('a').finish();
      await house.clock.advance(5_000);
      expect([house.house.room('a').kept.intent, status(house)]).toEqual(['paused', 'paused']);
      expect(house.volume('a')).toBe(0.5);
    },
  );
});

describe('several hands at one moment', () => {
  it('stop an alarm once, and who wants to snooze then hears that it is over', async () => {
    const { house, id, ring } = await ringing();
    const all = await Promise.allSettled([
      house.ask('alarm:stop', { alarm_id: id }),
      house.house.command('pause', 'a'),
      house.ask('alarm:stop', { alarm_id: id }),
      house.ask('alarm:snooze', { alarm_id: id }),
    ]);
    await house.clock.advance(20 * MINUTE);
    expect(all.map((one) => one.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect([ring(), status(house)]).toEqual([undefined, 'paused']);
  });
  it('snooze it and pause the room: it rings again', async () => {
    const { house, id, ring } = await ringing();
    await Promise.all([house.ask('alarm:snooze', { alarm_id: id }), house.house.command('pause', 'a')]);
    await house.clock.advance(5_000);
    expect(ring()?.state).toBe('snoozed');
    await house.clock.advance(9 * MINUTE);
    expect([ring()?.state, status(house)]).toEqual(['ringing', 'playing']);
  });
});

describe('a room that changes while an alarm rings', () => {
  it('is renamed and joined, and its own player leaves: it rings on', async () => {
    const house = houseOf('a', 'b');
    const id = await atSeven(house);
    await house.clock.advance(MINUTE + 3_000);
    await house.ask('room:rename', { room_id: 'a', name: 'Bedroom' });
    await house.house.group('a', 'b');
    await house.clock.advance(5_000);
    await house.house.ungroup('a', 'a');
    await house.clock.advance(5_000);
    expect([house.alarm(id).ring?.state, status(house, 'b')]).toEqual(['ringing', 'playing']);
  });
  it.each([
    ['loses its only player', (house: AlarmHouse) => house.house.group('b', 'a')],
    ['gives its music to another one', (house: AlarmHouse) => house.house.transfer('a', 'b')],
  ] as const)('%s: it is over, and both are as loud as before', async (_what, change) => {
    const house = houseOf('a', 'b');
    house.house.player('a').turn({ volume: 0.2 });
    house.house.player('b').turn({ volume: 0.6 });
    const id = await atSeven(house, { volume: 0.5, fade_seconds: 5 });
    await house.clock.advance(2 * MINUTE);
    await change(house);
    await house.clock.advance(10_000);
    expect([house.alarm(id).ring, house.alarm(id).last_result]).toEqual([undefined, 'rang']);
    expect([house.volume('a'), house.volume('b')]).toEqual([0.2, 0.6]);
  });
  it.each([
    ['when it is due', false],
    ['while it snoozes', true],
  ] as const)('is gone: that is told, %s', async (_when, snoozes) => {
    const house = houseOf('a', 'b');
    const id = await atSeven(house);
    if (snoozes) {
      await house.clock.advance(2 * MINUTE);
      await house.ask('alarm:snooze', { alarm_id: id });
    }
    await house.house.group('b', 'a');
    await house.house.command('remove', 'a');
    await house.clock.advance(20 * MINUTE);
    expect(house.alarm(id)).toMatchObject({ last_result: 'failed', last_message: 'Its room is gone' });
    expect(house.notices.map(({ message }) => message)).toEqual([expect.stringMatching(/room is gone/)]);
  });
  it('is another one by then, because somebody changed the alarm: it is stopped where it rings', async () => {
    const house = houseOf('a', 'b');
    house.house.player('a').turn({ volume: 0.2 });
    const id = await atSeven(house, { volume: 0.5, fade_seconds: 5, days: ['fri', 'sat'] });
    await house.clock.advance(2 * MINUTE);
    await house.ask('alarm:set', { alarm_id: id, room_id: 'b', time: '08:00' });
    await house.clock.advance(5_000);
    expect(house.volume('a')).toBe(0.5);
    await house.ask('alarm:stop', { alarm_id: id });
    await house.clock.advance(5_000);
    expect([house.volume('a'), status(house)]).toEqual([0.2, 'paused']);
  });
});

describe('alarms that meet', () => {
  it('at one minute in two rooms of one group ring each in its own, and both are as loud as before', async () => {
    const house = houseOf('a', 'b');
    house.house.player('a').turn({ volume: 0.2 });
    house.house.player('b').turn({ volume: 0.6 });
    await house.house.group('a', 'b');
    const fade = { from_volume: 0.1, fade_seconds: 30 };
    const one = await atSeven(house, { ...fade, volume: 0.5 });
    const noon = { track_ids: ['noon'] };
    const other = await atSeven(house, { ...fade, volume: 0.4, room_id: 'b', source: noon });
    await house.clock.advance(2 * MINUTE);
    expect([house.house.current('a'), house.house.current('b')]).toEqual(['morning', 'noon']);
    expect([status(house), status(house, 'b')]).toEqual(['playing', 'playing']);
    expect([house.volume('a'), house.volume('b')]).toEqual([0.5, 0.4]);
    for (const alarm_id of [one, other]) await house.ask('alarm:stop', { alarm_id });
    await house.clock.advance(5_000);
    expect([house.volume('a'), house.volume('b')]).toEqual([0.2, 0.6]);
  });
  it('a test gives way to the alarm itself', async () => {
    const house = houseOf();
    house.house.player('a').turn({ volume: 0.2 });
    const id = await atSeven(house, { volume: 0.5, fade_seconds: 5 });
    await house.clock.advance(30_000);
    await house.ask('alarm:test', { alarm_id: id });
    await house.clock.advance(3 * MINUTE);
    expect(house.alarm(id).ring).toMatchObject({ state: 'ringing', test: false });
    await house.ask('alarm:stop', { alarm_id: id });
    await house.clock.advance(3_000);
    expect(house.volume('a')).toBe(0.2);
  });
  it.each([0, 100, 400, 600, 1_000])(
    'a sleep timer that ends %i ms after its minute does not pause it',
    async (ms) => {
      const house = houseOf();
      await house.house.queue('a', 'one two');
      house.set('2026-11-20T06:59:00');
      const id = await atSeven(house);
      await house.clock.advance(ms);
      await house.ask('sleep:set', { room_id: 'a', minutes: 1, fade_seconds: 10 });
      await house.clock.advance(2 * MINUTE);
      expect([house.alarm(id).ring?.state, status(house)]).toEqual(['ringing', 'playing']);
    },
  );
});

describe('[AL1] what was last in the queue', () => {
  it.each([
    [
      'a track that is paused in its middle',
      'yesterday',
      (house: AlarmHouse) => house.house.command('pause', 'a'),
    ],
    ['a radio that plays', 'radio', () => undefined],
    ['a queue that is over', 'yesterday', (house: AlarmHouse) => house.house.player('a').finish()],
  ] as const)('is %s', async (_what, title, then) => {
    const house = houseOf();
    await house.house.queue('a', title);
    await house.clock.advance(20_000);
    await then(house);
    await house.clock.advance(1_000);
    house.set('2026-11-20T06:59:00');
    const id = await atSeven(house, { source: { last: true } });
    await house.clock.advance(MINUTE + 20_000);
    expect([house.alarm(id).ring?.tone, house.house.current('a'), status(house)]).toEqual([
      false,
      title,
      'playing',
    ]);
    await house.ask('alarm:stop', { alarm_id: id });
    await house.clock.advance(3_000);
    expect(status(house)).not.toBe('playing');
  });
});
