import { useState } from 'preact/hooks';
import type { Match, Review } from '../../src/protocol/pipeline/candidate.js';
import { IconButton } from '../components/buttons.js';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { audioOf, editRows, giveFile, moveRow, nameOf, verdictOf, type EditRow } from '../state/evidence.js';
import { useStore } from '../state/store.js';

interface EditSheetProps {
  readonly review: Review;
  readonly match: Match | undefined;
  readonly onClose: () => void;
}

/** What the album is, in a person's own words: names, titles, order, and which file is which. */
export function EditSheet({ review, match, onClose }: EditSheetProps) {
  const store = useStore();
  const { candidate } = review;
  const release = match?.release;
  const [artist, setArtist] = useState(release?.album_artist ?? candidate.artist ?? '');
  const [album, setAlbum] = useState(release?.album ?? candidate.album ?? candidate.title);
  const [year, setYear] = useState(String(release?.year ?? candidate.year ?? ''));
  const [rows, setRows] = useState<readonly EditRow[]>(() => editRows(review, match));
  const kept = rows.filter(({ path }) => path !== null).length;
  const run = async (): Promise<string | undefined> => {
    if (kept === 0) return 'No file is left: leave it out of the library with “Do not take it”';
    if (rows.some(({ path, track }) => path !== null && track.title.trim() === ''))
      return 'A track has no title';
    const verdict = verdictOf({ artist, album, year }, rows, release);
    await store.client.send('import:approve', { candidate_id: candidate.candidate_id, verdict });
    onClose();
    store.toasts.show(`${verdict.release.album} is going into the library`, { kind: 'success' });
    store.router.replace({ view: 'imports' });
    return undefined;
  };
  return (
    <Sheet title="What it is" onClose={onClose}>
      <SheetForm
        icon="check"
        submit={`Take it with ${kept} ${kept === 1 ? 'file' : 'files'}`}
        disabled={artist.trim() === '' || album.trim() === ''}
        run={run}
      >
        <Field label="Artist" value={artist} onInput={setArtist} longest={200} required />
        <div class="field-pair">
          <Field label="Album" value={album} onInput={setAlbum} longest={200} required />
          <Field label="Year" keys="numeric" value={year} onInput={setYear} longest={4} />
        </div>
        <h3 class="edit-heading">Tracks</h3>
        <ol class="edit-tracks">
          {rows.map((row, n) => (
            <EditTrack
              key={n}
              row={row}
              n={n}
              last={rows.length - 1}
              review={review}
              onChange={setRows}
              rows={rows}
            />
          ))}
        </ol>
      </SheetForm>
    </Sheet>
  );
}

interface EditTrackProps {
  readonly row: EditRow;
  readonly n: number;
  readonly last: number;
  readonly rows: readonly EditRow[];
  readonly review: Review;
  readonly onChange: (rows: readonly EditRow[]) => void;
}

function EditTrack({ row, n, last, rows, review, onChange }: EditTrackProps) {
  const { track, path } = row;
  const title = (text: string): void =>
    onChange(rows.map((one, at) => (at === n ? { ...one, track: { ...one.track, title: text } } : one)));
  return (
    <li class={path === null ? 'left-out' : ''}>
      <label class="field">
        <span>
          Title {n + 1}
          {path === null ? ' (left out)' : ''}
        </span>
        <input
          type="text"
          maxLength={400}
          autocomplete="off"
          value={track.title}
          onInput={(event) => title(event.currentTarget.value)}
        />
      </label>
      <div class="edit-file">
        <select
          aria-label={`File of title ${n + 1}`}
          value={path ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChange(giveFile(rows, n, value === '' ? null : value))
          }
        >
          <option value="">Leave it out</option>
          {audioOf(review).map((file) => (
            <option key={file.path} value={file.path}>
              {nameOf(file.path)}
            </option>
          ))}
        </select>
        <IconButton
          icon="up"
          label={`Move title ${n + 1} up`}
          disabled={n === 0}
          onClick={() => onChange(moveRow(rows, n, n - 1))}
        />
        <IconButton
          icon="down"
          label={`Move title ${n + 1} down`}
          disabled={n === last}
          onClick={() => onChange(moveRow(rows, n, n + 1))}
        />
      </div>
    </li>
  );
}
