import type { Album } from '../../src/protocol/track.js';
import { AskSheet } from '../components/ask-sheet.js';
import { count } from '../state/format.js';
import { MOVING } from '../state/pipeline-words.js';
import { useStore } from '../state/store.js';

/** Takes an album out of the library, and offers to bring it back. */
export function DeleteAlbum({ album, onClose }: { album: Album; onClose: () => void }) {
  const store = useStore();
  const { album_id, title, track_count } = album;
  const run = async (): Promise<void> => {
    const { trash_id } = await store.client.send('library:delete', { album_id }, MOVING);
    const restore = async (): Promise<void> => {
      await store.client.send('trash:restore', { trash_id }, MOVING).then(
        () => store.toasts.show(`${title} is back`),
        (error: unknown) => store.fail(error),
      );
    };
    store.toasts.show(`${title} is in the trash`, {
      action: { label: 'Undo', run: () => void restore() },
    });
    store.router.back();
  };
  return (
    <AskSheet title={`Delete ${title}?`} icon="trash" yes="Delete" no="Keep it" run={run} onClose={onClose}>
      <p>
        It is taken out of the library, and its {count(track_count, 'file')} go to the trash. Until they are
        removed there it can be brought back, with its hearts and its places in playlists.
      </p>
    </AskSheet>
  );
}
