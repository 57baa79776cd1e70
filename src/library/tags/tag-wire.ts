import * as z from 'zod';

export const ID_NAMES = ['release', 'release_group', 'recording', 'track', 'artist', 'album_artist'] as const;
export type IdName = (typeof ID_NAMES)[number];

/** What one audio file says about itself. Absent = it does not say. */
export const FileTags = z.object({
  title: z.string().optional(),
  artists: z.array(z.string()),
  album: z.string().optional(),
  album_artist: z.string().optional(),
  compilation: z.boolean(),
  year: z.int().optional(),
  disc: z.int().optional(),
  track: z.int().optional(),
  disc_total: z.int().optional(),
  track_total: z.int().optional(),
  /** MusicBrainz ids; only what looks like one. */
  ids: z.partialRecord(z.enum(ID_NAMES), z.string()).optional(),
  /** 0 = the file does not say and cannot be measured. */
  duration_seconds: z.number().min(0).max(10_000_000),
  codec: z.string(),
  lossless: z.boolean(),
  sample_rate_hz: z.int().optional(),
  bits_per_sample: z.int().optional(),
  channels: z.int().optional(),
  bitrate_kbps: z.number().optional(),
  /** Content id of the picture inside. */
  picture_id: z.string().optional(),
  /** What is wrong though the file can be played. */
  warning: z.string().optional(),
});
export type FileTags = z.infer<typeof FileTags>;

/** A file that was read, or why it could not be. */
export const TagResult = z.union([z.object({ tags: FileTags }), z.object({ reason: z.string().max(1000) })]);
export type TagResult = z.infer<typeof TagResult>;

const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/** Parent -> tag process. Paths are bytes; the channel uses structured clone. */
export const TagRequest = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('tags'), id: z.int(), paths: z.array(Bytes) }),
  z.object({
    ask: z.literal('picture'),
    id: z.int(),
    path: Bytes,
    target: z.string(),
  }),
]);
export type TagRequest = z.infer<typeof TagRequest>;

/** Tag process -> parent. */
export const TagAnswer = z.discriminatedUnion('answer', [
  z.object({ answer: z.literal('tags'), id: z.int(), results: z.array(TagResult) }),
  z.object({ answer: z.literal('picture'), id: z.int(), found: z.boolean() }),
]);
export type TagAnswer = z.infer<typeof TagAnswer>;

/** The first word of the tag process: from now on its time counts. */
export const TagReady = z.object({ answer: z.literal('ready') });
