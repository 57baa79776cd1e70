import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes one line for its owner alone, so that a power cut leaves the line before or this one. */
export async function keep(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const file = await open(part, 'w', 0o600);
  try {
    await file.writeFile(`${line}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}
