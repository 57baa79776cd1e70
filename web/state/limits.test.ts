import { describe, expect, it } from 'vitest';
import { capText, ownText } from './limit-words.js';
import { capNow, isQuiet } from './limits.js';

type Room = Parameters<typeof capNow>[0];
const NOON = 12 * 60;
const NIGHT = 23 * 60;
const quiet_hours = { from: '22:00', to: '07:00', limit: 0.5 };
const ROLES = { user: 0.6, device: 1, user_quiet: 0.2, device_quiet: 1 };
const room = (more: Partial<Room> = {}): Room => ({
  room_id: 'r',
  name: 'Kitchen',
  player_ids: [],
  state: 'playing',
  volume: 0.1,
  muted: false,
  volume_limit: 0.8,
  quiet_hours,
  ...more,
});

describe('where a slider ends', () => {
  it('is the lowest limit that holds now for who turns it', () => {
    const by = (minute: number, role?: 'admin' | 'user' | 'device') => {
      const { by: rule, level } = capNow(room(), minute, { role, roles: ROLES });
      return [rule, level];
    };
    expect([by(NOON, 'admin'), by(NOON, 'device'), by(NOON)]).toEqual([
      ['room', 0.8],
      ['room', 0.8],
      ['room', 0.8],
    ]);
    expect([by(NIGHT, 'admin'), by(NIGHT, 'device')]).toEqual([
      ['quiet', 0.5],
      ['quiet', 0.5],
    ]);
    expect([by(NOON, 'user'), by(NIGHT, 'user')]).toEqual([
      ['role', 0.6],
      ['role-quiet', 0.2],
    ]);
  });
  it('is where it stands already, for who may only turn it down', () => {
    const cap = capNow(room({ volume: 0.7 }), NOON, { role: 'user', roles: ROLES });
    expect(cap).toEqual({ by: 'role', level: 0.7, set: 0.6 });
    expect(capText(cap, room())).toBe('You may turn it up to 60\u00a0%');
  });
  it('is said with its reason', () => {
    const words = (minute: number, role: 'admin' | 'user') =>
      capText(capNow(room(), minute, { role, roles: ROLES }), room());
    expect(words(NOON, 'admin')).toBe('Kitchen is never louder than 80\u00a0%');
    expect(words(NIGHT, 'admin')).toBe('Quiet until 07:00: Kitchen is no louder than 50\u00a0%');
    expect(words(NIGHT, 'user')).toBe('Quiet until 07:00: you may turn it up to 20\u00a0%');
    expect(capText({ by: 'player', level: 0.3, set: 0.3 }, room(), 'Shelf')).toBe(
      'Shelf is never louder than 30\u00a0%',
    );
  });
});

it('quiet hours that end when they begin last all day', () => {
  const hours = { from: '08:00', to: '08:00', limit: 0.2 };
  expect([0, 8 * 60, NIGHT].map((minute) => isQuiet(hours, minute))).toEqual([true, true, true]);
});

it('what somebody may is told to those who are held', () => {
  const words = (more: Partial<typeof ROLES>) => ownText('user', { ...ROLES, ...more });
  expect(words({})).toBe('You may turn it up to 60\u00a0%, in quiet hours to 20\u00a0%');
  expect(words({ user_quiet: 1 })).toBe('You may turn it up to 60\u00a0%');
  expect(words({ user: 1 })).toBe('You may turn it up to 20\u00a0% in quiet hours');
  expect(words({ user: 1, user_quiet: 1 })).toBeUndefined();
  expect([ownText('admin', ROLES), ownText('device', ROLES), ownText(undefined, ROLES)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
