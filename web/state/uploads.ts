import * as z from 'zod';
import { signal, type ReadonlySignal } from '@preact/signals';
import { ClientError, disconnected } from '../../src/client/client-error.js';
import { WireError } from '../../src/protocol/envelope.js';
import type { Bundle } from './chosen-files.js';
import type { Store } from './store.js';
import { Upload, type UploadParts } from './upload.js';

const KEY = 'tutti-uploads';
const PIECE_MS = 120_000;
/** More would not fit into what a browser keeps for a page. */
const MOST_KEPT = 8;
const Kept = z.array(
  z.object({ download_id: z.string(), title: z.string(), files: z.array(z.tuple([z.string(), z.number()])) }),
);
type Kept = z.output<typeof Kept>;
const Refused = z.object({ error: WireError });

/** Everything that this phone sends, one after the other. It goes on while the page shows something else. */
export class Uploads {
  /** Not over, or failed: the oldest first. */
  readonly list: ReadonlySignal<readonly Upload[]>;
  readonly #list = signal<readonly Upload[]>([]);
  readonly #parts: UploadParts;
  #working = false;

  constructor(store: Store, target: Window) {
    this.list = this.#list;
    this.#parts = {
      client: store.client,
      put: putPiece,
      after: store.controls.after,
      nowMs: () => performance.now(),
      changed: () => this.#changed(),
    };
    const nudge = (): void => this.#list.peek().forEach((upload) => upload.nudge());
    store.client.onConnection(({ state }) => state === 'live' && nudge());
    for (const sign of ['online', 'pageshow', 'focus']) target.addEventListener(sign, nudge);
    target.document.addEventListener('visibilitychange', nudge);
    target.addEventListener('beforeunload', (event) => {
      if (this.#list.peek().some(({ view }) => view.peek().state === 'sending')) event.preventDefault();
    });
  }

  /** What was begun before the page was closed and is chosen again goes on where it was. */
  add(bundle: Bundle, room_id: string | undefined): void {
    const begun = readKept().find((one) => isSame(one, bundle));
    const upload = new Upload(this.#parts, bundle, {
      ...(room_id === undefined ? {} : { room_id }),
      ...(begun ? { download_id: begun.download_id } : {}),
    });
    this.#list.value = [...this.#list.peek(), upload];
    void this.#work();
  }

  resume(upload: Upload): void {
    upload.resume();
    void this.#work();
  }

  /** Takes it from the list; the server keeps what has arrived until that is removed there. */
  giveUp(upload: Upload): void {
    upload.giveUp();
    this.#changed();
  }

  /** Whether the rest of a download can only come from here. */
  sends(downloadId: string): boolean {
    return this.#list.value.some(({ view }) => view.value.download_id === downloadId);
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (;;) {
      const next = this.#list.peek().find(({ view }) => view.peek().state === 'queued');
      if (!next) break;
      await next.run();
    }
    this.#working = false;
  }

  #changed(): void {
    const before = this.#list.peek();
    const left = before.filter(({ view }) => view.peek().state !== 'done');
    if (left.length !== before.length) this.#list.value = left;
    const known = new Set(before.map(({ view }) => view.peek().download_id));
    const here = left.flatMap(({ view, title, files }) => {
      const { download_id } = view.peek();
      if (download_id === undefined) return [];
      return [
        { download_id, title, files: files.map(({ path, file }) => [path, file.size] as [string, number]) },
      ];
    });
    const others = readKept().filter(({ download_id }) => !known.has(download_id));
    writeKept([...here, ...others].slice(0, MOST_KEPT));
  }
}

function isSame(kept: Kept[number], { title, files }: Bundle): boolean {
  return (
    kept.title === title &&
    kept.files.length === files.length &&
    files.every(({ path, file }, n) => kept.files[n]?.[0] === path && kept.files[n]?.[1] === file.size)
  );
}

function readKept(): Kept {
  try {
    return Kept.parse(JSON.parse(localStorage.getItem(KEY) ?? '[]'));
  } catch {
    return [];
  }
}

function writeKept(kept: Kept): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing, or has no room: the page only forgets.
  }
}

/** Rejects with a ClientError. */
async function putPiece(
  downloadId: string,
  n: number,
  offset: number,
  bytes: ArrayBuffer,
  stopped: AbortSignal,
): Promise<void> {
  const path = `api/v1/uploads/${encodeURIComponent(downloadId)}/files/${n}?offset=${offset}`;
  const response = await fetch(new URL(path, location.href), {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes,
    signal: AbortSignal.any([stopped, AbortSignal.timeout(PIECE_MS)]),
  }).catch(() => {
    throw disconnected();
  });
  if (response.ok) return;
  const refused = Refused.safeParse(await response.json().catch(() => undefined));
  throw refused.success
    ? new ClientError(refused.data.error)
    : new ClientError({ code: 'ERR_BAD_REPLY', message: 'Tutti answered something else', retryable: true });
}

const all = new WeakMap<Store, Uploads>();

/** Those of this page; begun when they are first asked for. */
export function uploadsOf(store: Store): Uploads {
  const known = all.get(store) ?? new Uploads(store, window);
  all.set(store, known);
  return known;
}
