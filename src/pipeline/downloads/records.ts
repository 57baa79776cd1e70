import * as z from 'zod';
import { AppError, type Clock } from '../../base/index.js';
import type { Download, DownloadState } from '../../protocol/index.js';
import { KeptList, type Store } from '../../state/index.js';
import type { Db, Durability } from '../../storage/index.js';
import { Speed } from './speed.js';

/** What is kept of a download and is nobody's business. */
export const OwnPart = z.object({
  /** Whole, with query and all. */
  url: z.string().optional(),
  /** What its file shall be called. */
  name: z.string().optional(),
  /** The job that fetches it; absent while an upload arrives. */
  job_id: z.string().optional(),
  room_id: z.string().optional(),
  item_id: z.string().optional(),
  /** Somebody wants to hear it as soon as it is here. */
  play: z.boolean().optional(),
  /** Who asked for it. */
  user_id: z.string().optional(),
});
export type OwnPart = z.infer<typeof OwnPart>;

export interface Entry {
  readonly item: Download;
  readonly own: OwnPart;
}

const OVER: readonly DownloadState[] = ['handed_on', 'failed', 'cancelled'];
export const isDownloadOver = ({ state }: Pick<Download, 'state'>): boolean => OVER.includes(state);

type Patch = { readonly [K in keyof Download]?: Download[K] | undefined };

/** The list of downloads: on disk, on the wire, and how fast each of them comes. */
export class Records {
  readonly #list: KeptList<'downloads', OwnPart>;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #speeds = new Map<string, Speed>();
  /** Percent as of the last write. */
  readonly #kept = new Map<string, number>();

  constructor(parts: { readonly db: Db; readonly store: Store; readonly clock: Clock }) {
    const { db, store, clock } = parts;
    this.#list = new KeptList({ db, store, list: 'downloads', own: OwnPart });
    this.#store = store;
    this.#clock = clock;
  }

  all(): Entry[] {
    return this.#list.all();
  }

  find(id: string): Entry | undefined {
    return this.#list.get(id);
  }

  /** Throws ERR_NOT_FOUND. */
  get(id: string): Entry {
    const entry = this.#list.get(id);
    if (entry) return entry;
    throw new AppError('ERR_NOT_FOUND', 'No download has this id', { params: { download_id: id } });
  }

  /** On disk before anybody hears of it. */
  put(item: Download, own: OwnPart, durability: Durability = 'full'): void {
    this.#kept.set(item.download_id, item.progress);
    this.#list.put(item, own, durability);
  }

  /** What is undefined goes; what is absent stays. */
  change(id: string, patch: Patch, own: Partial<OwnPart> = {}, durability: Durability = 'full'): Download {
    const entry = this.get(id);
    const item = without({ ...entry.item, ...patch });
    this.put(item, { ...entry.own, ...own }, durability);
    return item;
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) this.forgetPace(id);
    this.#list.remove(ids);
  }

  forgetPace(id: string): void {
    this.#speeds.delete(id);
    this.#kept.delete(id);
  }

  /** Bytes came. Told at once; written every ten percent. */
  came(id: string, bytes: number, total: number | undefined, patch: Patch = {}): void {
    const entry = this.#list.get(id);
    if (!entry) return;
    const speed = this.#speeds.get(id) ?? new Speed(this.#clock);
    this.#speeds.set(id, speed);
    speed.saw(bytes);
    const { item, own } = entry;
    const known = total ?? item.total_bytes;
    const percent =
      known === undefined || known === 0 ? 0 : Math.floor((Math.min(bytes, known) / known) * 100);
    const now = without({
      ...item,
      ...patch,
      received_bytes: bytes,
      total_bytes: known,
      progress: Math.max(item.progress, percent),
      ...paceOf(speed, known),
    });
    if (now.progress >= (this.#kept.get(id) ?? 0) + 10) this.put(now, own, 'normal');
    else this.#list.show(now, own);
    this.#tellProgress(now);
  }

  /** Takes the speed of what stands still. */
  settleSpeeds(): void {
    for (const [id, speed] of this.#speeds) {
      const entry = this.#list.get(id);
      if (entry?.item.speed_bytes_per_second === undefined) continue;
      if (speed.now(entry.item.total_bytes).speed_bytes_per_second !== undefined) continue;
      const item = without({ ...entry.item, ...NO_PACE });
      this.#list.show(item, entry.own);
      this.#tellProgress(item);
    }
  }

  #tellProgress(item: Download): void {
    const { download_id: id, progress, speed_bytes_per_second: speed, eta_seconds: eta } = item;
    const data = { id, progress, ...(speed !== undefined && { speed }), ...(eta !== undefined && { eta }) };
    this.#store.tell({ type: 'download:progress', topic: 'downloads', data });
  }
}

export const NO_PACE = { speed_bytes_per_second: undefined, eta_seconds: undefined };

const paceOf = (speed: Speed, total: number | undefined): Patch => ({ ...NO_PACE, ...speed.now(total) });

function without(item: { readonly [K in keyof Download]: Download[K] | undefined }): Download {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as Download;
}

/** An address as everybody may see it. */
export function shownUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return origin + pathname;
}
