import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../../base/index.js';
import { capped } from './capped.js';
import { filePath } from './file-name.js';
import { probe } from './probe.js';
import type { Caps, Fetched, FetchContext, FetchedFile, FetchOrder, Source } from './source.js';
import { readJson, sizeOf, Workplace, writeJson } from './workplace.js';

/** What was announced. The bytes of file n arrive in `part/<n>`. */
export const UploadNote = z.object({
  title: z.string(),
  files: z.array(z.object({ path: z.string(), size_bytes: z.int().min(0) })).min(1),
});
export type UploadNote = z.infer<typeof UploadNote>;

const notePath = (place: Workplace): string => join(place.folder, 'upload.json');

export const uploadNote = (folder: string): Promise<UploadNote | undefined> =>
  readJson(notePath(new Workplace(folder)), UploadNote);

export const partPath = (folder: string, n: number): string => join(new Workplace(folder).part, String(n));

/** On disk when it returns. */
export async function beginUpload(folder: string, note: UploadNote): Promise<void> {
  const place = new Workplace(folder);
  await place.open();
  await writeJson(notePath(place), note);
}

/** What somebody brought from a page: all bytes are here, and only have to be looked at. */
export class UploadSource implements Source {
  readonly kind = 'upload';
  readonly capabilities = { resume: true, several: true, knows_total: true };
  readonly #parts: { readonly caps: Caps; readonly ffprobe?: string | undefined };

  constructor(parts: { readonly caps: Caps; readonly ffprobe?: string | undefined }) {
    this.#parts = parts;
  }

  takes(): boolean {
    return false;
  }

  async plan(): Promise<never> {
    throw new AppError('ERR_NOT_SUPPORTED', 'An upload has no address');
  }

  async run(order: FetchOrder, context: FetchContext): Promise<Fetched> {
    const place = new Workplace(order.folder);
    const earlier = await place.done();
    if (earlier) return earlier;
    const note = await uploadNote(order.folder);
    if (!note) throw never('Nothing of this upload is here any more');
    await place.open();
    return capped(this.#parts.caps, context, (inner) => this.#take(place, note, inner));
  }

  async #take(place: Workplace, note: UploadNote, context: FetchContext): Promise<Fetched> {
    const taken: FetchedFile[] = [];
    const total = note.files.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
    let current = 0;
    for (const [n, { path, size_bytes }] of note.files.entries()) {
      context.signal.throwIfAborted();
      const name = filePath(path);
      const part = partPath(place.folder, n);
      // A run that died here has put it in its place already.
      const placed = await sizeOf(join(place.files, name));
      if ((await sizeOf(part)) === size_bytes) await place.publish(part, name);
      else if (placed !== size_bytes) throw never(`${name.slice(-120)} has not arrived whole`);
      taken.push({ path: name, size_bytes, ...(await this.#sound(join(place.files, name), context)) });
      current += size_bytes;
      context.progress({ current, total, stage: 'check' });
    }
    if (!taken.some(({ codec }) => codec !== undefined)) {
      await giveBack(place, note);
      throw never('There is no music in this upload');
    }
    return place.finish({ title: note.title, files: taken, size_bytes: total });
  }

  async #sound(path: string, { clock, signal }: FetchContext): Promise<Partial<FetchedFile>> {
    const sound = await probe(path, { clock, signal, ffprobe: this.#parts.ffprobe });
    if (!sound) return {};
    const { format, codec, duration_seconds } = sound;
    return { format, codec, ...(duration_seconds !== undefined && { duration_seconds }) };
  }
}

/** What is refused is an upload again that can be looked at later. */
async function giveBack(place: Workplace, { files }: UploadNote): Promise<void> {
  for (const [n, { path }] of files.entries())
    await rename(join(place.files, filePath(path)), partPath(place.folder, n)).catch(() => undefined);
  await rm(place.files, { recursive: true, force: true });
  await place.open();
}

const never = (sentence: string): AppError => new AppError('ERR_SOURCE', sentence, { retryable: false });
