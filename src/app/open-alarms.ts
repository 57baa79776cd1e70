import { tmpdir } from 'node:os';
import {
  Alarms,
  keepTone,
  Sleeps,
  TONE_ID,
  TONE_SECONDS,
  type Fades,
  type RunCommand,
} from '../alarms/index.js';
import type { OwnTrack } from '../library/index.js';
import type { Base } from './base.js';
import type { Kept } from './open-state.js';

export interface OpenedAlarms {
  readonly handlers: Alarms['handlers'] & Sleeps['handlers'];
  /** Whether the quiet hours of a room do not hold now. */
  excused(this: void, roomId: string): boolean;
  /** Whether a room is on its way to another volume. */
  fades(this: void, roomId: string): boolean;
  /** Nothing rings before. After players and music have started. */
  start(run: RunCommand, fades: Fades): void;
}

/** What rooms do at an hour of the day: alarms, and falling silent. */
export function openAlarms(
  { clock, local, log, closers }: Base,
  { db, store }: Pick<Kept, 'db' | 'store'>,
): OpenedAlarms {
  const parts = { db, store, clock, log: log.child({ part: 'alarms' }) };
  const sleeps = new Sleeps(parts);
  const alarms = new Alarms({
    ...parts,
    local,
    awake: (roomId) => sleeps.giveWay(roomId),
  });
  return {
    handlers: { ...alarms.handlers, ...sleeps.handlers },
    excused: (roomId) => alarms.excuses(roomId),
    fades: (roomId) => alarms.fades(roomId) || sleeps.fades(roomId),
    start(run, fades) {
      closers.add(() => sleeps.close());
      closers.add(() => alarms.close());
      sleeps.start(run, fades);
      alarms.start(run, fades);
    },
  };
}

/** The tone that rings when nothing else does, as a track that is always there. */
export async function alarmTone({ config, log }: Base): Promise<OwnTrack[]> {
  const path = await keepTone([config.data_dir, tmpdir()]);
  if (path === undefined) {
    log.error({}, 'there is nowhere to keep the tone of alarms');
    return [];
  }
  return [{ track_id: TONE_ID, path, codec: 'wav', title: 'Alarm', duration_seconds: TONE_SECONDS }];
}
