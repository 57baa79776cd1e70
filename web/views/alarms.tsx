import { useState } from 'preact/hooks';
import type { Alarm } from '../../src/protocol/alarm.js';
import { Button } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import {
  daysText,
  isTrouble,
  lastText,
  nextText,
  placeText,
  ROOMLESS,
  sourceText,
} from '../state/alarm-words.js';
import { isAdmin } from '../state/door.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import '../styles/alarms.css';
import { AlarmSheet } from './alarm-sheet.js';
import { BackHeader } from './collections.js';
import { useList, useNow } from './follow.js';
import { useLoaded } from './hooks.js';
import { Switch } from './schedules.js';

/** What wakes people in this house. */
export function AlarmsView() {
  const store = useStore();
  const alarms = useList('alarms');
  const [editing, setEditing] = useState<string>();
  const now = useNow(10_000);
  const edited = alarms?.find(({ alarm_id }) => alarm_id === editing);
  return (
    <section class="view pipeline" aria-label="Alarms">
      <BackHeader title="Alarms" />
      <div class="scroller">
        <ClockNotice />
        {alarms?.length === 0 && <p class="empty">Nothing wakes anybody here.</p>}
        <ul class="cards" aria-label="Alarms">
          {alarms
            ?.toSorted((one, other) => one.time.localeCompare(other.time))
            .map((alarm) => (
              <AlarmRow
                key={alarm.alarm_id}
                alarm={alarm}
                now={now}
                onEdit={() => setEditing(alarm.alarm_id)}
              />
            ))}
        </ul>
        <div class="page-end">
          <Button icon="plus" label="New alarm" kind="primary" onClick={() => setEditing('')} />
        </div>
      </div>
      {(edited || editing === '') && (
        <AlarmSheet
          alarm={edited}
          rooms={store.house.rooms.value ?? []}
          onClose={() => setEditing(undefined)}
        />
      )}
    </section>
  );
}

/** What makes alarms ring at another hour than somebody at this phone would think, or not at all. */
function ClockNotice() {
  const { client } = useStore();
  const [changes, setChanges] = useState(0);
  const { value } = useLoaded(() => client.send('alarm:list', {}), [client, changes]);
  if (!value) return null;
  if (!value.clock_trusted)
    return (
      <p class="clock-notice problem" role="status">
        <Icon name="warning" size={18} /> The server does not know what time it is. Nothing rings until it has
        heard the time from the network, or its clock was set by hand.
      </p>
    );
  const here = -new Date().getTimezoneOffset();
  if (value.utc_offset_minutes === here) return null;
  return <PlaceNotice house={value.time_zone} onChange={() => setChanges(changes + 1)} />;
}

/** The house was never told where it stands, or this phone is on a journey. */
function PlaceNotice({ house, onChange }: { house: string; onChange: () => void }) {
  const store = useStore();
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const change = async (): Promise<void> => {
    if (await store.ask('settings:set', { key: 'time_zone', value: here })) onChange();
  };
  return (
    <div class="clock-notice" role="status">
      <p class="problem">
        <Icon name="warning" size={18} /> The clocks of this house go by {placeText(house)}, this phone by{' '}
        {placeText(here)}. Alarms, quiet hours and schedules go by the house.
        {!isAdmin(store) && ' Who manages Tutti can change that in the settings.'}
      </p>
      {isAdmin(store) && (
        <Button label={`Have the house go by ${placeText(here)}`} onClick={() => void change()} />
      )}
    </div>
  );
}

function AlarmRow({ alarm, now, onEdit }: { alarm: Alarm; now: number; onEdit: () => void }) {
  const store = useStore();
  const { alarm_id, time, name, enabled, days, room_id, skip_date, ring, notice } = alarm;
  const room = store.house.rooms.value?.find((one) => one.room_id === room_id);
  const lost = !ring && store.house.rooms.value !== undefined && room === undefined;
  const trouble = lost || isTrouble(alarm);
  const last = ring?.problem ?? lastText(alarm);
  const about = name === '' ? time : `${name}, ${time}`;
  const repeats = days.length > 0;
  return (
    <li class={`card alarm ${trouble ? 'waits' : ''} ${enabled || ring ? '' : 'off'}`}>
      <button type="button" class="alarm-time" aria-label={`Change the alarm of ${about}`} onClick={onEdit}>
        {time}
      </button>
      <div class="row-text">
        <span class="row-line">{[name, daysText(days)].filter(Boolean).join(' · ')}</span>
        <span class="row-line dim">{[sourceText(alarm), room?.name].filter(Boolean).join(' · ')}</span>
        <span class={`row-sub ${lost ? 'problem' : ''}`}>{lost ? ROOMLESS : nextText(alarm, now)}</span>
        {notice && <span class="row-sub problem">{notice.message}</span>}
        {!notice && last !== undefined && <span class={`row-sub ${trouble ? 'problem' : ''}`}>{last}</span>}
      </div>
      <div class="card-actions spread">
        <Switch
          label={`Alarm of ${about}`}
          value={enabled}
          onInput={(on) => void store.ask('alarm:set', { alarm_id, enabled: on })}
        />
        {enabled && repeats && (
          <Button
            label={skip_date === undefined ? 'Skip next' : 'Do not skip'}
            about={about}
            onClick={() => void store.ask('alarm:skip', { alarm_id, skip: skip_date === undefined })}
          />
        )}
        <Button
          label="Test"
          about={about}
          disabled={ring !== undefined}
          onClick={() => void store.ask('alarm:test', { alarm_id })}
        />
        {notice && (
          <Button
            label="Dismiss"
            about={about}
            kind="primary"
            onClick={() => void store.ask('alarm:dismiss', { alarm_id })}
          />
        )}
      </div>
    </li>
  );
}
