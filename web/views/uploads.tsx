import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Button, IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { Progress } from '../components/progress.js';
import { bundlesOf, filesOfDrop, filesOfField, type ChosenFile } from '../state/chosen-files.js';
import { count } from '../state/format.js';
import { bytes, span } from '../state/pipeline-words.js';
import { useStore } from '../state/store.js';
import type { Upload, UploadView } from '../state/upload.js';
import { uploadsOf } from '../state/uploads.js';

const MUSIC =
  'audio/*,.flac,.mp3,.m4a,.ogg,.opus,.wav,.aif,.aiff,.wv,.ape,.wma,.cue,.log,.m3u,.m3u8,.jpg,.jpeg,.png';

type Take = (chosen: readonly ChosenFile[]) => void;

/** Files that are dropped anywhere on a view, or chosen, are sent. */
export function useDropping(room_id: string | undefined) {
  const store = useStore();
  const [over, setOver] = useState(false);
  const [problem, setProblem] = useState<string>();
  const depth = useRef(0);
  const take: Take = (chosen) => {
    const { bundles, problem: why } = bundlesOf(chosen);
    setProblem(why);
    for (const bundle of bundles) uploadsOf(store).add(bundle, room_id);
  };
  const withFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;
  const left = (): void => {
    depth.current = 0;
    setOver(false);
  };
  return {
    over,
    problem,
    take,
    handlers: {
      onDragEnter: (event: DragEvent): void => {
        if (!withFiles(event)) return;
        depth.current++;
        setOver(true);
      },
      onDragLeave: (event: DragEvent): void => {
        if (withFiles(event) && --depth.current <= 0) left();
      },
      onDragOver: (event: DragEvent): void => {
        if (withFiles(event)) event.preventDefault();
      },
      onDrop: (event: DragEvent): void => {
        left();
        if (!event.dataTransfer || !withFiles(event)) return;
        event.preventDefault();
        filesOfDrop(event.dataTransfer.items).then(take, () =>
          setProblem('This browser does not let the files be read'),
        );
      },
    },
  };
}

interface UploadPartProps {
  readonly problem: string | undefined;
  readonly take: Take;
  /** Between the two. */
  readonly children: ComponentChildren;
}

/** Ways to choose what is sent, and what this phone sends now. */
export function UploadPart({ problem, take, children }: UploadPartProps) {
  const store = useStore();
  const { list } = uploadsOf(store);
  return (
    <>
      <div class="pickers">
        <Picker label="Send files" take={take} />
        <Picker label="Send a folder" folder take={take} />
      </div>
      <p class="form-problem pickers-problem" role="alert">
        {problem}
      </p>
      {children}
      {list.value.length > 0 && (
        <>
          <h3 class="pipeline-heading">From this phone</h3>
          <ul class="cards" aria-label="Uploads">
            {list.value.map((upload, n) => (
              <UploadRow key={n} upload={upload} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Picker({ label, folder, take }: { label: string; folder?: boolean; take: Take }) {
  const live = useStore().house.live.value;
  return (
    <label class={`button ${live ? '' : 'off'}`}>
      <Icon name={folder ? 'library' : 'note'} size={20} />
      <span>{label}</span>
      <input
        class="visually-hidden"
        type="file"
        multiple
        disabled={!live}
        {...(folder ? { webkitdirectory: true } : { accept: MUSIC })}
        onChange={(event) => {
          take(filesOfField(event.currentTarget.files));
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
}

/** One line about what this phone sends. */
export function uploadLine(view: UploadView, totalBytes: number): string {
  const much = `${bytes(view.sent_bytes)} of ${bytes(totalBytes)}`;
  const left = view.files_left === 0 ? [] : [`${count(view.files_left, 'file')} left`];
  switch (view.state) {
    case 'queued':
      return `Waits for its turn · ${left.join('')}`;
    case 'sending': {
      const speed = view.speed === undefined ? [] : [`${bytes(view.speed)}/s`];
      const eta =
        view.speed === undefined ? [] : [`${span((totalBytes - view.sent_bytes) / view.speed)} left`];
      return [much, ...left, ...speed, ...eta].join(' · ');
    }
    case 'waiting':
      return `${view.error ?? 'The connection is away'}: it goes on by itself · ${[much, ...left].join(' · ')}`;
    case 'paused':
      return `On hold · ${[much, ...left].join(' · ')}`;
    case 'failed':
      return view.error ?? 'It failed';
    case 'done':
      return 'Everything is sent';
    default:
      return view.state satisfies never;
  }
}

function UploadRow({ upload }: { upload: Upload }) {
  const store = useStore();
  const uploads = uploadsOf(store);
  const view = upload.view.value;
  const { title, total_bytes } = upload;
  const { state, download_id } = view;
  const failed = state === 'failed';
  const giveUp = (): void => {
    uploads.giveUp(upload);
    if (download_id !== undefined) void store.ask('download:cancel', { download_id });
  };
  return (
    <li class={`card ${failed ? 'failed' : ''}`}>
      <div class="row-text">
        <span class="row-title">{title}</span>
        <span class={`row-line ${failed || state === 'waiting' ? 'problem' : ''}`}>
          {uploadLine(view, total_bytes)}
        </span>
      </div>
      <Progress
        label={`Sending ${title}`}
        value={total_bytes === 0 ? 0 : Math.floor((view.sent_bytes / total_bytes) * 100)}
        resting={state !== 'sending'}
      />
      <div class="card-actions">
        {failed && <Button label="Try again" about={title} onClick={() => uploads.resume(upload)} />}
        {state === 'paused' && (
          <IconButton icon="play" label={`Go on sending ${title}`} onClick={() => uploads.resume(upload)} />
        )}
        {(state === 'sending' || state === 'waiting' || state === 'queued') && (
          <IconButton icon="pause" label={`Hold sending ${title}`} offline onClick={() => upload.pause()} />
        )}
        <IconButton icon="close" label={`Do not send ${title}`} offline onClick={giveUp} />
      </div>
    </li>
  );
}
