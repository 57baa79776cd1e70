import { describe, expect, it } from 'vitest';
import { FakeHouse } from '../../test/fakes/fake-house.js';
import { fakeMusic } from '../../test/fakes/fake-music.js';
import { anAlarm } from '../../test/fakes/fake-alarms.js';
import type { Player } from '../../src/protocol/player.js';
import { mendedAt, noticeOf } from './notice.js';

function room(more: Partial<Player> = {}) {
  const house = new FakeHouse(fakeMusic(1), () => 0);
  const { playback, players } = house.room(house.addRoom('Study', 'mpd', more))!;
  return { playback, players, system: house.system };
}

describe('notice', () => {
  it('offers to take over what somebody else drives, before anything else', () => {
    const foreign = { title: 'Air', artist: 'Bach', status: 'playing', position_seconds: 0 } as const;
    const { playback, players, system } = room({ controlled_elsewhere: true, foreign });
    expect(noticeOf({ ...playback, problem: 'x' }, players, system, undefined, true)).toEqual({
      kind: 'warning',
      text: 'Controlled elsewhere: Air by Bach',
      action: 'take-over',
    });
  });
  it('says why a speaker is not there', () => {
    const { playback, players, system } = room({ link: 'offline', problem: 'no route' });
    expect(noticeOf(playback, players, system, undefined, true)?.text).toBe('Study is offline: no route');
  });
  it('prefers the problem of the music to what the owner should know', () => {
    const { playback, players, system } = room();
    expect(
      noticeOf({ ...playback, problem: 'cannot be played' }, players, system, undefined, true)?.text,
    ).toBe('cannot be played');
    expect(noticeOf(playback, players, system, undefined, true)?.to).toBe('settings');
    expect(noticeOf(playback, players, { ...system, notices: [] }, undefined, true)).toBeUndefined();
  });
  it('leads to the alarms when one did not ring, before all music, the last one first', () => {
    const { playback, players, system } = room({ link: 'offline' });
    const slept = (day: string) =>
      anAlarm({ last_at: `2026-11-${day}T06:00:00.000Z`, notice: { level: 'warning', message: day } });
    const alarms = [slept('19'), slept('21'), anAlarm(), slept('20')];
    expect(noticeOf({ ...playback, stream_title: 'News' }, players, system, alarms, true)).toEqual({
      kind: 'warning',
      text: '21',
      to: 'alarms',
    });
    expect(noticeOf(playback, [], system, [anAlarm()], true)?.text).toBe(system.notices[0]?.message);
  });
  it('leads who manages the house to where it is mended, and tells nobody else of settings', () => {
    const { playback, players, system } = room();
    const message = 'Restart Tutti to apply: Find players by themselves.';
    const waiting = { notice_id: 'settings-restart', level: 'info' as const, message };
    const state = { ...system, notices: [waiting] };
    expect(noticeOf(playback, players, state, undefined, true)).toEqual({
      kind: 'info',
      text: message,
      to: 'house-settings',
    });
    expect(noticeOf(playback, players, state, undefined, false)).toBeUndefined();
    expect(mendedAt('header-led')).toBe('inputs');
  });
});
