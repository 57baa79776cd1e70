import { AppError } from '../../base/index.js';
import type { Gate, Match } from '../../protocol/index.js';
import type { Examined, Identified } from '../contract.js';
import { gate, quoted } from '../sentences.js';
import { releaseOfTags, tagGates } from './by-tags.js';
import type { Fit } from './distance.js';
import { type Evidence, gather } from './evidence.js';
import { fitGates, folderGates, inOrder, isFar, weakest } from './gates.js';
import type { ReleaseSource } from './known.js';
import { bestFirst, look } from './look.js';
import { rivalGate } from './rivals.js';

export interface IdentifyOptions {
  /** Absent = none is set up. */
  readonly source?: ReleaseSource | undefined;
  /** `tags`: complete and consistent tags are enough. A setting of its own that a person has to choose; a source is then not asked. */
  readonly mode: 'source' | 'tags';
  readonly signal: AbortSignal;
  /** What the folder was called where it came from, when its own name is made up. */
  readonly name?: string | undefined;
}

/** At and above it an album may be imported, when no gate is shut. */
export const SURE = 0.95;
/** What a shut gate leaves of any confidence. */
const CAPPED = 0.94;
const MATCHES = 5;

/**
 * What album a folder is. Confidence is 1 minus the distance to the release: 1 = nothing speaks against it. A high one alone imports nothing:
 * each gate is a rule that asks a person, whatever the confidence. The order of the files changes nothing.
 */
export async function identify(examined: Examined, options: IdentifyOptions): Promise<Identified> {
  const evidence = gather(examined, options);
  const own = inOrder(folderGates(examined, evidence));
  if (options.mode === 'tags') return byTags(evidence, own);
  const { source, signal } = options;
  if (!source) {
    const reason = gate(
      'not_in_source',
      'No source of releases is set up, and importing by tags alone is off',
    );
    return { ...byTags(evidence, [...own, reason]), decision: 'review' };
  }
  try {
    const found = await look(evidence, source, signal);
    return decide(evidence, own, found.fits, found.unseen);
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError) || error.code !== 'ERR_SOURCE') throw error;
    const down = gate('source_down', `The source of releases cannot be asked now (${error.message})`);
    return {
      by: 'source',
      matches: [],
      // What is broken stays broken: a person may know of it at once.
      decision: own.length > 0 ? 'review' : 'later',
      gates: inOrder([...own, down]),
      confidence: 0,
    };
  }
}

/** How well a release fits, for people. */
export function matchOf(evidence: Evidence, one: Fit, own: readonly Gate[] = []): Match {
  const gates = inOrder([...own, ...fitGates(evidence, one)]);
  const sure = 1 - one.distance;
  if (gates.length === 0 && sure < SURE) gates.push(weakest(one));
  const paths = new Map(one.pairs.map(({ track, song }) => [track, song.file.path]));
  // A hidden track that nobody has is none that is left out.
  const tracks = one.known.release.tracks.filter((track) => track.track_number > 0 || paths.has(track));
  return {
    release: { ...one.known.release, tracks },
    confidence: round(Math.max(0, gates.length > 0 ? Math.min(CAPPED, sure) : sure)),
    evidence: evidenceOf(evidence, one),
    penalties: one.penalties.slice(0, 8),
    files: tracks.map((track) => paths.get(track) ?? null),
    gates,
  };
}

const round = (value: number): number => Math.round(value * 10_000) / 10_000;

function evidenceOf({ songs, isTagged, releaseIds }: Evidence, { known, pairs }: Fit): string[] {
  const isNamed = !isTagged || songs.some(({ titleFrom }) => titleFrom === 'name');
  return [
    ...(releaseIds[0] !== undefined && releaseIds[0] === known.release.release_id ? ['ids'] : []),
    ...(isTagged || songs.some(({ titleFrom }) => titleFrom === 'tag') ? ['tags'] : []),
    ...(isNamed ? ['names'] : []),
    ...(pairs.some(({ lengthOff }) => lengthOff !== undefined) ? ['lengths'] : []),
  ];
}

function decide(
  evidence: Evidence,
  own: readonly Gate[],
  found: readonly Fit[],
  unseen: readonly string[],
): Identified {
  const fits = nearestFirst(evidence, found);
  const matches = fits.slice(0, MATCHES).map((one) => matchOf(evidence, one, own));
  const [best, ...others] = fits;
  const [first] = matches;
  if (!best || !first || isFar(best)) {
    const what = evidence.album === undefined ? 'this' : quoted(evidence.album);
    const nearest = best
      ? `; the nearest is ${quoted(best.known.release.album)} by ${quoted(best.known.release.album_artist)}`
      : '';
    const absent = gate('not_in_source', `The source knows no release that ${what} could be${nearest}`);
    // What is not known at all cannot be missing tracks of something else.
    const isNamed = best && evidence.releaseIds[0] === best.known.release.release_id;
    const other = gate('other_release_id', `The tags carry the id of a release that this is not${nearest}`);
    const gates = inOrder([...own, isNamed ? other : absent, ...(best ? fitGates(evidence, best) : [])]);
    return {
      by: 'source',
      matches: withTags(evidence, own, matches),
      decision: 'review',
      gates,
      confidence: first?.confidence ?? 0,
    };
  }
  const rival = rivalGate(evidence, best, others, unseen);
  const gates = inOrder([...first.gates, ...(rival ? [rival] : [])]);
  const confidence = gates.length > 0 ? Math.min(CAPPED, first.confidence) : first.confidence;
  return {
    by: 'source',
    matches: [{ ...first, confidence, gates }, ...matches.slice(1)],
    decision: gates.length === 0 && confidence >= SURE ? 'import' : 'review',
    gates,
    confidence,
  };
}

/** An id in the tags weighs much, unless it is the id of something else altogether. */
function nearestFirst(evidence: Evidence, found: readonly Fit[]): Fit[] {
  const fits = bestFirst(evidence, found);
  return [...fits.filter((one) => !isFar(one)), ...fits.filter(isFar)];
}

/** Where the source knows nothing a person may still take the album as its tags say. */
function withTags(evidence: Evidence, own: readonly Gate[], matches: readonly Match[]): Match[] {
  const release = releaseOfTags(evidence);
  if (!release) return [...matches];
  return [...matches.slice(0, MATCHES - 1), tagMatch(evidence, release, [...own, ...tagGates(evidence)])];
}

function tagMatch(evidence: Evidence, release: Match['release'], gates: readonly Gate[]): Match {
  return {
    release,
    confidence: gates.length > 0 ? Math.min(CAPPED, gates.length > 2 ? 0.5 : 0.8) : 1,
    evidence: evidence.isTagged ? ['tags'] : ['names'],
    penalties: [],
    files: evidence.songs.map(({ file }) => file.path),
    gates: inOrder(gates),
  };
}

function byTags(evidence: Evidence, own: readonly Gate[]): Identified {
  const release = releaseOfTags(evidence);
  const gates = inOrder([...own, ...tagGates(evidence)]);
  const matches = release ? [tagMatch(evidence, release, gates)] : [];
  const confidence = matches[0]?.confidence ?? 0;
  return {
    by: 'tags',
    matches,
    decision: gates.length === 0 && release ? 'import' : 'review',
    gates,
    confidence,
  };
}
