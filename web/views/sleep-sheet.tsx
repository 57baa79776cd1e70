import { useState } from 'preact/hooks';
import type { Room } from '../../src/protocol/room.js';
import { Button } from '../components/buttons.js';
import { Choice, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { sleepText } from '../state/alarm-words.js';
import { useStore } from '../state/store.js';
import { useList, useNow } from './follow.js';

const ENDS = [
  { value: 15, label: '15 min' },
  { value: 30, label: '30 min' },
  { value: 45, label: '45 min' },
  { value: 60, label: '1 hour' },
  { value: 90, label: '1½ hours' },
  { value: 'track', label: 'End of this track' },
  { value: 'album', label: 'End of this album' },
  { value: 'queue', label: 'End of the queue' },
] as const;
type End = (typeof ENDS)[number]['value'];

/** When a room is to fall silent. */
export function SleepSheet({ room, onClose }: { room: Room; onClose: () => void }) {
  const store = useStore();
  const { room_id } = room;
  const sleep = useList('sleeps')?.find((one) => one.room_id === room_id);
  const [end, setEnd] = useState<End>(30);
  useNow(1_000, sleep !== undefined);
  const run = async (): Promise<undefined> => {
    const when = typeof end === 'number' ? { minutes: end } : { until: end };
    await store.client.send('sleep:set', { room_id, ...when });
    onClose();
  };
  return (
    <Sheet title={`Sleep timer of ${room.name}`} onClose={onClose}>
      <SheetForm
        icon="check"
        submit={sleep ? 'Change' : 'Start'}
        run={run}
        beside={
          sleep && (
            <Button
              icon="close"
              label="Turn it off"
              onClick={() => {
                onClose();
                void store.ask('sleep:cancel', { room_id });
              }}
            />
          )
        }
      >
        <p class="sheet-about" role="status">
          {sleep
            ? sleepText(sleep, store.nowUs)
            : 'The music fades and pauses; the volume is as before afterwards.'}
        </p>
        <Choice<End> legend="Silent after" options={ENDS} value={end} onInput={setEnd} />
      </SheetForm>
    </Sheet>
  );
}
