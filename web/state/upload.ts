import { signal, type ReadonlySignal } from '@preact/signals';
import { ClientError } from '../../src/client/client-error.js';
import type { TuttiClient } from '../../src/client/client.js';
import type { Bundle } from './chosen-files.js';
import { explain } from './explain.js';

/** How an upload stands. `waiting`: the connection is away; it goes on by itself. */
export interface UploadView {
  readonly state: 'queued' | 'sending' | 'waiting' | 'paused' | 'done' | 'failed';
  readonly download_id: string | undefined;
  readonly sent_bytes: number;
  readonly files_left: number;
  /** Over the last seconds; undefined when nothing is sent. */
  readonly speed: number | undefined;
  readonly error: string | undefined;
}

export interface UploadParts {
  readonly client: Pick<TuttiClient, 'send'>;
  /** Sends bytes of file `n` from an offset on; rejects with a ClientError. */
  readonly put: (
    downloadId: string,
    n: number,
    offset: number,
    bytes: ArrayBuffer,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly after: (ms: number, run: () => void) => { cancel(): void };
  readonly nowMs: () => number;
  /** It has an id on the server now, or is over. */
  readonly changed: (upload: Upload) => void;
}

/** What is sent at once: little enough that a bad line loses seconds, much enough to be fast. */
const PIECE_BYTES = 2_097_152;
const AGAIN_MS = [1_000, 2_000, 5_000, 10_000, 20_000];
const SPEED_MS = 4_000;

/** A folder on its way from this phone. The server knows what has arrived: after every trouble it is asked, and the rest is sent. */
export class Upload {
  readonly title: string;
  readonly files: Bundle['files'];
  readonly total_bytes: number;
  readonly room_id: string | undefined;
  readonly view: ReadonlySignal<UploadView>;
  readonly #view = signal<UploadView>({
    state: 'queued',
    download_id: undefined,
    sent_bytes: 0,
    files_left: 0,
    speed: undefined,
    error: undefined,
  });
  readonly #parts: UploadParts;
  #received: number[] = [];
  #sentAt: { ms: number; bytes: number }[] = [];
  #abort = new AbortController();
  #wake: (() => void) | undefined;
  #running = false;
  #begunBefore: boolean;

  constructor(parts: UploadParts, bundle: Bundle, more: { room_id?: string; download_id?: string } = {}) {
    this.#parts = parts;
    this.view = this.#view;
    this.title = bundle.title;
    this.files = bundle.files;
    this.room_id = more.room_id;
    this.#begunBefore = more.download_id !== undefined;
    this.total_bytes = bundle.files.reduce((sum, { file }) => sum + file.size, 0);
    this.#set({ download_id: more.download_id, files_left: bundle.files.length });
  }

  /** Sends until everything is there, it was refused for good, put on hold or given up. */
  async run(): Promise<void> {
    if (this.#running || this.#over) return;
    this.#running = true;
    this.#abort = new AbortController();
    let failures = 0;
    while (!this.#abort.signal.aborted) {
      const before = this.#view.peek().sent_bytes;
      try {
        await this.#attempt();
        break;
      } catch (error) {
        if (this.#abort.signal.aborted) break;
        const lasting = !mayComeRight(error);
        this.#set({ state: lasting ? 'failed' : 'waiting', error: wordsOf(error), speed: undefined });
        if (lasting) break;
        failures = this.#view.peek().sent_bytes > before ? 0 : failures + 1;
        await this.#pauseBetween(AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)] ?? 1_000);
      }
    }
    this.#running = false;
    this.#parts.changed(this);
  }

  /** The line may be back: tries at once. */
  nudge(): void {
    this.#wake?.();
  }

  pause(): void {
    if (this.#over) return;
    this.#stop();
    this.#set({ state: 'paused', speed: undefined, error: undefined });
  }

  /** After `pause`, or when it failed. */
  resume(): void {
    if (this.#view.peek().state === 'done') return;
    this.#set({ state: 'queued', error: undefined });
  }

  /** Nothing more is sent. */
  giveUp(): void {
    this.#stop();
    this.#set({ state: 'done', speed: undefined });
  }

  get #over(): boolean {
    const { state } = this.#view.peek();
    return state === 'done' || state === 'failed';
  }

  #stop(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  async #attempt(): Promise<void> {
    await this.#ask();
    const download_id = this.#view.peek().download_id;
    if (download_id === undefined) return;
    for (const [n, { file, path }] of this.files.entries())
      while ((this.#received[n] ?? 0) < file.size) await this.#piece(download_id, n, file, path);
    this.#abort.signal.throwIfAborted();
    if (!(await this.#finish(download_id))) return this.#attempt();
    this.#set({ state: 'done', speed: undefined, error: undefined });
  }

  /** False: it has to begin anew. */
  async #finish(download_id: string): Promise<boolean> {
    try {
      await this.#parts.client.send('upload:finish', { download_id });
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'ERR_CONFLICT' || isElsewhere(error)) throw error;
      // It is over. When that was before the page was opened, it is another one that is wanted now.
      if (!this.#begunBefore) return true;
      this.#begunBefore = false;
      this.#set({ download_id: undefined });
      return false;
    }
    return true;
  }

  /** What the server has already; announces everything when it has heard of nothing. */
  async #ask(): Promise<void> {
    const { client } = this.#parts;
    const known = await this.#arrived();
    if (known) this.#received = known;
    else {
      const files = this.files.map(({ path, file }) => ({ path, size_bytes: file.size }));
      const room = this.room_id === undefined ? {} : { room_id: this.room_id, play: true };
      const reply = await client.send('upload:begin', { title: this.title, files, ...room });
      this.#received = [...reply.received_bytes];
      this.#begunBefore = false;
      this.#set({ download_id: reply.download_id });
      this.#parts.changed(this);
    }
    this.#sentAt = [];
    this.#counted();
    this.#abort.signal.throwIfAborted();
    this.#set({ state: 'sending', error: undefined });
  }

  /** Undefined: it is to be announced. One that was begun before the page was opened may be over: then it begins anew. */
  async #arrived(): Promise<number[] | undefined> {
    const { download_id } = this.#view.peek();
    if (download_id === undefined) return undefined;
    try {
      return [...(await this.#parts.client.send('upload:status', { download_id })).received_bytes];
    } catch (error) {
      if (!this.#begunBefore || (error instanceof ClientError && error.retryable)) throw error;
      this.#set({ download_id: undefined });
      return undefined;
    }
  }

  async #piece(downloadId: string, n: number, file: File, path: string): Promise<void> {
    const offset = this.#received[n] ?? 0;
    const bytes = await file
      .slice(offset, offset + PIECE_BYTES)
      .arrayBuffer()
      .catch(() => {
        throw new Unreadable(`${path} cannot be read any more. Choose it again`);
      });
    await this.#parts.put(downloadId, n, offset, bytes, this.#abort.signal);
    this.#received[n] = offset + bytes.byteLength;
    this.#begunBefore = false;
    const now = this.#parts.nowMs();
    this.#sentAt.push({ ms: now, bytes: bytes.byteLength });
    this.#sentAt = this.#sentAt.filter(({ ms }) => ms > now - SPEED_MS);
    this.#counted();
  }

  #counted(): void {
    const left = this.files.filter(({ file }, n) => (this.#received[n] ?? 0) < file.size).length;
    const [first, ...later] = this.#sentAt;
    const last = later.at(-1);
    const speed =
      first && last && last.ms > first.ms
        ? (later.reduce((sum, { bytes }) => sum + bytes, 0) / (last.ms - first.ms)) * 1000
        : undefined;
    this.#set({
      sent_bytes: this.#received.reduce((sum, bytes) => sum + bytes, 0),
      files_left: left,
      speed,
    });
  }

  #pauseBetween(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.after(ms, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #set(change: Partial<UploadView>): void {
    this.#view.value = { ...this.#view.peek(), ...change };
  }
}

/** The phone itself has lost the file. */
class Unreadable extends Error {}

/** The server has more or less than was thought, and is asked. [UP1] */
const isElsewhere = ({ code, params }: ClientError): boolean =>
  code === 'ERR_CONFLICT' && params['offset'] !== undefined;

const mayComeRight = (error: unknown): boolean =>
  error instanceof ClientError && (error.retryable || isElsewhere(error));

function wordsOf(error: unknown): string {
  if (error instanceof Unreadable) return error.message;
  if (error instanceof ClientError && error.code === 'ERR_DISCONNECTED') return 'The connection is away';
  if (error instanceof ClientError && error.code === 'ERR_NOT_FOUND') return 'Somebody has removed it';
  return explain(error);
}
