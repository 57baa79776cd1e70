import { readFile } from 'node:fs/promises';
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
  toError,
  type Logger,
} from '../base/index.js';
import { loadConfig } from '../config/index.js';
import type { DriverDefinition } from '../players/index.js';
import {
  ID_FILE,
  readToken,
  Satellite,
  satelliteIdIn,
  type SatelliteOptions,
  type Standing,
} from '../satellite/index.js';
import { prepareFolder, socketFolder } from '../storage/index.js';
import type { Arguments } from './arguments.js';
import { Unset } from './failure.js';
import { findServer } from './find-server.js';
import { openNotifier } from './notify.js';
import { serviceOf, type Service } from './service.js';
import { stopSignal } from './stop-signal.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Offers this machine's outputs to a server until a signal comes. Rejects when the server refuses, or nothing here can sound. */
export async function runSatellite(
  parsed: Arguments,
  env: Env,
  print: (line: string) => void,
): Promise<void> {
  const stop = stopSignal(undefined);
  // Looking for outputs may take a while, and who is asked to end then has nothing to close.
  const offered = await Promise.race([offerOf(parsed, env), stop.heard.then(() => undefined)]);
  if (!offered) return;
  const { log, offer } = offered;
  const notifier = openNotifier(env, { clock: systemClock, log, pid: process.pid });
  const say = (sentence: string): void => {
    print(sentence);
    notifier.status(sentence);
  };
  const line: { fault?: string } = {};
  const satellite = new Satellite({
    ...offer,
    WebSocket: class extends WebSocket {
      constructor(url: string) {
        super(url);
        this.on('error', (error) => (line.fault = error.message));
      }
    },
    onStanding: (standing) => say(sentenceOf(standing, offered, line.fault)),
  });
  const names = offer.outputs.map((output) => output.name).join(', ');
  const sentence = `offering ${names} to ${offer.serverUrl}`;
  print(sentence);
  notifier.ready(sentence);
  await Promise.race([stop.heard, satellite.done]);
  await notifier.stopping();
  await satellite.close();
}

interface Offered {
  readonly offer: Omit<SatelliteOptions, 'WebSocket'>;
  readonly log: Logger;
  /** Where the id is kept. */
  readonly idFile: string;
}

async function offerOf(parsed: Arguments, env: Env): Promise<Offered> {
  const { url } = await findServer(parsed.server, env);
  const token = await tokenFrom(parsed, env);
  const folder =
    env['TUTTI_SATELLITE_DIR'] ??
    join(env['XDG_DATA_HOME'] ?? join(homeFolder(), '.local', 'share'), 'tutti-satellite');
  const log = createLogger(process.stderr.isTTY ? 'warn' : 'info');
  // A server of the same machine may have an output of the same name.
  const service = serviceOf(env, 'satellite-');
  const definition = localOf(service);
  const name = parsed.name ?? hostname();
  const satelliteId = await satelliteIdIn(folder, { host: hostname(), machineId: await machineId() }, log);
  const runtimeDir = service.runtimeDir ?? socketFolder(folder);
  await prepareFolder(runtimeDir, log, 0o700);
  const outputs = await outputsOf(definition, parsed.outputs, name, log);
  if (outputs.length === 0)
    throw new AppError('ERR_NOT_FOUND', 'nothing here can sound: install mpv, and plug in a sound card');
  const parts = { clock: systemClock, log, random: systemRandom };
  return {
    log,
    idFile: join(folder, ID_FILE),
    offer: { serverUrl: url, token, satelliteId, name, definition, outputs, runtimeDir, ...parts },
  };
}

function localOf(service: Service): DriverDefinition {
  const definition = service.drivers.find((driver) => driver.kind === 'local');
  if (!definition) throw new AppError('ERR_INTERNAL', 'there is no driver for local outputs');
  return definition;
}

/** What systemd and others know this machine by. */
async function machineId(): Promise<string | undefined> {
  const text = await readFile('/etc/machine-id', 'utf8').catch(() => '');
  return /^[0-9a-f]{32}$/.test(text.trim()) ? text.trim() : undefined;
}

function sentenceOf(
  standing: Standing,
  { offer: { outputs, serverUrl: url, satelliteId }, idFile }: Offered,
  fault = '',
): string {
  const names = outputs.map((output) => output.name).join(', ');
  switch (standing) {
    case 'connected':
      return `${names} can be played to by ${url}`;
    case 'away':
      return `offering ${names} to ${url}: no Tutti answers there${fault === '' ? '' : ` (${fault})`}; trying again until one does`;
    case 'twin':
      return `another satellite of ${url} has this one's id, ${satelliteId}, as where a card was copied: write ${satelliteId}-2 into ${idFile} on one of the two machines, and restart its satellite`;
    default:
      return standing satisfies never;
  }
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
  if (tokenFile !== undefined)
    return readToken(tokenFile).catch((cause: unknown) => {
      throw new Unset(`--token-file: ${toError(cause).message}`, { cause });
    });
  if (inEnv !== undefined && inEnv.trim() !== '') return inEnv.trim();
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
