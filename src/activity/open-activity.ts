import { AppError } from '../base/index.js';
import type { Activity, Album, Caller, Handlers } from '../protocol/index.js';
import { ActivityFeed, type ActivityParts } from './feed.js';
import { Hearts } from './hearts.js';

export interface ActivityOptions extends ActivityParts {
  /** Undefined when there is no such album (any more). */
  album(this: void, albumId: string): Album | undefined;
}

export interface ActivityLog {
  readonly handlers: Handlers<'activity:list' | 'library:heart' | 'library:unheart' | 'library:hearts'>;
  /** Albums that a scan found. Those of a first scan are no news. */
  newAlbums(this: void, albums: readonly Album[], first: boolean): void;
}

/** Of one scan; of the others only their number is told. */
const MOST_NEW_ALBUMS = 20;
/** Where nobody signs in, all are one. */
const HOUSEHOLD = 'household';

/** Hearts, and the feed of what happened lately. */
export function openActivity(options: ActivityOptions): ActivityLog {
  const { db, store, clock } = options;
  const feed = new ActivityFeed(options);
  const hearts = new Hearts(db, clock);
  const turn = (
    caller: Caller,
    albumId: string,
    hearted: boolean,
  ): { hearted: boolean; heart_count: number } => {
    const album = options.album(albumId);
    if (!album)
      throw new AppError('ERR_ALBUM_NOT_FOUND', 'The library has no album with this id', {
        params: { album_id: albumId },
      });
    const { userId, username } = whoIs(caller);
    const isNews = hearted ? hearts.give(userId, albumId) : hearts.take(userId, albumId);
    if (isNews) feed.add([{ action: hearted ? 'heart' : 'unheart', username, ...about(album) }]);
    return { hearted, heart_count: hearts.count(albumId) };
  };
  return {
    handlers: {
      'activity:list': () => ({ activity: [...feed.entries] }),
      'library:heart': ({ album_id }, caller) => turn(caller, album_id, true),
      'library:unheart': ({ album_id }, caller) => turn(caller, album_id, false),
      'library:hearts': ({ album_id, offset, limit }, caller) => {
        const loved = hearts.of(whoIs(caller).userId).flatMap((id) => {
          const album = album_id === undefined || id === album_id ? options.album(id) : undefined;
          return album ?? [];
        });
        return { total: loved.length, items: loved.slice(offset, offset + limit) };
      },
    },
    newAlbums(albums, first) {
      if (first) return;
      const told = new Set(feed.entries.filter(isNewAlbum).map((entry) => entry.album_id));
      const news = albums.filter((album) => !told.has(album.album_id));
      feed.add(news.slice(0, MOST_NEW_ALBUMS).map((album) => ({ action: 'new_album', ...about(album) })));
      if (news.length <= MOST_NEW_ALBUMS) return;
      const message = `${news.length} albums were added to the library`;
      store.tell({
        type: 'notification',
        topic: 'toasts',
        data: { level: 'info', title: 'New music', message },
      });
    },
  };
}

const isNewAlbum = ({ action }: Activity): boolean => action === 'new_album';

const about = ({ album_id, artist, title }: Album): Pick<Activity, 'album_id' | 'artist' | 'title'> => ({
  album_id,
  artist,
  title,
});

function whoIs({ subject_id, name }: Caller): { readonly userId: string; readonly username: string } {
  return { userId: subject_id ?? HOUSEHOLD, username: name ?? HOUSEHOLD };
}
