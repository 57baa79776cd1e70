import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Bytes, joinBytes } from '../file-names.js';
import { pictureId, PICTURE_HEAD } from '../tags/picture-id.js';
import type { FoundFile } from './catalog.js';

const NAMES = [
  /^cover\b/,
  /^folder\b/,
  /^front\b/,
  /^album(?:art)?\b/,
  /^albumart/,
  /\bcover\b/,
  /\bfront\b/,
];
const MAX_BYTES = 40 * 1024 * 1024;

/** The picture of a folder: `cover.jpg` before `folder.jpg` before `front.png`; the only picture there is counts too. */
export function chooseArt(images: readonly FoundFile[]): FoundFile | undefined {
  const fit = images.filter((image) => image.size > 0 && image.size <= MAX_BYTES);
  for (const pattern of NAMES) {
    const found = fit.find((image) => pattern.test(image.name.toString('latin1').toLowerCase()));
    if (found) return found;
  }
  return fit.length === 1 ? fit[0] : undefined;
}

/** The content id of a picture file; undefined when it is no picture. */
export async function artId(root: Bytes, image: FoundFile): Promise<string | undefined> {
  const path = joinBytes(joinBytes(root, image.folder), image.name);
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const head = Buffer.alloc(Math.min(PICTURE_HEAD, image.size));
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return pictureId(image.size, head.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
