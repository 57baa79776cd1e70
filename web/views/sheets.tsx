import { useState } from 'preact/hooks';
import { Button } from '../components/buttons.js';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { SHORTCUTS } from '../state/shortcuts.js';
import { useStore } from '../state/store.js';
import { AddPlayerSheet } from './add-player.js';
import { CollectSheet, NewPlaylistSheet, SaveQueueSheet } from './playlist-sheets.js';
import { ImportSheet } from './import-sheet.js';
import { PlayerSheet } from './player-sheet.js';
import { RenameSheet } from './rename-sheet.js';
import { OpenRoomSheet } from './room-sheets.js';

/** The sheet that lies over the page, if any. */
export function OpenSheet() {
  const store = useStore();
  const sheet = store.sheet.value;
  /** An answer that comes late closes no other sheet. */
  const onClose = (): void => {
    if (store.sheet.peek() === sheet) store.sheet.value = undefined;
  };
  switch (sheet?.kind) {
    case 'group':
    case 'levels':
    case 'transfer':
    case 'room-menu':
    case 'room-settings':
    case 'announce':
    case 'listen':
    case 'sleep':
    case 'party-open':
    case 'party-rules':
    case 'party-invite':
    case 'party-close':
      return <OpenRoomSheet sheet={sheet} onClose={onClose} />;
    case 'help':
      return <HelpSheet onClose={onClose} />;
    case 'radio':
      return <RadioSheet onClose={onClose} />;
    case 'add-player':
      return <AddPlayerSheet onClose={onClose} />;
    case 'save-queue':
      return <SaveQueueSheet onClose={onClose} />;
    case 'import-playlist':
      return <ImportSheet onClose={onClose} />;
    case 'rename':
      return <RenameSheet renaming={sheet} onClose={onClose} />;
    case 'collect':
      return <CollectSheet collecting={sheet} onClose={onClose} />;
    case 'new-playlist':
      return <NewPlaylistSheet collecting={sheet} onClose={onClose} />;
    case 'player':
      return <PlayerSheet player_id={sheet.player_id} onClose={onClose} />;
    case undefined:
      return null;
  }
}

function HelpSheet({ onClose }: { onClose: () => void }) {
  return (
    <Sheet title="Keyboard shortcuts" onClose={onClose}>
      <dl class="shortcuts">
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}

function RadioSheet({ onClose }: { onClose: () => void }) {
  const store = useStore();
  const [url, setUrl] = useState('');
  const [title, setTitle] = useState('');
  const source = { url: url.trim(), ...(title.trim() === '' ? {} : { title: title.trim() }) };
  const request = { room_id: store.roomId, source };
  const guest = store.guest.value;
  return (
    <Sheet title="Play a radio address" onClose={onClose}>
      <SheetForm
        icon={guest ? 'plus' : 'play'}
        submit={guest ? 'Queue' : 'Play'}
        run={async () => {
          const how = guest ? ({ at: 'end' } as const) : ({ at: 'next', play: true } as const);
          await store.client.send('queue:add', { ...request, ...how });
          onClose();
          return undefined;
        }}
        beside={
          guest ? undefined : (
            <Button
              icon="plus"
              label="Add"
              disabled={source.url === ''}
              onClick={() => {
                onClose();
                void store.enqueue(source, source.title ?? 'Radio', 'end');
              }}
            />
          )
        }
      >
        <Field
          label="Address"
          keys="url"
          value={url}
          onInput={setUrl}
          placeholder="https://…"
          required
          first
        />
        <Field label="Name (optional)" value={title} onInput={setTitle} longest={128} />
      </SheetForm>
    </Sheet>
  );
}
