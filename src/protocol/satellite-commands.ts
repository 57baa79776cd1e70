import * as z from 'zod';
import { Id, Name } from './common.js';
import { Nothing, type CommandSpec } from './command-spec.js';
import { SatelliteCall, SatellitePlayer, SatelliteReport } from './satellite.js';

/** `token` is the server's satellite token; the session comes from the offer. [SA1] */
const session = { satellite_id: Id, session_id: Id };

export const satelliteCommands = {
  'satellite:offer': {
    request: z.strictObject({
      satellite_id: Id,
      token: z.string().max(256),
      name: Name,
      players: z.array(SatellitePlayer).min(1).max(16),
    }),
    reply: z.object({ session_id: Id }),
    access: 'satellite',
    http: 'POST /satellites/{satellite_id}/offer',
    summary: 'Another machine offers its outputs as players',
  },
  'satellite:work': {
    /** `taken`: the last call that arrived; what came later is given again. */
    request: z.strictObject({ ...session, taken: z.int().min(0) }),
    reply: z.object({ calls: z.array(SatelliteCall) }),
    access: 'satellite',
    http: 'POST /satellites/{satellite_id}/work',
    summary:
      'What a satellite is to do next; answered as soon as there is something, or empty after some seconds',
  },
  'satellite:report': {
    request: z.strictObject({
      ...session,
      /** Counts up from 1 within the session: a report that comes twice counts once. */
      serial: z.int().min(1),
      reports: z.array(SatelliteReport).max(256),
    }),
    reply: Nothing,
    access: 'satellite',
    http: 'POST /satellites/{satellite_id}/report',
    summary: 'What the players of a satellite did',
  },
} as const satisfies Record<string, CommandSpec>;
