import { execFile } from 'node:child_process';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { toError, type Logger } from '../../src/base/index.js';
import { defineDriver, type DriverDefinition, type Found } from '../../src/players/index.js';
import { launchUnit, type OutputUnits } from './launch.js';
import { connectLocal } from './connect.js';
import { CAPABILITIES } from './link.js';
import { LocalOptions } from './options.js';
import { parseListing, realOutputs } from './outputs.js';

export type { OutputUnits } from './launch.js';

const LISTING_MS = 5000;
const run = promisify(execFile);

/** This machine's own sound output: an mpv that outlives us, as a process of ours or, with `units`, as a unit of its own. */
export function localDriver(units?: OutputUnits): DriverDefinition {
  const launch = units && launchUnit(units);
  return defineDriver<LocalOptions>({
    kind: 'local',
    label: 'This machine',
    options: LocalOptions,
    capabilities: CAPABILITIES,
    syncClass: 'steered',
    codecs: 'all',
    address: ({ output }) => (output === 'auto' ? 'default output' : output),
    local: findLocal,
    connect: (options, context, signal) => connectLocal(options, context, signal, launch),
  });
}

export const local = localDriver();

/** One player when mpv and something that sounds are here; otherwise none, and the log says which is missing. */
async function findLocal(log: Logger): Promise<readonly Found[]> {
  let listing: string;
  try {
    const args = ['--no-config', '--load-scripts=no', '--audio-device=help'];
    listing = (await run('mpv', args, { timeout: LISTING_MS, cwd: '/' })).stdout;
  } catch (error) {
    log.info(
      { reason: toError(error).message.slice(0, 200) },
      'no local output: mpv cannot be run (apt install mpv)',
    );
    return [];
  }
  const outputs = realOutputs(parseListing(listing));
  if (outputs.length === 0) {
    log.info({}, 'no local output: no sound card, and no PulseAudio or PipeWire that answers');
    return [];
  }
  log.debug({ outputs: outputs.map(({ name }) => name) }, 'this machine can make sound');
  return [{ key: 'local', name: hostname(), options: {} }];
}
