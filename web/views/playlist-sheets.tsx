import { useEffect, useState } from 'preact/hooks';
import type { Playlist } from '../../src/protocol/track.js';
import { Artwork } from '../components/artwork.js';
import { Button } from '../components/buttons.js';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { count } from '../state/format.js';
import { type Collecting, type Store, useStore } from '../state/store.js';

/** What one command may carry. */
const MOST_IDS = 1000;

interface CollectProps {
  readonly collecting: Collecting;
  readonly onClose: () => void;
}

/** Which playlist the tracks go to. */
export function CollectSheet({ collecting, onClose }: CollectProps) {
  const store = useStore();
  const { catalog, house } = store;
  const playlists = catalog.playlists.value;
  const { name, track_ids } = collecting;
  useEffect(() => catalog.refreshPlaylists(), []);
  const choose = async (playlist: Playlist): Promise<void> => {
    onClose();
    if (await append(store, playlist.playlist_id, track_ids))
      store.toasts.show(`Added ${name} to ${playlist.name}`, { kind: 'success' });
  };
  return (
    <Sheet title="Add to playlist" onClose={onClose}>
      <p class="dim sheet-about">{name}</p>
      <ul class="menu" aria-label="Playlists" aria-busy={playlists === undefined}>
        {playlists?.map((playlist) => (
          <li key={playlist.playlist_id}>
            <button type="button" disabled={!house.live.value} onClick={() => void choose(playlist)}>
              <Artwork id={playlist.artwork_id} size={96} icon="queue" class="thumb" />
              <span class="row-text">
                <span class="row-title">{playlist.name}</span>
                <span class="row-sub">{count(playlist.track_count, 'track')}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div class="play-buttons sheet-end">
        <Button
          icon="plus"
          label="New playlist"
          onClick={() => (store.sheet.value = { ...collecting, kind: 'new-playlist' })}
        />
      </div>
    </Sheet>
  );
}

async function append(store: Store, playlist_id: string, ids: readonly string[]): Promise<boolean> {
  for (let from = 0; from < ids.length; from += MOST_IDS) {
    const track_ids = ids.slice(from, from + MOST_IDS);
    if (!(await store.ask('playlist:add', { playlist_id, track_ids }))) return false;
  }
  store.catalog.playlistsChanged();
  return true;
}

/** A new playlist, empty or of what was collected. */
export function NewPlaylistSheet({ collecting, onClose }: CollectProps) {
  const store = useStore();
  const { track_ids } = collecting;
  return (
    <NameSheet
      title="New playlist"
      submit="Create"
      name={collecting.name}
      onClose={onClose}
      run={async (name) => {
        const first = track_ids.slice(0, MOST_IDS);
        const { playlist } = await store.client.send('playlist:create', { name, track_ids: first });
        onClose();
        store.catalog.playlistsChanged();
        const whole = await append(store, playlist.playlist_id, track_ids.slice(MOST_IDS));
        if (whole) store.toasts.show(`Created ${playlist.name}`, { kind: 'success' });
      }}
    />
  );
}

export function SaveQueueSheet({ onClose }: { onClose: () => void }) {
  const store = useStore();
  return (
    <NameSheet
      title="Save as playlist"
      submit="Save"
      name=""
      onClose={onClose}
      run={async (name) => {
        const { playlist } = await store.client.send('queue:save', { room_id: store.roomId, name });
        onClose();
        store.catalog.playlistsChanged();
        store.toasts.show(`Saved as ${playlist.name}`, { kind: 'success' });
      }}
    />
  );
}

interface NameSheetProps {
  readonly title: string;
  readonly submit: string;
  readonly name: string;
  readonly run: (name: string) => Promise<void>;
  readonly onClose: () => void;
}

function NameSheet({ title, submit, name: proposed, run, onClose }: NameSheetProps) {
  const [name, setName] = useState(proposed);
  return (
    <Sheet title={title} onClose={onClose}>
      <SheetForm
        icon="save"
        submit={submit}
        disabled={name.trim() === ''}
        run={async () => {
          await run(name.trim());
          return undefined;
        }}
      >
        <Field label="Name" value={name} onInput={setName} longest={128} required first />
      </SheetForm>
    </Sheet>
  );
}
