import * as z from 'zod';
import { Id } from '../common.js';
import { Candidate } from './candidate.js';
import { Download } from './download.js';
import { Export, Schedule, Target } from './upkeep.js';

const file = { candidate_id: Id, path: z.string() };

/** What the pipeline tells. Lists have `<noun>:updated` (new ones too) and `<noun>:removed`; the names of the seeds are told beside them. [PL1] */
export const PIPELINE_EVENTS = {
  'download:updated': { data: Download, state: true },
  'download:removed': { data: z.object({ download_id: Id }), state: true },
  'candidate:updated': { data: Candidate, state: true },
  'candidate:removed': { data: z.object({ candidate_id: Id }), state: true },
  'export:updated': { data: Export, state: true },
  'export:removed': { data: z.object({ export_id: Id }), state: true },
  'schedule:updated': { data: Schedule, state: true },
  'schedule:removed': { data: z.object({ schedule_id: Id }), state: true },
  'target:updated': { data: Target, state: true },
  'target:removed': { data: z.object({ target_id: Id }), state: true },

  /** At most four times a second; `speed` in bytes per second, `eta` in seconds. */
  'download:progress': {
    data: z.object({
      id: Id,
      progress: z.int(),
      speed: z.number().optional(),
      eta: z.number().optional(),
    }),
    state: false,
  },
  'download:complete': {
    data: z.object({ id: Id, album_id: Id.optional(), source: z.string() }),
    state: false,
  },
  'download:error': {
    data: z.object({ id: Id, error: z.string(), retry_available: z.boolean() }),
    state: false,
  },
  'import:complete': {
    data: z.object({ album_id: Id, artist: z.string(), title: z.string() }),
    state: false,
  },
  /** For admins. */
  'import:review': {
    data: z.object({ review_id: Id, path: z.string(), suggestion: z.string().optional() }),
    state: false,
  },
  'quality:upgraded': {
    data: z.object({ track_id: Id, old_quality: z.string(), new_quality: z.string() }),
    state: false,
  },
  'export:progress': {
    data: z.object({ user_id: z.string(), progress: z.int(), current_album: z.string().optional() }),
    state: false,
  },
  'export:complete': {
    data: z.object({ user_id: z.string(), path: z.string(), album_count: z.int() }),
    state: false,
  },
  'candidate:created': { data: Candidate, state: false },
  'candidate:deleted': { data: z.object({ candidate_id: Id }), state: false },
  'file:uploaded': { data: z.object({ ...file, size: z.int() }), state: false },
  'file:deleted': { data: z.object(file), state: false },
  'file:changed': {
    data: z.object({ ...file, size: z.int(), change_type: z.enum(['added', 'modified', 'deleted']) }),
    state: false,
  },
  /** Gathered over a short window. */
  'workspace:changed': {
    data: z.object({
      changes: z.object({
        added: z.array(z.string()),
        modified: z.array(z.string()),
        deleted: z.array(z.string()),
      }),
    }),
    state: false,
  },
} as const;

export const candidateTopic = (candidateId: string): string => `candidate/${candidateId}`;
