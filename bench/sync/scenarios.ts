import { browserMpv } from './browser.js';
import { changing, crowd, loaded, loadedOrdinary, mixed } from './many.js';
import { mpdPair } from './mpd.js';
import { mpvAlsa, mpvPulse, snapclientMpv, snapclients } from './pairs.js';
import { satellite } from './satellite.js';
import type { Scenario } from './stage.js';

/** Everything that is measured besides the rig itself and stock Snapcast, in this order. */
export const SCENARIOS: readonly Scenario[] = [
  mpvAlsa,
  mpvPulse,
  snapclients,
  snapclientMpv,
  satellite,
  mpdPair,
  browserMpv,
  changing,
  mixed,
  loaded,
  loadedOrdinary,
  crowd,
];
