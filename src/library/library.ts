import { resolve } from 'node:path';
import type { Clock, Logger } from '../base/index.js';
import type {
  Album,
  Artist,
  Handlers,
  LibraryState,
  Playlist,
  QueueItem,
  QueueSource,
  Track,
} from '../protocol/index.js';
import type { Db } from '../storage/index.js';
import { Artwork, type Picture } from './artwork.js';
import { browse } from './browse.js';
import { Intake } from './intake.js';
import { itemsOf } from './items.js';
import { artistOf, trackOf } from './lookup.js';
import { LibraryReport } from './library-state.js';
import { type Media, MediaFiles, type PlayableFile } from './media.js';
import { albumOf, NewAlbums } from './new-albums.js';
import { ownTracks, type OwnTrack } from './own-tracks.js';
import { Playlists } from './playlists.js';
import { countPlay, forgetPlays } from './plays.js';
import { search } from './search.js';
import { sourcesOf, type SourceFile } from './sources.js';
import type { AlbumChange } from './scan/albums.js';
import { followM3uFiles } from './scan/m3u-files.js';
import { ScanLoop, type ScanLoopOptions } from './scan/scan-loop.js';
import type { ScanJob } from './scan/scan-job.js';
import { Scanner, type ScanOutcome } from './scan/scanner.js';
import { defaultTags, type TagReader } from './tags/tag-reader.js';

export interface LibraryOptions {
  readonly db: Db;
  readonly musicDir: string;
  /** Pictures in sizes, links with plain names. May be emptied at any time. */
  readonly cacheDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly demo: boolean;
  readonly watch: boolean;
  /** HMAC key of media URLs, at least 32 bytes. */
  readonly mediaKey: Buffer;
  /** At most four times a second. */
  onState(state: LibraryState): void;
  /** After the change is stored. */
  onUpdated(change: AlbumChange): void;
  /** Albums that were not there before: a scan found them, or somebody brought them in. `first`: the library has never been scanned to the end. */
  onNewAlbums?(albums: readonly Album[], first: boolean, origin: 'scan' | 'import'): void;
  /** After each scan, also of a folder that is not there. */
  onLooked?(this: void): void;
  /** What people follow a scan by. */
  readonly openJob?: ((full: boolean) => ScanJob) | undefined;
  /** Files of the house itself, played like tracks. */
  readonly own?: readonly OwnTrack[];
  /** How long a changed file must be still before it is read. */
  readonly settleMs?: number;
  /** How tags are read; a process of their own by default. */
  readonly tags?: TagReader;
  /** The program; `ffmpeg` from the path by default. */
  readonly ffmpeg?: string;
}

export interface Library {
  readonly handlers: Handlers<
    | 'library:status'
    | 'library:scan'
    | 'library:artists'
    | 'library:albums'
    | 'library:album'
    | 'library:tracks'
    | 'library:search'
    | 'library:problems'
    | 'playlist:list'
    | 'playlist:get'
    | 'playlist:create'
    | 'playlist:import'
    | 'playlist:rename'
    | 'playlist:add'
    | 'playlist:remove'
    | 'playlist:delete'
  >;
  /** What `queue:add` names, in play order. Throws ERR_*_NOT_FOUND. */
  items(source: QueueSource): Omit<QueueItem, 'item_id'>[];
  /** A track for a player that knows these codecs; undefined when there is none, or no way to play it there. */
  file(trackId: string, codecs: 'all' | readonly string[]): PlayableFile | undefined;
  /** What a media token stands for. Throws ERR_MEDIA_EXPIRED, or ERR_TRACK_NOT_FOUND when the file is away. */
  media(token: string): Media;
  /** Scans everything, soon; the id of the job. */
  scan(full: boolean): string;
  /** Undefined when there is no such album (any more). */
  album(albumId: string): Album | undefined;
  track(trackId: string): Track | undefined;
  artist(artistId: string): Artist | undefined;
  /** Where tracks lie and what they are, for what reads them whole; ids that name none are left out. */
  sources(trackIds: readonly string[]): SourceFile[];
  /** A picture in the size asked for or the next larger of 96, 320, 640, 1200. */
  artwork(artworkId: string, size: number): Promise<Picture | undefined>;
  /** A new playlist. Throws ERR_CONFLICT when one has this name. */
  savePlaylist(name: string, trackIds: readonly string[]): Playlist;
  /** Counts a play. Ids that name no track are passed over. Throws ERR_DISK. */
  played(this: void, trackId: string): void;
  /** Forgets how often tracks were played that are gone for longer than `keepDays`; 0 = never. Does nothing while the library is empty. */
  forgetPlays(keepDays: number): number;
  /** Takes files in and out without a scan. */
  readonly intake: Intake;
  /** Returns at once; the first scan and the watch go on behind. */
  start(): Promise<void>;
  /** Resolves when no scan is running or due. */
  scanned(): Promise<void>;
  close(): Promise<void>;
}

const SETTLE_MS = 2000;

/** The music library of one folder. Nothing is scanned before `start()`. */
export function openLibrary(options: LibraryOptions): Library {
  const { db, clock, log, settleMs = SETTLE_MS, mediaKey, openJob, watch, onLooked } = options;
  const musicDir = resolve(options.musicDir);
  const tags = options.tags ?? defaultTags({ clock, log });
  const report = new LibraryReport(options);
  const added = new NewAlbums(db);
  const playlists = new Playlists(db, musicDir, () => report.changed());
  const shared = { db, musicDir, cacheDir: options.cacheDir, clock, log, own: ownTracks(options.own) };
  const artwork = new Artwork({ ...shared, tags, ...(options.ffmpeg ? { ffmpeg: options.ffmpeg } : {}) });
  const media = new MediaFiles({ ...shared, mediaKey });
  const scanner = new Scanner({
    ...shared,
    tags,
    settleMs,
    onFolder: (root, folder, mark) => follow(root, folder, mark),
    onProgress: (done, total) => report.progress(done, total),
    onChanges(changes) {
      report.changed();
      added.note(changes);
      for (const change of changes) options.onUpdated(change);
    },
  });
  const follow: ScanLoop['follow'] = (root, folder, mark) => loop.follow(root, folder, mark);
  const intake = openIntake({ ...shared, tags, options, report, follow });
  const onScanned = async (outcome: ScanOutcome | undefined): Promise<void> => {
    if (outcome?.reachable && (await followM3uFiles({ db, musicDir, playlists, log }, outcome)))
      report.changed();
    tags.rest();
    artwork.retry();
    report.finished();
    if (outcome?.reachable) options.onNewAlbums?.(added.take(), report.isFirst(), 'scan');
    onLooked?.();
  };
  const scan: ScanLoopOptions['scan'] = (request, signal, job) => scanner.run(request, signal, job);
  const loop = new ScanLoop({ ...shared, scan, openJob, watch, settleMs, onScanned });
  return {
    handlers: {
      ...browse(db),
      ...playlists.handlers,
      'library:status': () => report.state(),
      'library:search': ({ query, limit }) => search(db, query, limit),
      'library:scan': ({ full }) => ({ job_id: loop.request(full) }),
    },
    items: (source) => itemsOf(db, source, shared.own),
    file: (trackId, codecs) => media.file(trackId, codecs),
    media: (token) => media.media(token),
    scan: (full) => loop.request(full),
    ...ofTracks({ db, musicDir, clock, intake }),
    intake,
    artwork: (artworkId, size) => artwork.get(artworkId, size),
    savePlaylist: (name, trackIds) => playlists.save(name, trackIds),
    start: async () => void loop.request(false),
    scanned: () => loop.scanned(),
    async close() {
      await Promise.all([tags.close(), loop.close()]);
      artwork.close();
      report.close();
    },
  };
}

interface TrackParts {
  readonly db: Db;
  readonly musicDir: string;
  readonly clock: Clock;
  readonly intake: Intake;
}

/** What is known and counted of single things of the library. */
function ofTracks({
  db,
  musicDir,
  clock,
  intake,
}: TrackParts): Pick<Library, 'album' | 'track' | 'artist' | 'sources' | 'played' | 'forgetPlays'> {
  return {
    album: (albumId) => albumOf(db, albumId),
    track: (trackId) => trackOf(db, trackId),
    artist: (artistId) => artistOf(db, artistId),
    sources: (trackIds) => sourcesOf(db, musicDir, trackIds),
    played: (trackId) => countPlay(db, trackId, clock.wallMs()),
    forgetPlays: (keepDays) =>
      keepDays === 0 || intake.isEmpty() ? 0 : forgetPlays(db, clock.wallMs(), keepDays),
  };
}

interface IntakeParts {
  readonly db: Db;
  readonly musicDir: string;
  readonly clock: Clock;
  readonly tags: TagReader;
  readonly options: LibraryOptions;
  readonly report: LibraryReport;
  readonly follow: ScanLoop['follow'];
}

/** What comes or goes without a scan is told as a scan tells it. */
function openIntake({ db, musicDir, clock, tags, options, report, follow }: IntakeParts): Intake {
  return new Intake({
    db,
    musicDir,
    tags,
    wallMs: () => clock.wallMs(),
    onChanges(changes, looked) {
      for (const { folder, mark } of looked?.marks ?? []) follow(looked!.root, folder, mark);
      if (changes.length > 0) report.changed();
      for (const change of changes) options.onUpdated(change);
      const added = changes.filter(({ action }) => action === 'added');
      const albums = added.flatMap(({ album_id }) => albumOf(db, album_id) ?? []);
      if (albums.length > 0) options.onNewAlbums?.(albums, false, 'import');
    },
  });
}
