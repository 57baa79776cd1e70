import { rm, rmdir } from 'node:fs/promises';
import { AppError, toError, uuid, type Timer } from '../../base/index.js';
import { allows, personOf, type Caller, type Download, type SourceKind } from '../../protocol/index.js';
import { demandRoom, Workplace } from '../sources/index.js';
import { Fetching, type FetchingParts } from './fetching.js';
import { isDownloadOver, NO_PACE, Records, shownUrl, type Entry, type OwnPart } from './records.js';

export interface DownloadParts extends Omit<FetchingParts, 'records' | 'retry'> {
  /** Puts a place holder into the queue of a room; gives its id. Throws where the room cannot have it. */
  wish?(this: void, roomId: string, download: Download, caller: Caller): Promise<string> | string;
}

export interface Wanted {
  readonly url: string;
  readonly source?: SourceKind | undefined;
  readonly title?: string | undefined;
  readonly room_id?: string | undefined;
  readonly play?: boolean | undefined;
}

/** What only the house itself says of a download. */
export interface Beside {
  /** The same id again is the same download. */
  readonly download_id?: string | undefined;
  /** What its file shall be called. */
  readonly name?: string | undefined;
  readonly user_id?: string | undefined;
  readonly username?: string | undefined;
}

const MOST_OPEN = 500;
const LOOK_MS = 1_000;
const DAY_MS = 86_400_000;

/** What people and the house ask of downloads: to begin, hold, go on, end, and be forgotten. [DL1] [DL2] */
export class DownloadDesk {
  readonly records: Records;
  readonly #parts: DownloadParts;
  readonly #fetching: Fetching;
  readonly #stop = new AbortController();
  readonly #look: Timer;
  readonly #others: readonly SourceKind[];

  /** `others` are ways in that fetch nothing by an address. */
  constructor(parts: DownloadParts, others: readonly SourceKind[] = []) {
    this.#parts = parts;
    this.#others = others;
    this.records = new Records(parts);
    const { records } = this;
    this.#fetching = new Fetching({ ...parts, records, retry: (id) => this.retry(id) });
    this.#look = parts.clock.every(LOOK_MS, () => this.records.settleSpeeds());
  }

  /** What a person asks for. Throws what the guard throws, ERR_CONFLICT for what is on its way already, ERR_SPACE, ERR_BUSY. */
  async ask(
    wanted: Wanted,
    caller: Caller,
  ): Promise<{ download_id: string; job_id: string; item_id?: string }> {
    const { item, own } = await this.#planned(wanted, personOf(caller));
    this.#parts.attempts.forget(item.source, wanted.url);
    const item_id = await this.wish(wanted.room_id, item, caller);
    const job_id = this.enqueue(item, { ...own, ...(item_id !== undefined && { item_id }) });
    return { download_id: item.download_id, job_id, ...(item_id !== undefined && { item_id }) };
  }

  /** What the house wants by itself. Nothing happens when it has a download of this id. */
  async add(wanted: Wanted, beside: Beside): Promise<void> {
    if (beside.download_id !== undefined && this.records.find(beside.download_id)) return;
    const { item, own } = await this.#planned(wanted, beside);
    this.enqueue(item, own);
  }

  async #planned(wanted: Wanted, beside: Beside): Promise<Entry> {
    const { sources } = this.#parts;
    const { url } = wanted;
    if (wanted.source === 'upload' || wanted.source === 'watch')
      throw new AppError('ERR_INVALID', 'Nothing is fetched from an address that way');
    if (!URL.canParse(url)) throw new AppError('ERR_ADDRESS_REFUSED', 'This is no web address');
    const source = wanted.source === undefined ? sources.forUrl(url) : sources.get(wanted.source);
    const plan = await source.plan(url, this.#stop.signal);
    const kind = wanted.source ?? source.kind;
    if (!source.takes(new URL(url))) throw new AppError('ERR_INVALID', `${kind} is not for this address`);
    this.#refuseTwice(url);
    await this.demandRoom(0);
    const title = (wanted.title ?? plan.title).slice(0, 128);
    const item = { ...this.fresh(kind, title, beside), url: shownUrl(url) };
    const { name, user_id } = beside;
    const own: OwnPart = {
      url,
      ...(wanted.room_id !== undefined && { room_id: wanted.room_id }),
      ...(wanted.play === true && { play: true }),
      ...(name !== undefined && { name }),
      ...(user_id !== undefined && { user_id }),
    };
    return { item, own };
  }

  /** A download that nobody has heard of yet. Throws ERR_BUSY. */
  fresh(source: SourceKind, title: string, { download_id = uuid(), username }: Beside): Download {
    const open = this.records.all().filter(({ item }) => !isDownloadOver(item));
    if (open.length >= MOST_OPEN)
      throw new AppError('ERR_BUSY', 'So many downloads are on their way already; try again later');
    return {
      download_id,
      source,
      title,
      state: 'queued',
      progress: 0,
      received_bytes: 0,
      attempt: 1,
      retry_available: false,
      ...(username !== undefined && { username }),
      created_at: this.#now(),
    };
  }

  /** Record and job: a new job each time. */
  enqueue(item: Download, own: OwnPart): string {
    return this.#fetching.enqueue(item, own);
  }

  async demandRoom(bytes: number): Promise<void> {
    const { settings } = this.#parts.sources;
    if (bytes > settings.caps.max_bytes)
      throw new AppError('ERR_TOO_LARGE', 'This is larger than allowed (download_max_mb)');
    await demandRoom(settings.incoming, bytes, settings.caps.reserve_bytes, settings.free);
  }

  cancel(id: string): void {
    const { item, own } = this.records.get(id);
    if (isDownloadOver(item)) throw over();
    if (own.job_id !== undefined) return this.#parts.queue.cancel(own.job_id);
    this.#fetching.ended(id, 'cancelled', 'This was cancelled', true);
  }

  pause(id: string, paused: boolean): void {
    const { item, own } = this.records.get(id);
    if (isDownloadOver(item)) throw over();
    if (own.job_id === undefined)
      throw new AppError('ERR_CONFLICT', 'An upload is held by the page that sends it');
    if (paused === (item.state === 'paused')) return;
    if (paused) this.#parts.queue.pause(own.job_id);
    else this.#parts.queue.resume(own.job_id);
    this.records.change(id, { ...NO_PACE, state: paused ? 'paused' : 'queued', next_attempt_at: undefined });
  }

  /** A person acts: what the ledger holds against it is forgotten. Gives the id of the job. */
  retry(id: string): string {
    const { item, own } = this.records.get(id);
    if (item.state !== 'failed' && item.state !== 'cancelled')
      throw new AppError('ERR_CONFLICT', 'This download has not failed');
    if (own.url !== undefined) this.#parts.attempts.forget(item.source, own.url);
    const again = { ...item, state: 'queued' as const, attempt: 1, retry_available: false };
    const { error: _error, ended_at: _ended, next_attempt_at: _next, ...fresh } = again;
    if (own.job_id !== undefined) return this.enqueue(fresh, own);
    // An upload that had not arrived yet: its page may go on.
    this.records.put({ ...fresh, state: 'running' }, own);
    return '';
  }

  async remove(id: string): Promise<void> {
    const { item } = this.records.get(id);
    if (!isDownloadOver(item))
      throw new AppError('ERR_CONFLICT', 'This download is not over; cancel it first');
    await this.#clear(item);
    this.records.remove([id]);
  }

  /** Whoever asked for it may do with it as they like, and admins. Throws ERR_NOT_ALLOWED. */
  mayControl(id: string, caller: Caller): void {
    const { own } = this.records.get(id);
    if (own.user_id !== personOf(caller).user_id && !allows('manage', caller)) throw notTheirs();
  }

  /** The same for the job that fetches it; one that fetches nothing any more is for admins. */
  mayControlJob(jobId: string, caller: Caller): void {
    const entry = this.records.all().find(({ own }) => own.job_id === jobId);
    if (entry) return this.mayControl(entry.item.download_id, caller);
    if (!allows('manage', caller)) throw notTheirs();
  }

  /** Where somebody wants to hear it as soon as it is here. */
  wantedIn(id: string): { readonly room_id: string; readonly item_id: string } | undefined {
    const { room_id, item_id, play } = this.records.find(id)?.own ?? {};
    return play === true && room_id !== undefined && item_id !== undefined ? { room_id, item_id } : undefined;
  }

  /** Told by whoever took it, once it stands in the library or never will. */
  finished(id: string, end: { readonly album_id: string } | { readonly error: string }): void {
    const entry = this.records.find(id);
    if (!entry) return;
    if ('error' in end) {
      if (entry.item.error !== end.error) this.records.change(id, { error: end.error });
      return;
    }
    if (entry.item.album_id === end.album_id) return;
    this.records.change(id, { album_id: end.album_id, error: undefined });
    const data = { id, album_id: end.album_id, source: entry.item.source };
    this.#parts.store.tell({ type: 'download:complete', topic: 'downloads', data });
  }

  /** Records of downloads that have been over for so long, and what is left of them that is nobody's music. */
  async forgetOld(days = 30): Promise<number> {
    const before = this.#parts.clock.wallMs() - days * DAY_MS;
    const old = this.records
      .all()
      .filter(({ item }) => isDownloadOver(item) && Date.parse(item.ended_at ?? item.created_at) < before);
    for (const { item } of old) await this.remove(item.download_id);
    return old.length;
  }

  /** The ways by which music can come into this house. */
  kinds(): SourceKind[] {
    return [...this.#parts.sources.kinds(), ...this.#others];
  }

  /** A place holder in the queue of a room, where rooms have any. */
  async wish(roomId: string | undefined, item: Download, caller: Caller): Promise<string | undefined> {
    return roomId === undefined ? undefined : this.#parts.wish?.(roomId, item, caller);
  }

  partFolder(id: string): string {
    return new Workplace(this.folderOf(id)).part;
  }

  folderOf(id: string): string {
    return this.#fetching.folderOf(id);
  }

  close(): void {
    this.#stop.abort(new AppError('ERR_BUSY', 'The server is about to stop'));
    this.#look.cancel();
  }

  #refuseTwice(url: string): void {
    const same = this.records.all().some(({ item, own }) => own.url === url && !isDownloadOver(item));
    if (same) throw new AppError('ERR_CONFLICT', 'This is on its way already');
  }

  /** What was handed on is not ours any more: of that only the empty folders go. */
  async #clear({ download_id, state }: Download): Promise<void> {
    const place = new Workplace(this.folderOf(download_id));
    try {
      if (state !== 'handed_on') return await rm(place.folder, { recursive: true, force: true });
      await rm(place.part, { recursive: true, force: true });
      await place.forget();
      for (const folder of [place.files, place.folder]) await rmdir(folder).catch(() => undefined);
    } catch (thrown) {
      this.#parts.log.warn({ err: toError(thrown), download_id }, 'what is left of a download stays');
    }
  }

  #now(): string {
    return new Date(this.#parts.clock.wallMs()).toISOString();
  }
}

const notTheirs = (): AppError => new AppError('ERR_NOT_ALLOWED', 'Somebody else asked for this download');
const over = (): AppError => new AppError('ERR_CONFLICT', 'This download is over already');
