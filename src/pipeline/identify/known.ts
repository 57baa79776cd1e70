import * as z from 'zod';
import { Release } from '../../protocol/index.js';

/** A release as its source knows it. */
export const Known = z.object({
  release: Release,
  /** Of the first release of its group, when that is not its own. */
  original_year: z.int().optional(),
});
export type Known = z.infer<typeof Known>;

/** What a search tells of a release, without its tracks. */
export const Hit = z.object({
  release_id: z.string(),
  release_group_id: z.string().optional(),
  album: z.string(),
  album_artist: z.string(),
  various: z.boolean(),
  year: z.int().optional(),
  /** As the source has it (`1999-03`); what sorts first is the earliest. */
  date: z.string(),
  media: z.string().optional(),
  track_count: z.int(),
  disc_count: z.int(),
});
export type Hit = z.infer<typeof Hit>;

export interface Query {
  readonly artist: string | undefined;
  readonly album: string | undefined;
  readonly various: boolean;
  readonly track_count: number;
}

/**
 * Where releases are known. Both reject with ERR_SOURCE (to be tried again later) when it does not answer as it should; what it does not
 * know is no error.
 */
export interface ReleaseSource {
  search(query: Query, signal: AbortSignal): Promise<readonly Hit[]>;
  release(id: string, signal: AbortSignal): Promise<Known | undefined>;
}

export const VARIOUS_ARTISTS = '89ad4ac3-39f7-470e-963a-56509c546377';
