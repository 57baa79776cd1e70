import type { Artist, Playlist } from '../../src/protocol/track.js';
import { Artwork } from '../components/artwork.js';
import { count, longTime } from '../state/format.js';
import { hrefOf } from '../state/route.js';

export function ArtistRow({ artist }: { artist: Artist }) {
  return (
    <a class="row-link" href={hrefOf({ view: 'artist', id: artist.artist_id })}>
      <Artwork id={artist.artwork_id} size={96} icon="person" class="thumb circle" />
      <span class="row-text">
        <span class="row-title">{artist.name}</span>
        <span class="row-sub">{count(artist.album_count, 'album')}</span>
      </span>
    </a>
  );
}

export function PlaylistRow({ playlist }: { playlist: Playlist }) {
  return (
    <a class="row-link" href={hrefOf({ view: 'playlist', id: playlist.playlist_id })}>
      <Artwork id={playlist.artwork_id} size={96} icon="queue" class="thumb" />
      <span class="row-text">
        <span class="row-title">{playlist.name}</span>
        <span class="row-sub">
          {count(playlist.track_count, 'track')} · {longTime(playlist.duration_seconds)}
        </span>
      </span>
    </a>
  );
}
