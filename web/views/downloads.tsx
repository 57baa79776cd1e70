import { useState } from 'preact/hooks';
import type { Download } from '../../src/protocol/pipeline/download.js';
import { Button, IconButton } from '../components/buttons.js';
import { Check } from '../components/form.js';
import { Icon } from '../components/icon.js';
import { Progress } from '../components/progress.js';
import { downloadLine, isEnded, isGoing, tidyAddress, type Pulse } from '../state/download-words.js';
import { explain } from '../state/explain.js';
import { ago } from '../state/job-words.js';
import { SOURCE_WORDS } from '../state/pipeline-words.js';
import { hrefOf } from '../state/route.js';
import { useStore } from '../state/store.js';
import { uploadsOf } from '../state/uploads.js';
import '../styles/pipeline.css';
import { BackHeader } from './collections.js';
import { mayEnd, useList, useNow, usePulses } from './follow.js';
import { UploadPart, useDropping } from './uploads.js';

/** Music on its way to this house, and the ways to send some. */
export function DownloadsView() {
  const store = useStore();
  const downloads = useList('downloads');
  const uploads = uploadsOf(store);
  const [queueIt, setQueueIt] = useState(false);
  const room = store.house.room.value;
  const target = queueIt ? room?.room_id : undefined;
  const pulse = usePulses(downloads);
  const shown = downloads?.filter(({ download_id }) => !uploads.sends(download_id));
  const now = useNow(1_000, shown?.some(isGoing));
  const { over, problem, take, handlers } = useDropping(target);
  return (
    <section class={`view pipeline ${over ? 'dropping' : ''}`} aria-label="Add music" {...handlers}>
      <BackHeader title="Add music">
        <a class="button small end" href={hrefOf({ view: 'music' })}>
          <span>Music in and out</span>
        </a>
      </BackHeader>
      <div class="scroller">
        <UploadPart problem={problem} take={take}>
          {room && (
            <div class="queue-it">
              <Check label={`Queue it in ${room.name}`} value={queueIt} onInput={setQueueIt} />
            </div>
          )}
        </UploadPart>
        {shown?.length === 0 && uploads.list.value.length === 0 && (
          <p class="empty">Nothing is on its way. Paste an address or send a folder.</p>
        )}
        {shown && shown.length > 0 && (
          <>
            <h3 class="pipeline-heading">On its way</h3>
            <ul class="cards" aria-label="Downloads">
              {shown.map((download) => (
                <DownloadRow
                  key={download.download_id}
                  download={download}
                  pulse={pulse(download)}
                  now={now}
                />
              ))}
            </ul>
          </>
        )}
      </div>
      <AddressForm room_id={target} />
      {over && (
        <p class="drop-here" aria-hidden="true">
          Let go to send it
        </p>
      )}
    </section>
  );
}

function AddressForm({ room_id }: { room_id: string | undefined }) {
  const { client, toasts } = useStore();
  const [url, setUrl] = useState('');
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const add = async (): Promise<void> => {
    const address = tidyAddress(url);
    if (busy || address === '') return;
    setBusy(true);
    setProblem(undefined);
    try {
      await client.send('download:add', {
        url: address,
        ...(room_id === undefined ? {} : { room_id, play: true }),
      });
      setUrl('');
      toasts.show('It is on its way', { kind: 'success' });
    } catch (error) {
      setProblem(explain(error));
    }
    setBusy(false);
  };
  return (
    <form
      class="address-form"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <p class="form-problem" role="alert">
        {problem}
      </p>
      <input
        aria-label="Address of music"
        type="text"
        inputMode="url"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        enterkeyhint="go"
        maxLength={2048}
        placeholder="Paste an address"
        value={url}
        onInput={(event) => {
          setProblem(undefined);
          setUrl(event.currentTarget.value);
        }}
      />
      <Button submit icon="down" kind="primary" label="Fetch" disabled={url.trim() === '' || busy} />
    </form>
  );
}

interface DownloadRowProps {
  readonly download: Download;
  readonly pulse: Pulse;
  readonly now: number;
}

function DownloadRow({ download, pulse, now }: DownloadRowProps) {
  const { title, state, source, url, username, created_at, total_bytes, candidate_id, album_id } = download;
  const failed = state === 'failed';
  const by = username === undefined || username === 'household' ? '' : ` by ${username}`;
  const from = [url ?? SOURCE_WORDS[source], `${ago(created_at, now)}${by}`].join(' · ');
  const going = isGoing(download) || state === 'paused';
  return (
    <li class={`card ${failed ? 'failed' : ''}`}>
      <div class="row-text">
        <span class="row-title">{title}</span>
        <span class={`row-line ${failed || state === 'waiting' ? 'problem' : ''}`}>
          {failed && <Icon name="warning" size={18} />}
          {downloadLine(download, pulse, now)}
        </span>
        {source === 'upload' && (state === 'running' || state === 'waiting') && (
          <span class="row-line">
            The rest is on the phone that sends it. After a reload choose the same files there again: it goes
            on.
          </span>
        )}
        <span class="row-sub">{from}</span>
      </div>
      {going && state !== 'queued' && (
        <Progress
          label={title}
          value={total_bytes === undefined && state === 'running' ? undefined : pulse.progress}
          resting={state !== 'running' && state !== 'checking'}
        />
      )}
      <DownloadActions download={download} />
      {album_id !== undefined && (
        <a class="card-link" href={hrefOf({ view: 'album', id: album_id })}>
          Show the album
        </a>
      )}
      {album_id === undefined && candidate_id !== undefined && state === 'handed_on' && (
        <ReviewLink id={candidate_id} />
      )}
    </li>
  );
}

function ReviewLink({ id }: { id: string }) {
  return (
    <a class="card-link" href={hrefOf({ view: 'review', id })}>
      What became of it
    </a>
  );
}

function DownloadActions({ download }: { download: Download }) {
  const store = useStore();
  const { download_id, state, title, retry_available, source } = download;
  const ask = (type: 'download:cancel' | 'download:retry' | 'download:remove') => (): void =>
    void store.ask(type, { download_id });
  const hold = (paused: boolean) => (): void => void store.ask('download:pause', { download_id, paused });
  const retry = retry_available && (state === 'failed' || state === 'cancelled' || state === 'waiting');
  // An upload is held, and goes on, where it is sent from.
  const sent = source === 'upload';
  if (!mayEnd(store, download)) return null;
  return (
    <div class="card-actions">
      {retry && !sent && <Button label="Try again" about={title} onClick={ask('download:retry')} />}
      {state === 'paused' && !sent && (
        <IconButton icon="play" label={`Go on with ${title}`} onClick={hold(false)} />
      )}
      {(state === 'running' || state === 'queued') && !sent && (
        <IconButton icon="pause" label={`Hold ${title}`} onClick={hold(true)} />
      )}
      {(isGoing(download) || state === 'paused') && (
        <IconButton icon="close" label={`Give up ${title}`} onClick={ask('download:cancel')} />
      )}
      {isEnded(download) && (
        <IconButton icon="trash" label={`Remove ${title} from this list`} onClick={ask('download:remove')} />
      )}
    </div>
  );
}
