import { writeFileSync } from 'node:fs';
import { parseFromTokenizer } from 'music-metadata';
import { ByteFile, FileTokenizer } from './byte-file.js';
import { imageMime } from './picture-id.js';
import { id3Length, MIME, sniff } from './sniff.js';

/** Writes the first picture inside an audio file to `target`. False when there is none that browsers draw. */
export async function extractPicture(path: Uint8Array, target: string): Promise<boolean> {
  const file = new ByteFile(path);
  try {
    const container = sniff(file.peek(id3Length(file.peek(0, 64)), 64));
    if (!container) return false;
    const tokenizer = new FileTokenizer(file, MIME[container], container === 'mp3');
    const found = await parseFromTokenizer(tokenizer, { duration: false });
    const picture = found.common.picture?.[0];
    if (!picture || !imageMime(picture.data)) return false;
    writeFileSync(target, picture.data);
    return true;
  } finally {
    file.close();
  }
}
