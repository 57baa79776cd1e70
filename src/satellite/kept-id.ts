import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError, codeOf, isDiskRefusal, randomId, toError, type Logger } from '../base/index.js';
import { keep } from './keep.js';

export const ID_FILE = 'satellite-id';
const ID = /^[a-z0-9-]{3,64}$/;
const TAIL = 6;

export interface Machine {
  readonly host: string;
  /** What systemd knows this machine by; where there is none, an id is a matter of chance. */
  readonly machineId: string | undefined;
}

/**
 * The satellite's own id, in its own folder, so that its players are the same after a restart. It is made of the machine: where the disk refuses, or a
 * power cut has emptied the file, it comes out the same again.
 */
export async function satelliteIdIn(folder: string, machine: Machine, log: Logger): Promise<string> {
  const path = join(folder, ID_FILE);
  try {
    const kept = await readFile(path, 'utf8').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return '';
      throw error;
    });
    if (ID.test(kept.trim())) return kept.trim();
    const fresh = newId(folder, machine);
    await keep(path, fresh).catch((error: unknown) => {
      if (!isDiskRefusal(error)) throw error;
      log.error({ path, reason: toError(error).message }, 'the id of this satellite could not be kept');
    });
    return fresh;
  } catch (cause) {
    const message = `${path} cannot be used (${toError(cause).message}): it must belong to who runs the satellite, or TUTTI_SATELLITE_DIR name another folder`;
    throw new AppError('ERR_INVALID', message, { cause });
  }
}

function newId(folder: string, { host, machineId }: Machine): string {
  const name = host
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 32);
  if (machineId === undefined) return `${name}-${randomId(TAIL)}`;
  // Not by the host name: that is changed more often than a machine.
  const digest = createHash('sha256')
    .update(`tutti-satellite ${machineId} ${resolve(folder)}`)
    .digest('hex');
  return `${name}-${digest.slice(0, TAIL)}`;
}
