import type { Candidate } from '../../protocol/index.js';
import type { Store } from '../../state/index.js';
import type { Imported } from '../contract.js';
import type { WorkspaceNews } from './workspace-news.js';

/** What happens to music that people wait for, for who keeps it where everybody can read it. */
export interface Happening {
  readonly action: 'album_imported' | 'upgrade';
  readonly username?: string | undefined;
  readonly album_id: string;
  readonly artist: string;
  readonly title: string;
}

export interface NewsParts {
  readonly store: Store;
  /** A word to one person. */
  notify(
    this: void,
    userId: string,
    note: { readonly level: 'success' | 'warning'; readonly title: string; readonly message: string },
  ): void;
  readonly files: WorkspaceNews;
  happened(this: void, happening: Happening): void;
}

/** What people hear of candidates. Who asked for one hears how it ended; admins hear that one waits for them. */
export class News {
  readonly #parts: NewsParts;

  constructor(parts: NewsParts) {
    this.#parts = parts;
  }

  get files(): WorkspaceNews {
    return this.#parts.files;
  }

  review(
    { candidate_id, path, title, reason = '' }: Candidate,
    user_id: string | undefined,
    suggestion?: string,
  ): void {
    this.#parts.store.tell({
      type: 'import:review',
      topic: 'imports',
      data: { review_id: candidate_id, path, ...(suggestion !== undefined && { suggestion }) },
      audience: { role: 'admin' },
    });
    this.#toWhoAsked(user_id, 'warning', `${title} waits for a decision`, reason);
  }

  imported(item: Candidate, user_id: string | undefined, { album_id, upgraded }: Imported): void {
    const { store, happened } = this.#parts;
    const artist = item.artist ?? '';
    const title = item.album ?? item.title;
    store.tell({ type: 'import:complete', topic: 'library', data: { album_id, artist, title } });
    for (const data of upgraded) store.tell({ type: 'quality:upgraded', topic: 'library', data });
    happened({
      action: upgraded.length > 0 ? 'upgrade' : 'album_imported',
      ...(item.username !== undefined && { username: item.username }),
      album_id,
      artist,
      title,
    });
    this.#toWhoAsked(user_id, 'success', `${item.title} is in the library`, 'It can be played now.');
  }

  #toWhoAsked(
    user_id: string | undefined,
    level: 'success' | 'warning',
    title: string,
    message: string,
  ): void {
    if (user_id !== undefined) this.#parts.notify(user_id, { level, title, message });
  }
}
