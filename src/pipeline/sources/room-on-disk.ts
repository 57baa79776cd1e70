import { statfs } from 'node:fs/promises';
import { AppError } from '../../base/index.js';

/** Bytes that may still be written to the file system of a folder; injected where tests have none that is full. */
export type FreeBytes = (folder: string) => Promise<number>;

export const freeBytes: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** Throws ERR_SPACE when less than `wanted` and the reserve is free. */
export async function demandRoom(
  folder: string,
  wanted: number,
  reserve: number,
  free: FreeBytes = freeBytes,
): Promise<void> {
  const left = (await free(folder)) - reserve;
  if (left >= wanted) return;
  const missing = Math.ceil((wanted - left) / 1_000_000);
  throw new AppError('ERR_SPACE', `The disk has not enough room: ${missing} MB too little`, {
    params: { missing_bytes: wanted - left },
  });
}
