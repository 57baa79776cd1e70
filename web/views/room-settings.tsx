import { useState } from 'preact/hooks';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { Slider } from '../components/slider.js';
import type { QuietHours, Room } from '../../src/protocol/room.js';
import { useStore } from '../state/store.js';

const USUAL: QuietHours = { from: '22:00', to: '07:00', limit: 0.3 };

/** A room's name, how loud it may be, and when it must be quiet. */
export function RoomSettingsSheet({ room, onClose }: { room: Room; onClose: () => void }) {
  const store = useStore();
  const { room_id } = room;
  const [name, setName] = useState(room.name);
  const [limit, setLimit] = useState(room.volume_limit);
  const [quiet, setQuiet] = useState(room.quiet_hours !== undefined);
  const [hours, setHours] = useState(room.quiet_hours ?? USUAL);
  const run = async (): Promise<undefined> => {
    const { client } = store;
    const wanted = name.trim();
    if (wanted !== room.name) await client.send('room:rename', { room_id, name: wanted });
    await client.send('room:limits', { room_id, volume_limit: limit, quiet_hours: quiet ? hours : null });
    store.toasts.show(`Saved for ${wanted}`, { kind: 'success' });
    onClose();
  };
  const whole = hours.from !== '' && hours.to !== '' && hours.from !== hours.to;
  return (
    <Sheet title={`Settings of ${room.name}`} onClose={onClose}>
      <SheetForm icon="check" submit="Save" disabled={name.trim() === '' || (quiet && !whole)} run={run}>
        <Field label="Name" value={name} onInput={setName} longest={128} required />
        <LimitSlider label="Never louder than" value={limit} onInput={setLimit} />
        <label class="check">
          <input
            type="checkbox"
            checked={quiet}
            onChange={(event) => setQuiet(event.currentTarget.checked)}
          />
          <span>Quiet hours</span>
        </label>
        {quiet && (
          <>
            <div class="field-pair even">
              <TimeField label="From" value={hours.from} onInput={(from) => setHours({ ...hours, from })} />
              <TimeField label="To" value={hours.to} onInput={(to) => setHours({ ...hours, to })} />
            </div>
            <LimitSlider
              label="Then no louder than"
              value={hours.limit}
              onInput={(most) => setHours({ ...hours, limit: most })}
            />
            <p class="hint">Holds for everybody, also for a knob on the loudspeaker.</p>
          </>
        )}
      </SheetForm>
    </Sheet>
  );
}

interface LimitSliderProps {
  readonly label: string;
  /** What it is about, where several are on the page. */
  readonly about?: string;
  /** Marked, and not passed. */
  readonly limit?: number;
  readonly value: number;
  readonly onInput: (value: number) => void;
}

/** A loudness in percent with its name above it. */
export function LimitSlider({ label, about, value, limit = 1, onInput }: LimitSliderProps) {
  const percent = Math.round(value * 100);
  return (
    <div class="limit-field">
      <span class="limit-name">
        {label} <strong>{percent} %</strong>
      </span>
      <Slider
        label={about === undefined ? label : `${about}: ${label}`}
        value={percent}
        max={100}
        step={1}
        limit={Math.round(limit * 100)}
        text={`${percent} percent`}
        onInput={(next) => onInput(next / 100)}
      />
    </div>
  );
}

interface TimeFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
}

function TimeField({ label, value, onInput }: TimeFieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="time"
        value={value}
        required
        onInput={(event) => onInput(event.currentTarget.value.slice(0, 5))}
      />
    </label>
  );
}
