import { useEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { Artwork } from '../components/artwork.js';
import { VirtualList } from '../components/virtual-list.js';
import type { Album } from '../../src/protocol/track.js';
import type { Paged } from '../state/paged.js';
import { hrefOf } from '../state/route.js';
import { forText } from './hooks.js';

/** Title and artist below a cover, pixels. */
const TEXT_HEIGHT = forText(64);
const GAP = 14;
const SMALLEST = 142;

/** Covers in as many columns as fit; only the rows in sight are drawn and fetched. */
export function AlbumGrid({
  albums,
  label,
  before,
}: {
  albums: Paged<Album>;
  label: string;
  before?: ComponentChildren;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(340);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const watcher = new ResizeObserver(() => {
      const style = getComputedStyle(element);
      setWidth(element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
    });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  const columns = Math.max(2, Math.floor((width + GAP) / (SMALLEST + GAP)));
  const tile = (width - GAP * (columns - 1)) / columns;
  const total = albums.total.value ?? albumsWaiting(albums);
  return (
    <VirtualList
      scroller={scroller}
      class="grid-scroller"
      label={label}
      before={before}
      count={Math.ceil(total / columns)}
      rowHeight={Math.round(tile + TEXT_HEIGHT)}
      keyOf={(row) => `${columns}-${row}`}
      row={(row) => (
        <div class="grid-row" style={{ gridTemplateColumns: `repeat(${columns}, 1fr)`, gap: `${GAP}px` }}>
          {Array.from({ length: Math.min(columns, total - row * columns) }, (_, column) => (
            <AlbumTile key={column} album={albums.at(row * columns + column)} />
          ))}
        </div>
      )}
    />
  );
}

/** Placeholders until the first answer; asking for the first row is what fetches it. */
function albumsWaiting(albums: Paged<Album>): number {
  albums.at(0);
  return 12;
}

export function AlbumTile({ album }: { album: Album | undefined }) {
  if (!album)
    return (
      <div class="tile waiting">
        <div class="artwork cover-small" />
      </div>
    );
  return (
    <a class="tile" href={hrefOf({ view: 'album', id: album.album_id })}>
      <Artwork id={album.artwork_id} size={320} icon="disc" class="cover-small" />
      <span class="tile-title">{album.title}</span>
      <span class="tile-sub">{album.artist}</span>
    </a>
  );
}
