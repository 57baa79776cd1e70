import { useState } from 'preact/hooks';
import type { Candidate, Duplicate, Review } from '../../src/protocol/pipeline/candidate.js';
import { Button, IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { isAdmin } from '../state/door.js';
import { candidateFacts, candidateLine, duplicateWords } from '../state/pipeline-words.js';
import { hrefOf } from '../state/route.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import { BackHeader, Failed } from './collections.js';
import { useList } from './follow.js';
import { useLoaded } from './hooks.js';
import { OnlyAdmins } from './not-for-you.js';
import { MatchChoice } from './review-choice.js';
import { EvidenceTable } from './review-evidence.js';
import { OpenReviewSheet, type ReviewSheet } from './review-sheets.js';

/** Everything a person decides by, and the decision. */
export function ReviewView({ id }: { id: string }) {
  const store = useStore();
  const admin = isAdmin(store);
  const listed = useList('imports', admin)?.find(({ candidate_id }) => candidate_id === id);
  const [round, setRound] = useState(0);
  const { value, failed } = useLoaded(
    () => (admin ? store.client.send('import:review', { candidate_id: id }) : Promise.resolve(undefined)),
    [id, listed?.updated_at, store.house.live.value, round, admin],
  );
  const candidate = listed ?? value?.candidate;
  return (
    <section class="view pipeline" aria-label="Review">
      <BackHeader title="Review" />
      {!admin && <OnlyAdmins />}
      {admin && failed && !value && <Failed what="This album" />}
      {value && candidate && (
        <Reviewed review={value} candidate={candidate} again={() => setRound((now) => now + 1)} />
      )}
    </section>
  );
}

interface ReviewedProps {
  readonly review: Review;
  readonly candidate: Candidate;
  readonly again: () => void;
}

function Reviewed({ review, candidate, again }: ReviewedProps) {
  const store = useStore();
  const [chosen, setChosen] = useState(0);
  const [sheet, setSheet] = useState<ReviewSheet>();
  const match = review.matches[Math.min(chosen, review.matches.length - 1)];
  const waits = candidate.state === 'review' || candidate.state === 'failed';
  const { candidate_id } = candidate;
  const approve = async (replace?: Duplicate): Promise<void> => {
    const replacing = replace ? { replace_album_id: replace.album_id } : {};
    const at = Math.min(chosen, review.matches.length - 1);
    if (!(await store.ask('import:approve', { candidate_id, match: at, ...replacing }))) return;
    store.toasts.show(`${candidate.title} is going into the library`, { kind: 'success' });
    store.router.replace({ view: 'imports' });
  };
  return (
    <>
      <div class="scroller">
        <Why candidate={candidate} />
        {waits && (
          <Duplicates
            review={review}
            onReplace={match && ((one) => setSheet({ kind: 'replace', duplicate: one }))}
          />
        )}
        <MatchChoice matches={review.matches} chosen={match} onChoose={setChosen} locked={!waits} />
        <EvidenceTable review={review} match={match} />
      </div>
      {waits && (
        <div class="decide">
          <Button
            icon="check"
            kind="primary"
            label="Take this one"
            disabled={!match}
            onClick={() => void approve()}
          />
          <Button icon="edit" label="Edit" onClick={() => setSheet({ kind: 'edit' })} />
          <IconButton icon="more" label="Other" onClick={() => setSheet({ kind: 'menu' })} />
        </div>
      )}
      {sheet && (
        <OpenReviewSheet
          sheet={sheet}
          review={review}
          match={match}
          approve={approve}
          again={(found) => {
            if (found !== undefined) setChosen(found);
            again();
          }}
          onSheet={setSheet}
          onClose={() => setSheet(undefined)}
        />
      )}
    </>
  );
}

/** What it is, and the sentence that says why a person is asked. */
function Why({ candidate }: { candidate: Candidate }) {
  const { title, state, gates, reason, album_id } = candidate;
  const others = gates.filter(({ sentence }) => sentence !== reason);
  const waits = state === 'review' || state === 'failed';
  return (
    <div class="why">
      <h1>{title}</h1>
      <p class="dim">{candidateFacts(candidate)}</p>
      <p class={waits ? 'why-line problem' : 'why-line'} role="status">
        {waits && <Icon name="warning" size={20} />}
        <span>{candidateLine(candidate)}</span>
      </p>
      {waits && others.length > 0 && (
        <ul class="gates" aria-label="What else speaks against it">
          {others.map(({ gate, sentence }) => (
            <li key={gate}>{sentence}</li>
          ))}
        </ul>
      )}
      {album_id !== undefined && (
        <a class="card-link" href={hrefOf({ view: 'album', id: album_id })}>
          Show the album
        </a>
      )}
    </div>
  );
}

interface DuplicatesProps {
  readonly review: Review;
  readonly onReplace: ((duplicate: Duplicate) => void) | undefined;
}

/** Albums of the library that this may be again. */
function Duplicates({ review, onReplace }: DuplicatesProps) {
  if (review.duplicates.length === 0) return null;
  return (
    <>
      <h3 class="pipeline-heading">In the library already</h3>
      <ul class="cards" aria-label="In the library already">
        {review.duplicates.map((one) => (
          <li key={one.album_id} class="card">
            <div class="row-text">
              <a class="row-title" href={hrefOf({ view: 'album', id: one.album_id })}>
                {one.artist} · {one.title}
              </a>
              <span class="row-line">{duplicateWords(one)}</span>
            </div>
            {onReplace && (
              <div class="card-actions">
                <Button label="Replace it" about={one.title} onClick={() => onReplace(one)} />
              </div>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
