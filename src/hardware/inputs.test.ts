import { afterEach, expect, it } from 'vitest';
import { RoomHouse } from '../../test/fakes/room-house.js';
import { silentLogger } from '../base/index.js';
import { COMMANDS, type Alarm, type CommandType, type Input } from '../protocol/index.js';
import { KeptList, type Store } from '../state/index.js';
import { migrate, openDb, type Db } from '../storage/index.js';
import { Deeds, type RunCommand } from './deeds.js';
import { KEY, RELATIVE } from './event-stream.js';
import { InputPlace, Inputs } from './inputs.js';

const caller = { connection_id: 'page', role: 'admin' } as const;
const REMOTE = {
  input_id: 'remote',
  name: 'Remote',
  kind: 'remote',
  keys: [
    'KEY_PLAYPAUSE',
    'KEY_VOLUMEUP',
    'KEY_VOLUMEDOWN',
    'KEY_NEXTSONG',
    'KEY_1',
    'REL_DIAL+',
    'REL_DIAL-',
  ],
} as const;
const CODES = { KEY_PLAYPAUSE: 164, KEY_VOLUMEUP: 115, KEY_NEXTSONG: 163, KEY_1: 2 } as const;

const ALARM: Alarm = {
  alarm_id: 'wake',
  room_id: 'a',
  name: '',
  time: '07:00',
  days: [],
  enabled: true,
  source: { tone: true },
  from_volume: 0,
  volume: 0.3,
  fade_seconds: 60,
  silence_seconds: 20,
  snooze_minutes: 9,
  snooze_count: 3,
  stop_minutes: 60,
  grace_minutes: 30,
  quiet_hours: 'ignore',
};
const RING: NonNullable<Alarm['ring']> = {
  state: 'ringing',
  since: '2026-11-20T07:00:00.000Z',
  snoozes_left: 3,
  tone: true,
  test: false,
  missing_player_ids: [],
};

const houses: RoomHouse[] = [];
afterEach(() => houses.splice(0).forEach((house) => house.close()));

function freshDb(): Db {
  const db = openDb(':memory:');
  migrate(db);
  return db;
}

/** Inputs in a house whose rooms are real. */
function stage(names: readonly string[] = ['a'], db = freshDb()) {
  const house = new RoomHouse(names);
  houses.push(house);
  const asked: { type: string; request: object; role: string; name: string | undefined }[] = [];
  const run: RunCommand = async (type, request, who) => {
    asked.push({ type, request: request as object, role: who.role, name: who.name });
    const parsed = COMMANDS[type as CommandType].request.parse(request);
    const handler = Reflect.get(house.rooms.handlers, type) as (request: unknown, who: object) => unknown;
    try {
      return { ok: true, data: await handler(parsed, who) };
    } catch (error) {
      return { ok: false, error: { message: (error as Error).message } };
    }
  };
  const { store, clock } = house;
  const deeds = new Deeds({ state: () => store.state, run, clock });
  const list = new KeptList({ db, store, list: 'inputs', own: InputPlace });
  const inputs = new Inputs({ list, deeds, clock, log: silentLogger });
  const press = (name: keyof typeof CODES, ms = 50): Promise<void> => {
    const gestures = inputs.gesturesOf('remote');
    gestures.take({ type: KEY, code: CODES[name], value: 1 });
    return clock.advance(ms).then(() => {
      gestures.take({ type: KEY, code: CODES[name], value: 0 });
      return clock.advance(50);
    });
  };
  const turn = (value: number): void => inputs.gesturesOf('remote').take({ type: RELATIVE, code: 7, value });
  return { house, store, clock, asked, inputs, press, turn, db, input: () => inputOf(store) };
}

function inputOf(store: Store): Input | undefined {
  return store.state.lists.inputs.get('remote');
}

it('does with media keys what is printed on them', async () => {
  const { house, inputs, press, asked, input } = stage();
  await house.queue('a', 'one two');
  inputs.plugged(REMOTE);
  await press('KEY_PLAYPAUSE');
  expect(house.room('a').live.state).toBe('paused');
  await press('KEY_PLAYPAUSE');
  expect(house.room('a').live.state).toBe('playing');
  await press('KEY_NEXTSONG');
  expect(house.current('a')).toBe('two');
  expect(asked.map(({ type, role, name }) => `${type} ${role} ${name}`)).toEqual([
    'room:pause user Remote',
    'room:play user Remote',
    'room:next user Remote',
  ]);
  expect(input()?.heard).toMatchObject({ key: 'KEY_NEXTSONG', gesture: 'press' });
});

it('says what the house said when it could not', async () => {
  const { inputs, press, input } = stage();
  inputs.plugged(REMOTE);
  await press('KEY_PLAYPAUSE');
  expect(input()?.heard?.problem).toMatch(/queue|nothing/);
});

it('turns the volume by what was turned, in few commands', async () => {
  const { house, inputs, turn, clock, asked } = stage();
  house.player('a').turn({ volume: 0.3 });
  inputs.plugged(REMOTE);
  for (let n = 0; n < 3; n++) turn(1);
  await clock.advance(200);
  expect(house.room('a').kept.volume).toBeCloseTo(0.36, 5);
  expect(asked).toHaveLength(1);
  turn(-1);
  await clock.advance(200);
  expect(house.room('a').kept.volume).toBeCloseTo(0.34, 5);
});

it('hears each step of a USB knob, which presses a volume key for it', async () => {
  const { house, inputs, clock } = stage();
  house.player('a').turn({ volume: 0.3 });
  inputs.plugged({ ...REMOTE, kind: 'buttons' });
  for (let n = 0; n < 10; n++)
    for (const value of [1, 0]) {
      inputs.gesturesOf('remote').take({ type: KEY, code: CODES.KEY_VOLUMEUP, value });
      await clock.advance(8);
    }
  await clock.advance(200);
  expect(house.room('a').kept.volume).toBeCloseTo(0.5, 5);
});

it.each([
  ['gpio', 1],
  ['buttons', 1],
  ['remote', 2],
] as const)('takes a key of %s that was let go for an instant for %i presses', async (kind, times) => {
  const { house, inputs, clock, asked } = stage();
  await house.queue('a', 'one two three');
  inputs.plugged({ ...REMOTE, kind });
  await inputs.handlers['input:bind'](
    { input_id: 'remote', key: 'KEY_NEXTSONG', gesture: 'press', action: 'next' },
    caller,
  );
  for (const value of [1, 0, 1, 0])
    inputs.gesturesOf('remote').take({ type: KEY, code: CODES.KEY_NEXTSONG, value });
  await clock.advance(200);
  expect(asked).toHaveLength(times);
});

it('is never louder than the room may be, and turns down at once from there', async () => {
  const { house, inputs, turn, clock } = stage();
  house.player('a').turn({ volume: 0.3 });
  await house.settled(house.rooms.handlers['room:limits']({ room_id: 'a', volume_limit: 0.4 }, caller));
  inputs.plugged(REMOTE);
  for (let n = 0; n < 30; n++) {
    turn(2);
    await clock.advance(60);
  }
  expect(house.room('a').kept.volume).toBeCloseTo(0.4, 5);
  await clock.advance(500);
  turn(-1);
  await clock.advance(200);
  expect(house.room('a').kept.volume).toBeLessThan(0.4);
});

it('drives the room that was chosen, and says when there is a choice to make', async () => {
  const { house, inputs, press, input } = stage(['a', 'b']);
  await house.queue('b', 'one');
  inputs.plugged(REMOTE);
  await press('KEY_PLAYPAUSE');
  expect(input()?.heard?.problem).toBe('choose the room that it drives');
  await inputs.handlers['input:set']({ input_id: 'remote', room_id: 'b' }, caller);
  await press('KEY_PLAYPAUSE');
  expect(house.room('b').live.state).toBe('paused');
  expect(() => inputs.handlers['input:set']({ input_id: 'remote', room_id: 'gone' }, caller)).toThrow();
});

it('shows nobody what is written on a keyboard, and hears its letters when they are taught', async () => {
  const { inputs, press, input } = stage();
  inputs.plugged({ ...REMOTE, kind: 'keyboard' });
  await press('KEY_1');
  expect(input()?.heard).toBeUndefined();
  const lesson = inputs.handlers['input:learn']({ input_id: 'remote' }, caller);
  await press('KEY_1');
  expect(await lesson).toMatchObject({ heard: { key: 'KEY_1' } });
  await inputs.handlers['input:bind'](
    { input_id: 'remote', key: 'KEY_1', gesture: 'press', action: 'stop' },
    caller,
  );
  await press('KEY_1');
  expect(input()?.heard).toMatchObject({ key: 'KEY_1' });
});

it('obeys nobody while it is switched off', async () => {
  const { inputs, press, asked } = stage();
  inputs.plugged(REMOTE);
  await inputs.handlers['input:set']({ input_id: 'remote', enabled: false }, caller);
  await press('KEY_PLAYPAUSE');
  expect(asked).toEqual([]);
});

it('keeps what was chosen, unplugged and over a restart', async () => {
  const { inputs, db } = stage();
  inputs.plugged(REMOTE);
  const { handlers } = inputs;
  const bind = { input_id: 'remote', key: 'KEY_1', gesture: 'hold', action: 'stop' } as const;
  await handlers['input:bind'](bind, caller);
  await handlers['input:bind']({ ...bind, key: 'KEY_PLAYPAUSE', gesture: 'press', action: null }, caller);
  await handlers['input:set']({ input_id: 'remote', room_id: 'a' }, caller);
  inputs.unplugged('remote');
  const again = stage(['a'], db);
  expect(again.input()).toMatchObject({ connected: false, room_id: 'a' });
  again.inputs.plugged(REMOTE);
  const keys = again.input()?.bindings.map(({ key, gesture, action }) => `${key} ${gesture} ${action}`);
  expect(again.input()?.connected).toBe(true);
  expect(keys).toContain('KEY_1 hold stop');
  expect(keys?.join()).not.toContain('KEY_PLAYPAUSE');
  await again.inputs.handlers['input:reset']({ input_id: 'remote' }, caller);
  expect(again.input()?.bindings.map(({ key }) => key)).toContain('KEY_PLAYPAUSE');
});

it('tells who teaches it the next key, which does nothing this once', async () => {
  const { inputs, press, asked } = stage();
  inputs.plugged(REMOTE);
  const lesson = inputs.handlers['input:learn']({}, caller);
  await press('KEY_1');
  expect(await lesson).toEqual({ heard: { input_id: 'remote', key: 'KEY_1', gesture: 'press' } });
  expect(asked).toEqual([]);
  const long = inputs.handlers['input:learn']({ input_id: 'remote' }, caller);
  await press('KEY_PLAYPAUSE', 800);
  expect(await long).toMatchObject({ heard: { key: 'KEY_PLAYPAUSE', gesture: 'hold' } });
});

it('sends the alarm of its room back to sleep, and ends its day with the sleep timer', async () => {
  const { inputs, store, asked, press, input } = stage();
  inputs.plugged(REMOTE);
  const bind = { input_id: 'remote', key: 'KEY_1', gesture: 'press' } as const;
  await inputs.handlers['input:bind']({ ...bind, action: 'snooze' }, caller);
  await press('KEY_1');
  expect(input()?.heard?.problem).toBe('no alarm rings in this room');
  const ring = { ...ALARM, ring: RING };
  store.commit({
    type: 'list/changed',
    list: 'alarms',
    items: [{ ...ring, alarm_id: 'b', room_id: 'b' }, ring],
  });
  await press('KEY_1');
  await inputs.handlers['input:bind']({ ...bind, action: 'sleep' }, caller);
  await press('KEY_1');
  expect(asked.map(({ type, request }) => [type, request])).toEqual([
    ['alarm:snooze', { alarm_id: 'wake' }],
    ['sleep:set', { room_id: 'a', minutes: 30 }],
  ]);
});

it('does nothing with a knob that was just taught, until it stands still', async () => {
  const { house, inputs, turn, clock, asked } = stage();
  house.player('a').turn({ volume: 0.3 });
  inputs.plugged(REMOTE);
  const lesson = inputs.handlers['input:learn']({}, caller);
  for (let n = 0; n < 10; n++) {
    turn(1);
    await clock.advance(100);
  }
  expect(await lesson).toMatchObject({ heard: { key: 'REL_DIAL+' } });
  expect(asked).toEqual([]);
  await clock.advance(1000);
  turn(1);
  await clock.advance(100);
  expect(asked).toHaveLength(1);
});

it('ends a lesson without a pupil, one that somebody else takes over, and one that nobody wants any more', async () => {
  const { inputs, clock, press, asked } = stage();
  inputs.plugged(REMOTE);
  const first = inputs.handlers['input:learn']({}, caller);
  const second = inputs.handlers['input:learn']({}, caller);
  expect(await first).toEqual({ taken: true });
  await clock.advance(20_000);
  expect(await second).toEqual({});
  const third = inputs.handlers['input:learn']({}, caller);
  expect(await inputs.handlers['input:learn']({ end: true }, caller)).toEqual({});
  expect(await third).toEqual({});
  await press('KEY_PLAYPAUSE');
  expect(asked).toHaveLength(1);
});

it('tries a key on request, with the answer of the house', async () => {
  const { house, inputs } = stage();
  await house.queue('a', 'one');
  inputs.plugged(REMOTE);
  const test = { input_id: 'remote', key: 'KEY_PLAYPAUSE', gesture: 'press' } as const;
  await house.settled(inputs.handlers['input:test'](test, caller));
  expect(house.room('a').live.state).toBe('paused');
  await expect(inputs.handlers['input:test']({ ...test, key: 'KEY_1' }, caller)).rejects.toThrow(
    'does nothing',
  );
});

it('forgets only what is not there', async () => {
  const { inputs, input } = stage();
  inputs.plugged(REMOTE);
  expect(() => inputs.handlers['input:forget']({ input_id: 'remote' }, caller)).toThrow('plugged in');
  inputs.unplugged('remote');
  await inputs.handlers['input:forget']({ input_id: 'remote' }, caller);
  expect(input()).toBeUndefined();
});
