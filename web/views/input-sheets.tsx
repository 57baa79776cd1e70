import { useEffect, useState } from 'preact/hooks';
import type { Input, InputAction, InputGesture } from '../../src/protocol/inputs.js';
import { Button } from '../components/buttons.js';
import { Choice, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { explain } from '../state/explain.js';
import { ACTION_WORDS, ACTIONS, keyWords } from '../state/input-words.js';
import { useStore } from '../state/store.js';

export interface Key {
  readonly key: string;
  readonly gesture: InputGesture;
}

/** Longer than the server waits for the key. */
const LESSON_MS = 25_000;

/** Waits for the key that is to be taught. */
export function LearnSheet(props: {
  readonly input: Input;
  readonly onHeard: (key: Key) => void;
  readonly onClose: () => void;
}) {
  const { input, onHeard, onClose } = props;
  const { client, house } = useStore();
  const [problem, setProblem] = useState<string>();
  const [lesson, setLesson] = useState(0);
  useEffect(() => {
    let over = false;
    let left = false;
    setProblem(undefined);
    const ends = (text?: string): void => {
      over = true;
      if (!left && text !== undefined) setProblem(text);
    };
    client.send('input:learn', { input_id: input.input_id }, { timeout_ms: LESSON_MS }).then(
      ({ heard, taken }) => {
        ends(taken ? 'Somebody else teaches a key now.' : 'No key was pressed.');
        if (heard && !left) onHeard(heard);
      },
      (error: unknown) => ends(explain(error)),
    );
    return () => {
      left = true;
      // The next key does what it does again, instead of being waited for.
      if (!over) client.send('input:learn', { end: true }).catch(() => undefined);
    };
  }, [client, input.input_id, lesson]);
  return (
    <Sheet title={`Teach ${input.name}`} onClose={onClose}>
      <p class="learn" role="status">
        {house.live.value
          ? (problem ?? 'Press the key now, or turn the knob. Hold it to teach what holding does.')
          : 'Tutti cannot be reached: a key that is pressed now is not taught.'}
      </p>
      <div class="play-buttons">
        {problem !== undefined && (
          <Button kind="primary" label="Try again" onClick={() => setLesson((n) => n + 1)} />
        )}
        <Button label="Cancel" offline onClick={onClose} />
      </div>
    </Sheet>
  );
}

const GESTURES = [
  { value: 'press', label: 'When pressed' },
  { value: 'hold', label: 'When held' },
] as const;

interface KeySheetProps {
  readonly input: Input;
  readonly pressed: Key;
  readonly onClose: () => void;
}

/** What one key does. */
export function KeySheet({ input, pressed, onClose }: KeySheetProps) {
  const store = useStore();
  const { input_id, bindings } = input;
  const { key } = pressed;
  const [gesture, setGesture] = useState<InputGesture>(pressed.gesture);
  const bound = bindings.find((one) => one.key === key && one.gesture === gesture);
  const [action, setAction] = useState<InputAction | ''>(bound?.action ?? '');
  const [playlist_id, setPlaylist] = useState(bound?.playlist_id ?? '');
  const [tried, setTried] = useState<string>();
  const playlists = store.catalog.playlists.value;
  useEffect(() => store.catalog.refreshPlaylists(), []);
  const bind = async (): Promise<string | undefined> => {
    if (action === 'playlist' && playlist_id === '') return 'Choose the playlist first';
    const what = action === '' ? { action: null } : { action };
    const playlist = action === 'playlist' ? { playlist_id } : {};
    await store.client.send('input:bind', { input_id, key, gesture, ...what, ...playlist });
    onClose();
    return undefined;
  };
  const test = async (): Promise<void> => {
    setTried(undefined);
    await store.client.send('input:test', { input_id, key, gesture }).then(
      () => setTried('Done'),
      (error: unknown) => setTried(explain(error)),
    );
  };
  return (
    <Sheet title={keyWords(key)} onClose={onClose}>
      <SheetForm
        icon="check"
        submit="Save"
        run={bind}
        beside={bound && <Button label="Test" onClick={() => void test()} />}
      >
        {!/[+-]$/.test(key) && (
          <Choice
            legend="When"
            options={GESTURES}
            value={gesture}
            onInput={(value) => {
              setGesture(value);
              const other = bindings.find((one) => one.key === key && one.gesture === value);
              setAction(other?.action ?? '');
              setPlaylist(other?.playlist_id ?? '');
            }}
          />
        )}
        <label class="field">
          <span>What it does</span>
          <select
            aria-label="What it does"
            value={action}
            onChange={(event) => setAction(event.currentTarget.value as InputAction | '')}
          >
            <option value="">Nothing</option>
            {ACTIONS.map((one) => (
              <option key={one} value={one}>
                {ACTION_WORDS[one]}
              </option>
            ))}
          </select>
        </label>
        {action === 'playlist' && (
          <label class="field">
            <span>Playlist</span>
            <select
              aria-label="Playlist"
              value={playlist_id}
              onChange={(event) => setPlaylist(event.currentTarget.value)}
            >
              <option value="">Choose one</option>
              {playlists?.map((playlist) => (
                <option key={playlist.playlist_id} value={playlist.playlist_id}>
                  {playlist.name}
                </option>
              ))}
            </select>
          </label>
        )}
        <p class="sheet-about" role="status">
          {tried}
        </p>
      </SheetForm>
    </Sheet>
  );
}
