import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Noise as a file of the format its extension says: about 100 kB of FLAC a second, which nothing makes smaller. */
export async function noise(extension: 'flac' | 'mp3', seconds: number): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-noise-'));
  try {
    const path = join(folder, `noise.${extension}`);
    const source = `anoisesrc=d=${seconds}:seed=7:a=0.5`;
    await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, '-ac', '2', path]);
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
