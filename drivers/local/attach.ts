import { rm } from 'node:fs/promises';
import { toError, within, type Clock, type Logger } from '../../src/base/index.js';
import { mpvArguments } from './arguments.js';
import { MpvClient, offline } from './client.js';
import type { Launch } from './launch.js';
import type { LocalOptions } from './options.js';
import { argumentsOf, assertPrivate, findProcesses, killProcesses, sleep, socketPath } from './process.js';

const START_MS = 8000;
/** An mpv that leaves its socket unanswered this long is hung, and is replaced. Playing needs none of these answers. */
const ANSWER_MS = 3000;
const QUIT_MS = 2000;
const LOOK_MS = 10;

export interface Attached {
  readonly client: MpvClient;
  readonly socket: string;
  readonly version: string;
  readonly pid: number;
  /** It was there before us and may be playing. */
  readonly adopted: boolean;
}

export interface Place {
  readonly options: LocalOptions;
  readonly runtimeDir: string;
  readonly player_id: string;
  readonly launch: Launch;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Finds the player's mpv from an earlier life of ours and takes it up; starts one when there is none, or none that answers. */
export async function attach(place: Place, signal: AbortSignal): Promise<Attached> {
  signal.throwIfAborted();
  await assertPrivate(place.runtimeDir);
  const socket = socketPath(place.runtimeDir, place.player_id);
  const found = await findRunning(place, socket, signal);
  if (found) {
    if (!(await outdated(place, found, signal))) return found;
    place.log.info({ pid: found.pid }, 'mpv is idle and was started with other options; starting a new one');
    await quit(found, place.clock);
  }
  return startNew(place, socket, signal);
}

async function findRunning(place: Place, socket: string, signal: AbortSignal): Promise<Attached | undefined> {
  const { clock, log } = place;
  let client: MpvClient | undefined;
  try {
    client = await tryOpen(socket, clock, signal);
    if (!client && (await findProcesses(socket)).length > 0) {
      client = await within({ clock, what: "mpv's socket", ms: ANSWER_MS, signal }, (inner) =>
        openWhenReady(socket, clock, inner),
      );
    }
    if (!client) return undefined;
    return { ...(await greet(client, clock, signal)), client, socket, adopted: true };
  } catch (error) {
    client?.close();
    signal.throwIfAborted();
    log.warn({ reason: toError(error).message }, 'mpv does not answer; replacing it');
    await killProcesses(socket, clock);
    return undefined;
  }
}

async function startNew(place: Place, socket: string, signal: AbortSignal): Promise<Attached> {
  const { clock, options, log, player_id } = place;
  signal.throwIfAborted();
  // Whatever listened there is dead, or never was mpv: nobody must mistake it for the one that starts now.
  await rm(socket, { force: true });
  const wanted = { player_id, program: options.program, args: mpvArguments(socket, options) };
  const started = await place.launch(wanted, log, signal);
  let client: MpvClient | undefined;
  try {
    const failed = started.exited.then((reason) => Promise.reject(offline(reason)));
    failed.catch(() => undefined);
    client = await within({ clock, what: 'the start of mpv', ms: START_MS, signal }, (inner) =>
      Promise.race([openWhenReady(socket, clock, inner), failed]),
    );
    const greeting = await greet(client, clock, signal);
    log.info({ pid: greeting.pid, version: greeting.version }, 'mpv started');
    return { ...greeting, client, socket, adopted: false };
  } catch (error) {
    client?.close();
    await killProcesses(socket, clock, started.pid);
    throw error;
  }
}

async function greet(
  client: MpvClient,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ version: string; pid: number }> {
  return within({ clock, what: "mpv's first answer", ms: ANSWER_MS, signal }, async (inner) => {
    const [version, pid] = await Promise.all([client.get('mpv-version', inner), client.get('pid', inner)]);
    if (version === undefined || pid === undefined) throw new Error('what listens there is not mpv');
    return { version: version.replace(/^mpv\s+v?/, ''), pid };
  });
}

/** Something that plays or waits to play on is never worth a newer command line. */
async function outdated(place: Place, found: Attached, signal: AbortSignal): Promise<boolean> {
  if (!(await isIdle(found.client, signal))) return false;
  const wanted = mpvArguments(found.socket, place.options);
  const actual = await argumentsOf(found.pid);
  return actual.length > 0 && wanted.join('\0') !== actual.join('\0');
}

/** Nothing is loaded, or what was is being unloaded. */
export async function isIdle(client: MpvClient, signal?: AbortSignal): Promise<boolean> {
  const [idle, count] = await Promise.all([
    client.get('idle-active', signal),
    client.get('playlist-count', signal),
  ]);
  return idle === true || count === 0;
}

/** Asks mpv to end, and makes it when it does not. */
export async function quit(attached: Attached, clock: Clock): Promise<void> {
  const { client, socket, pid } = attached;
  try {
    await within({ clock, what: 'the end of mpv', ms: QUIT_MS }, async (signal) => {
      // mpv may be gone before it has answered
      await Promise.race([client.request(['quit'], signal), client.closed]);
      await client.closed;
    });
  } catch {
    // it did not answer; killed below
  }
  client.close();
  await killProcesses(socket, clock, pid);
}

/** `undefined` when nobody listens. */
async function tryOpen(socket: string, clock: Clock, signal: AbortSignal): Promise<MpvClient | undefined> {
  try {
    return await MpvClient.open(socket, clock, signal);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
    throw error;
  }
}

async function openWhenReady(socket: string, clock: Clock, signal: AbortSignal): Promise<MpvClient> {
  for (;;) {
    const client = await tryOpen(socket, clock, signal);
    if (client) {
      if (!signal.aborted) return client;
      client.close();
    }
    signal.throwIfAborted();
    await sleep(clock, LOOK_MS);
  }
}
