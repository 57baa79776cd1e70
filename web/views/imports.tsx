import type { Candidate } from '../../src/protocol/pipeline/candidate.js';
import { Icon } from '../components/icon.js';
import { isAdmin } from '../state/door.js';
import { ago } from '../state/job-words.js';
import { candidateFacts, candidateGroups, candidateLine, percent } from '../state/pipeline-words.js';
import { hrefOf } from '../state/route.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import { BackHeader } from './collections.js';
import { useList, useNow } from './follow.js';
import { OnlyAdmins } from './not-for-you.js';

/** Albums on their way into the library; those that wait for a person first. */
export function ImportsView() {
  const store = useStore();
  const admin = isAdmin(store);
  const imports = useList('imports', admin);
  const now = useNow(30_000);
  const { needsYou, onTheWay, over } = candidateGroups(imports ?? []);
  return (
    <section class="view pipeline" aria-label="Imports">
      <BackHeader title="Imports" />
      {!admin ? (
        <OnlyAdmins />
      ) : (
        <div class="scroller">
          {imports?.length === 0 && (
            <p class="empty">Nothing has come in yet. What is downloaded or uploaded passes through here.</p>
          )}
          <Group title="Needs you" items={needsYou} now={now} />
          <Group title="On its way" items={onTheWay} now={now} />
          <Group title="Done" items={over} now={now} />
        </div>
      )}
    </section>
  );
}

function Group({ title, items, now }: { title: string; items: readonly Candidate[]; now: number }) {
  if (items.length === 0) return null;
  return (
    <>
      <h3 class="pipeline-heading">
        {title} <span class="tally">{items.length}</span>
      </h3>
      <ul class="cards" aria-label={title}>
        {items.map((candidate) => (
          <CandidateRow key={candidate.candidate_id} candidate={candidate} now={now} />
        ))}
      </ul>
    </>
  );
}

const WAITS: readonly Candidate['state'][] = ['review', 'failed'];

function CandidateRow({ candidate, now }: { candidate: Candidate; now: number }) {
  const { candidate_id, title, state, confidence, updated_at, album_id } = candidate;
  const waits = WAITS.includes(state);
  const to =
    state === 'imported' && album_id !== undefined
      ? hrefOf({ view: 'album', id: album_id })
      : hrefOf({ view: 'review', id: candidate_id });
  return (
    <li>
      <a class={`card ${waits ? 'waits' : ''}`} href={to}>
        <span class="row-text">
          <span class="row-title">{title}</span>
          <span class={`row-line ${waits ? 'problem' : ''}`}>
            {waits && <Icon name="warning" size={18} />}
            {candidateLine(candidate)}
          </span>
          <span class="row-sub">
            {candidateFacts(candidate)} · {ago(updated_at, now)}
          </span>
        </span>
        {confidence !== undefined && waits && <span class="sure">{percent(confidence)}</span>}
      </a>
    </li>
  );
}
