import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Artwork } from '../components/artwork.js';
import { IconButton } from '../components/buttons.js';
import { Menu, type MenuEntry } from '../components/menu.js';
import type { Track } from '../../src/protocol/track.js';
import { clockTime } from '../state/format.js';
import { heartsOf } from '../state/hearts.js';
import { trackPlays } from '../state/play-words.js';
import { type Store, useStore } from '../state/store.js';
import { LoveButton } from './heart-button.js';

interface TrackListProps {
  readonly tracks: readonly Track[];
  readonly label: string;
  /** Inside an album of this artist: numbers in front instead of covers, and other artists only. */
  readonly albumArtist?: string;
  readonly onPlay: (index: number) => void;
  /** Takes the track at an index out of the list, where that can be done; false when it could not. */
  readonly onRemove?: (track: Track, index: number) => Promise<boolean>;
}

export function TrackList({ tracks, label, albumArtist, onPlay, onRemove }: TrackListProps) {
  const store = useStore();
  const numbered = albumArtist !== undefined;
  const [menuFor, setMenuFor] = useState<number>();
  const discs = new Set(tracks.map((track) => track.disc_number ?? 1)).size;
  const list = useRef<HTMLUListElement>(null);
  const removed = useRef<number | undefined>(undefined);
  const chosen = menuFor === undefined ? undefined : tracks[menuFor];
  // The row that had the focus is gone: the one that took its place has it.
  useLayoutEffect(() => {
    const index = removed.current;
    removed.current = undefined;
    if (index === undefined) return;
    const row = list.current?.children[Math.min(index, tracks.length - 1)];
    row?.querySelector<HTMLElement>('.icon-button:last-child')?.focus();
  }, [tracks]);
  return (
    <>
      <ul ref={list} class="rows tracks" aria-label={label}>
        {tracks.map((track, index) => (
          <li key={`${index}-${track.track_id}`}>
            {numbered && discs > 1 && track.disc_number !== tracks[index - 1]?.disc_number && (
              <h3 class="disc">Disc {track.disc_number}</h3>
            )}
            <TrackRow
              track={track}
              number={numbered ? (track.track_number ?? index + 1) : undefined}
              by={artistLine(track, albumArtist)}
              onPlay={() => (store.guest.value ? void enqueueTrack(store, track) : onPlay(index))}
              onMore={() => setMenuFor(index)}
            />
          </li>
        ))}
      </ul>
      {chosen && menuFor !== undefined && (
        <TrackMenu
          track={chosen}
          onClose={() => setMenuFor(undefined)}
          onRemove={
            onRemove &&
            (() => {
              removed.current = menuFor;
              void onRemove(chosen, menuFor).then((done) => {
                if (!done) removed.current = undefined;
              });
            })
          }
        />
      )}
    </>
  );
}

interface TrackRowProps {
  readonly track: Track;
  readonly number: number | undefined;
  readonly by: string;
  readonly onPlay: () => void;
  readonly onMore: () => void;
}

/** Who plays, where the list does not say so already. */
function artistLine(track: Track, albumArtist: string | undefined): string {
  if (albumArtist === undefined) return `${track.artist} · ${track.album}`;
  return track.artist === albumArtist ? '' : track.artist;
}

function TrackRow({ track, number, by, onPlay, onMore }: TrackRowProps) {
  const { house } = useStore();
  const current = house.playback.value?.track?.track_id === track.track_id;
  return (
    <div class={`track-row ${current ? 'current' : ''}`}>
      <button type="button" class="row-main" disabled={!house.live.value} onClick={onPlay}>
        {number === undefined ? (
          <Artwork id={track.artwork_id} size={96} class="thumb" />
        ) : (
          <span class="number">{number}</span>
        )}
        <span class="row-text">
          <span class="row-title">{track.title}</span>
          {by !== '' && <span class="row-sub">{by}</span>}
        </span>
        {(track.play_count ?? 0) > 0 && (
          <span class="row-plays">
            <span aria-hidden="true">{track.play_count}×</span>
            <span class="visually-hidden">{trackPlays(track)}</span>
          </span>
        )}
        <span class="row-time">{clockTime(track.duration_seconds)}</span>
      </button>
      <LoveButton kind="track" id={track.track_id} title={track.title} />
      <IconButton icon="more" label={`More for ${track.title}`} onClick={onMore} />
    </div>
  );
}

interface TrackMenuProps {
  readonly track: Track;
  readonly onClose: () => void;
  readonly onRemove: (() => void) | undefined;
}

const enqueueTrack = (store: Store, { track_id, title }: Track): Promise<void> =>
  store.enqueue({ track_ids: [track_id] }, title, 'end');

/** Tracks into a playlist of which a sheet asks. */
export function collectEntry(store: Store, name: string, tracks: readonly Track[]): MenuEntry {
  const track_ids = tracks.map((track) => track.track_id);
  return {
    icon: 'save',
    label: 'Add to playlist…',
    run: () => (store.sheet.value = { kind: 'collect', name, track_ids }),
  };
}

function TrackMenu({ track, onClose, onRemove }: TrackMenuProps) {
  const store = useStore();
  const source = { track_ids: [track.track_id] };
  const { artist_id, album_id, title, track_id } = track;
  const hearts = heartsOf(store);
  const loved = hearts.loves('track', track_id);
  return (
    <Menu
      title={title}
      onClose={onClose}
      entries={[
        ...(store.guest.value
          ? []
          : [
              { icon: 'play' as const, label: 'Play now', run: () => void store.playInBetween(source) },
              {
                icon: 'next' as const,
                label: 'Play next',
                run: () => void store.enqueue(source, title, 'next'),
              },
            ]),
        { icon: 'plus', label: 'Add to the queue', run: () => void enqueueTrack(store, track) },
        collectEntry(store, title, [track]),
        ...(store.invited.value
          ? []
          : [
              {
                icon: 'heart' as const,
                label: loved ? 'Do not love this track any more' : 'Love this track',
                run: () => void hearts.love('track', track_id, !loved),
              },
            ]),
        { icon: 'disc', label: 'Show album', run: () => store.router.go({ view: 'album', id: album_id }) },
        ...(artist_id === undefined
          ? []
          : [
              {
                icon: 'person' as const,
                label: 'Show artist',
                run: () => store.router.go({ view: 'artist', id: artist_id }),
              },
            ]),
        ...(onRemove ? [{ icon: 'trash' as const, label: 'Remove from the playlist', run: onRemove }] : []),
      ]}
    />
  );
}
