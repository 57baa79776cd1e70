import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Alarm } from '../../src/protocol/alarm.js';
import { Button } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { leftText, sleepText } from '../state/alarm-words.js';
import { useStore } from '../state/store.js';
import '../styles/alarms.css';
import { useList, useNow } from './follow.js';

/** What rings anywhere in the house lies over every page, with large buttons; who was invited to a party is not woken. */
export function AlarmKeeper() {
  const { invited } = useStore();
  const house = !invited.value;
  const alarms = useList('alarms', house);
  useList('sleeps', house);
  const ringing = alarms?.filter(({ ring }) => ring !== undefined) ?? [];
  if (!house || ringing.length === 0) return null;
  return (
    <OverAll>
      {ringing.map((alarm) => (
        <Ringing key={alarm.alarm_id} alarm={alarm} />
      ))}
    </OverAll>
  );
}

/** Lies over sheets too, which let nothing beside them be touched. Neither Escape nor the back key takes it away. */
function OverAll({ children }: { children: ComponentChildren }) {
  const { router } = useStore();
  const sheets = router.sheets.value;
  const dialog = useRef<HTMLDialogElement>(null);
  // The focus goes to none of the buttons: what somebody types presses none.
  const show = (): void => {
    const element = dialog.current;
    if (!element || element.open) return;
    if (sheets === 0) return element.setAttribute('open', '');
    element.showModal();
    element.focus();
  };
  useLayoutEffect(() => {
    const element = dialog.current;
    show();
    return () => element?.close();
  }, [sheets]);
  return (
    <dialog
      ref={dialog}
      class="ringing"
      role="alertdialog"
      aria-label="Alarm"
      tabIndex={-1}
      onCancel={(event) => event.preventDefault()}
      onClose={show}
    >
      {children}
    </dialog>
  );
}

function Ringing({ alarm }: { alarm: Alarm }) {
  const store = useStore();
  const { alarm_id, name, time, ring, room_id, snooze_minutes } = alarm;
  useNow(1_000);
  const room = store.house.rooms.value?.find((one) => one.room_id === room_id)?.name ?? 'a room that is gone';
  const title = ring?.test ? 'Test of an alarm' : name === '' ? 'Alarm' : name;
  const snoozed = ring?.snoozed_until_us;
  useEffect(() => {
    if (snoozed === undefined) store.spoken.value = `${title} rings, ${time}, ${room}`;
  }, [snoozed === undefined]);
  if (!ring) return null;
  const stop = (keep_playing: boolean) => () => void store.ask('alarm:stop', { alarm_id, keep_playing });
  return (
    <section class="ringing-one" aria-label={`${title}, ${time}, ${room}`}>
      <p class="ringing-time">{time}</p>
      <p class="ringing-name">
        {title} · {room}
      </p>
      {snoozed !== undefined && <p role="status">Rings again in {leftText(snoozed, store.nowUs)}</p>}
      <div class="ringing-buttons">
        {snoozed === undefined && ring.snoozes_left > 0 && (
          <button
            type="button"
            class="button snooze"
            disabled={!store.house.live.value}
            onClick={() => void store.ask('alarm:snooze', { alarm_id })}
          >
            Snooze {snooze_minutes} min
          </button>
        )}
        <button
          type="button"
          class="button primary stop"
          disabled={!store.house.live.value}
          onClick={stop(false)}
        >
          Stop
        </button>
      </div>
      {snoozed === undefined && !ring.tone && <Button label="Keep the music" onClick={stop(true)} />}
      {ring.problem !== undefined && (
        <p class="ringing-problem">
          <Icon name="warning" size={18} /> {ring.problem}
        </p>
      )}
    </section>
  );
}

/** When the room that this phone controls falls silent: beside its cover, and the way to change that. */
export function SleepLine() {
  const store = useStore();
  const sleeps = store.house.lists.value.sleeps;
  const room_id = store.house.roomId.value;
  const sleep = sleeps?.find((one) => one.room_id === room_id);
  useNow(1_000, sleep !== undefined);
  if (room_id === undefined || store.guest.value) return null;
  const text = sleep ? sleepText(sleep, store.nowUs) : '';
  return (
    <button
      type="button"
      class={`sleep-line ${sleep ? 'on' : ''}`}
      aria-label={sleep ? `Sleep timer: ${text}` : 'Sleep timer'}
      title="Sleep timer"
      disabled={!store.house.live.value}
      onClick={() => (store.sheet.value = { kind: 'sleep', room_id })}
    >
      <Icon name="moon" size={22} />
      {sleep && <span>{text}</span>}
    </button>
  );
}
