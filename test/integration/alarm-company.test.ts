import { describe, expect, it } from 'vitest';
import type { AlarmHouse } from '../fakes/alarm-house.js';
import { atSeven, houseOf, MINUTE, ringing } from './alarm-rig.js';

describe('[AL6] an alarm that falls due where another one rings', () => {
  it.each([
    ['rings', '07:00', 0],
    ['began to ring a while ago', '07:05', 0],
    ['was sent back to sleep', '07:05', 10],
  ] as const)(
    'takes its place, and the room is in the end as loud as before both: the other %s',
    async (...how) => {
      const [, time, minutes] = how;
      const house = houseOf();
      house.house.player('a').turn({ volume: 0.2 });
      const first = await atSeven(house, { from_volume: 0.1, volume: 0.8, fade_seconds: 5 });
      const source = { track_ids: ['noon'] };
      const second = await atSeven(house, { time, from_volume: 0.1, volume: 0.6, fade_seconds: 5, source });
      await house.clock.advance(MINUTE + 30_000);
      if (minutes > 0) await house.ask('alarm:snooze', { alarm_id: first, minutes });
      await house.clock.advance(5 * MINUTE);
      expect([house.alarm(first).ring, house.alarm(first).last_message]).toEqual([
        undefined,
        'Another one rang in its room',
      ]);
      expect([house.house.titles('a'), house.volume('a')]).toEqual(['noon', 0.6]);
      await house.ask('alarm:stop', { alarm_id: second });
      await house.clock.advance(5_000);
      expect([house.house.room('a').kept.intent, house.volume('a')]).toEqual(['paused', 0.2]);
    },
  );
  it('leaves the room as loud as somebody wanted it before', async () => {
    const house = houseOf();
    house.house.player('a').turn({ volume: 0.2 });
    await atSeven(house, { volume: 0.8, fade_seconds: 5 });
    const second = await atSeven(house, { time: '07:05', volume: 0.6, fade_seconds: 5 });
    await house.clock.advance(2 * MINUTE);
    house.house.player('a').turn({ volume: 0.4 });
    await house.clock.advance(6 * MINUTE);
    await house.ask('alarm:stop', { alarm_id: second });
    await house.clock.advance(5_000);
    expect(house.volume('a')).toBe(0.4);
  });
});

describe('[AL4] a player that comes or goes while it grows louder', () => {
  const fade = { from_volume: 0.1, volume: 0.6, fade_seconds: 60 };
  async function grown(...names: string[]): Promise<{ house: AlarmHouse; id: string }> {
    const house = houseOf(...names);
    house.house.player('a').turn({ volume: 0.3 });
    if (names.length > 1) {
      house.house.player('b').turn({ volume: 0.9 });
      await house.house.group('a', 'b');
    }
    const id = await atSeven(house, fade);
    await house.clock.advance(MINUTE + 10_000);
    return { house, id };
  }
  it('has not turned the knob: the one that is left rings as loud as it should', async () => {
    const { house } = await grown('a', 'b');
    house.house.player('b').link('offline');
    await house.clock.advance(80_000);
    expect(house.volume('a')).toBeCloseTo(0.6, 2);
  });
  it('has not turned the knob where it is back with a volume of its own', async () => {
    const { house, id } = await grown('a', 'b');
    const player = house.house.player('b');
    player.link('offline');
    await house.clock.advance(10_000);
    player.link('connecting');
    await house.clock.advance(2_000);
    player.link('online');
    player.turn({ volume: 0.9 });
    await house.clock.advance(70_000);
    expect(house.house.room('a').kept.volume).toBeCloseTo(0.6, 2);
    await house.ask('alarm:stop', { alarm_id: id });
    await house.clock.advance(5_000);
    expect(house.house.room('a').kept.volume).toBeCloseTo(0.6, 2);
  });
  it('comes back as quiet as the others are by then, when it was the only one', async () => {
    const { house } = await grown('a');
    const player = house.house.player('a');
    player.link('offline');
    await house.clock.advance(5_000);
    player.link('online');
    player.turn({ volume: 1 });
    await house.clock.advance(5_000);
    expect(house.volume('a')).toBeLessThan(0.5);
    await house.clock.advance(80_000);
    expect(house.volume('a')).toBeCloseTo(0.6, 2);
  });
  it('leaves the knob to who turned it before', async () => {
    const { house } = await grown('a', 'b');
    await house.ask('room:volume', { room_id: 'a', volume: 0.4 });
    await house.clock.advance(2_000);
    house.house.player('b').link('offline');
    await house.clock.advance(80_000);
    expect(house.volume('a')).toBeLessThan(0.2);
  });
});

describe('[AL4] a room whose players are elsewhere', () => {
  it('gets those back that are at home in it', async () => {
    const house = houseOf('a', 'b');
    await house.house.queue('b', 'party');
    await house.house.group('b', 'a');
    expect(house.house.room('a').kept.player_ids).toEqual([]);
    await atSeven(house);
    await house.clock.advance(MINUTE + 5_000);
    expect(house.house.room('a').kept.player_ids).toEqual(['a']);
    expect([house.house.current('a'), house.house.player('a').status]).toEqual(['morning', 'playing']);
    expect(house.house.current('b')).toBe('party');
  });
  it('gets them back also after a snooze in which they went', async () => {
    const { house, id } = await ringing({}, 'a', 'b');
    await house.ask('alarm:snooze', { alarm_id: id, minutes: 5 });
    await house.house.group('b', 'a');
    expect(house.house.room('a').kept.player_ids).toEqual([]);
    await house.clock.advance(5 * MINUTE + 5_000);
    expect(house.alarm(id).ring).toMatchObject({ state: 'ringing', tone: false });
    expect([house.house.current('a'), house.house.player('a').status]).toEqual(['morning', 'playing']);
  });
  it.each([
    ['at its time', 0],
    ['after a snooze', 5],
  ] as const)('asks for them again when they are not given at once: %s', async (_when, minutes) => {
    const house = houseOf('a', 'b');
    const id = await atSeven(house);
    await house.clock.advance(minutes > 0 ? MINUTE + 10_000 : 0);
    if (minutes > 0) await house.ask('alarm:snooze', { alarm_id: id, minutes });
    await house.house.group('b', 'a');
    house.refuses.add('room:group');
    await house.clock.advance((1 + minutes) * MINUTE + 5_000);
    expect(house.house.player('a').status).toBe('stopped');
    house.refuses.clear();
    await house.clock.advance(15_000);
    expect(house.alarm(id).ring?.state).toBe('ringing');
    expect(house.house.player('a').status).toBe('playing');
  });
});
