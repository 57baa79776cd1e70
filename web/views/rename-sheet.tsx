import { useState } from 'preact/hooks';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { type Renaming, type Store, useStore } from '../state/store.js';

export function RenameSheet({ renaming, onClose }: { renaming: Renaming; onClose: () => void }) {
  const store = useStore();
  const [name, setName] = useState(renaming.name);
  const wanted = name.trim();
  const run = async (): Promise<undefined> => {
    if (wanted !== renaming.name) {
      await rename(store, renaming, wanted);
      store.toasts.show(`Renamed to ${wanted}`, { kind: 'success' });
    }
    onClose();
  };
  return (
    <Sheet title={`Rename ${renaming.what}`} onClose={onClose}>
      <SheetForm icon="check" submit="Rename" disabled={wanted === ''} run={run}>
        <Field label="Name" value={name} onInput={setName} longest={128} required first />
      </SheetForm>
    </Sheet>
  );
}

async function rename({ client, catalog }: Store, { what, id }: Renaming, name: string): Promise<void> {
  switch (what) {
    case 'room':
      await client.send('room:rename', { room_id: id, name });
      return;
    case 'player':
      await client.send('player:rename', { player_id: id, name });
      return;
    case 'playlist':
      await client.send('playlist:rename', { playlist_id: id, name });
      catalog.playlistsChanged();
      return;
  }
}
