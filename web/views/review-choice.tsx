import { useId } from 'preact/hooks';
import type { Match } from '../../src/protocol/pipeline/candidate.js';
import { editionWords, evidenceWords, percent, plain } from '../state/pipeline-words.js';

interface MatchChoiceProps {
  readonly matches: readonly Match[];
  readonly chosen: Match | undefined;
  readonly onChoose: (index: number) => void;
  /** Nothing is to be decided any more. */
  readonly locked: boolean;
}

/** The albums it may be: one is chosen, and what follows is about that one. */
export function MatchChoice({ matches, chosen, onChoose, locked }: MatchChoiceProps) {
  const name = useId();
  if (matches.length === 0)
    return (
      <>
        <h3 class="pipeline-heading">It may be</h3>
        <p class="pipeline-none">
          Nothing like it was found. Search by names or id, or say yourself what it is.
        </p>
      </>
    );
  return (
    <fieldset class="matches">
      <legend class="pipeline-heading">It may be</legend>
      {matches.map((match, index) => (
        <label key={index} class="card match">
          <input
            type="radio"
            name={name}
            checked={match === chosen}
            disabled={locked && match !== chosen}
            onChange={() => onChoose(index)}
          />
          <span class="row-text">
            <span class="row-title">{match.release.album}</span>
            <span class="row-line">{match.release.album_artist}</span>
            <span class="row-sub">{editionWords(match)}</span>
            <span class="row-sub">{evidenceWords(match.evidence)}</span>
            {match === chosen && <Against match={match} />}
          </span>
          <span class="sure">
            <span class="visually-hidden">Confidence </span>
            {percent(match.confidence)}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** What makes it less likely, the heaviest first. */
function Against({ match }: { match: Match }) {
  if (match.penalties.length === 0) return <span class="row-sub">Nothing speaks against it</span>;
  const heaviest = Math.max(...match.penalties.map(({ share }) => share), 0.0001);
  return (
    <ul class="penalties" aria-label="What speaks against it">
      {match.penalties.map(({ what, share }) => (
        <li key={what}>
          <span>{plain(what)}</span>
          <span class="weight" aria-hidden="true">
            <span style={{ transform: `scaleX(${share / heaviest})` }} />
          </span>
          <span class="weight-number">{(share * 100).toFixed(share < 0.1 ? 1 : 0)} %</span>
        </li>
      ))}
    </ul>
  );
}
