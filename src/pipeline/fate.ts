import type { Candidate, Download } from '../protocol/index.js';

/** What became of a download, for who waits for its music. */
export type Fate =
  | { readonly state: 'coming' }
  | {
      readonly state: 'here';
      readonly album_id: string;
      readonly track_ids: readonly string[];
      /** Whether some of it may still come: a person has to decide, or it failed and can be tried again. */
      readonly rest: boolean;
    }
  | { readonly state: 'missing'; /** For people. */ readonly problem: string };

export interface Came {
  readonly item: Candidate;
  readonly track_ids: readonly string[];
}

const OPEN: readonly Candidate['state'][] = ['review', 'waiting', 'failed'];
const MOVING: readonly Candidate['state'][] = ['arriving', 'examining', 'identifying', 'importing'];

/** By the download, if it is still known, and what came of it. While a part of it is on its way, all of it is. */
export function fateOf(download: Download | undefined, came: readonly Came[]): Fate {
  if (came.length === 0) return withoutCandidates(download);
  if (came.some(({ item }) => MOVING.includes(item.state))) return { state: 'coming' };
  const here = came.filter(({ item }) => item.state === 'imported');
  const album_id = here[0]?.item.album_id;
  if (album_id !== undefined) {
    const inOrder = here.toSorted((one, other) => compare(one.item.path, other.item.path));
    const rest = came.some(({ item }) => OPEN.includes(item.state));
    return { state: 'here', album_id, track_ids: inOrder.flatMap(({ track_ids }) => track_ids), rest };
  }
  const [first] = came as readonly [Came];
  const { item } = came.find((one) => OPEN.includes(one.item.state)) ?? first;
  const { reason = '' } = item;
  if (item.state === 'rejected') return { state: 'missing', problem: 'It was not taken into the library.' };
  if (item.state === 'review')
    return { state: 'missing', problem: `It waits for a decision. ${reason}`.trim() };
  return { state: 'missing', problem: reason === '' ? 'It could not be taken in.' : reason };
}

/** The same for queues, which have some of its albums already. */
export function fateOfRest(
  download: Download | undefined,
  came: readonly (Came & { readonly queued: boolean })[],
): Fate {
  const rest = came.filter(({ queued }) => !queued);
  if (came.length > 0 && rest.length === 0)
    return { state: 'missing', problem: 'The rest of it was not taken into the library.' };
  return fateOf(download, rest);
}

function withoutCandidates(download: Download | undefined): Fate {
  if (!download) return { state: 'missing', problem: 'Its download was removed.' };
  if (download.state === 'cancelled') return { state: 'missing', problem: 'Its download was cancelled.' };
  if (download.state !== 'failed' && download.state !== 'waiting') return { state: 'coming' };
  return { state: 'missing', problem: download.error ?? 'Its download failed.' };
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
