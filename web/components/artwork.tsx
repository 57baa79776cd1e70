import { useEffect, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.js';

/** Where a cover is, not smaller than `size` pixels. */
export function artworkUrl(artworkId: string, size: 96 | 320 | 640): string {
  return `/artwork/${encodeURIComponent(artworkId)}?size=${size}`;
}

interface ArtworkProps {
  readonly id: string | undefined;
  readonly size: 96 | 320 | 640;
  readonly icon?: IconName;
  readonly class?: string;
  /** Drawn at once, not when it comes into view. */
  readonly eager?: boolean;
}

/** A cover that keeps its place while it loads, and a picture of a note when there is none. */
export function Artwork({ id, size, icon = 'note', eager, class: extra = '' }: ArtworkProps) {
  const [broken, setBroken] = useState<string>();
  const [shown, setShown] = useState<string>();
  useEffect(() => setBroken(undefined), [id]);
  const missing = id === undefined || broken === id;
  return (
    <div class={`artwork ${extra}`} aria-hidden="true">
      {missing ? (
        <Icon name={icon} size={24} />
      ) : (
        <img
          key={id}
          src={artworkUrl(id, size)}
          alt=""
          decoding="async"
          loading={eager ? 'eager' : 'lazy'}
          draggable={false}
          class={shown === id ? 'shown' : ''}
          onLoad={() => setShown(id)}
          onError={() => setBroken(id)}
        />
      )}
    </div>
  );
}
