import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import {
  AppError,
  createLogger,
  homeFolder,
  slug,
  systemClock,
  systemRandom,
  type Logger,
} from '../base/index.js';
import { loadConfig } from '../config/index.js';
import type { DriverDefinition } from '../players/index.js';
import { newSatelliteId, readToken, Satellite, type SatelliteOptions } from '../satellite/index.js';
import { socketFolder } from '../storage/index.js';
import type { Arguments } from './arguments.js';
import { Unset } from './failure.js';
import { openNotifier } from './notify.js';
import { serviceOf } from './service.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Offers this machine's outputs to a server until a signal comes. Rejects when the server refuses, or nothing here can sound. */
export async function runSatellite(
  parsed: Arguments,
  env: Env,
  print: (line: string) => void,
): Promise<void> {
  const token = await tokenFrom(parsed, env);
  const folder =
    env['TUTTI_SATELLITE_DIR'] ??
    join(env['XDG_DATA_HOME'] ?? join(homeFolder(), '.local', 'share'), 'tutti-satellite');
  // A server of the same machine may have an output of the same name.
  const service = serviceOf(env, 'satellite-');
  const runtimeDir = service.runtimeDir ?? socketFolder(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(runtimeDir, { recursive: true, mode: 0o700 });
  const log = createLogger(process.stderr.isTTY ? 'warn' : 'info');
  const definition = service.drivers.find((driver) => driver.kind === 'local');
  if (!definition) throw new AppError('ERR_INTERNAL', 'there is no driver for local outputs');
  const name = parsed.name ?? hostname();
  const outputs = await outputsOf(definition, parsed.outputs, name, log);
  if (outputs.length === 0)
    throw new AppError('ERR_NOT_FOUND', 'nothing here can sound: install mpv, and plug in a sound card');
  const satellite = new Satellite({
    serverUrl: parsed.server,
    token,
    satelliteId: await idIn(folder),
    name,
    definition,
    outputs,
    runtimeDir,
    clock: systemClock,
    log,
    random: systemRandom,
    WebSocket,
  });
  const offer = `offering ${outputs.map((output) => output.name).join(', ')} to ${parsed.server}`;
  print(offer);
  const notifier = openNotifier(env, { clock: systemClock, log, pid: process.pid });
  notifier.ready(offer);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  await Promise.race([stopped, satellite.done]);
  await notifier.stopping();
  await satellite.close();
}

/** The token of the server of this machine. */
export async function tokenOfServer(env: Env): Promise<string> {
  const { data_dir } = loadConfig(env);
  return readToken(join(data_dir, 'satellite-token')).catch((cause: unknown) => {
    throw new AppError('ERR_NOT_FOUND', `there is no token in ${data_dir} yet: start the server once`, {
      cause,
    });
  });
}

async function tokenFrom({ tokenFile }: Arguments, env: Env): Promise<string> {
  const inEnv = env['TUTTI_SATELLITE_TOKEN'];
  if (tokenFile !== undefined) return readToken(tokenFile);
  if (inEnv !== undefined && inEnv !== '') return inEnv;
  throw new Unset(
    'a satellite needs the token of the server: run "tutti satellite-token" there, and set TUTTI_SATELLITE_TOKEN or --token-file here',
  );
}

async function outputsOf(
  definition: DriverDefinition,
  wanted: readonly string[],
  name: string,
  log: Logger,
): Promise<SatelliteOptions['outputs']> {
  if (wanted.length === 0) {
    const found = (await definition.local?.(log)) ?? [];
    return found.map(({ key, options }) => ({ key, name, options, address: addressOf(definition, options) }));
  }
  return wanted.map((output) => {
    const options = { output };
    const label = wanted.length === 1 ? name : `${name} ${output}`;
    return { key: slug(output), name: label, options, address: addressOf(definition, options) };
  });
}

function addressOf(definition: DriverDefinition, options: Readonly<Record<string, unknown>>): string {
  return definition.address(definition.options.parse(options));
}

/** The satellite's own id, kept so that its players are the same after a restart. */
async function idIn(folder: string): Promise<string> {
  const path = join(folder, 'satellite-id');
  const kept = await readFile(path, 'utf8').catch(() => '');
  if (/^[a-z0-9-]{3,64}$/.test(kept.trim())) return kept.trim();
  const fresh = newSatelliteId(hostname());
  await writeFile(path, `${fresh}\n`, { mode: 0o600 });
  return fresh;
}
