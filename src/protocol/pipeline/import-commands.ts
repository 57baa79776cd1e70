import * as z from 'zod';
import { Id, Page } from '../common.js';
import { Nothing, type CommandSpec } from '../command-spec.js';
import { Candidate, Match, Release, Review } from './candidate.js';
import { TrashEntry } from './upkeep.js';

const candidate = { candidate_id: Id };
const trash = { trash_id: Id };

/** What a person says the album is. `files[n]` is the file of track n; null leaves the track out. */
export const Verdict = z.strictObject({
  release: Release,
  files: z.array(z.string().max(4096).nullable()).max(2000),
});

export const importCommands = {
  'import:list': {
    request: z.strictObject({ ...Page }),
    reply: z.object({ total: z.int(), items: z.array(Candidate) }),
    access: 'manage',
    http: 'GET /imports',
    summary: 'Albums on their way in, and those that wait for a person, the newest first',
  },
  'import:review': {
    cost: 1,
    request: z.strictObject(candidate),
    reply: Review,
    access: 'manage',
    http: 'GET /imports/{candidate_id}',
    summary: 'Everything that is known of one: files, matches, duplicates, what speaks against it',
  },
  'import:approve': {
    cost: 5,
    request: z.strictObject({
      ...candidate,
      /** Which of the matches; absent with a `verdict`. */
      match: z.int().min(0).optional(),
      verdict: Verdict.optional(),
      /** Replaces this album, which goes to the trash. */
      replace_album_id: Id.optional(),
    }),
    reply: z.object({ job_id: Id }),
    access: 'manage',
    http: 'POST /imports/{candidate_id}/approve',
    summary: 'Take it into the library as one of the matches, or as a person says',
  },
  'import:reject': {
    request: z.strictObject(candidate),
    reply: Nothing,
    access: 'manage',
    http: 'POST /imports/{candidate_id}/reject',
    summary: 'Do not take it; its files go to the trash',
  },
  'import:retry': {
    cost: 5,
    request: z.strictObject(candidate),
    reply: z.object({ job_id: Id }),
    access: 'manage',
    http: 'POST /imports/{candidate_id}/retry',
    summary: 'Look at it anew: files, and what the source says of them',
  },
  'import:search': {
    cost: 10,
    request: z.strictObject({
      ...candidate,
      artist: z.string().max(200).optional(),
      album: z.string().max(200).optional(),
      /** A MusicBrainz release id, or an address that ends in one. */
      release_id: z.string().max(200).optional(),
    }),
    reply: z.object({ matches: z.array(Match) }),
    access: 'manage',
    http: 'POST /imports/{candidate_id}/search',
    summary: 'Ask the source about other names or one release; the matches join those of the review',
  },
  'library:delete': {
    cost: 5,
    request: z.strictObject({ album_id: Id }),
    reply: z.object({ trash_id: Id }),
    access: 'manage',
    http: 'DELETE /library/albums/{album_id}',
    summary: 'Take an album out of the library; its files go to the trash',
  },
  'trash:list': {
    request: z.strictObject({ ...Page }),
    reply: z.object({ total: z.int(), items: z.array(TrashEntry) }),
    access: 'manage',
    http: 'GET /trash',
    summary: 'What was taken out, the newest first',
  },
  'trash:restore': {
    cost: 5,
    request: z.strictObject(trash),
    reply: Nothing,
    access: 'manage',
    http: 'POST /trash/{trash_id}/restore',
    summary: 'Put it back where it was; a rejected one waits for review again',
  },
  'trash:remove': {
    cost: 5,
    request: z.strictObject(trash),
    reply: Nothing,
    access: 'manage',
    http: 'DELETE /trash/{trash_id}',
    summary: 'Remove it for good',
  },
} as const satisfies Record<string, CommandSpec>;
