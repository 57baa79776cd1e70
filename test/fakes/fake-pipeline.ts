import { AppError } from '../../src/base/index.js';
import {
  LIST_NOUNS,
  type Candidate,
  type CommandReply,
  type CommandRequest,
  type Download,
  type ListItem,
  type ListName,
  type Review,
  type Target,
  type TopicEvent,
  type TrashEntry,
} from '../../src/protocol/index.js';
import type { FakeHandlers } from './fake-commands.js';

type Draft = {
  [K in TopicEvent['type']]: Omit<Extract<TopicEvent, { type: K }>, 'revision'>;
}[TopicEvent['type']];

/** One that is sent from a page: what has come, file by file. */
interface FakeUpload {
  readonly request: CommandRequest<'upload:begin'>;
  readonly files: Buffer[];
  finished: boolean;
}

export const NOW = '2026-11-20T09:30:00.000Z';

/** What comes in and goes out, as plain values: commands change them, tests do, and whoever follows is told. */
export class FakePipeline {
  readonly reviews = new Map<string, Review>();
  readonly uploads = new Map<string, FakeUpload>();
  readonly lovedTracks = new Set<string>();
  readonly lovedArtists = new Set<string>();
  trash: readonly TrashEntry[] = [];
  feeds: CommandReply<'feed:list'>['feeds'] = [];
  folders: readonly string[] = ['/media/stick', '/srv/export'];
  /** What `target:test` answers. */
  answer = {
    ok: true,
    message: 'It answers, and knows our music',
    version: '1.40.2',
    sections: [{ section: '3', title: 'Music', folders: ['/data/music'] }],
    music_folder: '/data/music',
  };
  /** What was asked for, as it was asked. */
  readonly asked: { readonly type: string; readonly request: object }[] = [];
  readonly handlers: FakeHandlers;
  readonly #lists = new Map<ListName, Map<string, object>>();
  readonly #tell: (event: Draft, state?: boolean) => void;
  #count = 0;

  constructor(tell: (event: Draft, state?: boolean) => void) {
    this.#tell = tell;
    this.handlers = {
      ...this.#downloads(),
      ...this.#sending(),
      ...this.#imports(),
      ...this.#trash(),
      ...this.#exports(),
      ...this.#podcasts(),
      ...this.#upkeep(),
      ...this.#hearts(),
    };
  }

  list<L extends ListName>(name: L): ListItem<L>[] {
    return [...(this.#lists.get(name)?.values() ?? [])].reverse() as ListItem<L>[];
  }

  get<L extends ListName>(name: L, id: string): ListItem<L> {
    const item = this.#lists.get(name)?.get(id);
    if (!item) throw new AppError('ERR_NOT_FOUND', 'there is no such thing');
    return item as ListItem<L>;
  }

  /** New, or in place of the one with its id. */
  put<L extends ListName>(name: L, item: ListItem<L>): void {
    const items = this.#lists.get(name) ?? new Map<string, object>();
    this.#lists.set(name, items);
    const id = Reflect.get(item, `${LIST_NOUNS[name]}_id`) as string;
    items.set(id, item);
    this.#tell({ type: `${LIST_NOUNS[name]}:updated`, topic: name, data: item } as unknown as Draft);
  }

  change<L extends ListName>(name: L, id: string, change: Partial<ListItem<L>>): void {
    this.put(name, { ...this.get(name, id), ...change });
  }

  remove(name: ListName, id: string): void {
    this.#lists.get(name)?.delete(id);
    const noun = LIST_NOUNS[name];
    this.#tell({ type: `${noun}:removed`, topic: name, data: { [`${noun}_id`]: id } } as unknown as Draft);
  }

  /** Told in between, as it is told while bytes arrive. */
  progress(id: string, progress: number, speed: number, eta: number): void {
    this.#tell({ type: 'download:progress', topic: 'downloads', data: { id, progress, speed, eta } }, false);
  }

  /** Bytes of a file of an upload. */
  receive(downloadId: string, n: number, offset: number, bytes: Buffer): void {
    const upload = this.uploads.get(downloadId);
    const before = upload?.files[n];
    if (!upload || !before) throw new AppError('ERR_NOT_FOUND', 'no such upload');
    if (before.length !== offset)
      throw new AppError('ERR_CONFLICT', 'this is not the next piece', { params: { offset: before.length } });
    upload.files[n] = Buffer.concat([before, bytes]);
  }

  review(review: Review): void {
    this.reviews.set(review.candidate.candidate_id, review);
    this.put('imports', review.candidate);
  }

  #newId(noun: string): string {
    return `${noun}${++this.#count}`;
  }

  #note(type: string, request: object): void {
    this.asked.push({ type, request });
  }

  #download(title: string, more: Partial<Download>): Download {
    const download: Download = {
      download_id: this.#newId('d'),
      source: 'http',
      title,
      state: 'running',
      progress: 0,
      received_bytes: 0,
      attempt: 1,
      retry_available: false,
      created_at: NOW,
      ...more,
    };
    this.put('downloads', download);
    return download;
  }

  #downloads(): FakeHandlers {
    return {
      'download:list': () => ({ downloads: this.list('downloads'), sources: ['http', 'upload'] }),
      'download:add': (request) => {
        this.#note('download:add', request);
        const { url } = request;
        if (url.includes('192.168.'))
          throw new AppError('ERR_ADDRESS_REFUSED', 'this address is inside the own network');
        const title = decodeURIComponent(url.split('/').at(-1) ?? url);
        const { download_id } = this.#download(title, { url, total_bytes: 25_000_000 });
        return { download_id, job_id: 'j1' };
      },
      'download:cancel': ({ download_id }) => {
        this.change('downloads', download_id, { state: 'cancelled', retry_available: true });
        return {};
      },
      'download:pause': ({ download_id, paused }) => {
        this.change('downloads', download_id, { state: paused ? 'paused' : 'running' });
        return {};
      },
      'download:retry': ({ download_id }) => {
        const { error: _error, ...rest } = this.get('downloads', download_id);
        this.put('downloads', {
          ...rest,
          state: 'running',
          attempt: rest.attempt + 1,
          retry_available: false,
        });
        return {};
      },
      'download:remove': ({ download_id }) => {
        this.remove('downloads', download_id);
        return {};
      },
    };
  }

  #sending(): FakeHandlers {
    const received = (id: string) => {
      const upload = this.uploads.get(id);
      if (!upload) throw new AppError('ERR_NOT_FOUND', 'no such upload');
      return { received_bytes: upload.files.map(({ length }) => length) };
    };
    return {
      'upload:begin': (request) => {
        const total_bytes = request.files.reduce((sum, { size_bytes }) => sum + size_bytes, 0);
        const { download_id } = this.#download(request.title, { source: 'upload', total_bytes });
        this.uploads.set(download_id, {
          request,
          files: request.files.map(() => Buffer.alloc(0)),
          finished: false,
        });
        return { download_id, ...received(download_id) };
      },
      'upload:status': ({ download_id }) => received(download_id),
      'upload:finish': ({ download_id }) => {
        received(download_id);
        this.uploads.get(download_id)!.finished = true;
        this.change('downloads', download_id, { state: 'checking', progress: 100 });
        return {};
      },
    };
  }

  #imports(): FakeHandlers {
    const reviewOf = (id: string): Review => {
      const review = this.reviews.get(id);
      if (!review) throw new AppError('ERR_NOT_FOUND', 'no such album');
      return review;
    };
    const move = (id: string, state: Candidate['state']): { job_id: string } => {
      const review = reviewOf(id);
      const { reason: _reason, ...rest } = review.candidate;
      this.review({ ...review, candidate: { ...rest, state } });
      return { job_id: 'j2' };
    };
    return {
      'import:list': () => ({ total: this.list('imports').length, items: this.list('imports') }),
      'import:review': ({ candidate_id }) => reviewOf(candidate_id),
      'import:approve': (request) => {
        this.#note('import:approve', request);
        return move(request.candidate_id, 'importing');
      },
      'import:reject': ({ candidate_id }) => {
        const { candidate } = reviewOf(candidate_id);
        const { title, artist = '', file_count, size_bytes } = candidate;
        move(candidate_id, 'rejected');
        const entry = { trash_id: this.#newId('x'), title, artist, file_count, size_bytes };
        this.trash = [{ ...entry, reason: 'rejected', trashed_at: NOW }, ...this.trash];
        return {};
      },
      'import:retry': ({ candidate_id }) => move(candidate_id, 'examining'),
      'import:search': (request) => {
        this.#note('import:search', request);
        const review = reviewOf(request.candidate_id);
        const [first] = review.matches;
        if (!first || request.artist === 'Nobody') return { matches: [] };
        const found = { ...first, release: { ...first.release, album: 'Found by search' }, confidence: 0.97 };
        this.reviews.set(request.candidate_id, { ...review, matches: [...review.matches, found] });
        return { matches: [found] };
      },
    };
  }

  #trash(): FakeHandlers {
    const take = (id: string): void => {
      if (!this.trash.some(({ trash_id }) => trash_id === id))
        throw new AppError('ERR_NOT_FOUND', 'it is gone');
      this.trash = this.trash.filter(({ trash_id }) => trash_id !== id);
    };
    return {
      'library:delete': ({ album_id }) => {
        this.#note('library:delete', { album_id });
        const trash_id = this.#newId('x');
        const entry = { trash_id, title: album_id, artist: '', file_count: 8, size_bytes: 8 };
        this.trash = [{ ...entry, reason: 'deleted', trashed_at: NOW }, ...this.trash];
        return { trash_id };
      },
      'trash:list': () => ({ total: this.trash.length, items: [...this.trash] }),
      'trash:restore': ({ trash_id }) => {
        this.#note('trash:restore', { trash_id });
        take(trash_id);
        return {};
      },
      'trash:remove': ({ trash_id }) => {
        take(trash_id);
        return {};
      },
    };
  }

  #exports(): FakeHandlers {
    return {
      'export:list': () => ({ exports: this.list('exports'), folders: [...this.folders] }),
      'export:start': (request) => {
        this.#note('export:start', request);
        const export_id = this.#newId('e');
        this.put('exports', {
          export_id,
          user_id: 'u1',
          title: request.playlist_id === undefined ? 'Albums that I love' : 'Sunday morning',
          format: request.format,
          path: `${request.folder}/Tutti`,
          state: 'running',
          progress: 0,
          album_count: 3,
          track_count: 30,
          size_bytes: 0,
          created_at: NOW,
        });
        return { export_id, job_id: 'j3' };
      },
      'export:cancel': ({ export_id }) => {
        this.change('exports', export_id, { state: 'cancelled' });
        return {};
      },
      'export:resume': ({ export_id }) => {
        this.change('exports', export_id, { state: 'running' });
        return { job_id: 'j4' };
      },
      'export:remove': ({ export_id }) => {
        this.remove('exports', export_id);
        return {};
      },
    };
  }

  #podcasts(): FakeHandlers {
    return {
      'feed:list': () => ({ feeds: [...this.feeds] }),
      'feed:add': (request) => {
        this.#note('feed:add', request);
        const feed_id = this.#newId('f');
        this.feeds = [
          ...this.feeds,
          { feed_id, title: 'The Slow Ferry', url: request.url, episode_count: 0 },
        ];
        return { feed_id };
      },
      'feed:remove': ({ feed_id }) => {
        this.feeds = this.feeds.filter((feed) => feed.feed_id !== feed_id);
        return {};
      },
    };
  }

  #upkeep(): FakeHandlers {
    return {
      'schedule:set': ({ schedule_id, enabled, cron }) => {
        if (cron === 'nonsense') throw new AppError('ERR_INVALID', 'this is no time');
        const change = {
          ...(enabled === undefined ? {} : { enabled }),
          ...(cron === undefined ? {} : { cron }),
        };
        this.change('schedules', schedule_id, change);
        return {};
      },
      'schedule:run': ({ schedule_id }) => {
        this.change('schedules', schedule_id, { running: true });
        return { job_id: 'j5' };
      },
      'target:add': ({ secret: _secret, section, ...request }) => {
        this.#note('target:add', request);
        const target_id = this.#newId('t');
        const target: Target = {
          target_id,
          ...request,
          waiting: 0,
          ...(section === undefined ? {} : { section }),
        };
        this.put('targets', target);
        return { target_id };
      },
      'target:update': ({ target_id, secret: _secret, ...change }) => {
        this.#note('target:update', change);
        const given = Object.entries(change).filter(([, value]) => value !== undefined);
        this.change('targets', target_id, Object.fromEntries(given));
        return {};
      },
      'target:remove': ({ target_id }) => {
        this.remove('targets', target_id);
        return {};
      },
      'target:test': () => this.answer,
      'target:scan': (request) => {
        this.#note('target:scan', request);
        return { job_id: 'j6' };
      },
    };
  }

  #hearts(): FakeHandlers {
    const turn = (loved: Set<string>, id: string, hearted: boolean) => {
      if (hearted) loved.add(id);
      else loved.delete(id);
      return { hearted, heart_count: hearted ? 1 : 0 };
    };
    return {
      'library:heart-track': ({ track_id, hearted }) => turn(this.lovedTracks, track_id, hearted),
      'library:heart-artist': ({ artist_id, hearted }) => turn(this.lovedArtists, artist_id, hearted),
      'library:hearted': () => ({
        album_ids: [],
        track_ids: [...this.lovedTracks],
        artist_ids: [...this.lovedArtists],
      }),
    };
  }
}
