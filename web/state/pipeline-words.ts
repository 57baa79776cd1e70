import type { Candidate, Duplicate, Match } from '../../src/protocol/pipeline/candidate.js';
import type { SourceKind } from '../../src/protocol/pipeline/download.js';
import type { Export, ScanResult, Target, TrashEntry } from '../../src/protocol/pipeline/upkeep.js';
import { count } from './format.js';

/** How long files may take to be moved before nobody waits for the answer any more. */
export const MOVING = { timeout_ms: 60_000 } as const;

/** `640 kB`, `26.4 MB`, `1.2 GB`: as disks are sold. */
export function bytes(n: number): string {
  if (n < 1000) return `${Math.round(n)} B`;
  if (n < 999_500) return `${Math.round(n / 1000)} kB`;
  if (n < 999_950_000) return `${(n / 1e6).toFixed(1)} MB`;
  return `${(n / 1e9).toFixed(1)} GB`;
}

/** How long something takes: `12 s`, `4 min`, `2 h 5 min`. */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** When something will be: `in 40 s`, `in 12 min`, `today at 03:00`, `tomorrow at 03:00`, `on Sunday, Nov 22 at 03:00`. */
export function fromNow(timestamp: string, nowMs: number): string {
  const then = Date.parse(timestamp);
  const seconds = (then - nowMs) / 1000;
  if (seconds < 5) return 'now';
  if (seconds < 5400) return `in ${span(seconds)}`;
  const date = new Date(then);
  const at = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  const midnight = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(then) - midnight(nowMs)) / 86_400_000);
  if (days < 2) return `${days === 0 ? 'today' : 'tomorrow'} at ${at}`;
  const day = date.toLocaleDateString('en', { weekday: 'long', day: 'numeric', month: 'short' });
  return `on ${day} at ${at}`;
}

export const SOURCE_WORDS: Readonly<Record<SourceKind, string>> = {
  http: 'From the web',
  upload: 'Uploaded',
  watch: 'Watch folder',
  feed: 'Podcast',
  'yt-dlp': 'yt-dlp',
  streamrip: 'streamrip',
};

const STATES: Readonly<Record<Candidate['state'], string>> = {
  arriving: 'Still arriving',
  waiting: 'Waits for its turn',
  examining: 'Its files are looked at',
  identifying: 'Finding out which album it is',
  review: 'Needs you',
  importing: 'Going into the library',
  imported: 'In the library',
  rejected: 'Not taken: it is in the trash',
  failed: 'Failed',
};

/** One line about an album on its way in; the reason says it best. */
export function candidateLine({ state, reason }: Candidate): string {
  return reason !== undefined && (state === 'review' || state === 'failed') ? reason : STATES[state];
}

export interface CandidateGroups {
  readonly needsYou: readonly Candidate[];
  readonly onTheWay: readonly Candidate[];
  readonly over: readonly Candidate[];
}

/** What waits for a person first. */
export function candidateGroups(items: readonly Candidate[]): CandidateGroups {
  const of = (...states: readonly Candidate['state'][]) =>
    items.filter(({ state }) => states.includes(state));
  return {
    needsYou: of('review', 'failed'),
    onTheWay: of('arriving', 'waiting', 'examining', 'identifying', 'importing'),
    over: of('imported', 'rejected'),
  };
}

/** What it is and where it is from: `9 files · 214.0 MB · Uploaded by Ann`. */
export function candidateFacts({ file_count, size_bytes, source, username }: Candidate): string {
  const by = username === undefined || username === 'household' ? '' : ` by ${username}`;
  return [count(file_count, 'file'), bytes(size_bytes), `${SOURCE_WORDS[source]}${by}`].join(' · ');
}

/** `93 %`; never rounded up, so that what is shown is no surer than what is known. */
export const percent = (share: number): string => `${Math.floor(share * 100 + 1e-9)} %`;

/** `album_id` and `track length` alike, as a sentence begins. */
export function plain(word: string): string {
  const text = word.replaceAll('_', ' ').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Which edition: `2004 · GB · CD · Harbour Records`. */
export function editionWords({ release }: Match): string {
  const { year, country, media, label } = release;
  return [year, country, media, label, count(release.tracks.length, 'track')].filter(Boolean).join(' · ');
}

const EVIDENCE: Readonly<Record<string, string>> = {
  ids: 'ids in the tags',
  tags: 'tags',
  names: 'names of the files',
  lengths: 'lengths',
  fingerprints: 'the sound itself',
};

export function evidenceWords(evidence: readonly string[]): string {
  return evidence.length === 0
    ? 'Nothing to go by'
    : `By ${evidence.map((one) => EVIDENCE[one] ?? plain(one).toLowerCase()).join(', ')}`;
}

const QUALITIES: Readonly<Record<Duplicate['quality'], string>> = {
  better: 'The new one sounds better in every track',
  same: 'The new one is of the same quality',
  worse: 'The new one is worse: it would be a step back',
  mixed: 'Some tracks would be better, some worse',
};
const SAMENESS: Readonly<Record<Duplicate['by'], string>> = {
  release: 'The same release is',
  audio: 'The same sound is',
  fingerprint: 'Another copy of the same recordings is',
  tracks: 'The same tracks are',
};

export function duplicateWords({ by, quality }: Duplicate): string {
  return `${SAMENESS[by]} in the library. ${QUALITIES[quality]}.`;
}

export function exportLine(one: Export): string {
  const { state, progress, current_album, album_count, track_count, size_bytes, error } = one;
  switch (state) {
    case 'queued':
      return 'Waits for its turn';
    case 'running':
      return `${progress} %${current_album === undefined ? '' : ` · ${current_album}`}`;
    case 'completed': {
      const facts = [count(album_count, 'album'), count(track_count, 'track'), bytes(size_bytes)].join(' · ');
      return error === undefined ? facts : `${facts}. Left behind: ${error}`;
    }
    case 'failed':
      return error ?? 'It failed';
    case 'cancelled':
      return `Stopped at ${progress} %; what is written stays`;
    default:
      return state satisfies never;
  }
}

export const FORMATS: readonly { readonly value: Export['format']; readonly label: string }[] = [
  { value: 'flac', label: 'FLAC' },
  { value: 'mp3', label: 'MP3' },
  { value: 'both', label: 'Both' },
];

export const TARGET_WORDS: Readonly<Record<Target['kind'], string>> = {
  plex: 'Plex',
  jellyfin: 'Jellyfin',
  subsonic: 'Navidrome or Subsonic',
  lms: 'Lyrion (LMS)',
  mpd: 'MPD',
};

/** What the last scan came to, as far as it is known. */
export const SCAN_WORDS: Readonly<Record<ScanResult, string>> = {
  confirmed: 'Our files were found there',
  scanned: 'It looked, but our files were not seen there',
  timeout: 'It was told; whether it is done is not known',
  refused: 'It refused',
  unreachable: 'It did not answer',
};

/** Whether something is to be done about it. */
export const isTrouble = (result: ScanResult): boolean => result !== 'confirmed';

export const TRASH_WORDS: Readonly<Record<TrashEntry['reason'], string>> = {
  deleted: 'Deleted',
  replaced: 'Replaced by a better one',
  rejected: 'Not taken in the review',
};
