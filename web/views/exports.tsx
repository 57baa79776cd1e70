import { useEffect, useState } from 'preact/hooks';
import type { Export } from '../../src/protocol/pipeline/upkeep.js';
import { Button, IconButton } from '../components/buttons.js';
import { Choice, SheetForm } from '../components/form.js';
import { Icon } from '../components/icon.js';
import { Progress } from '../components/progress.js';
import { Sheet } from '../components/sheet.js';
import { ago } from '../state/job-words.js';
import { exportLine, FORMATS } from '../state/pipeline-words.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import { useAnswer } from './asked.js';
import { BackHeader } from './collections.js';
import { mayEnd, useList, useNow } from './follow.js';

/** Music written to folders and sticks. */
export function ExportsView() {
  const exports = useList('exports');
  const [asking, setAsking] = useState(false);
  const now = useNow(30_000);
  return (
    <section class="view pipeline" aria-label="Exports">
      <BackHeader title="Exports" />
      <div class="scroller">
        {exports?.length === 0 && (
          <p class="empty">
            Nothing was written yet. Take the albums you love along on a stick or into a folder.
          </p>
        )}
        <ul class="cards" aria-label="Exports">
          {exports?.map((one) => (
            <ExportRow key={one.export_id} one={one} now={now} />
          ))}
        </ul>
      </div>
      <div class="decide">
        <Button icon="share" kind="primary" label="Export music" onClick={() => setAsking(true)} />
      </div>
      {asking && <ExportSheet onClose={() => setAsking(false)} />}
    </section>
  );
}

function ExportRow({ one, now }: { one: Export; now: number }) {
  const store = useStore();
  const { title, state, progress, format, path, username, created_at, error } = one;
  const going = state === 'queued' || state === 'running';
  const failed = state === 'failed';
  const by = username === undefined || username === 'household' ? [] : [`for ${username}`];
  const about = [FORMATS.find(({ value }) => value === format)?.label, ...by, ago(created_at, now)].join(
    ' · ',
  );
  return (
    <li class={`card ${failed ? 'failed' : ''}`}>
      <div class="row-text">
        <span class="row-title">{title}</span>
        <span class={`row-line ${failed || error !== undefined ? 'problem' : ''}`}>
          {failed && <Icon name="warning" size={18} />}
          {exportLine(one)}
        </span>
        <span class="row-sub path">{path}</span>
        <span class="row-sub">{about}</span>
      </div>
      {going && <Progress label={title} value={progress} resting={state === 'queued'} />}
      {mayEnd(store, one) && <ExportActions one={one} going={going} />}
    </li>
  );
}

function ExportActions({ one, going }: { one: Export; going: boolean }) {
  const store = useStore();
  const { export_id, title, state } = one;
  return (
    <div class="card-actions">
      {(state === 'failed' || state === 'cancelled') && (
        <Button label="Go on" about={title} onClick={() => void store.ask('export:resume', { export_id })} />
      )}
      {going ? (
        <IconButton
          icon="close"
          label={`Stop ${title}`}
          onClick={() => void store.ask('export:cancel', { export_id })}
        />
      ) : (
        <IconButton
          icon="trash"
          label={`Remove ${title} from this list`}
          onClick={() => void store.ask('export:remove', { export_id })}
        />
      )}
    </div>
  );
}

function ExportSheet({ onClose }: { onClose: () => void }) {
  const store = useStore();
  const answer = useAnswer('export:list', {}, 0);
  const folders = answer.value?.folders;
  const playlists = store.catalog.playlists.value;
  const [playlist_id, setPlaylist] = useState('');
  const [format, setFormat] = useState<Export['format']>('flac');
  const [chosen, setFolder] = useState<string>();
  const folder = chosen ?? folders?.[0];
  useEffect(() => store.catalog.refreshPlaylists(), []);
  const run = async (): Promise<string | undefined> => {
    if (folder === undefined) return 'There is no folder to write to';
    const what = playlist_id === '' ? {} : { playlist_id };
    await store.client.send('export:start', { format, folder, ...what });
    onClose();
    return undefined;
  };
  return (
    <Sheet title="Export music" onClose={onClose}>
      {folders?.length === 0 ? (
        <p class="sheet-about">
          There is no folder or stick that may be written to. Who manages Tutti names them in its settings
          (export_dirs).
        </p>
      ) : (
        <SheetForm icon="share" submit="Export" disabled={folder === undefined} run={run}>
          <label class="field">
            <span>What</span>
            <select value={playlist_id} onChange={(event) => setPlaylist(event.currentTarget.value)}>
              <option value="">Albums that I love</option>
              {playlists?.map((playlist) => (
                <option key={playlist.playlist_id} value={playlist.playlist_id}>
                  {playlist.name}
                </option>
              ))}
            </select>
          </label>
          <Choice legend="Format" options={FORMATS} value={format} onInput={setFormat} />
          <label class="field">
            <span>Where</span>
            <select value={folder ?? ''} onChange={(event) => setFolder(event.currentTarget.value)}>
              {folders?.map((path) => (
                <option key={path} value={path}>
                  {path}
                </option>
              ))}
            </select>
          </label>
        </SheetForm>
      )}
    </Sheet>
  );
}
