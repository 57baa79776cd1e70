import { useEffect, useRef, useState } from 'preact/hooks';
import type { CommandReply } from '../../src/protocol/commands.js';
import { Button } from '../components/buttons.js';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { count } from '../state/format.js';
import { decodeList, leanList, nameOfFile } from '../state/playlist-file.js';
import { useStore } from '../state/store.js';

type Imported = CommandReply<'playlist:import'>;

/** Longer files are no lists; they are not even read. Bytes. */
const MOST_BYTES = 5_000_000;

/** A playlist from a file of this phone. What the library does not have is said. */
export function ImportSheet({ onClose }: { onClose: () => void }) {
  const store = useStore();
  const [imported, setImported] = useState<Imported>();
  const show = ({ playlist }: Imported): void => {
    onClose();
    store.router.go({ view: 'playlist', id: playlist.playlist_id });
  };
  const done = (reply: Imported): void => {
    store.catalog.playlistsChanged();
    if (reply.missing.length > 0) return setImported(reply);
    show(reply);
    store.toasts.show(`Imported ${reply.playlist.name}`, { kind: 'success' });
  };
  return (
    <Sheet title="Import a playlist" onClose={onClose}>
      {imported ? (
        <Missing imported={imported} onShow={() => show(imported)} />
      ) : (
        <ImportForm onDone={done} />
      )}
    </Sheet>
  );
}

function ImportForm({ onDone }: { onDone: (imported: Imported) => void }) {
  const { client } = useStore();
  const [name, setName] = useState('');
  const [file, setFile] = useState<File>();
  const run = async (): Promise<string | undefined> => {
    if (!file) return 'Choose a file first';
    if (file.size > MOST_BYTES) return 'This file is too long for a playlist';
    const bytes = await file.arrayBuffer().catch(() => undefined);
    if (!bytes) return 'This file cannot be read';
    const m3u = leanList(decodeList(bytes));
    if (m3u === undefined) return 'This playlist is too long to import in one piece';
    if (m3u === '') return 'There is nothing in this file';
    onDone(await client.send('playlist:import', { name: name.trim(), m3u }));
    return undefined;
  };
  return (
    <SheetForm icon="save" submit="Import" disabled={name.trim() === ''} run={run}>
      <label class="field">
        <span>File (.m3u or .m3u8)</span>
        <input
          type="file"
          accept=".m3u,.m3u8,audio/x-mpegurl,audio/mpegurl,application/vnd.apple.mpegurl"
          required
          autofocus
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0];
            setFile(chosen);
            if (chosen) setName(nameOfFile(chosen.name));
          }}
        />
      </label>
      <Field label="Name" value={name} onInput={setName} longest={128} required />
    </SheetForm>
  );
}

function Missing({ imported, onShow }: { imported: Imported; onShow: () => void }) {
  const { playlist, missing } = imported;
  const heading = useRef<HTMLParagraphElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <p ref={heading} class="sheet-about" tabIndex={-1}>
        {playlist.name}: {count(playlist.track_count, 'track')} imported.{' '}
        {missing.length === 1
          ? 'One line names no track of this library:'
          : `${count(missing.length, 'line')} name no track of this library:`}
      </p>
      <ul class="missing" aria-label="Missing" tabIndex={0}>
        {missing.map((line, index) => (
          <li key={index}>{line}</li>
        ))}
      </ul>
      <div class="play-buttons sheet-end">
        <Button icon="queue" kind="primary" label="Show playlist" offline onClick={onShow} />
      </div>
    </>
  );
}
