import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../base/index.js';

const FILE = 'satellite-token';
const TOKEN = /^[A-Za-z0-9_-]{20,256}$/;

/** What satellites of this server must know: made at the first start, in a file that only its owner can read. */
export async function satelliteToken(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, FILE);
  try {
    const file = await open(path, 'wx', 0o600);
    const fresh = randomBytes(24).toString('base64url');
    await file.writeFile(`${fresh}\n`);
    await file.sync();
    await file.close();
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readToken(path);
  }
}

/** The token in a file, alone or with white space around it. */
export async function readToken(path: string): Promise<string> {
  const token = (await readFile(path, 'utf8')).trim();
  if (!TOKEN.test(token)) throw new AppError('ERR_INVALID', `${path} holds no satellite token`);
  return token;
}
