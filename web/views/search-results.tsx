import { useStore } from '../state/store.js';
import { AlbumTile } from './album-grid.js';
import { ArtistRow, PlaylistRow } from './row-links.js';
import { TrackList } from './track-list.js';

export function SearchResults() {
  const store = useStore();
  const { results, busy } = store.search;
  const found = results.value;
  const none =
    found !== undefined &&
    found.artists.length + found.albums.length + found.tracks.length + found.playlists.length === 0;
  return (
    <div class="scroller results" aria-busy={busy.value}>
      <p class="visually-hidden" role="status">
        {found && !busy.value
          ? `${found.artists.length} artists, ${found.albums.length} albums, ${found.tracks.length} tracks`
          : ''}
      </p>
      {none && !busy.value && (
        <div class="empty">
          <p>Nothing found for “{store.search.query.value.trim()}”.</p>
        </div>
      )}
      {found && found.artists.length > 0 && (
        <>
          <h3>Artists</h3>
          <ul class="rows">
            {found.artists.slice(0, 5).map((artist) => (
              <li key={artist.artist_id}>
                <ArtistRow artist={artist} />
              </li>
            ))}
          </ul>
        </>
      )}
      {found && found.albums.length > 0 && (
        <>
          <h3>Albums</h3>
          <div class="shelf">
            {found.albums.map((album) => (
              <AlbumTile key={album.album_id} album={album} />
            ))}
          </div>
        </>
      )}
      {found && found.tracks.length > 0 && (
        <>
          <h3>Tracks</h3>
          <TrackList
            tracks={found.tracks}
            label="Tracks found"
            onPlay={(index) => {
              const track = found.tracks[index];
              if (track) void store.playInBetween({ track_ids: [track.track_id] });
            }}
          />
        </>
      )}
      {found && found.playlists.length > 0 && (
        <>
          <h3>Playlists</h3>
          <ul class="rows">
            {found.playlists.map((playlist) => (
              <li key={playlist.playlist_id}>
                <PlaylistRow playlist={playlist} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
