import { join } from 'node:path';
import * as z from 'zod';
import { AppError, type Clock, deferred, type Logger, Serial, underFirst, within } from '../../base/index.js';
import { Hit, Known, type Query, type ReleaseSource, VARIOUS_ARTISTS } from './known.js';
import { KeptAnswers } from './kept-answers.js';
import { readRelease, readSearch } from './musicbrainz-wire.js';

export interface MusicBrainzOptions {
  /** `https://musicbrainz.org`, or a mirror; without `/ws/2`. */
  readonly url: string;
  /** An address of whoever runs this server: the rules of MusicBrainz ask for it. */
  readonly contact: string;
  readonly version: string;
  /** From one request to the next. */
  readonly rateMs: number;
  /** Answers are kept here. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timeoutMs?: number;
  /** After a failure, doubled each time. */
  readonly backoffMs?: number;
}

const RELEASE_DAYS = 30;
/** Searches age faster: what was missing yesterday may have been added. */
const SEARCH_DAYS = 1;
const TRIES = 3;
const MAX_BYTES = 8 * 1024 * 1024;
/** What a server says may make us wait so long, not longer. */
const MAX_WAIT_MS = 30_000;
const LIMIT = 25;
const INCLUDES = 'recordings+artist-credits+release-groups+labels+media';

/** An answer that may be better the next time. */
class Hiccup extends Error {
  constructor(
    message: string,
    readonly waitMs = 0,
  ) {
    super(message);
  }
}

/** A MusicBrainz-compatible server, asked politely: one request at a time, `rateMs` apart, and less often when it says so. */
export class MusicBrainz implements ReleaseSource {
  /** Requests that were sent, for whoever counts. */
  requests = 0;
  readonly #options: MusicBrainzOptions;
  readonly #releases: KeptAnswers<Known>;
  readonly #searches: KeptAnswers<Hit[]>;
  readonly #serial = new Serial();
  readonly #closing = new AbortController();
  #nextUs = -Infinity;

  constructor(options: MusicBrainzOptions) {
    this.#options = options;
    const { folder } = options;
    this.#releases = new KeptAnswers(join(folder, 'releases'), Known, RELEASE_DAYS, options);
    this.#searches = new KeptAnswers(join(folder, 'searches'), z.array(Hit), SEARCH_DAYS, options);
  }

  async release(id: string, signal: AbortSignal): Promise<Known | undefined> {
    const kept = await this.#releases.get(this.#key(id));
    if (kept) return kept;
    const found = await this.#ask(
      `/ws/2/release/${encodeURIComponent(id)}?inc=${INCLUDES}&fmt=json`,
      readRelease,
      signal,
    );
    if (found) await this.#releases.put(this.#key(id), found);
    return found;
  }

  async search(query: Query, signal: AbortSignal): Promise<readonly Hit[]> {
    const words = lucene(query);
    if (words === '') return [];
    const kept = await this.#searches.get(this.#key(words));
    if (kept) return kept;
    const path = `/ws/2/release/?query=${encodeURIComponent(words)}&limit=${LIMIT}&fmt=json`;
    const found = await this.#ask(path, readSearch, signal);
    // The address of the search itself is not there: that is another server, and says nothing about any album.
    if (!found) throw new AppError('ERR_SOURCE', 'it does not know how to search', { retryable: true });
    if (found.length > 0) await this.#searches.put(this.#key(words), found);
    return found;
  }

  /** Removes kept answers that are too old. */
  async sweep(): Promise<void> {
    await this.#releases.sweep();
    await this.#searches.sweep();
  }

  close(): void {
    this.#closing.abort(new AppError('ERR_SOURCE', 'the server is closing'));
  }

  /** Answers of one server say nothing about another. */
  #key(what: string): string {
    return `${this.#options.url} ${what}`;
  }

  /** Undefined for 404. Rejects with ERR_SOURCE after the last try. */
  #ask<T>(path: string, read: (answer: unknown) => T, signal: AbortSignal): Promise<T | undefined> {
    return this.#serial.run(() =>
      underFirst([signal, this.#closing.signal], (stop) => this.#insist(path, read, stop)),
    );
  }

  async #insist<T>(path: string, read: (answer: unknown) => T, stop: AbortSignal): Promise<T | undefined> {
    const { backoffMs = 2000, clock, log } = this.#options;
    for (let n = 1; ; n++) {
      await this.#wait((this.#nextUs - clock.nowUs()) / 1000, stop);
      try {
        return await this.#request(path, read, stop);
      } catch (error) {
        stop.throwIfAborted();
        const why = error instanceof Error ? error.message : String(error);
        const told = error instanceof Hiccup ? error.waitMs : 0;
        const wait = Math.min(MAX_WAIT_MS, Math.max(told, backoffMs * 2 ** (n - 1)));
        this.#nextUs = Math.max(this.#nextUs, clock.nowUs() + wait * 1000);
        log.debug({ attempt: n, why }, 'the source of releases did not answer');
        if (n >= TRIES) throw new AppError('ERR_SOURCE', why, { cause: error, retryable: true });
      }
    }
  }

  async #request<T>(path: string, read: (answer: unknown) => T, signal: AbortSignal): Promise<T | undefined> {
    const { url, contact, version, rateMs, clock, timeoutMs = 20_000 } = this.#options;
    this.#nextUs = clock.nowUs() + rateMs * 1000;
    this.requests++;
    const limit = {
      clock,
      what: 'asking the source of releases',
      ms: timeoutMs,
      code: 'ERR_SOURCE',
      signal,
    } as const;
    return await within(limit, async (stop) => {
      const answer = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
        signal: stop,
        redirect: 'error',
        headers: { accept: 'application/json', 'user-agent': `Tutti/${version} ( ${contact} )` },
      });
      if (answer.status === 404) {
        await answer.body?.cancel();
        return undefined;
      }
      if (!answer.ok) {
        await answer.body?.cancel();
        throw new Hiccup(`it answers ${answer.status}`, retryAfterMs(answer.headers.get('retry-after')));
      }
      const body = await text(answer);
      try {
        return read(JSON.parse(body));
      } catch (cause) {
        throw new Error('its answer makes no sense', { cause });
      }
    });
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!(ms > 0)) return;
    const over = deferred<void>();
    const timer = this.#options.clock.after(ms, () => over.resolve());
    const abort = (): void => over.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await over.promise;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', abort);
    }
  }
}

async function text(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    parts.push(part);
    size += part.length;
    if (size > MAX_BYTES) throw new Error('its answer is too large');
  }
  return Buffer.concat(parts).toString('utf8');
}

function retryAfterMs(header: string | null): number {
  const seconds = Number(header ?? '');
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}

/** The question in the language of the search: words that are there count, none has to be. */
function lucene({ artist, album, various }: Query): string {
  const escaped = (words: string): string =>
    words
      .slice(0, 200)
      .replace(/[+\-&|!(){}[\]^"~*?:\\/]/g, '\\$&')
      .trim();
  return [
    ...(album === undefined || escaped(album) === '' ? [] : [`release:(${escaped(album)})`]),
    ...(various ? [`arid:${VARIOUS_ARTISTS}`] : []),
    ...(artist === undefined || escaped(artist) === '' ? [] : [`artist:(${escaped(artist)})`]),
  ].join(' ');
}
