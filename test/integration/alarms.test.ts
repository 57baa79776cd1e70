import { describe, expect, it } from 'vitest';
import type { AlarmHouse } from '../fakes/alarm-house.js';
import { atSeven, houseOf, MINUTE, ringing } from './alarm-rig.js';

const HOUR = 60 * MINUTE;

describe('[AL1] an alarm', () => {
  it('rings at its time, to the second, in the place of the queue', async () => {
    const house = houseOf();
    await house.house.queue('a', 'yesterday', false);
    const id = await atSeven(house);
    await house.clock.advance(MINUTE - 1_000);
    expect(house.alarm(id).ring).toBeUndefined();
    await house.clock.advance(1_100);
    expect(house.alarm(id)).toMatchObject({ last_result: 'rang', ring: { state: 'ringing', tone: false } });
    expect(house.house.titles('a')).toBe('morning noon');
    expect(house.house.room('a').kept.intent).toBe('playing');
    await house.ask('queue:undo', { room_id: 'a' });
    expect(house.house.titles('a')).toBe('yesterday');
  });
  it('that is for once is off afterwards, and one with days is not', async () => {
    const { house, id } = await ringing();
    expect(house.alarm(id).enabled).toBe(false);
    const other = await ringing({ days: ['fri', 'sat'] });
    expect(other.house.alarm(other.id)).toMatchObject({ enabled: true });
    expect(new Date(other.house.alarm(other.id).next_at ?? '').getDate()).toBe(21);
  });
  it('fades in from quiet to what was chosen, and is not muted', async () => {
    const house = houseOf();
    house.house.player('a').turn({ muted: true });
    await atSeven(house, { from_volume: 0.1, volume: 0.5, fade_seconds: 40 });
    await house.clock.advance(MINUTE + 2_000);
    expect(house.volume('a')).toBeCloseTo(0.1, 1);
    expect(house.house.player('a').record.live.muted).toBe(false);
    await house.clock.advance(20_000);
    expect(house.volume('a')).toBeGreaterThan(0.25);
    expect(house.volume('a')).toBeLessThan(0.4);
    await house.clock.advance(30_000);
    expect(house.volume('a')).toBe(0.5);
  });
  it('leaves the volume to who turns the knob meanwhile', async () => {
    const { house, id } = await ringing({ from_volume: 0.1, volume: 0.5, fade_seconds: 60 });
    house.house.player('a').turn({ volume: 0.9 });
    await house.clock.advance(70_000);
    expect(house.volume('a')).toBe(0.9);
    await house.ask('alarm:stop', { alarm_id: id });
    await house.clock.advance(5_000);
    expect(house.volume('a')).toBe(0.9);
  });
  it('is never louder than the limits of player and room', async () => {
    const house = houseOf();
    await house.ask('alarm:list', {});
    house.house.store.commit({ type: 'room/limits', room_id: 'a', volume_limit: 0.3 });
    await atSeven(house, { volume: 0.8, fade_seconds: 5 });
    await house.clock.advance(2 * MINUTE);
    expect(house.volume('a')).toBeLessThanOrEqual(0.3);
  });
  it.each([
    ['is not held by quiet hours', 'ignore', 0.6],
    ['is held by quiet hours when somebody chose that', 'hold', 0.1],
  ] as const)('%s', async (_name, quiet_hours, heard) => {
    const house = houseOf();
    house.house.minute = 7 * 60;
    const quiet = { from: '22:00', to: '09:00', limit: 0.1 };
    house.house.store.commit({ type: 'room/limits', room_id: 'a', quiet_hours: quiet });
    const id = await atSeven(house, { volume: 0.6, fade_seconds: 5, quiet_hours });
    await house.clock.advance(2 * MINUTE);
    expect(house.volume('a')).toBe(heard);
    await house.ask('alarm:stop', { alarm_id: id });
    await house.clock.advance(20_000);
    expect(house.volume('a')).toBeLessThanOrEqual(0.1);
  });
});

describe('[AL4] the tone', () => {
  it.each([
    ['the playlist is gone', { playlist_id: 'gone' }],
    ['the queue is empty', { last: true }],
  ] as const)('rings when %s', async (_name, source) => {
    const { house, ring } = await ringing({ source });
    expect(house.tones('a')).toBe(true);
    expect(ring()).toMatchObject({ state: 'ringing', tone: true });
    expect(house.said.at(-1)).toMatch(/^The tone rings: /);
  });
  it('rings when what was chosen cannot be played', async () => {
    const house = houseOf();
    house.house.player('a').broken.add('morning').add('noon');
    await atSeven(house);
    await house.clock.advance(MINUTE + 20_000);
    expect(house.tones('a')).toBe(true);
  });
  it('rings when nothing is heard within the time that was chosen', async () => {
    const house = houseOf();
    const id = await atSeven(house, { silence_seconds: 10 });
    // It takes what it is told, and then says nothing.
    house.house.player('a').stand = () => undefined;
    await house.clock.advance(MINUTE + 8_000);
    expect(house.alarm(id).ring?.tone).toBe(false);
    await house.clock.advance(6_000);
    expect([house.alarm(id).ring?.tone, house.tones('a')]).toEqual([true, true]);
  });
  it('is what was chosen, when it was', async () => {
    const { house, ring } = await ringing({ source: { tone: true } });
    expect([house.tones('a'), ring()?.tone]).toEqual([true, false]);
  });
  it('is tried again when nothing at all could be put into the room, and nobody is said to have stopped it', async () => {
    const house = houseOf();
    const id = await atSeven(house);
    house.refuses.add('queue:add');
    await house.clock.advance(MINUTE + 20_000);
    expect(house.alarm(id).ring).toMatchObject({ tone: false, problem: 'somebody else is at it' });
    house.refuses.clear();
    await house.clock.advance(12_000);
    expect(house.tones('a')).toBe(true);
    expect(house.house.player('a').status).toBe('playing');
  });
  it('that never could be played is a failure at the end, with its reason', async () => {
    const house = houseOf();
    const id = await atSeven(house, { stop_minutes: 1 });
    house.refuses.add('queue:add');
    await house.clock.advance(2 * MINUTE + 5_000);
    expect(house.alarm(id)).toMatchObject({
      last_result: 'failed',
      last_message: 'somebody else is at it',
    });
  });
  it('leaves the queue when the alarm is over', async () => {
    const { house, id } = await ringing({ source: { last: true } });
    await house.ask('alarm:stop', { alarm_id: id });
    expect(house.house.titles('a')).toBe('');
    expect(house.house.player('a').status).toBe('stopped');
  });
});

describe('[AL5] people and an alarm that rings', () => {
  it('stop it: the music pauses where it is, and the room is as loud as before', async () => {
    const { house, id } = await ringing({ volume: 0.3, fade_seconds: 0 });
    await house.ask('alarm:stop', { alarm_id: id });
    await house.clock.advance(3_000);
    expect(house.house.room('a').kept.intent).toBe('paused');
    expect(house.volume('a')).toBe(0.5);
    expect(house.alarm(id)).toMatchObject({ last_message: 'Stopped' });
    expect(house.alarm(id).ring).toBeUndefined();
  });
  it('turn it off while it snoozes, and it rings no more', async () => {
    const { house, id, ring } = await ringing({ days: ['fri'] });
    await house.ask('alarm:snooze', { alarm_id: id });
    await house.ask('alarm:set', { alarm_id: id, enabled: false });
    await house.clock.advance(15 * MINUTE);
    expect([ring(), house.house.room('a').kept.intent]).toEqual([undefined, 'paused']);
  });
  it('let the music play on', async () => {
    const { house, id } = await ringing();
    await house.ask('alarm:stop', { alarm_id: id, keep_playing: true });
    expect(house.house.room('a').kept.intent).toBe('playing');
    expect(house.alarm(id).ring).toBeUndefined();
  });
  it('snooze it as often as it may be, and it rings again', async () => {
    const { house, id, ring } = await ringing({ snooze_minutes: 9, snooze_count: 1 });
    await house.ask('alarm:snooze', { alarm_id: id });
    expect(ring()).toMatchObject({ state: 'snoozed', snoozes_left: 0 });
    expect(house.house.room('a').kept.intent).toBe('paused');
    await house.clock.advance(9 * MINUTE + 2_000);
    expect(ring()?.state).toBe('ringing');
    expect(house.house.room('a').kept.intent).toBe('playing');
    await expect(house.ask('alarm:snooze', { alarm_id: id })).rejects.toThrow(/ERR_CONFLICT/);
  });
  it('stop it while no player is there: it does not play on when one is back', async () => {
    const { house, id, ring } = await ringing();
    const player = house.house.player('a');
    player.link('offline');
    await house.clock.advance(20_000);
    await house.ask('alarm:stop', { alarm_id: id });
    expect(ring()).toBeUndefined();
    await house.clock.advance(20_000);
    player.link('online');
    player.stand('playing', 50);
    await house.clock.advance(5_000);
    expect([house.house.room('a').kept.intent, player.status, house.volume('a')]).toEqual([
      'paused',
      'paused',
      0.5,
    ]);
  });
  it('snooze it while no player is there: it rings when it should', async () => {
    const { house, id, ring } = await ringing();
    const player = house.house.player('a');
    player.link('offline');
    await house.clock.advance(20_000);
    await house.ask('alarm:snooze', { alarm_id: id, minutes: 2 });
    expect(ring()?.state).toBe('snoozed');
    player.ref = undefined;
    player.link('online');
    await house.clock.advance(5_000);
    expect([ring()?.state, player.status]).toEqual(['snoozed', 'paused']);
    await house.clock.advance(2 * MINUTE);
    expect([ring()?.state, player.status]).toEqual(['ringing', 'playing']);
  });
  it('snooze it while no player is there until it rings again', async () => {
    const { house, id, ring } = await ringing();
    const player = house.house.player('a');
    player.link('offline');
    await house.clock.advance(20_000);
    await house.ask('alarm:snooze', { alarm_id: id, minutes: 2 });
    await house.clock.advance(3 * MINUTE);
    expect(ring()?.state).toBe('ringing');
    player.ref = undefined;
    player.link('online');
    await house.clock.advance(5_000);
    expect([ring()?.state, player.status]).toEqual(['ringing', 'playing']);
  });
  it('hear of it when a pause is refused, and it is not snoozed', async () => {
    const { house, id, ring } = await ringing();
    house.refuses.add('room:pause');
    await expect(house.ask('alarm:snooze', { alarm_id: id })).rejects.toThrow(/ERR_BUSY/);
    expect(ring()).toMatchObject({ state: 'ringing', snoozes_left: 5 });
  });
  it('pause the room by any other means, and it is over', async () => {
    const { house, id, ring } = await ringing();
    await house.house.command('pause', 'a');
    await house.clock.advance(2_000);
    expect([ring(), house.alarm(id).last_message]).toEqual([undefined, 'Stopped in its room']);
  });
  it('play music while it snoozes, and it does not ring again', async () => {
    const { house, id, ring } = await ringing();
    await house.ask('alarm:snooze', { alarm_id: id });
    await house.house.queue('a', 'breakfast');
    await house.clock.advance(10 * MINUTE);
    expect([ring(), house.house.current('a')]).toEqual([undefined, 'breakfast']);
  });
  it('are not there: it ends by itself', async () => {
    const { house, id, ring } = await ringing({ stop_minutes: 2 });
    await house.clock.advance(3 * MINUTE);
    expect([ring(), house.alarm(id).last_message]).toEqual([undefined, 'Nobody stopped it']);
    expect(house.house.room('a').kept.intent).toBe('paused');
  });
  it('sleep longer than the music: it begins again', async () => {
    const { house, ring } = await ringing({ source: { track_ids: ['short'] } });
    house.house.player('a').finish();
    await house.clock.advance(3_000);
    expect([ring()?.state, house.house.current('a')]).toEqual(['ringing', 'short']);
    expect(house.house.room('a').kept.intent).toBe('playing');
  });
  it('try it: it ends after a minute and the queue is as it was', async () => {
    const house = houseOf();
    await house.house.queue('a', 'yesterday', false);
    const id = await atSeven(house, { time: '12:00' });
    await house.ask('alarm:test', { alarm_id: id });
    await house.clock.advance(2_000);
    expect(house.alarm(id).ring).toMatchObject({ test: true });
    await house.clock.advance(MINUTE);
    expect(house.alarm(id).ring).toBeUndefined();
    expect(house.house.titles('a')).toBe('yesterday');
    expect(house.alarm(id).enabled).toBe(true);
  });
});

describe('[AL4] players that are away', () => {
  it('are named, and the others ring', async () => {
    const house = houseOf('a', 'b');
    await house.house.group('a', 'b');
    house.house.player('b').link('offline');
    const id = await atSeven(house);
    await house.clock.advance(MINUTE + 5_000);
    expect(house.alarm(id).ring?.missing_player_ids).toEqual(['b']);
    expect(house.said).toEqual(['It rings without b: not connected']);
    expect(house.house.player('a').status).toBe('playing');
  });
  it('ring as soon as one is back, as quiet as they should', async () => {
    const house = houseOf();
    const player = house.house.player('a');
    player.turn({ volume: 1 });
    player.link('offline');
    const id = await atSeven(house, { from_volume: 0.1, volume: 0.5, fade_seconds: 60 });
    await house.clock.advance(MINUTE + 30_000);
    expect(house.alarm(id).ring?.problem).toBe('No player of its room is connected');
    player.link('online');
    await house.clock.advance(15_000);
    expect(player.status).toBe('playing');
    expect(player.sent.find(({ type }) => type === 'volume' || type === 'load')).toEqual({
      type: 'volume',
      volume: 0.1,
    });
    expect(house.volume('a')).toBeLessThan(0.3);
    expect(house.alarm(id).ring?.problem).toBeUndefined();
  });
  it('or driven by somebody else are taken over', async () => {
    const house = houseOf();
    house.house.player('a').fact({ type: 'control', elsewhere: true });
    await atSeven(house);
    await house.clock.advance(MINUTE + 5_000);
    expect(house.house.player('a').sent.map(({ type }) => type)).toContain('take-over');
    expect(house.house.player('a').status).toBe('playing');
  });
});

describe('an alarm and an announcement', () => {
  const announce = (house: AlarmHouse) =>
    house.ask('room:announce', { room_ids: ['a'], clip: { track_id: 'doorbell' }, volume: 0.9 });
  const over = (house: AlarmHouse, name: string): void => {
    const player = house.house.player(name);
    const { ref } = player;
    player.ref = undefined;
    if (ref !== undefined) player.fact({ type: 'ended', ref, reason: 'finished' });
    player.stand('stopped', 0);
  };
  it.each([
    ['one player', ['a']],
    ['two players', ['a', 'b']],
  ] as const)(
    'that is long, over %s: it rings on after it, and goes on growing louder',
    async (_name, names) => {
      const house = houseOf(...names);
      for (const name of names) house.house.player(name).turn({ volume: 0.5 });
      if (names.length > 1) await house.house.group('a', 'b');
      const id = await atSeven(house, {
        from_volume: 0.1,
        volume: 0.6,
        fade_seconds: 60,
        silence_seconds: 5,
      });
      await house.clock.advance(MINUTE + 10_000);
      await announce(house);
      await house.clock.advance(12_000);
      expect(house.alarm(id).ring).toMatchObject({ state: 'ringing', tone: false });
      for (const name of names) over(house, name);
      await house.clock.advance(60_000);
      expect([house.house.current('a'), house.alarm(id).ring?.tone]).toEqual(['morning', false]);
      expect(house.volume('a')).toBeCloseTo(0.6, 2);
    },
  );
  it('that is heard when it is due: it waits for the end, and the room is as loud as before it all', async () => {
    const house = houseOf();
    house.house.player('a').turn({ volume: 0.5 });
    const id = await atSeven(house, { volume: 0.6, fade_seconds: 0 });
    await house.clock.advance(MINUTE - 2_000);
    await announce(house);
    await house.clock.advance(6_000);
    expect([house.house.current('a'), house.volume('a')]).toEqual([undefined, 0.9]);
    over(house, 'a');
    await house.clock.advance(5_000);
    expect([house.house.current('a'), house.volume('a')]).toEqual(['morning', 0.6]);
    await house.ask('alarm:stop', { alarm_id: id });
    await house.clock.advance(3_000);
    expect(house.volume('a')).toBe(0.5);
  });
});

describe('[AL3] the clock', () => {
  it('that is not to be believed rings nothing, and what it missed is made up when it is', async () => {
    const house = houseOf();
    const id = await atSeven(house);
    house.wall.believed = false;
    await house.clock.advance(5 * MINUTE);
    expect(house.alarm(id).ring).toBeUndefined();
    house.wall.believed = true;
    house.wall.turned({ by_ms: 0, trusted: true });
    await house.clock.advance(2_000);
    expect(house.alarm(id)).toMatchObject({ ring: { state: 'ringing' }, last_result: 'made_up' });
  });
  it('that is not to be believed makes nothing up of what lies before an alarm was set', async () => {
    const house = houseOf();
    house.set('1970-01-01T06:59:00');
    house.wall.believed = false;
    const id = await atSeven(house);
    house.set('2026-11-20T06:58:00');
    house.wall.believed = true;
    house.wall.turned({ by_ms: 1, trusted: true });
    expect(house.alarm(id)).toMatchObject({
      enabled: true,
      next_at: new Date('2026-11-20T07:00:00').toISOString(),
    });
    await house.clock.advance(2 * MINUTE + 3_000);
    expect(house.alarm(id)).toMatchObject({ last_result: 'rang', ring: { state: 'ringing' } });
  });
  it('that is set over an alarm is noticed within 15 seconds', async () => {
    const house = houseOf();
    const id = await atSeven(house);
    house.set('2026-11-20T07:20:00');
    await house.clock.advance(15_000);
    expect(house.alarm(id).last_result).toBe('made_up');
  });
  it('that is set far over an alarm makes it say so, and it rings the next time', async () => {
    const house = houseOf();
    const id = await atSeven(house, { days: ['fri', 'sat'] });
    house.set('2026-11-20T10:00:00');
    await house.clock.advance(15_000);
    expect(house.alarm(id)).toMatchObject({ last_result: 'missed', enabled: true });
    expect(house.said.at(-1)).toMatch(/did not ring.*3 hours is too late/);
    house.set('2026-11-21T06:59:40');
    await house.clock.advance(22_000);
    expect(house.alarm(id).ring?.state).toBe('ringing');
  });
  it('that was wrongly ahead does not turn off for good what is to ring once', async () => {
    const house = houseOf();
    const id = await atSeven(house);
    house.set('2026-11-22T06:59:00');
    await house.clock.advance(15_000);
    expect(house.alarm(id)).toMatchObject({ last_result: 'missed', enabled: false });
    house.set('2026-11-20T06:59:00');
    await house.clock.advance(15_000);
    expect(house.alarm(id).enabled).toBe(true);
    expect(house.alarm(id).last_result).toBeUndefined();
    await house.clock.advance(MINUTE);
    expect(house.alarm(id)).toMatchObject({ last_result: 'rang', ring: { state: 'ringing' } });
  });
  it('that is set back does not ring again, also after a restart', async () => {
    const { house, id, ring } = await ringing({ days: ['fri'] });
    await house.ask('alarm:stop', { alarm_id: id });
    house.restart(-10 * MINUTE);
    await house.clock.advance(12 * MINUTE);
    expect(ring()).toBeUndefined();
  });
});

describe('[AL3] a server that was off', () => {
  it('makes up an alarm within its grace', async () => {
    const house = houseOf();
    const id = await atSeven(house);
    house.restart(20 * MINUTE);
    house.house.player('a').link('online');
    await house.clock.advance(5_000);
    expect(house.alarm(id)).toMatchObject({ last_result: 'made_up', ring: { state: 'ringing' } });
    expect(house.house.player('a').status).toBe('playing');
  });
  it('while it rang rings on', async () => {
    const { house, ring } = await ringing();
    house.restart(3_000);
    house.house.player('a').link('online');
    await house.clock.advance(5_000);
    expect(ring()).toMatchObject({ state: 'ringing', tone: false });
    expect(house.house.room('a').kept.intent).toBe('playing');
  });
  it('while it snoozed rings at the end of the snooze', async () => {
    const { house, id, ring } = await ringing();
    await house.ask('alarm:snooze', { alarm_id: id });
    house.restart(4 * MINUTE);
    house.house.player('a').link('online');
    await house.clock.advance(4 * MINUTE);
    expect(ring()?.state).toBe('snoozed');
    await house.clock.advance(MINUTE + 2_000);
    expect(ring()?.state).toBe('ringing');
  });
  it.each([
    ['rings on when it is known to be the same morning', MINUTE, 'ringing', undefined],
    ['does not ring at night when it is known how late it is', 15 * HOUR, undefined, /off while it rang/],
  ] as const)('while it rang, without a clock, %s', async (_name, ms, state, message) => {
    const { house, id, ring } = await ringing({ days: ['fri'] });
    house.wall.believed = false;
    house.restart(30_000);
    house.house.player('a').link('online');
    await house.clock.advance(20_000);
    expect(house.house.player('a').sent.at(-1)?.type).not.toBe('play');
    house.wall.believed = true;
    house.clock.set(house.clock.wallMs() + ms);
    house.wall.turned({ by_ms: ms, trusted: true });
    await house.clock.advance(3_000);
    expect(ring()?.state).toBe(state);
    if (message) expect(house.alarm(id).last_message).toMatch(message);
  });
  it('while it rang, without a clock, can be told to leave it', async () => {
    const { house, id, ring } = await ringing({ days: ['fri'] });
    house.wall.believed = false;
    house.restart(30_000);
    await house.ask('alarm:stop', { alarm_id: id });
    house.wall.believed = true;
    house.wall.turned({ by_ms: 0, trusted: true });
    await house.clock.advance(3_000);
    expect([ring(), house.alarm(id).last_message]).toEqual([undefined, 'Stopped']);
  });
  it('while it snoozed does not snooze longer because its clock is a day behind', async () => {
    const { house, id, ring } = await ringing({ snooze_minutes: 9 });
    await house.ask('alarm:snooze', { alarm_id: id });
    house.restart(-24 * HOUR);
    house.house.player('a').link('online');
    await house.clock.advance(9 * MINUTE + 2_000);
    expect(ring()?.state).toBe('ringing');
  });
  it('longer than it would have rung does not begin in the evening', async () => {
    const { house, id, ring } = await ringing({ days: ['fri'] });
    house.restart(6 * HOUR);
    house.house.player('a').link('online');
    await house.clock.advance(5_000);
    expect([ring(), house.alarm(id).last_message]).toEqual([undefined, 'The server was off while it rang']);
  });
});

describe('what people may ask of alarms', () => {
  it('changes keep what is not named', async () => {
    const house = houseOf();
    const alarm_id = await atSeven(house, { name: 'School', days: ['fri', 'mon'], volume: 0.2 });
    const { alarm } = await house.ask('alarm:set', { alarm_id, time: '07:30' });
    expect(alarm).toMatchObject({ name: 'School', days: ['mon', 'fri'], volume: 0.2, time: '07:30' });
  });
  it('one that has rung and is set for later today rings again', async () => {
    const { house, id, ring } = await ringing();
    await house.ask('alarm:stop', { alarm_id: id });
    await house.ask('alarm:set', { alarm_id: id, time: '07:03', enabled: true });
    await house.clock.advance(3 * MINUTE);
    expect(ring()?.state).toBe('ringing');
  });
  it('leaves it out once', async () => {
    const house = houseOf();
    const id = await atSeven(house, { days: ['fri', 'sat'] });
    await house.ask('alarm:skip', { alarm_id: id });
    expect(house.alarm(id)).toMatchObject({ skip_date: '2026-11-20' });
    await house.clock.advance(MINUTE + 2_000);
    expect(house.alarm(id)).toMatchObject({ last_result: 'skipped', enabled: true });
    expect(house.alarm(id).ring).toBeUndefined();
    expect(house.alarm(id).skip_date).toBeUndefined();
  });
  it('leaves nothing behind when it is removed, rung or not', async () => {
    const house = houseOf();
    for (let n = 0; n < 20; n++) {
      const id = await atSeven(house);
      if (n === 10) await house.clock.advance(MINUTE + 3_000);
      await house.ask('alarm:remove', { alarm_id: id });
    }
    expect(house.alarms.lookedAfter).toBe(0);
  });
  it('refuses a room that is not there, and a new one without a time', async () => {
    const house = houseOf();
    await expect(house.ask('alarm:set', { room_id: 'x', time: '07:00' })).rejects.toThrow(
      /ERR_ROOM_NOT_FOUND/,
    );
    await expect(house.ask('alarm:set', { room_id: 'a' })).rejects.toThrow(/ERR_INVALID/);
    await expect(house.ask('alarm:stop', { alarm_id: 'x' })).rejects.toThrow(/ERR_NOT_FOUND/);
  });
  it('acts with the rights of who set it', async () => {
    const house = houseOf();
    const user = { connection_id: 'p', role: 'user', subject_id: 'u1' } as const;
    await house.ask('alarm:set', { room_id: 'a', time: '07:00', source: { track_ids: ['x'] } }, user);
    await house.clock.advance(MINUTE + 2_000);
    expect(house.asked.map(({ caller }) => caller.role)).toContain('user');
    expect(new Set(house.asked.map(({ caller }) => caller.role))).toEqual(new Set(['user']));
  });
});
