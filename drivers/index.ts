import type { DriverDefinition } from '../src/players/index.js';
import { chromecast } from './chromecast/index.js';
import { local } from './local/index.js';
import { mpd } from './mpd/index.js';
import { nullDriver } from './null/index.js';
import { snapserver } from './snapserver/index.js';

export { snapcastDriver, startSnapServer } from './snapcast/index.js';

export { createSatellites } from './satellite/index.js';

/** Every kind of player Tutti can drive. A new driver is a folder and a line here. */
export const DRIVERS: readonly DriverDefinition[] = [mpd, chromecast, local, snapserver, nullDriver];
