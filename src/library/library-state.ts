import type { Clock, Timer } from '../base/index.js';
import type { LibraryState } from '../protocol/index.js';
import type { Db } from '../storage/index.js';

/** At most four times a second. */
const EVERY_MS = 250;

/** What the library is and does, told when it changes. */
export class LibraryReport {
  #db: Db;
  #clock: Clock;
  #demo: boolean;
  #tell: (state: LibraryState) => void;
  #scan: LibraryState['scan'];
  #generation: number;
  #timer: Timer | undefined;
  #toldUs = -Infinity;

  constructor(options: { db: Db; clock: Clock; demo: boolean; onState(state: LibraryState): void }) {
    this.#db = options.db;
    this.#clock = options.clock;
    this.#demo = options.demo;
    this.#tell = (state) => options.onState(state);
    this.#generation = Number(this.#value('generation') ?? 0);
    const finished = this.#value('scan_finished_at');
    this.#scan = { state: 'idle', done: 0, total: 0, ...(finished ? { finished_at: finished } : {}) };
  }

  state(): LibraryState {
    const albums = this.#db
      .prepare(
        'SELECT count(*) AS n, sum(track_count) AS tracks, sum(duration_seconds) AS seconds FROM albums',
      )
      .get();
    return {
      artist_count: this.#count('SELECT count(*) AS n FROM artists WHERE album_count > 0'),
      album_count: Number(albums?.['n'] ?? 0),
      track_count: Number(albums?.['tracks'] ?? 0),
      duration_seconds: Math.round(Number(albums?.['seconds'] ?? 0)),
      problem_count: this.#count('SELECT count(*) AS n FROM library_problems'),
      demo: this.#demo,
      scan: this.#scan,
      generation: this.#generation,
    };
  }

  progress(done: number, total: number): void {
    const { finished_at } = this.#scan;
    this.#scan = { state: 'running', done, total, ...(finished_at ? { finished_at } : {}) };
    this.#soon();
  }

  /** Whether the scan that came to its end is the first one that did. Asked once for each. */
  isFirst(): boolean {
    const isFirst = this.#value('scanned') === undefined;
    this.#set('scanned', 'yes');
    return isFirst;
  }

  finished(): void {
    const finished_at = new Date(this.#clock.wallMs()).toISOString();
    this.#set('scan_finished_at', finished_at);
    this.#scan = { ...this.#scan, state: 'idle', finished_at };
    this.#now();
  }

  /** Something in the library is not as it was. */
  changed(): void {
    this.#generation++;
    this.#soon();
  }

  #soon(): void {
    const waitMs = EVERY_MS - (this.#clock.nowUs() - this.#toldUs) / 1000;
    if (waitMs <= 0) this.#now();
    else this.#timer ??= this.#clock.after(waitMs, () => this.#now());
  }

  #now(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#toldUs = this.#clock.nowUs();
    this.#set('generation', String(this.#generation));
    this.#tell(this.state());
  }

  #value(key: string): string | undefined {
    const row = this.#db.prepare('SELECT value FROM library_values WHERE key = ?').get(key);
    return row && String(row['value']);
  }

  #set(key: string, value: string): void {
    if (this.#value(key) === value) return;
    const put = this.#db.prepare('INSERT OR REPLACE INTO library_values VALUES (?, ?)');
    this.#db.transaction(() => put.run(key, value), 'normal');
  }

  #count(sql: string): number {
    return Number(this.#db.prepare(sql).get()?.['n'] ?? 0);
  }

  close(): void {
    this.#timer?.cancel();
  }
}
