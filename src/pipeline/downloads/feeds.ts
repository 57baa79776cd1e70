import { createHash } from 'node:crypto';
import * as z from 'zod';
import { AppError, toError, uuid, type Clock, type Logger } from '../../base/index.js';
import { allows, personOf, type Caller } from '../../protocol/index.js';
import { openWeb, readText } from '../../net/index.js';
import type { Db } from '../../storage/index.js';
import {
  MAX_FEED_BYTES,
  newest,
  readFeed,
  type Episode,
  type FeedText,
  type Sources,
} from '../sources/index.js';
import type { DownloadDesk } from './desk.js';
import { shownUrl } from './records.js';

const Feed = z.object({
  feed_id: z.string(),
  title: z.string(),
  /** Whole: it may have a secret in its query. */
  url: z.string(),
  keep: z.int(),
  /** Who follows it. */
  user_id: z.string(),
  username: z.string(),
  last_checked_at: z.string().optional(),
  episode_count: z.int(),
  error: z.string().optional(),
});
type Feed = z.infer<typeof Feed>;

export interface ShownFeed {
  feed_id: string;
  title: string;
  url: string;
  last_checked_at?: string;
  episode_count: number;
  error?: string;
}

export interface FeedRound {
  /** No podcast had anything new, and all of them answered. */
  readonly nothing: boolean;
  /** What came of it, for people. */
  readonly message: string;
}

export interface FeedParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sources: Sources;
  readonly desk: Pick<DownloadDesk, 'add'>;
}

const MOST_FEEDS = 100;

/** Podcasts that are followed: their newest episodes become downloads, each once. [FD1] */
export class Feeds {
  readonly #parts: FeedParts;
  readonly #stop = new AbortController();
  #checking: Promise<FeedRound> | undefined;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  list(): ShownFeed[] {
    return this.#all().map(({ feed_id, title, url, last_checked_at, episode_count, error }) => ({
      feed_id,
      title,
      url: shownUrl(url),
      episode_count,
      ...(last_checked_at !== undefined && { last_checked_at }),
      ...(error !== undefined && { error }),
    }));
  }

  /** Reads it at once, so that who adds it hears what is wrong with it. */
  async add(url: string, keep: number, caller: Caller): Promise<string> {
    const all = this.#all();
    if (all.length >= MOST_FEEDS) throw new AppError('ERR_BUSY', 'So many podcasts are followed already');
    if (all.some((feed) => feed.url === url))
      throw new AppError('ERR_CONFLICT', 'This podcast is followed already');
    const text = await this.#read(url);
    const feed: Feed = {
      feed_id: uuid(),
      title: text.title,
      url,
      keep,
      episode_count: text.episodes.length,
      ...personOf(caller),
    };
    this.#put(feed);
    await this.#take(feed, text);
    return feed.feed_id;
  }

  /** Whoever follows it may end that, and admins. */
  remove(feedId: string, caller: Caller): void {
    const { db } = this.#parts;
    const feed = this.#all().find(({ feed_id }) => feed_id === feedId);
    if (feed && feed.user_id !== personOf(caller).user_id && !allows('manage', caller))
      throw new AppError('ERR_NOT_ALLOWED', 'Somebody else follows this podcast');
    db.transaction(() => {
      const { changes } = db.prepare('DELETE FROM feeds WHERE feed_id = ?').run(feedId);
      if (changes === 0) throw new AppError('ERR_NOT_FOUND', 'No podcast has this id');
      db.prepare('DELETE FROM feed_episodes WHERE feed_id = ?').run(feedId);
    });
  }

  /** Looks at all of them, one after the other; one round at a time. */
  checkFeeds(): Promise<FeedRound> {
    this.#checking ??= this.#check().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  async close(): Promise<void> {
    this.#stop.abort(new AppError('ERR_BUSY', 'The server is about to stop'));
    await this.#checking?.catch(() => undefined);
  }

  async #check(): Promise<FeedRound> {
    let fresh = 0;
    let failed = 0;
    for (const feed of this.#all()) {
      if (this.#stop.signal.aborted) break;
      try {
        fresh += await this.#take(feed, await this.#read(feed.url));
      } catch (thrown) {
        if (!(thrown instanceof AppError))
          this.#parts.log.error({ err: toError(thrown) }, 'a podcast failed');
        const error = thrown instanceof AppError ? thrown.message : 'Something went wrong inside Tutti';
        failed++;
        if (this.#known(feed.feed_id)) this.#put({ ...feed, error, last_checked_at: this.#now() });
      }
    }
    return {
      nothing: fresh + failed === 0,
      message: `${fresh} new episodes${failed > 0 ? `, ${failed} podcasts did not answer` : ''}`,
    };
  }

  async #read(url: string): Promise<FeedText> {
    const { sources, clock } = this.#parts;
    const request = { guard: sources.guard, clock, signal: this.#stop.signal };
    const answer = await openWeb(url, request);
    if (answer.status !== 200) {
      answer.body.destroy();
      throw new AppError('ERR_SOURCE', `The server of the podcast answers ${answer.status}`);
    }
    return readFeed(await readText(answer, MAX_FEED_BYTES, request));
  }

  /** How many were new. An episode counts as had once it is a download: dying between the two makes the same download again, which is one. */
  async #take(feed: Feed, { title, episodes }: FeedText): Promise<number> {
    let fresh = 0;
    let error: string | undefined;
    for (const episode of newest(episodes, feed.keep)) {
      if (this.#has(feed, episode)) continue;
      try {
        await this.#parts.desk.add(
          { url: episode.url, source: 'feed', title: episode.title.slice(0, 128) },
          {
            download_id: episodeId(feed, episode),
            name: episode.title,
            user_id: feed.user_id,
            username: feed.username,
          },
        );
        fresh++;
      } catch (thrown) {
        if (!(thrown instanceof AppError)) throw thrown;
        if (thrown.retryable) throw thrown;
        // It will be refused for ever; the others may not be.
        error = `${episode.title}: ${thrown.message}`;
      }
      this.#remember(feed, episode);
    }
    if (!this.#known(feed.feed_id)) return fresh;
    const { error: _error, ...rest } = feed;
    const checked = { ...rest, title, episode_count: episodes.length, last_checked_at: this.#now() };
    this.#put({ ...checked, ...(error !== undefined && { error }) });
    return fresh;
  }

  #all(): Feed[] {
    const rows = this.#parts.db.prepare('SELECT value FROM feeds ORDER BY serial').all();
    return rows.flatMap((row) => {
      const feed = Feed.safeParse(JSON.parse(String(row['value'])));
      return feed.success ? [feed.data] : [];
    });
  }

  #known(feedId: string): boolean {
    return this.#parts.db.prepare('SELECT 1 FROM feeds WHERE feed_id = ?').get(feedId) !== undefined;
  }

  #put(feed: Feed): void {
    const sql =
      'INSERT INTO feeds (feed_id, value) VALUES (?, ?) ON CONFLICT (feed_id) DO UPDATE SET value = excluded.value';
    this.#parts.db.prepare(sql).run(feed.feed_id, JSON.stringify(feed));
  }

  #has({ feed_id }: Feed, { guid }: Episode): boolean {
    const sql = 'SELECT 1 FROM feed_episodes WHERE feed_id = ? AND guid = ?';
    return this.#parts.db.prepare(sql).get(feed_id, guid) !== undefined;
  }

  #remember({ feed_id }: Feed, { guid }: Episode): void {
    const sql = 'INSERT OR IGNORE INTO feed_episodes (feed_id, guid) VALUES (?, ?)';
    this.#parts.db.prepare(sql).run(feed_id, guid);
  }

  #now(): string {
    return new Date(this.#parts.clock.wallMs()).toISOString();
  }
}

const episodeId = ({ feed_id }: Feed, { guid }: Episode): string =>
  `ep-${createHash('sha256').update(`${feed_id}\0${guid}`).digest('hex').slice(0, 32)}`;
