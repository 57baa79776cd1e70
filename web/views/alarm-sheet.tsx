import { useState } from 'preact/hooks';
import type { Alarm, AlarmSource, Weekday } from '../../src/protocol/alarm.js';
import type { Room } from '../../src/protocol/room.js';
import { Button } from '../components/buttons.js';
import { Check, Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { DAYS, daysText } from '../state/alarm-words.js';
import { useStore } from '../state/store.js';
import { AlarmSourceField } from './alarm-source.js';
import { LimitSlider } from './room-settings.js';

interface AlarmSheetProps {
  /** Absent: a new one. */
  readonly alarm: Alarm | undefined;
  readonly rooms: readonly Room[];
  readonly onClose: () => void;
}

const NEW = {
  time: '07:00',
  name: '',
  days: [] as readonly Weekday[],
  source: { last: true } as AlarmSource,
  source_title: undefined as string | undefined,
  volume: 0.35,
  fade_seconds: 60,
  snooze_minutes: 9,
  stop_minutes: 30,
  quiet_hours: 'ignore' as Alarm['quiet_hours'],
};

/** Everything about one alarm. */
export function AlarmSheet({ alarm, rooms, onClose }: AlarmSheetProps) {
  const store = useStore();
  const [chosen, setChosen] = useState(() => {
    const there = rooms.some(({ room_id }) => room_id === alarm?.room_id);
    return { ...NEW, ...alarm, room_id: alarm && there ? alarm.room_id : store.roomId };
  });
  const set = (change: Partial<typeof chosen>): void => setChosen((now) => ({ ...now, ...change }));
  const [lack, setLack] = useState<string>();
  const run = async (): Promise<string | undefined> => {
    if (lack !== undefined) return lack;
    const { time, name, days, room_id, source, source_title, volume, fade_seconds } = chosen;
    const { snooze_minutes, stop_minutes, quiet_hours } = chosen;
    await store.client.send('alarm:set', {
      ...(alarm && { alarm_id: alarm.alarm_id }),
      ...{ room_id, time, name: name.trim(), days: [...days], source, volume, fade_seconds },
      ...{ snooze_minutes, stop_minutes, quiet_hours, enabled: true },
      ...(source_title !== undefined && { source_title }),
    });
    onClose();
    return undefined;
  };
  return (
    <Sheet title={alarm ? 'Alarm' : 'New alarm'} onClose={onClose}>
      <SheetForm
        icon="check"
        submit="Save"
        disabled={chosen.time === '' || chosen.room_id === ''}
        run={run}
        beside={
          alarm && (
            <Button
              icon="trash"
              label="Remove"
              onClick={() => {
                onClose();
                void store.ask('alarm:remove', { alarm_id: alarm.alarm_id });
              }}
            />
          )
        }
      >
        <label class="alarm-clock">
          <span class="visually-hidden">Time</span>
          <input
            type="time"
            required
            value={chosen.time}
            onInput={(event) => set({ time: event.currentTarget.value.slice(0, 5) })}
          />
        </label>
        <DayChips days={chosen.days} onInput={(days) => set({ days })} />
        <AlarmSourceField
          source={chosen.source}
          title={chosen.source_title}
          onInput={(source, source_title) => {
            setLack(undefined);
            set({ source, source_title });
          }}
          onLack={setLack}
        />
        {rooms.length > 1 && (
          <label class="field">
            <span>Room</span>
            <select value={chosen.room_id} onChange={(event) => set({ room_id: event.currentTarget.value })}>
              {rooms.map(({ room_id, name }) => (
                <option key={room_id} value={room_id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        <LimitSlider label="As loud as" value={chosen.volume} onInput={(volume) => set({ volume })} />
        <More chosen={chosen} set={set} />
      </SheetForm>
    </Sheet>
  );
}

interface DayChipsProps {
  readonly days: readonly Weekday[];
  readonly onInput: (days: readonly Weekday[]) => void;
}

/** The days of the week, each a button that stays down. */
function DayChips({ days, onInput }: DayChipsProps) {
  const turned = (day: Weekday): readonly Weekday[] =>
    days.includes(day) ? days.filter((one) => one !== day) : [...days, day];
  return (
    <div class="day-chips" role="group" aria-label="Days">
      {DAYS.map(({ day, short, name }) => (
        <button
          key={day}
          type="button"
          class="chip"
          aria-label={name}
          aria-pressed={days.includes(day)}
          onClick={() => onInput(turned(day))}
        >
          {short}
        </button>
      ))}
      <p class="dim" role="status">
        {daysText(days)}
      </p>
    </div>
  );
}

interface MoreProps {
  readonly chosen: Pick<Alarm, 'name' | 'fade_seconds' | 'snooze_minutes' | 'stop_minutes' | 'quiet_hours'>;
  readonly set: (change: Partial<MoreProps['chosen']>) => void;
}

const FADES = [0, 15, 30, 60, 120, 300] as const;
const SNOOZES = [5, 9, 10, 15, 20] as const;
const STOPS = [10, 30, 60, 120] as const;

/** What most people leave as it is. */
function More({ chosen, set }: MoreProps) {
  const { name, fade_seconds, snooze_minutes, stop_minutes, quiet_hours } = chosen;
  return (
    <details class="alarm-more">
      <summary>More</summary>
      <Field label="Name (optional)" value={name} onInput={(next) => set({ name: next })} longest={60} />
      <Numbers
        label="Grows louder over"
        value={fade_seconds}
        of={FADES}
        text={(n) => (n === 0 ? 'no time' : n < 60 ? `${n} seconds` : `${n / 60} min`)}
        onInput={(next) => set({ fade_seconds: next })}
      />
      <Numbers
        label="Snooze for"
        value={snooze_minutes}
        of={SNOOZES}
        text={(n) => `${n} min`}
        onInput={(next) => set({ snooze_minutes: next })}
      />
      <Numbers
        label="Ends by itself after"
        value={stop_minutes}
        of={STOPS}
        text={(n) => `${n} min`}
        onInput={(next) => set({ stop_minutes: next })}
      />
      <Check
        label="Quiet hours hold for it too"
        value={quiet_hours === 'hold'}
        onInput={(hold) => set({ quiet_hours: hold ? 'hold' : 'ignore' })}
      />
      <p class="hint">When the music does not come within seconds, a tone rings instead.</p>
    </details>
  );
}

interface NumbersProps {
  readonly label: string;
  readonly value: number;
  readonly of: readonly number[];
  readonly text: (n: number) => string;
  readonly onInput: (n: number) => void;
}

function Numbers({ label, value, of, text, onInput }: NumbersProps) {
  const all = of.includes(value) ? of : [...of, value].toSorted((one, other) => one - other);
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onInput(Number(event.currentTarget.value))}>
        {all.map((n) => (
          <option key={n} value={n}>
            {text(n)}
          </option>
        ))}
      </select>
    </label>
  );
}
