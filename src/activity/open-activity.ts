import { AppError } from '../base/index.js';
import {
  HOUSEHOLD,
  personOf,
  type Activity,
  type Album,
  type Artist,
  type Caller,
  type ErrorCode,
  type EventPayload,
  type Handlers,
  type Track,
} from '../protocol/index.js';
import type { Store } from '../state/index.js';
import { ActivityFeed, type ActivityParts, type News } from './feed.js';
import { Hearts, type Loved } from './hearts.js';

export interface ActivityOptions extends ActivityParts {
  /** Undefined when there is no such album (any more). */
  album(this: void, albumId: string): Album | undefined;
  track(this: void, trackId: string): Track | undefined;
  artist(this: void, artistId: string): Artist | undefined;
}

/** A word to people, shown once. */
export type Note = EventPayload<'notification'>;

/** `scan`: it was found in the music folder. `import`: who brought it in says so by itself. */
export type Origin = 'scan' | 'import';

export interface ActivityLog {
  readonly handlers: Handlers<
    | 'activity:list'
    | 'library:heart'
    | 'library:unheart'
    | 'library:hearts'
    | 'library:heart-track'
    | 'library:heart-artist'
    | 'library:hearted'
  >;
  /** Albums that are new: they get the hearts of those who love their artist. Those of a first scan are no news. */
  newAlbums(this: void, albums: readonly Album[], first: boolean, origin?: Origin): void;
  /** What happened, in that order: kept, and told to everybody. */
  add(this: void, news: readonly News[]): void;
  /** A word to one person, on all connections of theirs; to everybody where nobody signs in. */
  notify(this: void, userId: string, note: Note): void;
  notifyAdmins(this: void, note: Note): void;
  /** Ids of the albums that somebody loves, the newest first; also of those that are gone now. */
  hearted(this: void, userId: string): string[];
  /** Forgets hearts of what is gone for longer than `keepDays`; 0 = never. Does nothing while the library is empty. The number of hearts that went. */
  cleanUp(this: void, keepDays: number): number;
}

/** Of one scan; of the others only their number is told. */
const MOST_NEW_ALBUMS = 20;

/** Hearts, and the feed of what happened lately. */
export function openActivity(options: ActivityOptions): ActivityLog {
  const { db, store, clock } = options;
  const feed = new ActivityFeed(options);
  const hearts = new Hearts(db, clock);
  const { notify, notifyAdmins } = notesOf(store);
  const say = news(feed, notify, store);
  return {
    handlers: heartHandlers(options, feed, hearts),
    newAlbums(albums, first, origin = 'scan') {
      if (first) return;
      if (origin === 'scan') say.newAlbums(albums);
      say.loved(albums, hearts);
    },
    add: (entries) => feed.add(entries),
    notify,
    notifyAdmins,
    hearted: (userId) => hearts.of('album', userId),
    cleanUp(keepDays) {
      if (keepDays === 0 || store.state.library.track_count === 0) return 0;
      return hearts.cleanUp(keepDays, (kind, id) => options[kind](id) !== undefined);
    },
  };
}

function heartHandlers(
  options: ActivityOptions,
  feed: ActivityFeed,
  hearts: Hearts,
): ActivityLog['handlers'] {
  const turn = (
    caller: Caller,
    kind: Loved,
    id: string,
    hearted: boolean,
  ): { hearted: boolean; heart_count: number } => {
    const thing = lovable(options, kind, id);
    const { user_id, username } = personOf(caller);
    const isNews = hearted ? hearts.give(kind, user_id, id) : hearts.take(kind, user_id, id);
    if (isNews) feed.add([{ action: hearted ? 'heart' : 'unheart', username, ...thing }]);
    return { hearted, heart_count: hearts.count(kind, id) };
  };
  const there = (kind: Loved, caller: Caller): string[] =>
    hearts.of(kind, personOf(caller).user_id).filter((id) => options[kind](id) !== undefined);
  return {
    'activity:list': () => ({ activity: [...feed.entries] }),
    'library:heart': ({ album_id }, caller) => turn(caller, 'album', album_id, true),
    'library:unheart': ({ album_id }, caller) => turn(caller, 'album', album_id, false),
    'library:heart-track': ({ track_id, hearted }, caller) => turn(caller, 'track', track_id, hearted),
    'library:heart-artist': ({ artist_id, hearted }, caller) => turn(caller, 'artist', artist_id, hearted),
    'library:hearts': ({ album_id, offset, limit }, caller) => {
      const loved = there('album', caller).filter((id) => album_id === undefined || id === album_id);
      const items = loved.slice(offset, offset + limit).flatMap((id) => options.album(id) ?? []);
      return { total: loved.length, items };
    },
    'library:hearted': (_, caller) => ({
      album_ids: there('album', caller),
      track_ids: there('track', caller),
      artist_ids: there('artist', caller),
    }),
  };
}

const NONE: Readonly<Record<Loved, { readonly code: ErrorCode; readonly message: string }>> = {
  album: { code: 'ERR_ALBUM_NOT_FOUND', message: 'The library has no album with this id' },
  track: { code: 'ERR_TRACK_NOT_FOUND', message: 'The library has no track with this id' },
  artist: { code: 'ERR_NOT_FOUND', message: 'The library has no artist with this id' },
};

/** What the feed says of it. Throws when the library does not have it. */
function lovable(options: ActivityOptions, kind: Loved, id: string): Omit<News, 'action'> {
  const found = options[kind](id);
  if (!found) throw new AppError(NONE[kind].code, NONE[kind].message, { params: { [`${kind}_id`]: id } });
  if ('name' in found) return { artist: found.name, title: 'Everything' };
  return about(found);
}

const about = ({
  album_id,
  artist,
  title,
}: Album | Track): Pick<Activity, 'album_id' | 'artist' | 'title'> => ({
  album_id,
  artist,
  title,
});

function notesOf(store: Store): Pick<ActivityLog, 'notify' | 'notifyAdmins'> {
  const tell = (data: Note, audience?: { user_id: string } | { role: 'admin' }): void =>
    store.tell({ type: 'notification', topic: 'toasts', data, ...(audience && { audience }) });
  return {
    notify: (user_id, note) => tell(note, user_id === HOUSEHOLD ? undefined : { user_id }),
    notifyAdmins: (note) => tell(note, { role: 'admin' }),
  };
}

interface Sayings {
  newAlbums(albums: readonly Album[]): void;
  loved(albums: readonly Album[], hearts: Hearts): void;
}

function news(feed: ActivityFeed, notify: ActivityLog['notify'], store: Store): Sayings {
  const title = 'New music';
  return {
    newAlbums(albums) {
      const told = new Set(feed.entries.filter(isNewAlbum).map((entry) => entry.album_id));
      const fresh = albums.filter((album) => !told.has(album.album_id));
      feed.add(fresh.slice(0, MOST_NEW_ALBUMS).map((album) => ({ action: 'new_album', ...about(album) })));
      if (fresh.length <= MOST_NEW_ALBUMS) return;
      const message = `${fresh.length} albums were added to the library`;
      store.tell({ type: 'notification', topic: 'toasts', data: { level: 'info', title, message } });
    },
    loved(albums, hearts) {
      const byPerson = new Map<string, Album[]>();
      for (const album of albums)
        for (const userId of hearts.giveForArtist(album.artist_id ?? '', album.album_id))
          byPerson.set(userId, [...(byPerson.get(userId) ?? []), album]);
      for (const [userId, [first, ...others]] of byPerson) {
        const more = others.length > 0 ? `, and ${others.length} more` : '';
        const message = `${first!.title} by ${first!.artist}${more}: you love the artist, so it has your heart`;
        notify(userId, { level: 'info', title, message });
      }
    },
  };
}

const isNewAlbum = ({ action }: Activity): boolean => action === 'new_album' || action === 'album_imported';
