import { useEffect, useRef } from 'preact/hooks';
import { Button, IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { Notices } from '../components/notices.js';
import { VirtualList } from '../components/virtual-list.js';
import { isAdmin } from '../state/door.js';
import { count } from '../state/format.js';
import { candidateGroups } from '../state/pipeline-words.js';
import { hrefOf, type LibrarySection } from '../state/route.js';
import { useStore } from '../state/store.js';
import { Albums } from './albums.js';
import { useList } from './follow.js';
import { forText } from './hooks.js';
import { ArtistRow, PlaylistRow } from './row-links.js';
import { SearchResults } from './search-results.js';

const SECTIONS: readonly { section: LibrarySection; label: string }[] = [
  { section: 'albums', label: 'Albums' },
  { section: 'artists', label: 'Artists' },
  { section: 'playlists', label: 'Playlists' },
];

export function LibraryView({ section }: { section: LibrarySection }) {
  const store = useStore();
  const searching = store.search.query.value.trim() !== '';
  return (
    <section class="view" aria-label="Library">
      <header class="view-header search-header">
        <SearchField />
        <IconButton
          icon="radio"
          label="Play a radio address"
          onClick={() => (store.sheet.value = { kind: 'radio' })}
        />
        {!store.invited.value && (
          <a
            class="icon-button"
            href={hrefOf({ view: 'downloads' })}
            aria-label="Add music"
            title="Add music"
          >
            <Icon name="plus" />
          </a>
        )}
      </header>
      {searching ? (
        <SearchResults />
      ) : (
        <>
          <nav class="sections" aria-label="Library sections">
            {SECTIONS.map(({ section: to, label }) => (
              <a
                key={to}
                href={hrefOf({ view: 'library', section: to })}
                aria-current={to === section ? 'page' : undefined}
              >
                {label}
              </a>
            ))}
          </nav>
          <LibraryLine />
          <Notices prefix="music-" label="About the music folder" />
          {section === 'albums' && <Albums />}
          {section === 'artists' && <ArtistList />}
          {section === 'playlists' && <PlaylistList />}
        </>
      )}
    </section>
  );
}

function SearchField() {
  const { search, wantsSearch } = useStore();
  const input = useRef<HTMLInputElement>(null);
  const wanted = wantsSearch.value;
  useEffect(() => {
    if (!wanted) return;
    input.current?.focus();
    wantsSearch.value = false;
  }, [wanted]);
  return (
    <label class="search-field">
      <Icon name="search" size={20} />
      <input
        ref={input}
        id="search"
        type="search"
        placeholder="Search music"
        aria-label="Search music"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        enterkeyhint="search"
        value={search.query.value}
        onInput={(event) => search.type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          search.type('');
          event.currentTarget.blur();
        }}
      />
    </label>
  );
}

/** How much there is, and what the scan does. */
function LibraryLine() {
  const store = useStore();
  const library = store.house.library.value;
  const scanning = library?.scan.state === 'running';
  return (
    <div class="library-line" role="status">
      <span>
        {!library
          ? '\u00a0'
          : scanning
            ? `Looking for music: ${library.scan.done.toLocaleString('en')} of ${library.scan.total.toLocaleString('en')} files`
            : `${count(library.album_count, 'album')} · ${count(library.track_count, 'track')}`}
      </span>
      <WaitingLink />
      {library !== undefined && library.problem_count > 0 && (
        <a href={hrefOf({ view: 'problems' })}>{count(library.problem_count, 'problem')}</a>
      )}
      <a class="icon-button" href={hrefOf({ view: 'activity' })} aria-label="What is new" title="What is new">
        <Icon name="pulse" size={20} />
      </a>
      <IconButton
        icon="scan"
        label="Look for new music"
        size={20}
        class={scanning ? 'turning' : ''}
        disabled={scanning}
        onClick={() => void store.ask('library:scan', {})}
      />
    </div>
  );
}

/** Albums that wait for who manages the house. */
function WaitingLink() {
  const imports = useList('imports', isAdmin(useStore()));
  const waiting = candidateGroups(imports ?? []).needsYou.length;
  if (waiting === 0) return null;
  return <a href={hrefOf({ view: 'imports' })}>{waiting} to review</a>;
}

function ArtistList() {
  const { artists } = useStore().catalog;
  const scroller = useRef<HTMLDivElement>(null);
  const total = artists.total.value;
  return (
    <VirtualList
      scroller={scroller}
      label="Artists"
      count={total ?? 12}
      rowHeight={forText(72)}
      keyOf={(index) => String(index)}
      row={(index) => {
        const artist = artists.at(index);
        return artist ? <ArtistRow artist={artist} /> : <div class="row-link waiting" />;
      }}
    />
  );
}

function PlaylistList() {
  const store = useStore();
  const { catalog } = store;
  const playlists = catalog.playlists.value;
  useEffect(() => catalog.refreshPlaylists(), []);
  return (
    <div class="scroller">
      <div class="play-buttons pair playlist-actions">
        <Button
          icon="plus"
          label="New playlist"
          onClick={() => (store.sheet.value = { kind: 'new-playlist', name: '', track_ids: [] })}
        />
        <Button
          icon="save"
          label="Import a file"
          onClick={() => (store.sheet.value = { kind: 'import-playlist' })}
        />
      </div>
      {playlists?.length === 0 && (
        <div class="empty">
          <p>No playlists yet. Make one, or save a queue as one.</p>
        </div>
      )}
      <ul class="rows">
        {playlists?.map((playlist) => (
          <li key={playlist.playlist_id}>
            <PlaylistRow playlist={playlist} />
          </li>
        ))}
      </ul>
    </div>
  );
}
