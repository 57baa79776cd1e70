import { DEFAULTS } from '../../src/alarms/kept.js';
import { AppError, offsetIn, systemPlace, placeNamed } from '../../src/base/index.js';
import type { Alarm } from '../../src/protocol/index.js';
import type { FakeHandlers } from './fake-commands.js';
import type { FakeHouse } from './fake-house.js';

export const anAlarm = (more: Partial<Alarm> = {}): Alarm => ({
  ...DEFAULTS,
  alarm_id: 'al-one',
  room_id: 'living-room',
  name: 'School',
  time: '06:45',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  ...more,
});

/** What alarms and sleep timers answer, as far as the page can tell. Nothing ever rings by itself. */
export function alarmHandlers(house: FakeHouse): FakeHandlers {
  const { pipeline } = house;
  const change = (alarmId: string, more: Partial<Alarm>) => {
    pipeline.change('alarms', alarmId, more);
    return { alarm: pipeline.get('alarms', alarmId) };
  };
  const over = (alarmId: string) => {
    const { ring: _ring, ...rest } = pipeline.get('alarms', alarmId);
    pipeline.put('alarms', rest);
    return { alarm: rest };
  };
  return {
    'alarm:list': () => {
      const time_zone = placeNamed(String(house.settings.set.get('time_zone'))) ?? systemPlace('').own();
      const utc_offset_minutes = offsetIn(time_zone)(Date.now());
      return { alarms: pipeline.list('alarms'), clock_trusted: true, utc_offset_minutes, time_zone };
    },
    'alarm:set': ({ alarm_id = 'al-new', ...given }) => {
      const before = pipeline.list('alarms').find((one) => one.alarm_id === alarm_id);
      const alarm = Object.assign(anAlarm({ name: '' }), before, { alarm_id }, given);
      pipeline.put('alarms', alarm);
      return { alarm };
    },
    'alarm:remove': ({ alarm_id }) => {
      pipeline.remove('alarms', alarm_id);
      return {};
    },
    'alarm:skip': ({ alarm_id, skip }) => {
      const { skip_date: _date, ...rest } = pipeline.get('alarms', alarm_id);
      pipeline.put('alarms', { ...rest, ...(skip && { skip_date: '2026-11-21' }) });
      return { alarm: pipeline.get('alarms', alarm_id) };
    },
    'alarm:snooze': ({ alarm_id, minutes = 9 }) => {
      const { ring } = pipeline.get('alarms', alarm_id);
      if (!ring) throw new AppError('ERR_CONFLICT', 'It does not ring');
      const snoozed_until_us = house.nowUs() + minutes * 60e6;
      return change(alarm_id, { ring: { ...ring, state: 'snoozed', snoozed_until_us } });
    },
    'alarm:stop': ({ alarm_id }) => over(alarm_id),
    'alarm:test': ({ alarm_id }) => change(alarm_id, { ring: ringing({ test: true }) }),
    'alarm:dismiss': ({ alarm_id }) => {
      const { notice: _notice, ...alarm } = pipeline.get('alarms', alarm_id);
      pipeline.put('alarms', alarm);
      return { alarm };
    },
    'sleep:set': ({ room_id, minutes, until, fade_seconds }) => {
      const ends = minutes === undefined ? {} : { ends_at_us: house.nowUs() + minutes * 60e6 };
      const sleep = {
        sleep_id: room_id,
        room_id,
        until: until ?? 'time',
        fade_seconds,
        fading: false,
        ...ends,
      } as const;
      pipeline.put('sleeps', sleep);
      return { sleep };
    },
    'sleep:cancel': ({ room_id }) => {
      pipeline.remove('sleeps', room_id);
      return {};
    },
  };
}

export const ringing = (more: Partial<NonNullable<Alarm['ring']>> = {}): NonNullable<Alarm['ring']> => ({
  state: 'ringing',
  since: '2026-11-20T06:45:00.000Z',
  snoozes_left: 5,
  tone: false,
  test: false,
  missing_player_ids: [],
  ...more,
});
