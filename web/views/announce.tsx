import { useMemo, useState } from 'preact/hooks';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import type { CommandReply } from '../../src/protocol/commands.js';
import type { Outcome, Room } from '../../src/protocol/room.js';
import type { Track } from '../../src/protocol/track.js';
import { outcomeText } from '../state/outcome-words.js';
import { Search } from '../state/search.js';
import { useStore } from '../state/store.js';
import { LimitSlider } from './room-settings.js';

type Found = CommandReply<'library:search'>;
const MOST_FOUND = 6;

/** Plays a clip over the music of some rooms; the music comes back as it was. */
export function AnnounceSheet({ room, onClose }: { room: Room; onClose: () => void }) {
  const store = useStore();
  const [track, setTrack] = useState<Track>();
  const [from, setFrom] = useState<'track' | 'url'>('track');
  const [url, setUrl] = useState('');
  const [rooms, setRooms] = useState<readonly string[]>([room.room_id]);
  const [volume, setVolume] = useState<number>();
  const [mode, setMode] = useState<'duck' | 'pause'>('duck');
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const clip = from === 'url' ? { url: url.trim() } : track && { track_id: track.track_id };
  const run = async (): Promise<string | undefined> => {
    if (!clip) return 'Choose what is to be played';
    const loud = volume === undefined ? {} : { volume };
    const reply = await store.client.send('room:announce', { room_ids: [...rooms], clip, mode, ...loud });
    if (reply.outcomes.every(({ outcome }) => outcome === 'applied')) {
      onClose();
      store.toasts.show('Announced', { kind: 'success' });
    } else setOutcomes(reply.outcomes);
    return undefined;
  };
  return (
    <Sheet title="Announce" onClose={onClose}>
      <SheetForm
        icon="play"
        submit="Announce"
        disabled={rooms.length === 0 || (from === 'url' ? url.trim() === '' : !track)}
        run={run}
      >
        <Source value={from} onChange={setFrom} />
        {from === 'url' ? (
          <Field
            label="Address of a clip"
            keys="url"
            value={url}
            onInput={setUrl}
            placeholder="https://…"
            required
          />
        ) : (
          <TrackField track={track} onChoose={setTrack} />
        )}
        <RoomBoxes chosen={rooms} onChange={setRooms} />
        <label class="check">
          <input
            type="checkbox"
            checked={volume === undefined}
            onChange={(event) => setVolume(event.currentTarget.checked ? undefined : 0.5)}
          />
          <span>As loud as the music</span>
        </label>
        {volume !== undefined && <LimitSlider label="Loudness" value={volume} onInput={setVolume} />}
        <label class="check">
          <input
            type="checkbox"
            checked={mode === 'pause'}
            onChange={(event) => setMode(event.currentTarget.checked ? 'pause' : 'duck')}
          />
          <span>Pause the music meanwhile</span>
        </label>
        <ul class="outcomes">
          {outcomes.map((one) => (
            <li key={one.player_id}>
              {store.house.players.peek()?.find(({ player_id }) => player_id === one.player_id)?.name}:{' '}
              {outcomeText('room:announce', one)}
            </li>
          ))}
        </ul>
      </SheetForm>
    </Sheet>
  );
}

function Source({ value, onChange }: { value: 'track' | 'url'; onChange: (value: 'track' | 'url') => void }) {
  return (
    <fieldset class="choices pair">
      <legend class="visually-hidden">What</legend>
      {(['track', 'url'] as const).map((one) => (
        <label key={one}>
          <input type="radio" name="clip" checked={value === one} onChange={() => onChange(one)} />
          <span>{one === 'track' ? 'A track' : 'An address'}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface TrackFieldProps {
  readonly track: Track | undefined;
  readonly onChoose: (track: Track | undefined) => void;
}

function TrackField({ track, onChoose }: TrackFieldProps) {
  const { client, controls } = useStore();
  const search = useMemo(
    () =>
      new Search<Found>(
        (query) => client.send('library:search', { query, limit: MOST_FOUND }),
        controls.after,
      ),
    [],
  );
  const found = search.results.value?.tracks ?? [];
  return (
    <>
      <Field
        label="Search a track"
        value={track?.title ?? search.query.value}
        onInput={(text) => {
          onChoose(undefined);
          search.type(text);
        }}
      />
      {!track && (
        <ul class="menu found">
          {found.map((one) => (
            <li key={one.track_id}>
              <button type="button" onClick={() => onChoose(one)}>
                <span class="row-text">
                  <span class="row-title">{one.title}</span>
                  <span class="row-sub">{one.artist}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

interface RoomBoxesProps {
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

function RoomBoxes({ chosen, onChange }: RoomBoxesProps) {
  const { house } = useStore();
  const rooms = (house.rooms.value ?? []).filter(({ player_ids }) => player_ids.length > 0);
  return (
    <fieldset class="outputs">
      <legend>In which rooms</legend>
      {rooms.map(({ room_id, name }) => (
        <label key={room_id}>
          <input
            type="checkbox"
            checked={chosen.includes(room_id)}
            onChange={(event) =>
              onChange(
                event.currentTarget.checked
                  ? [...chosen, room_id]
                  : chosen.filter((other) => other !== room_id),
              )
            }
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
