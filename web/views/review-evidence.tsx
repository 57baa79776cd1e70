import type { CandidateFile, Match, Review } from '../../src/protocol/pipeline/candidate.js';
import { audioOf, evidenceOf, nameOf, soundWords, type EvidenceRow } from '../state/evidence.js';
import { clockTime, count } from '../state/format.js';
import { bytes } from '../state/pipeline-words.js';

interface EvidenceTableProps {
  readonly review: Review;
  readonly match: Match | undefined;
}

/** File by file what there is, beside what the chosen album has. */
export function EvidenceTable({ review, match }: EvidenceTableProps) {
  const others = review.files.filter(({ kind }) => kind !== 'audio');
  return (
    <>
      <h3 class="pipeline-heading">{match ? 'Side by side' : 'The files'}</h3>
      {match ? <SideBySide rows={evidenceOf(review, match)} /> : <FilesAlone files={audioOf(review)} />}
      {others.length > 0 && (
        <details class="others">
          <summary>{count(others.length, 'other file')}</summary>
          <ul>
            {others.map(({ path, size_bytes, problem }) => (
              <li key={path}>
                <span class="path">{path}</span>
                <span class="row-sub">{problem?.sentence ?? bytes(size_bytes)}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function SideBySide({ rows }: { rows: readonly EvidenceRow[] }) {
  const different = rows.filter(
    ({ title, length, file, track }) => title || length || !file || !track,
  ).length;
  return (
    <>
      <p class="part-about dim">
        {different === 0
          ? 'Every title and length is the same.'
          : `${count(different, 'row')} of ${rows.length} differ; they are marked with ≠.`}
      </p>
      <table class="evidence">
        <thead>
          <tr>
            <th scope="col">Your file</th>
            <th scope="col">The album</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, n) => (
            <Row key={n} row={row} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function Row({ row }: { row: EvidenceRow }) {
  const { track, file, title, length } = row;
  return (
    <tr class={title || length !== undefined || !file || !track ? 'differs' : ''}>
      <td>
        {file ? (
          <FileCell file={file} title={title} length={length} />
        ) : (
          <Absent text="No file for this track" />
        )}
      </td>
      <td>
        {track ? (
          <>
            <span class="cell-title">
              {track.track_number}. {track.title}
            </span>
            {track.duration_seconds !== undefined && (
              <span class="row-sub">{clockTime(track.duration_seconds)}</span>
            )}
          </>
        ) : (
          <Absent text="Not on this album" />
        )}
      </td>
    </tr>
  );
}

const Absent = ({ text }: { text: string }) => (
  <span class="cell-differs">
    <span aria-hidden="true">≠ </span>
    {text}
  </span>
);

interface FileCellProps {
  readonly file: CandidateFile;
  readonly title: boolean;
  readonly length: string | undefined;
}

function FileCell({ file, title, length }: FileCellProps) {
  const { path, tags, duration_seconds, problem } = file;
  return (
    <>
      {title ? (
        <Absent text={tags?.title === undefined ? 'No title in its tags' : `${tags.title} (another title)`} />
      ) : (
        <span class="cell-title">{tags?.title ?? nameOf(path)}</span>
      )}
      {length === undefined ? (
        duration_seconds !== undefined && <span class="row-sub">{clockTime(duration_seconds)}</span>
      ) : (
        <span class="cell-differs">
          <span aria-hidden="true">≠ </span>
          {duration_seconds === undefined ? '' : `${clockTime(duration_seconds)}, `}
          {length}
        </span>
      )}
      {problem && <span class="cell-differs">{problem.sentence}</span>}
      <span class="row-sub path">
        {nameOf(path)} · {soundWords(file)}
      </span>
    </>
  );
}

function FilesAlone({ files }: { files: readonly CandidateFile[] }) {
  if (files.length === 0) return <p class="pipeline-none">There is no music in it.</p>;
  return (
    <ul class="files-alone">
      {files.map((file) => (
        <li key={file.path}>
          <FileCell file={file} title={false} length={undefined} />
        </li>
      ))}
    </ul>
  );
}
