import { open } from 'node:fs/promises';
import type { Asking, MpdCommands } from './asking.js';
import { trackIdOf } from './catalog.js';
import type { Picture } from './house.js';
import { ACK, parseUnsigned, Refusal } from './wire.js';

/** The edge of the pictures that are handed out: what fills a phone. */
const EDGE = 640;

/** Covers, in parts as large as the client wants them. */
export const artCommands: MpdCommands = {
  albumart: {
    min: 2,
    max: 2,
    access: 'browse',
    async handle(asking) {
      const picture = await pictureOf(asking);
      if (!picture) throw new Refusal(ACK.not_found, 'No file exists');
      await part(asking, picture, false);
    },
  },
  readpicture: {
    min: 2,
    max: 2,
    access: 'browse',
    async handle(asking) {
      const picture = await pictureOf(asking);
      if (picture) await part(asking, picture, true);
    },
  },
};

async function pictureOf(asking: Asking): Promise<Picture | undefined> {
  const { catalog, artwork } = asking.house.parts;
  const uri = asking.arg(0);
  const id = trackIdOf(uri);
  // What is in the queue is asked for most, and needs no look into the library.
  const item = asking.view.queue.find(
    ({ track_id, url }) => url === uri || (id !== undefined && track_id === id),
  );
  await catalog.ready();
  const song = item ? catalog.itemSong(item) : await catalog.song(uri);
  if (!song) throw new Refusal(ACK.not_found, 'No such song');
  return song.artwork_id === undefined ? undefined : artwork(song.artwork_id, EDGE);
}

async function part(asking: Asking, picture: Picture, typed: boolean): Promise<void> {
  const offset = parseUnsigned(asking.arg(1));
  const file = await open(picture.path, 'r').catch(() => undefined);
  if (!file) throw new Refusal(ACK.not_found, 'No file exists');
  try {
    const { size } = await file.stat();
    if (offset > size) throw new Refusal(ACK.argument, 'Offset too large');
    const wanted = Math.min(asking.client.binaryLimit, size - offset);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, offset);
    asking.out.pair('size', size);
    if (typed) asking.out.pair('type', picture.mime);
    asking.out.pair('binary', bytesRead);
    await asking.out.bytes(buffer.subarray(0, bytesRead));
    asking.out.raw('\n');
  } finally {
    await file.close();
  }
}
