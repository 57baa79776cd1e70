import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock, Logger } from '../../base/index.js';

const DAY_MS = 24 * 3600 * 1000;
const MAX_BYTES = 4 * 1024 * 1024;

/** Answers of a source, on disk: the same question is not asked again while they are fresh. A file that cannot be read is an answer that is not there. */
export class KeptAnswers<T> {
  #made = false;
  #turn = 0;

  constructor(
    readonly folder: string,
    readonly schema: z.ZodType<T>,
    readonly days: number,
    readonly parts: { readonly clock: Clock; readonly log: Logger },
  ) {}

  #path(key: string): string {
    return join(this.folder, `${createHash('sha256').update(key).digest('hex').slice(0, 40)}.json`);
  }

  async get(key: string): Promise<T | undefined> {
    const text = await readFile(this.#path(key), 'utf8').catch(() => undefined);
    if (text === undefined || text.length > MAX_BYTES) return undefined;
    const Kept = z.object({ key: z.literal(key), kept_at_ms: z.number(), answer: this.schema });
    try {
      const kept = Kept.parse(JSON.parse(text));
      const age = this.parts.clock.wallMs() - kept.kept_at_ms;
      return age >= 0 && age < this.days * DAY_MS ? kept.answer : undefined;
    } catch {
      return undefined;
    }
  }

  /** A disk that is full makes the next question slower, nothing else. */
  async put(key: string, answer: T): Promise<void> {
    const path = this.#path(key);
    const part = `${path}.${this.#turn++}.new`;
    try {
      if (!this.#made) await mkdir(this.folder, { recursive: true });
      this.#made = true;
      await writeFile(part, JSON.stringify({ key, kept_at_ms: this.parts.clock.wallMs(), answer }));
      await rename(part, path);
    } catch (error) {
      this.parts.log.warn({ error }, 'an answer of the source cannot be kept');
      await rm(part, { force: true }).catch(() => undefined);
    }
  }

  /** Removes what is too old to be used. */
  async sweep(): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    for (const name of names) {
      const path = join(this.folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found && this.parts.clock.wallMs() - found.mtimeMs > this.days * DAY_MS)
        await rm(path, { force: true });
    }
  }
}
