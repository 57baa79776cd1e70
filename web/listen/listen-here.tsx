import './listen.css';
import { Button } from '../components/buttons.js';
import { HoldButton } from '../components/hold-button.js';
import { Sheet } from '../components/sheet.js';
import { Slider } from '../components/slider.js';
import { useStore } from '../state/store.js';
import { Listening, listeningOf } from './listening.js';

const MOST_TRIM_MS = 2000;

/** Makes this browser one more loudspeaker of a room: on and off, its own loudness, and how well it keeps time. */
export function ListenHere({ roomId }: { roomId: string }) {
  const store = useStore();
  const current = listeningOf(store);
  const listening = current.value;
  const here = listening?.roomId === roomId ? listening : undefined;
  const name = store.house.rooms.value?.find(({ room_id }) => room_id === roomId)?.name ?? 'the room';
  const toggle = (): void => {
    listening?.close();
    current.value = here ? undefined : new Listening(store.client, roomId);
  };
  return (
    <div class="listen-here">
      <p class="sheet-about dim">
        {here
          ? `This browser plays what ${name} plays, at the same moment.`
          : `Hear ${name} from this phone or laptop too, in step with the room. Nothing changes for the others.`}
      </p>
      <Button
        icon={here ? 'close' : 'volume'}
        label={here ? 'Stop listening here' : 'Listen here'}
        kind={here ? 'plain' : 'primary'}
        onClick={toggle}
      />
      {here && <Panel listening={here} />}
    </div>
  );
}

export function ListenSheet({ roomId, onClose }: { roomId: string; onClose: () => void }) {
  return (
    <Sheet title="Listen here" onClose={onClose}>
      <ListenHere roomId={roomId} />
    </Sheet>
  );
}

function Panel({ listening }: { listening: Listening }) {
  const volume = listening.volume.value;
  const trim = listening.trimMs.value;
  const turn = (by: number): void => {
    const next = listening.trimMs.peek() + by;
    listening.trimMs.value = Math.max(-MOST_TRIM_MS, Math.min(MOST_TRIM_MS, next));
  };
  return (
    <>
      <p class="listen-state" role="status">
        {listening.problem.value ?? stateText(listening)}
      </p>
      <Slider
        label="Volume of this browser"
        value={volume}
        max={1}
        step={0.01}
        text={`${Math.round(volume * 100)} %`}
        onInput={(next) => (listening.volume.value = next)}
      />
      <fieldset class="latency">
        <legend>In step with the room</legend>
        <div class="latency-row">
          <HoldButton icon="minus" label="Later" hint="This browser: 1 ms later" onStep={(n) => turn(-n)} />
          <output class="latency-number" aria-label="Milliseconds that this browser plays earlier">
            {trim} ms
          </output>
          <HoldButton icon="plus" label="Earlier" hint="This browser: 1 ms earlier" onStep={turn} />
        </div>
        <p class="dim">
          Bluetooth headphones are heard late, and many do not say so: tap Earlier until there is no echo.
        </p>
      </fieldset>
    </>
  );
}

function stateText({ state, skewMs }: Listening): string {
  switch (state.value) {
    case 'asleep':
      return 'The browser has put the sound to sleep: tap anywhere to go on.';
    case 'waiting':
      return 'Getting the music…';
    case 'silent':
      return 'Waits for the room to play.';
    case 'playing':
      return skewMs.value === undefined ? 'Playing.' : skewText(skewMs.value);
  }
}

/** What the browser says is no more than an estimate: nobody has heard it. */
function skewText(ms: number): string {
  const size = Math.abs(ms).toFixed(1);
  if (size === '0.0') return 'In step: 0.0 ms off, by what the browser says of its output (an estimate).';
  return `${size} ms ${ms > 0 ? 'ahead' : 'behind'}, by what the browser says of its output (an estimate).`;
}
