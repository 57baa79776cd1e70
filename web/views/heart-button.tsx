import { IconButton } from '../components/buttons.js';
import { heartsOf, type Loved } from '../state/hearts.js';
import { useStore } from '../state/store.js';
import { useLoaded } from './hooks.js';

/** Whether one loves an album, and the way to say so. */
export function HeartButton({ id, title }: { id: string; title: string }) {
  const store = useStore();
  const last = store.hearts.value[id];
  const { value } = useLoaded(
    () => store.client.send('library:hearts', { album_id: id }),
    [id, store.house.live.value],
  );
  if (!value) return null;
  const hearted = last ?? value.total > 0;
  return (
    <IconButton
      icon="heart"
      label={hearted ? `Do not love ${title} any more` : `Love ${title}`}
      class={`heart ${hearted ? 'on' : ''}`}
      pressed={hearted}
      onClick={() => void store.love(id, !hearted)}
    />
  );
}

interface LoveButtonProps {
  readonly kind: Loved;
  readonly id: string;
  readonly title: string;
}

/** Whether one loves a track or an artist, and the way to say so. Nothing before that is known, and for guests. */
export function LoveButton({ kind, id, title }: LoveButtonProps) {
  const store = useStore();
  const hearts = heartsOf(store);
  const known = kind === 'track' ? hearts.tracks.value : hearts.artists.value;
  if (!known || store.invited.value) return null;
  const loved = known.has(id);
  return (
    <IconButton
      icon="heart"
      label={loved ? `Do not love ${title} any more` : `Love ${title}`}
      class={`heart ${kind} ${loved ? 'on' : ''}`}
      pressed={loved}
      onClick={() => void hearts.love(kind, id, !loved)}
    />
  );
}
