import { describe, expect, it } from 'vitest';
import type { CommandInput } from '../../src/protocol/index.js';
import type { AlarmHouse } from '../fakes/alarm-house.js';
import { atSeven, houseOf, MINUTE } from './alarm-rig.js';

const KITCHEN = 0.2;
const LIVING = 0.6;
const MORNING = { from_volume: 0.1, volume: 0.5, fade_seconds: 60 };

/** A room with two players that are not as loud as each other, and players in rooms of their own. */
async function pair(...others: string[]): Promise<AlarmHouse> {
  const house = houseOf('a', 'b', ...others);
  house.house.player('a').turn({ volume: KITCHEN });
  house.house.player('b').turn({ volume: LIVING });
  await house.house.group('a', 'b');
  return house;
}

async function rung(more: Omit<CommandInput<'alarm:set'>, 'alarm_id'> = {}, ...others: string[]) {
  const house = await pair(...others);
  const id = await atSeven(house, { ...MORNING, ...more });
  await house.clock.advance(MINUTE + 30_000);
  return { house, id };
}

/** In its fade, half a minute before it falls silent. */
async function falling(...others: string[]): Promise<AlarmHouse> {
  const house = await pair(...others);
  await house.house.queue('a', 'one two');
  await house.ask('sleep:set', { room_id: 'a', minutes: 1, fade_seconds: 50 });
  await house.clock.advance(30_000);
  expect(house.volume('b')).toBeLessThan(LIVING);
  return house;
}

const both = (house: AlarmHouse): number[] => [house.volume('a'), house.volume('b')];
const muted = (house: AlarmHouse, name: string): boolean => house.house.player(name).record.live.muted;

function back(house: AlarmHouse, ...names: string[]): void {
  for (const name of names) house.house.player(name).link('online');
}

function clipOver(house: AlarmHouse, ...names: string[]): void {
  for (const name of names) house.house.player(name).finish();
}

const stop = (house: AlarmHouse, alarm_id: string) => house.ask('alarm:stop', { alarm_id });

describe('[AL5] after an alarm each player is as loud as before', () => {
  it.each([
    ['when it is stopped', stop],
    [
      'when it is sent back to sleep, and again when it is stopped',
      async (house: AlarmHouse, alarm_id: string) => {
        await house.ask('alarm:snooze', { alarm_id, minutes: 1 });
        await house.clock.advance(5_000);
        expect(both(house)).toEqual([KITCHEN, LIVING]);
        await house.clock.advance(MINUTE + 10_000);
        expect(house.alarm(alarm_id).ring?.state).toBe('ringing');
        expect(both(house)).not.toEqual([KITCHEN, LIVING]);
        await stop(house, alarm_id);
      },
    ],
    ['when nobody stops it', (house: AlarmHouse) => house.clock.advance(4 * MINUTE)],
    ['when the room is paused by any other means', (house: AlarmHouse) => house.house.command('pause', 'a')],
    ['when the room is stopped by any other means', (house: AlarmHouse) => house.house.command('stop', 'a')],
    [
      'when music is wanted again at once',
      async (house: AlarmHouse, alarm_id: string) => {
        await stop(house, alarm_id);
        await house.house.command('play', 'a');
      },
    ],
    ['when it is removed', (house: AlarmHouse, alarm_id: string) => house.ask('alarm:remove', { alarm_id })],
    [
      'when the server is restarted while it rings',
      async (house: AlarmHouse, alarm_id: string) => {
        house.restart(3_000);
        back(house, 'a', 'b');
        await house.clock.advance(5_000);
        expect(house.alarm(alarm_id).ring?.state).toBe('ringing');
        await stop(house, alarm_id);
      },
    ],
    [
      'when the server is restarted just after it was stopped',
      async (house: AlarmHouse, alarm_id: string) => {
        await house.ask('alarm:stop', { alarm_id });
        house.restart(3_000);
        back(house, 'a', 'b');
      },
    ],
    [
      'when the server is restarted long after it would have ended',
      async (house: AlarmHouse) => {
        house.restart(600 * MINUTE);
        back(house, 'a', 'b');
        await house.clock.advance(1_000);
      },
    ],
    [
      'when it is stopped during an announcement',
      async (house: AlarmHouse, alarm_id: string) => {
        await house.ask('room:announce', { room_ids: ['a'], clip: { track_id: 'bell' }, volume: 0.9 });
        await house.clock.advance(2_000);
        await stop(house, alarm_id);
        await house.clock.advance(10_000);
        expect(both(house)).toEqual([0.9, 0.9]);
        clipOver(house, 'a', 'b');
      },
    ],
  ] as const)('%s', async (_when, end) => {
    const { house, id } = await rung({ stop_minutes: 3 });
    expect(house.house.room('a').kept.volume).toBeCloseTo(0.3, 1);
    await end(house, id);
    await house.clock.advance(8_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
    expect(house.house.store.state.players.get('a')?.kept.before).toBeUndefined();
  });
  it('when one is away at its end, as soon as it is there again', async () => {
    const { house, id } = await rung();
    house.house.player('b').link('offline');
    await house.clock.advance(10_000);
    await stop(house, id);
    await house.clock.advance(60 * MINUTE);
    expect(house.volume('a')).toBe(KITCHEN);
    back(house, 'b');
    await house.clock.advance(1_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('also one that is back after a restart of the server, in the evening', async () => {
    const { house, id } = await rung();
    house.house.player('b').link('offline');
    await stop(house, id);
    await house.clock.advance(5_000);
    house.restart(600 * MINUTE);
    back(house, 'a', 'b');
    await house.clock.advance(1_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('also one that joined meanwhile', async () => {
    const { house, id } = await rung({}, 'c');
    house.house.player('c').turn({ volume: 0.8 });
    await house.house.group('a', 'c');
    await house.clock.advance(20_000);
    await stop(house, id);
    await house.clock.advance(5_000);
    expect([...both(house), house.volume('c')]).toEqual([KITCHEN, LIVING, 0.8]);
  });
  it('also one that leaves the room meanwhile, at once', async () => {
    const { house, id } = await rung();
    await house.house.ungroup('a', 'b');
    await house.clock.advance(1_000);
    expect(house.volume('b')).toBe(LIVING);
    await stop(house, id);
    await house.clock.advance(5_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('and as the knob of the room remembers them', async () => {
    const house = await pair();
    await house.ask('room:volume', { room_id: 'a', volume: 0 });
    const id = await atSeven(house, MORNING);
    await house.clock.advance(MINUTE + 30_000);
    expect(Math.min(...both(house))).toBeGreaterThan(0.1);
    await stop(house, id);
    await house.clock.advance(5_000);
    expect(both(house)).toEqual([0, 0]);
    await house.ask('room:volume', { room_id: 'a', volume: 0.4 });
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('but for one that somebody turned, which grows no louder while the other does', async () => {
    const { house, id } = await rung();
    house.house.player('a').turn({ volume: 0.03 });
    await house.clock.advance(60_000);
    expect(house.volume('a')).toBe(0.03);
    expect(house.volume('b')).toBe(0.5);
    await stop(house, id);
    await house.clock.advance(5_000);
    expect(both(house)).toEqual([0.03, LIVING]);
  });
  it.each([
    ['with the knob of the room', 'a b'],
    ['with the knob of one', 'a'],
  ] as const)('but where somebody turned it by a little on a phone, %s', async (_name, turned) => {
    const { house, id } = await rung();
    const levels = both(house).map((level) => level + 0.02);
    if (turned === 'a') await house.ask('player:volume', { player_id: 'a', volume: levels[0] ?? 0 });
    else await house.ask('room:volume', { room_id: 'a', volume: ((levels[0] ?? 0) + (levels[1] ?? 0)) / 2 });
    const chosen = both(house);
    await house.clock.advance(60_000);
    await stop(house, id);
    await house.clock.advance(5_000);
    expect(house.volume('a')).toBe(chosen[0]);
    expect(house.volume('b')).toBe(turned === 'a' ? LIVING : chosen[1]);
  });
  it('and muted again, unless somebody wanted sound meanwhile', async () => {
    const house = await pair();
    for (const name of ['a', 'b']) house.house.player(name).turn({ muted: true });
    const id = await atSeven(house, MORNING);
    await house.clock.advance(MINUTE + 5_000);
    expect([muted(house, 'a'), muted(house, 'b')]).toEqual([false, false]);
    await house.ask('player:mute', { player_id: 'b', muted: false });
    await stop(house, id);
    await house.clock.advance(5_000);
    expect([muted(house, 'a'), muted(house, 'b')]).toEqual([true, false]);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('and no louder than they may be by then', async () => {
    const { house, id } = await rung();
    await house.ask('player:limit', { player_id: 'b', volume_limit: 0.25 });
    await house.clock.advance(5_000);
    await stop(house, id);
    await house.clock.advance(5_000);
    expect(both(house)).toEqual([KITCHEN, 0.25]);
  });
  it('also where who set the alarm may turn nothing up so far', async () => {
    const house = await pair();
    await house.ask('house:limits', { user: 0.3 });
    const user = { connection_id: 'phone', role: 'user', subject_id: 'u' } as const;
    const morning = { room_id: 'a', time: '07:00', source: { track_ids: ['morning'] } };
    const { alarm } = await house.ask('alarm:set', { ...morning, ...MORNING, volume: 0.9 }, user);
    await house.clock.advance(3 * MINUTE);
    expect(both(house)).toEqual([0.3, 0.3]);
    await house.ask('alarm:stop', { alarm_id: alarm.alarm_id }, user);
    await house.clock.advance(5_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('also where a limit held them for a while', async () => {
    const { house, id } = await rung();
    await house.ask('room:limits', { room_id: 'a', volume_limit: 0.1 });
    await house.clock.advance(10_000);
    expect(both(house)).toEqual([0.1, 0.1]);
    await house.ask('room:limits', { room_id: 'a', volume_limit: 1 });
    await house.clock.advance(60_000);
    expect(house.house.room('a').kept.volume).toBeCloseTo(0.5, 2);
    await stop(house, id);
    await house.clock.advance(5_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('also one that was without power meanwhile, and is back as loud as it can be', async () => {
    const { house, id } = await rung();
    const player = house.house.player('b');
    const powerCut = async (): Promise<void> => {
      player.link('offline');
      player.ref = undefined;
      await house.clock.advance(5_000);
      player.turn({ volume: 1 });
      player.link('online');
    };
    await powerCut();
    await house.clock.advance(20_000);
    expect(house.volume('b')).toBeLessThan(0.75);
    await stop(house, id);
    await powerCut();
    await house.clock.advance(1_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('also with mixers of few steps', async () => {
    const house = await pair();
    for (const name of ['a', 'b']) {
      const player = house.house.player(name);
      const turn = player.turn.bind(player);
      player.turn = (to) => turn('volume' in to ? { volume: Math.round(to.volume * 20) / 20 } : to);
    }
    const id = await atSeven(house, MORNING);
    await house.clock.advance(MINUTE + 45_000);
    expect(house.house.room('a').kept.volume).toBeCloseTo(0.4, 1);
    await stop(house, id);
    await house.clock.advance(5_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('also where the server was restarted in an announcement over it', async () => {
    const { house, id } = await rung();
    await house.ask('room:announce', { room_ids: ['a'], clip: { track_id: 'bell' }, volume: 0.9 });
    house.restart(3_000);
    for (const name of ['a', 'b']) house.house.player(name).ref = undefined;
    back(house, 'a', 'b');
    await house.clock.advance(90_000);
    expect(house.house.room('a').kept.volume).toBeCloseTo(0.5, 2);
    await stop(house, id);
    await house.clock.advance(5_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('also where somebody turned it while it snoozed, as loud as that', async () => {
    const { house, id } = await rung();
    await house.ask('alarm:snooze', { alarm_id: id, minutes: 2 });
    await house.clock.advance(5_000);
    await house.ask('room:volume', { room_id: 'a', volume: 0.5 });
    const chosen = both(house);
    await house.clock.advance(4 * MINUTE);
    expect(house.house.room('a').kept.volume).toBeCloseTo(0.5, 2);
    await stop(house, id);
    await house.clock.advance(5_000);
    expect(both(house)).toEqual(chosen);
  });
  it('is kept as loud as it rang where the music plays on, and its knob finds back to how they stood', async () => {
    const { house, id } = await rung();
    const rang = both(house);
    await house.ask('alarm:stop', { alarm_id: id, keep_playing: true });
    await house.clock.advance(5_000);
    expect(both(house)).toEqual(rang);
    house.restart(1_000);
    back(house, 'a', 'b');
    await house.clock.advance(5_000);
    expect(both(house)).toEqual(rang);
    await house.ask('room:volume', { room_id: 'a', volume: 0.4 });
    await house.clock.advance(2_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('as an older version kept it: in the place each had beside the other', async () => {
    const { house, id } = await rung();
    await house.ask('room:volume', { room_id: 'a', volume: 0.3 });
    const row = house.db.prepare("SELECT own FROM kept_lists WHERE list = 'alarms'").get();
    const own = JSON.parse(String(row?.['own'])) as { ring: object };
    own.ring = { ...own.ring, before: 0.4 };
    house.db.prepare("UPDATE kept_lists SET own = ? WHERE list = 'alarms'").run(JSON.stringify(own));
    house.restart(3_000);
    back(house, 'a', 'b');
    await house.clock.advance(5_000);
    await stop(house, id);
    await house.clock.advance(5_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
});

describe('[AL1] while an alarm grows louder', () => {
  it('all players do, as loud as they are to each other', async () => {
    const { house } = await rung({ from_volume: 0.1, volume: 0.3, fade_seconds: 10 });
    expect(both(house)).toEqual([0.15, 0.45]);
  });
  it('nobody is left unheard beside one that was loud in the evening', async () => {
    const house = await pair();
    house.house.player('a').turn({ volume: 0.05 });
    house.house.player('b').turn({ volume: 0.95 });
    await atSeven(house, { volume: 0.3, fade_seconds: 10 });
    await house.clock.advance(MINUTE + 30_000);
    expect(house.house.room('a').kept.volume).toBeCloseTo(0.3, 3);
    expect(house.volume('a')).toBeGreaterThan(0.1);
  });
  it('leaves the knob to who turned it, also after a restart of the server', async () => {
    const { house } = await rung();
    await house.ask('room:volume', { room_id: 'a', volume: 0.15 });
    const chosen = both(house);
    house.restart(3_000);
    back(house, 'a', 'b');
    await house.clock.advance(90_000);
    expect(both(house)).toEqual(chosen);
  });
});

describe('[SL1] after a sleep timer each player is as loud as before', () => {
  it.each([
    ['when it has fallen silent', () => undefined],
    ['when it is cancelled', (house: AlarmHouse) => house.ask('sleep:cancel', { room_id: 'a' })],
    ['when it is set anew', (house: AlarmHouse) => house.ask('sleep:set', { room_id: 'a', minutes: 9 })],
    ['when the room is paused before', (house: AlarmHouse) => house.house.command('pause', 'a')],
    [
      'when the server is restarted while it fades',
      (house: AlarmHouse) => {
        house.restart(3_000);
        back(house, 'a', 'b');
      },
    ],
    [
      'when the server is restarted after it should have ended',
      (house: AlarmHouse) => {
        house.restart(9 * MINUTE);
        back(house, 'a', 'b');
      },
    ],
    [
      'when it falls silent during an announcement',
      async (house: AlarmHouse) => {
        await house.ask('room:announce', { room_ids: ['a'], clip: { track_id: 'bell' }, volume: 0.9 });
        await house.clock.advance(40_000);
        expect(both(house)).toEqual([0.9, 0.9]);
        clipOver(house, 'a', 'b');
      },
    ],
    [
      'when there was an announcement meanwhile',
      async (house: AlarmHouse) => {
        await house.ask('room:announce', { room_ids: ['a'], clip: { track_id: 'bell' }, volume: 0.9 });
        await house.clock.advance(5_000);
        clipOver(house, 'a', 'b');
        await house.clock.advance(5_000);
        expect(house.volume('b')).toBeLessThan(0.3);
      },
    ],
  ] as const)('%s', async (_when, end) => {
    const house = await falling();
    await end(house);
    await house.clock.advance(40_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
    expect(house.house.store.state.players.get('a')?.kept.before).toBeUndefined();
  });
  it('when one is away at its end, as soon as it is there again', async () => {
    const house = await falling();
    house.house.player('b').link('offline');
    const { length } = house.house.player('a').sent;
    await house.clock.advance(40 * MINUTE);
    const told = house.house.player('a').sent.slice(length);
    const levels = told.flatMap((one) => (one.type === 'volume' ? [one.volume] : []));
    expect(levels.slice(0, -1)).toEqual([...levels.slice(0, -1)].sort((one, other) => other - one));
    back(house, 'b');
    await house.clock.advance(1_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('also one that joined or left meanwhile', async () => {
    const house = await falling('c');
    house.house.player('c').turn({ volume: 0.8 });
    await house.house.group('a', 'c');
    await house.house.ungroup('a', 'b');
    await house.clock.advance(2_000);
    expect(house.volume('b')).toBe(LIVING);
    await house.clock.advance(40_000);
    expect([...both(house), house.volume('c')]).toEqual([KITCHEN, LIVING, 0.8]);
  });
  it('but for one that somebody turned: it fades from there, and is there again', async () => {
    const house = await falling();
    const other = house.volume('b');
    house.house.player('a').turn({ volume: 0.7 });
    await house.clock.advance(5_000);
    expect(house.volume('a')).toBeLessThan(0.65);
    expect(house.volume('a')).toBeGreaterThan(0.4);
    expect(house.volume('b')).toBeLessThan(other);
    await house.clock.advance(35_000);
    expect(both(house)).toEqual([0.7, LIVING]);
  });
  it('as an older version kept it: in the place each had beside the other', async () => {
    const house = await falling();
    await house.ask('room:volume', { room_id: 'a', volume: 0.1 });
    const own = { ends_ms: house.clock.wallMs() + 20_000, length_ms: MINUTE, before: 0.4 };
    house.db.prepare("UPDATE kept_lists SET own = ? WHERE list = 'sleeps'").run(JSON.stringify(own));
    house.restart(3_000);
    back(house, 'a', 'b');
    await house.clock.advance(40_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
});

describe('[AL6] a sleep timer and an alarm in one room', () => {
  it('end with each player as loud as before both: set while it rings', async () => {
    const { house, id } = await rung();
    await house.ask('sleep:set', { room_id: 'a', minutes: 2, fade_seconds: 60 });
    await house.clock.advance(100_000);
    expect(house.volume('b')).toBeLessThan(0.3);
    await house.clock.advance(30_000);
    expect([house.alarm(id).ring, house.house.room('a').kept.intent]).toEqual([undefined, 'paused']);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('end with each player as loud as before both: the alarm falls due in the fade', async () => {
    const house = await pair();
    await house.house.queue('a', 'one two');
    await house.ask('sleep:set', { room_id: 'a', minutes: 2, fade_seconds: 100 });
    const id = await atSeven(house, MORNING);
    await house.clock.advance(MINUTE + 20_000);
    expect(house.alarm(id).ring?.state).toBe('ringing');
    await stop(house, id);
    await house.clock.advance(5_000);
    expect(both(house)).toEqual([KITCHEN, LIVING]);
  });
  it('that was set while the alarm snoozed does not end it when it rings again', async () => {
    const { house, id } = await rung();
    await house.ask('alarm:snooze', { alarm_id: id, minutes: 5 });
    await house.ask('sleep:set', { room_id: 'a', minutes: 6 });
    await house.clock.advance(10 * MINUTE);
    expect([house.alarm(id).ring?.state, house.sleep('a')]).toEqual(['ringing', undefined]);
  });
});
