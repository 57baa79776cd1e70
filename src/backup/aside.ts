import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { settle } from './archive.js';

/** What was replaced or damaged is kept here, each time in a folder of its own. */
export const ASIDE = 'aside';

/** Moves a file of a data folder to `aside/<folder>`, where nothing is ever written over. False when there is none. */
export async function setAside(dataDir: string, folder: string, name: string): Promise<boolean> {
  const from = join(dataDir, name);
  if (!existsSync(from)) return false;
  const to = await freeName(dataDir, folder, name);
  await rename(from, to);
  await settle(dirname(to));
  await settle(dataDir);
  return true;
}

/** The same with a copy of a file from elsewhere. */
export async function copyAside(dataDir: string, folder: string, file: string): Promise<void> {
  const to = await freeName(dataDir, folder, basename(file));
  await copyFile(file, to);
  await settle(to);
  await settle(dirname(to));
}

async function freeName(dataDir: string, folder: string, name: string): Promise<string> {
  const into = join(dataDir, ASIDE, folder);
  await mkdir(into, { recursive: true, mode: 0o700 });
  let to = join(into, name);
  for (let again = 2; existsSync(to); again++) to = join(into, `${name}.${again}`);
  return to;
}

/** A name for a folder below `aside`: `20261120T0930Z-damaged`. */
export const asideName = (wallMs: number, why: 'damaged' | 'restored'): string =>
  `${new Date(wallMs).toISOString().slice(0, 16).replace(/[-:]/g, '')}Z-${why}`;
