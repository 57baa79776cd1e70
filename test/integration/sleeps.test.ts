import { afterEach, describe, expect, it } from 'vitest';
import { AlarmHouse } from '../fakes/alarm-house.js';

const MINUTE = 60_000;
const houses: AlarmHouse[] = [];
afterEach(() => {
  for (const house of houses.splice(0)) house.close();
});

/** A room that plays, at half volume. */
async function playing(titles = 'one two', ...names: string[]): Promise<AlarmHouse> {
  const house = new AlarmHouse(names.length > 0 ? names : ['a']);
  houses.push(house);
  house.house.player('a').turn({ volume: 0.5 });
  await house.house.queue('a', titles);
  return house;
}

describe('[SL1] a sleep timer', () => {
  it('ends in a pause where the music is, with the volume as it was', async () => {
    const house = await playing();
    await house.ask('sleep:set', { room_id: 'a', minutes: 1, fade_seconds: 20 });
    await house.clock.advance(MINUTE - 5_000);
    expect(house.sleep('a')).toMatchObject({ until: 'time', fading: true });
    expect(house.volume('a')).toBeGreaterThan(0.05);
    expect(house.volume('a')).toBeLessThan(0.2);
    await house.clock.advance(10_000);
    expect(house.sleep('a')).toBeUndefined();
    expect(house.house.room('a').kept).toMatchObject({ intent: 'paused' });
    expect(house.house.room('a').kept.position_seconds).toBeGreaterThan(55);
    expect(house.volume('a')).toBe(0.5);
  });
  it('tells its end as a moment of the server clock', async () => {
    const house = await playing();
    const before = house.clock.nowUs();
    const { sleep } = await house.ask('sleep:set', { room_id: 'a', minutes: 30 });
    expect((sleep.ends_at_us ?? 0) - before).toBeCloseTo(30 * 60e6, -6);
  });
  it.each([
    ['track', 'one two', 'one'],
    ['queue', 'one two', 'two'],
  ] as const)('ends with the %s', async (until, titles, last) => {
    const house = await playing(titles);
    await house.ask('sleep:set', { room_id: 'a', until, fade_seconds: 5 });
    await house.clock.advance(99_000);
    if (until === 'queue') {
      expect(house.sleep('a')?.ends_at_us).toBeUndefined();
      await house.clock.advance(800);
      house.house.player('a').finish();
      await house.clock.advance(99_000);
    }
    await house.clock.advance(3_000);
    expect([house.house.room('a').kept.intent, house.house.current('a')]).toEqual(['paused', last]);
    expect(house.volume('a')).toBe(0.5);
  });
  it('goes with the track to the end of another one when somebody skips', async () => {
    const house = await playing();
    await house.ask('sleep:set', { room_id: 'a', until: 'track' });
    await house.clock.advance(10_000);
    await house.house.command('next', 'a');
    await house.clock.advance(60_000);
    expect(house.house.room('a').kept.intent).toBe('playing');
    await house.clock.advance(45_000);
    expect([house.house.room('a').kept.intent, house.house.current('a')]).toEqual(['paused', 'two']);
  });
  it('is changed and cancelled, and then the volume is as it was', async () => {
    const house = await playing();
    await house.ask('sleep:set', { room_id: 'a', minutes: 1, fade_seconds: 30 });
    await house.clock.advance(50_000);
    expect(house.volume('a')).toBeLessThan(0.3);
    await house.ask('sleep:set', { room_id: 'a', minutes: 10, fade_seconds: 30 });
    await house.clock.advance(2_000);
    expect(house.volume('a')).toBe(0.5);
    await house.ask('sleep:cancel', { room_id: 'a' });
    await house.clock.advance(15 * MINUTE);
    expect(house.sleep('a')).toBeUndefined();
    await expect(house.ask('sleep:cancel', { room_id: 'a' })).rejects.toThrow(/ERR_NOT_FOUND/);
  });
  it('fades from where somebody turns the knob, and leaves it there', async () => {
    const house = await playing();
    await house.ask('sleep:set', { room_id: 'a', minutes: 1, fade_seconds: 30 });
    await house.clock.advance(45_000);
    house.house.player('a').turn({ volume: 0.8 });
    await house.clock.advance(5_000);
    expect(house.volume('a')).toBeGreaterThan(0.4);
    await house.clock.advance(15_000);
    expect(house.house.room('a').kept.intent).toBe('paused');
    expect(house.volume('a')).toBe(0.8);
  });
  it('survives a restart in the middle of its fade', async () => {
    const house = await playing();
    await house.ask('sleep:set', { room_id: 'a', minutes: 1, fade_seconds: 30 });
    await house.clock.advance(45_000);
    house.restart(5_000);
    house.house.player('a').link('online');
    await house.clock.advance(30_000);
    expect(house.house.room('a').kept.intent).toBe('paused');
    expect(house.volume('a')).toBe(0.5);
  });
  it('is not longer after a restart with a clock that is a day behind', async () => {
    const house = await playing();
    await house.ask('sleep:set', { room_id: 'a', minutes: 5, fade_seconds: 5 });
    house.restart(-24 * 60 * MINUTE);
    house.house.player('a').link('online');
    await house.clock.advance(5 * MINUTE + 3_000);
    expect([house.sleep('a'), house.house.room('a').kept.intent]).toEqual([undefined, 'paused']);
  });
  it('that ran out while the server was off ends at its start', async () => {
    const house = await playing();
    await house.ask('sleep:set', { room_id: 'a', minutes: 5 });
    house.restart(10 * MINUTE);
    house.house.player('a').link('online');
    await house.clock.advance(5_000);
    expect(house.sleep('a')).toBeUndefined();
    expect(house.house.room('a').kept.intent).not.toBe('playing');
  });
  it('is not moved by a wall clock that is set', async () => {
    const house = await playing();
    await house.ask('sleep:set', { room_id: 'a', minutes: 5 });
    house.clock.set(house.clock.wallMs() + 100 * 24 * 3_600_000);
    await house.clock.advance(MINUTE);
    expect(house.sleep('a')?.until).toBe('time');
  });
  it('is as long as it was when the wall clock is set and the server restarted then', async () => {
    const house = await playing();
    await house.ask('sleep:set', { room_id: 'a', minutes: 60 });
    const by_ms = 180 * MINUTE;
    house.clock.set(house.clock.wallMs() + by_ms);
    house.wall.turned({ by_ms, trusted: true });
    house.restart(MINUTE);
    house.house.player('a').link('online');
    await house.clock.advance(58 * MINUTE);
    expect([house.sleep('a')?.until, house.house.room('a').kept.intent]).toEqual(['time', 'playing']);
    await house.clock.advance(2 * MINUTE);
    expect([house.sleep('a'), house.house.room('a').kept.intent]).toEqual([undefined, 'paused']);
  });
  it('lets a player fall silent that was away at its end, and is quiet until then', async () => {
    const house = await playing();
    const player = house.house.player('a');
    await house.ask('sleep:set', { room_id: 'a', minutes: 1, fade_seconds: 20 });
    await house.clock.advance(MINUTE - 5_000);
    const faded = house.volume('a');
    player.link('offline');
    await house.clock.advance(20_000);
    const { length } = player.sent;
    player.link('online');
    player.stand('playing', 75);
    await house.clock.advance(500);
    expect(house.volume('a')).toBeLessThanOrEqual(faded);
    await house.clock.advance(5_000);
    expect([player.status, house.volume('a'), house.sleep('a')]).toEqual(['paused', 0.5, undefined]);
    const told = player.sent.slice(length).map(({ type }) => type);
    expect(told.filter((type) => type !== 'preload')).toEqual(['pause', 'volume']);
  });
  it('gives way to an alarm', async () => {
    const house = await playing();
    house.set('2026-11-20T06:59:00');
    await house.ask('sleep:set', { room_id: 'a', minutes: 2 });
    await house.ask('alarm:set', { room_id: 'a', time: '07:00', source: { track_ids: ['wake'] } });
    await house.clock.advance(MINUTE + 2_000);
    expect(house.sleep('a')).toBeUndefined();
  });
  it.each([
    ['in its fade', 2],
    ['that ends in the same minute', 1],
  ] as const)(
    '%s leaves the volume to an alarm, which gives back what was before both',
    async (_name, minutes) => {
      const house = await playing();
      house.set('2026-11-20T06:59:00');
      await house.ask('sleep:set', { room_id: 'a', minutes, fade_seconds: 100 });
      const source = { track_ids: ['wake'] };
      const morning = {
        room_id: 'a',
        time: '07:00',
        source,
        from_volume: 0.1,
        volume: 0.3,
        fade_seconds: 30,
      };
      const { alarm } = await house.ask('alarm:set', morning);
      await house.clock.advance(MINUTE - 500);
      const { sent } = house.house.player('a');
      const before = sent.length;
      await house.clock.advance(40_000);
      const told = sent.slice(before).flatMap((one) => (one.type === 'volume' ? [one.volume] : []));
      expect(Math.max(...told)).toBe(0.3);
      expect([house.house.room('a').kept.intent, house.volume('a')]).toEqual(['playing', 0.3]);
      await house.ask('alarm:stop', { alarm_id: alarm.alarm_id });
      await house.clock.advance(5_000);
      expect([house.house.room('a').kept.intent, house.volume('a')]).toEqual(['paused', 0.5]);
    },
  );
  it('gives the volume back also when one of its players goes while it fades', async () => {
    const house = await playing('one two', 'a', 'b');
    house.house.player('b').turn({ volume: 0.9 });
    await house.house.group('a', 'b');
    await house.ask('sleep:set', { room_id: 'a', minutes: 1, fade_seconds: 30 });
    await house.clock.advance(45_000);
    house.house.player('b').link('offline');
    await house.clock.advance(25_000);
    expect([house.house.room('a').kept.intent, house.volume('a')]).toEqual(['paused', 0.5]);
    house.house.player('b').link('online');
    await house.clock.advance(1_000);
    expect(house.volume('b')).toBe(0.9);
  });
  it('wants minutes or an end, and a room that is there', async () => {
    const house = await playing();
    await expect(house.ask('sleep:set', { room_id: 'a' })).rejects.toThrow(/ERR_INVALID/);
    await expect(house.ask('sleep:set', { room_id: 'x', minutes: 1 })).rejects.toThrow(/ERR_ROOM_NOT_FOUND/);
  });
});

describe('[BK4] a sleep timer on a disk that refuses', () => {
  it('fades, falls silent and goes; the disk forgets it when it takes things again', async () => {
    const house = await playing();
    await house.ask('sleep:set', { room_id: 'a', minutes: 10 });
    house.db.exec('PRAGMA query_only=on');
    await house.ask('sleep:set', { room_id: 'a', minutes: 1, fade_seconds: 20 });
    await house.clock.advance(MINUTE - 5_000);
    expect(house.sleep('a')).toMatchObject({ until: 'time', fading: true });
    expect(house.volume('a')).toBeLessThan(0.2);
    await house.clock.advance(10_000);
    expect([house.sleep('a'), house.house.room('a').kept.intent, house.volume('a')]).toEqual([
      undefined,
      'paused',
      0.5,
    ]);
    const kept = (): unknown => house.db.prepare('SELECT count(*) AS n FROM kept_lists').get()?.['n'];
    expect(kept()).toBe(1);
    house.db.exec('PRAGMA query_only=off');
    await house.clock.advance(MINUTE);
    expect(kept()).toBe(0);
  });
});
