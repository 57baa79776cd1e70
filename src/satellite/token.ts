import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, codeOf, isDiskRefusal } from '../base/index.js';
import { keep } from './keep.js';

const FILE = 'satellite-token';
const TOKEN = /^[A-Za-z0-9_-]{20,256}$/;

/**
 * What satellites of this server must know: made at the first start, in a file that only its owner can read. A disk that refuses keeps no
 * server from starting: the token then holds until it ends.
 */
export async function satelliteToken(dataDir: string): Promise<string> {
  const path = join(dataDir, FILE);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  });
  // Nothing, or zeros, is what a power cut leaves of a file that was just made.
  if (text.replaceAll('\0', '').trim() !== '') return tokenIn(text, path);
  const fresh = randomBytes(24).toString('base64url');
  try {
    await keep(path, fresh);
  } catch (error) {
    if (!isDiskRefusal(error)) throw error;
  }
  return fresh;
}

/** The token in a file, alone or with white space around it. */
export async function readToken(path: string): Promise<string> {
  return tokenIn(await readFile(path, 'utf8'), path);
}

function tokenIn(text: string, path: string): string {
  const token = text.trim();
  if (!TOKEN.test(token)) throw new AppError('ERR_INVALID', `${path} holds no satellite token`);
  return token;
}
