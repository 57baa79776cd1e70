import type { DriverDefinition } from '../src/players/index.js';
import { chromecast } from './chromecast/index.js';
import { local, localDriver, type OutputUnits } from './local/index.js';
import { mpd } from './mpd/index.js';
import { nullDriver } from './null/index.js';
import { snapserver } from './snapserver/index.js';

export type { OutputUnits } from './local/index.js';
export { snapcastDriver, SnapcastOptions, startSnapServer } from './snapcast/index.js';

export { createSatellites } from './satellite/index.js';

/** Every kind of player Tutti can drive. A new driver is a folder and a line here. */
export const DRIVERS: readonly DriverDefinition[] = [mpd, chromecast, local, snapserver, nullDriver];

/** The same, with the outputs of this machine as units of systemd. */
export function driversWithUnits(units: OutputUnits): readonly DriverDefinition[] {
  return DRIVERS.map((driver) => (driver === local ? localDriver(units) : driver));
}
