import * as z from 'zod';
import type { CommandSpec } from './command-spec.js';
import { Check } from './doctor.js';

export const doctorCommands = {
  'doctor:run': {
    cost: 20,
    request: z.strictObject({
      /** Also asks a time server on the internet what time it is. */
      ask_time: z.boolean().default(false),
    }),
    /** How many checks there will be; they come on topic `checks`. */
    reply: z.object({ started_at: z.string(), check_count: z.int() }),
    access: 'manage',
    http: 'POST /doctor/run',
    summary: 'Look at network, sound, disk and the rest, for some seconds; one run at a time',
  },
  'doctor:get': {
    request: z.strictObject({}),
    reply: z.object({
      state: z.enum(['never', 'running', 'done']),
      started_at: z.string().optional(),
      duration_ms: z.int().optional(),
      checks: z.array(Check),
    }),
    access: 'manage',
    http: 'GET /doctor',
    summary: 'What the last run found',
  },
  'doctor:phone': {
    request: z.strictObject({ round_trips_ms: z.array(z.number().min(0).max(60_000)).min(1).max(64) }),
    reply: z.object({ check: Check }),
    access: 'manage',
    http: 'POST /doctor/phone',
    summary: 'What a page measured of its own way to the server and back',
  },
} as const satisfies Record<string, CommandSpec>;
