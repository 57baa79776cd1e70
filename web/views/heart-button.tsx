import { IconButton } from '../components/buttons.js';
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
