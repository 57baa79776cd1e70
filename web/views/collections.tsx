import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { QueueSource } from '../../src/protocol/queue.js';
import { Artwork } from '../components/artwork.js';
import { Button, IconButton } from '../components/buttons.js';
import { Menu, type MenuEntry } from '../components/menu.js';
import { isAdmin } from '../state/door.js';
import { count, longTime } from '../state/format.js';
import { albumPlays } from '../state/play-words.js';
import { hrefOf } from '../state/route.js';
import { useStore } from '../state/store.js';
import { HeartButton, LoveButton } from './heart-button.js';
import { AlbumGrid } from './album-grid.js';
import { DeleteAlbum } from './delete-album.js';
import { useLoaded } from './hooks.js';
import { collectEntry, TrackList } from './track-list.js';

/** Back, and what can be done with everything on this page. */
export function PlayButtons({ source, name }: { source: QueueSource; name: string }) {
  const store = useStore();
  if (store.guest.value)
    return (
      <div class="play-buttons">
        <Button
          icon="plus"
          kind="primary"
          label="Queue"
          onClick={() => void store.enqueue(source, name, 'end')}
        />
      </div>
    );
  return (
    <div class="play-buttons">
      <Button icon="play" kind="primary" label="Play" onClick={() => void store.playNow(source, name)} />
      <Button icon="next" label="Play next" onClick={() => void store.enqueue(source, name, 'next')} />
      <Button icon="plus" label="Add" onClick={() => void store.enqueue(source, name, 'end')} />
    </div>
  );
}

interface BackHeaderProps {
  readonly title: string;
  /** What the page is about, for the title of its menu. */
  readonly name?: string | undefined;
  readonly entries?: readonly MenuEntry[];
  readonly children?: ComponentChildren;
}

export function BackHeader({ title, name, entries, children }: BackHeaderProps) {
  const { router } = useStore();
  const [open, setOpen] = useState(false);
  return (
    <>
      <header class="view-header back-header">
        <IconButton icon="back" label="Back" offline onClick={() => router.back()} />
        <h2>{title}</h2>
        {children}
        {name !== undefined && entries && (
          <IconButton icon="more" label={`More for ${name}`} onClick={() => setOpen(true)} />
        )}
      </header>
      {open && name !== undefined && entries && (
        <Menu title={name} entries={entries} onClose={() => setOpen(false)} />
      )}
    </>
  );
}

export function Failed({ what }: { what: string }) {
  return (
    <div class="empty">
      <p>{what} cannot be shown now.</p>
    </div>
  );
}

interface HeroProps {
  readonly artwork: string | undefined;
  readonly title: string;
  readonly lines: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Hero({ artwork, title, lines, children }: HeroProps) {
  return (
    <div class="hero">
      <Artwork id={artwork} size={320} icon="disc" class="hero-cover" eager />
      <div class="hero-text">
        <h1>{title}</h1>
        {lines}
      </div>
      {children}
    </div>
  );
}

export function AlbumView({ id }: { id: string }) {
  const store = useStore();
  const generation = store.house.library.value?.generation;
  const { value, failed } = useLoaded(
    () => store.catalog.album(id),
    [id, generation, store.house.live.value],
  );
  const album = value?.album;
  const plays = album && albumPlays(album, Date.now());
  const source = { album_id: id };
  const [deleting, setDeleting] = useState(false);
  const deleteEntry = {
    icon: 'trash' as const,
    label: 'Delete album…',
    run: () => setDeleting(true),
  };
  const entries = value
    ? [
        collectEntry(store, value.album.title, value.tracks),
        ...(isAdmin(store) && !store.guest.value ? [deleteEntry] : []),
      ]
    : [];
  return (
    <section class="view" aria-label="Album">
      <BackHeader title="Album" name={album?.title} entries={entries}>
        {album && !store.guest.value && <HeartButton key={id} id={id} title={album.title} />}
      </BackHeader>
      <div class="scroller">
        {failed && !album && <Failed what="This album" />}
        {album && value && (
          <>
            <Hero
              artwork={album.artwork_id}
              title={album.title}
              lines={
                <>
                  <p>
                    {album.artist_id === undefined ? (
                      album.artist
                    ) : (
                      <a href={hrefOf({ view: 'artist', id: album.artist_id })}>{album.artist}</a>
                    )}
                  </p>
                  <p class="dim">
                    {[album.year, count(album.track_count, 'track'), longTime(album.duration_seconds)]
                      .filter(Boolean)
                      .join(' · ')}
                  </p>
                  {plays !== undefined && <p class="dim">{plays}</p>}
                </>
              }
            >
              <PlayButtons source={source} name={album.title} />
            </Hero>
            <TrackList
              tracks={value.tracks}
              label={album.title}
              albumArtist={album.artist}
              onPlay={(index) => void store.playNow(source, album.title, index)}
            />
          </>
        )}
      </div>
      {album && deleting && <DeleteAlbum album={album} onClose={() => setDeleting(false)} />}
    </section>
  );
}

export function ArtistView({ id }: { id: string }) {
  const store = useStore();
  const generation = store.house.library.value?.generation;
  const albums = useMemo(() => store.catalog.albumsOf(id), [id, generation, store.house.live.value]);
  const first = albums.at(0);
  const name = first?.artist ?? '\u00a0';
  return (
    <section class="view" aria-label="Artist">
      <BackHeader title="Artist">
        {first && !store.guest.value && <LoveButton kind="artist" id={id} title={name} />}
      </BackHeader>
      <AlbumGrid
        albums={albums}
        label={`Albums of ${name}`}
        before={
          <div class="hero plain">
            <div class="hero-text">
              <h1>{name}</h1>
              <p class="dim">{count(albums.total.value ?? 0, 'album')}</p>
            </div>
            <PlayButtons source={{ artist_id: id }} name={name} />
          </div>
        }
      />
    </section>
  );
}

export function ProblemsView() {
  const { problems } = useStore().catalog;
  const total = problems.total.value;
  const rows = Array.from({ length: Math.min(total ?? 1, 200) }, (_, index) => problems.at(index));
  return (
    <section class="view" aria-label="Problems">
      <BackHeader title="Files that cannot be played" />
      <div class="scroller">
        {total === 0 && (
          <div class="empty">
            <p>Every file could be read.</p>
          </div>
        )}
        <ul class="problems">
          {rows.map(
            (problem) =>
              problem && (
                <li key={problem.path}>
                  <span class="path">{problem.path}</span>
                  <span class="row-sub">{problem.reason}</span>
                </li>
              ),
          )}
        </ul>
        {(total ?? 0) > rows.length && (
          <p class="dim page-end">and {count((total ?? 0) - rows.length, 'more file')}</p>
        )}
      </div>
    </section>
  );
}
