import * as z from 'zod';
import { Id } from '../common.js';
import { SourceKind } from './download.js';

/** Rules each of which is enough to ask a person; see src/pipeline/identify. [ID3] */
export const GATES = [
  'broken_file',
  'partial_file',
  'special_file',
  'missing_tracks',
  'extra_tracks',
  'several_albums',
  'several_formats',
  'title_differs',
  'length_differs',
  'artist_or_album_differs',
  'rival_release',
  'other_release_id',
  'titles_missing',
  'names_only',
  'numbers_differ',
  'version_differs',
  'fingerprint_differs',
  'path_unsafe',
  'not_in_source',
  'source_down',
  'tags_incomplete',
  'duplicate',
  'not_an_upgrade',
  'target_exists',
  'low_confidence',
] as const;
export const GateName = z.enum(GATES);
export type GateName = z.infer<typeof GateName>;
export const Gate = z.object({ gate: GateName, /** For people. */ sentence: z.string() });
export type Gate = z.infer<typeof Gate>;

export const CandidateState = z.enum([
  'arriving',
  'waiting',
  'examining',
  'identifying',
  'review',
  'importing',
  'imported',
  'rejected',
  'failed',
]);
export type CandidateState = z.infer<typeof CandidateState>;

/** One album folder on its way in. [IM1] */
export const Candidate = z.object({
  candidate_id: Id,
  /** `Artist - Album` once known, else the name of the folder. */
  title: z.string(),
  source: SourceKind,
  /** Below its workspace. */
  path: z.string(),
  state: CandidateState,
  /** What it goes by: the release that was found, else its tags. */
  artist: z.string().optional(),
  album: z.string().optional(),
  year: z.int().optional(),
  file_count: z.int(),
  size_bytes: z.int(),
  /** 0..1, of the best match; 1 = nothing speaks against it. Absent while nobody looked. */
  confidence: z.number().min(0).max(1).optional(),
  /** The sentence that says why a person is asked, or why it failed. */
  reason: z.string().optional(),
  gates: z.array(Gate),
  download_id: Id.optional(),
  /** Once imported. */
  album_id: Id.optional(),
  username: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type Candidate = z.infer<typeof Candidate>;

/** What the tags of one file say. Absent = not said. */
export const FileTags = z.object({
  title: z.string().optional(),
  artist: z.string().optional(),
  album: z.string().optional(),
  album_artist: z.string().optional(),
  year: z.int().optional(),
  disc_number: z.int().optional(),
  disc_total: z.int().optional(),
  track_number: z.int().optional(),
  track_total: z.int().optional(),
  compilation: z.boolean().optional(),
  /** MusicBrainz ids. */
  mb_release_id: z.string().optional(),
  mb_release_group_id: z.string().optional(),
  mb_recording_id: z.string().optional(),
  mb_track_id: z.string().optional(),
  mb_artist_id: z.string().optional(),
  mb_album_artist_id: z.string().optional(),
});
export type FileTags = z.infer<typeof FileTags>;

/** One file of a candidate as it was found. [ID1] */
export const CandidateFile = z.object({
  /** Below the folder of the candidate. */
  path: z.string(),
  size_bytes: z.int(),
  kind: z.enum(['audio', 'artwork', 'other']),
  codec: z.string().optional(),
  lossless: z.boolean().optional(),
  sample_rate_hz: z.int().optional(),
  bits_per_sample: z.int().optional(),
  channels: z.int().optional(),
  bitrate_kbps: z.number().optional(),
  duration_seconds: z.number().optional(),
  /** Of the decoded samples: the same for the same sound whatever the tags and the lossless container. */
  audio_md5: z.string().optional(),
  tags: FileTags.optional(),
  /** Why it cannot be taken. */
  problem: z.object({ gate: GateName, sentence: z.string() }).optional(),
});
export type CandidateFile = z.infer<typeof CandidateFile>;

/** A track of a release as its source knows it. */
export const ReleaseTrack = z.object({
  disc_number: z.int(),
  track_number: z.int(),
  title: z.string(),
  artist: z.string(),
  duration_seconds: z.number().optional(),
  mb_recording_id: z.string().optional(),
  mb_track_id: z.string().optional(),
});
export type ReleaseTrack = z.infer<typeof ReleaseTrack>;

export const Release = z.object({
  /** MusicBrainz id; absent when the tags are all there is. */
  release_id: z.string().optional(),
  release_group_id: z.string().optional(),
  album_artist_id: z.string().optional(),
  album: z.string(),
  album_artist: z.string(),
  year: z.int().optional(),
  country: z.string().optional(),
  media: z.string().optional(),
  label: z.string().optional(),
  compilation: z.boolean(),
  tracks: z.array(ReleaseTrack),
});
export type Release = z.infer<typeof Release>;

/** How well a release fits. `files[n]` is the path of the file that is track n of the release; null = there is none. */
export const Match = z.object({
  release: Release,
  confidence: z.number().min(0).max(1),
  /** Which evidence there was: `ids`, `tags`, `names`, `lengths`, `fingerprints`. */
  evidence: z.array(z.string()),
  /** What speaks against it, the heaviest first: what, and how much of the distance it is. */
  penalties: z.array(z.object({ what: z.string(), share: z.number() })),
  files: z.array(z.string().nullable()),
  gates: z.array(Gate),
});
export type Match = z.infer<typeof Match>;

/** An album of the library that this candidate may be again. */
export const Duplicate = z.object({
  album_id: Id,
  title: z.string(),
  artist: z.string(),
  by: z.enum(['release', 'audio', 'fingerprint', 'tracks']),
  /** Whether the candidate is better in every track, worse, or neither. */
  quality: z.enum(['better', 'same', 'worse', 'mixed']),
});
export type Duplicate = z.infer<typeof Duplicate>;

/** What a person decides by. [RV1] */
export const Review = z.object({
  candidate: Candidate,
  files: z.array(CandidateFile),
  matches: z.array(Match),
  duplicates: z.array(Duplicate),
});
export type Review = z.infer<typeof Review>;
