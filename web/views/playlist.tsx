import type { Playlist, Track } from '../../src/protocol/track.js';
import type { MenuEntry } from '../components/menu.js';
import { count, longTime } from '../state/format.js';
import { hrefOf } from '../state/route.js';
import { type Store, useStore } from '../state/store.js';
import { BackHeader, Failed, Hero, PlayButtons } from './collections.js';
import { useLoaded } from './hooks.js';
import { collectEntry, TrackList } from './track-list.js';

export function PlaylistView({ id }: { id: string }) {
  const store = useStore();
  const { house, catalog } = store;
  const { value, failed } = useLoaded(
    () => catalog.playlist(id),
    [id, house.live.value, house.library.value?.generation, catalog.edition.value],
  );
  const playlist = value?.playlist;
  return (
    <section class="view" aria-label="Playlist">
      <BackHeader
        title="Playlist"
        name={playlist?.name}
        entries={value ? entriesOf(store, value.playlist, value.tracks) : []}
      />
      <div class="scroller">
        {failed && !playlist && <Failed what="This playlist" />}
        {playlist && value && (
          <>
            <Hero
              artwork={playlist.artwork_id}
              title={playlist.name}
              lines={
                <p class="dim">
                  {count(playlist.track_count, 'track')} · {longTime(playlist.duration_seconds)}
                </p>
              }
            >
              {playlist.track_count > 0 && <PlayButtons source={{ playlist_id: id }} name={playlist.name} />}
            </Hero>
            {playlist.track_count === 0 && <EmptyPlaylist />}
            <TrackList
              tracks={value.tracks}
              label={playlist.name}
              onPlay={(index) => void store.playNow({ playlist_id: id }, playlist.name, index)}
              onRemove={(track, index) => remove(store, playlist, track, index)}
            />
            {playlist.track_count > value.tracks.length && (
              <p class="dim page-end">
                and {count(playlist.track_count - value.tracks.length, 'more track')}
              </p>
            )}
          </>
        )}
      </div>
    </section>
  );
}

function EmptyPlaylist() {
  return (
    <div class="empty">
      <p>No tracks yet. “Add to playlist…” is in the menu of every album and track.</p>
      <a class="button primary" href={hrefOf({ view: 'library', section: 'albums' })}>
        Choose some music
      </a>
    </div>
  );
}

function entriesOf(store: Store, playlist: Playlist, tracks: readonly Track[]): readonly MenuEntry[] {
  const { playlist_id: id, name } = playlist;
  return [
    {
      icon: 'edit',
      label: 'Rename…',
      run: () => (store.sheet.value = { kind: 'rename', what: 'playlist', id, name }),
    },
    { ...collectEntry(store, name, tracks), disabled: tracks.length === 0 },
    { icon: 'trash', label: 'Delete playlist', run: () => void drop(store, playlist) },
  ];
}

async function remove(store: Store, playlist: Playlist, track: Track, index: number): Promise<boolean> {
  if (!(await store.ask('playlist:remove', { playlist_id: playlist.playlist_id, index }))) return false;
  store.toasts.show(`Removed ${track.title}`);
  store.catalog.playlistsChanged();
  return true;
}

async function drop(store: Store, { playlist_id, name }: Playlist): Promise<void> {
  if (!(await store.ask('playlist:delete', { playlist_id }))) return;
  store.toasts.show(`Deleted ${name}`);
  store.router.go({ view: 'library', section: 'playlists' });
}
