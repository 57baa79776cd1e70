import { element, fieldOf, labelled, textOf } from './dom.js';

export interface LoggedFrame {
  readonly way: 'in' | 'out';
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly bytes: number;
  readonly type: string;
  /** JSON as it is shown. */
  readonly text: string;
  /** Answers: how long after the question. */
  readonly tookMs: number | undefined;
}

const MAX_KEPT = 500;
const SECRET = /^(?:token|password|new_password|old_password|secret|ticket|access_token|link)$/;

/** Words that must be there; those with a minus before them must not. */
export function matches({ type, text }: LoggedFrame, filter: string): boolean {
  const all = `${type} ${text}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '-')
    .every((word) => (word.startsWith('-') ? !all.includes(word.slice(1)) : all.includes(word)));
}

/** What a frame says, with secrets left out: a console is shown to others. */
export function shown(value: unknown, indent?: number): string {
  const hide = (name: string, field: unknown): unknown =>
    SECRET.test(name) && typeof field === 'string' ? '***' : field;
  return JSON.stringify(value, hide, indent) ?? '';
}

/** Every frame as a row, the newest first; filtered, paused, and never more than a browser can hold. */
export class FrameLog {
  readonly root: HTMLElement;
  readonly #list = element('ol', { className: 'frames' });
  readonly #filter = element('input', { type: 'search', placeholder: 'type or text, -heartbeat' });
  readonly #pause = element('button', { type: 'button', textContent: 'Pause' });
  readonly #count = element('output');
  readonly #asked = new Map<string, number>();
  #frames: LoggedFrame[] = [];
  #unseen = 0;
  #paused = false;
  #due = false;

  constructor() {
    const clear = element('button', { type: 'button', textContent: 'Clear' });
    this.#filter.addEventListener('input', () => this.#redraw());
    this.#pause.addEventListener('click', () => this.#setPaused(!this.#paused));
    clear.addEventListener('click', () => {
      this.#frames = [];
      this.#redraw();
    });
    const bar = element('div', { className: 'bar' }, labelled('Filter', this.#filter), this.#pause, clear);
    this.root = element('div', {}, bar, this.#count, this.#list);
    this.#redraw();
  }

  /** `frame` is what the JSON says; `undefined` when it was none. */
  add(way: 'in' | 'out', frame: unknown, bytes: number, atMs: number): void {
    const id = textOf(frame, 'id');
    const asked = way === 'in' && id !== '' ? this.#asked.get(id) : undefined;
    if (way === 'out' && id !== '') this.#asked.set(id, atMs);
    if (asked !== undefined) this.#asked.delete(id);
    const type = typeOf(frame);
    const tookMs = asked === undefined ? undefined : atMs - asked;
    this.#frames.push({ way, atMs, bytes, type, text: shown(frame), tookMs });
    if (this.#frames.length > MAX_KEPT) this.#frames.splice(0, this.#frames.length - MAX_KEPT);
    if (this.#paused) {
      this.#unseen += 1;
      this.#say();
    } else this.#soon();
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#unseen = 0;
    this.#pause.textContent = paused ? 'Go on' : 'Pause';
    this.#pause.setAttribute('aria-pressed', String(paused));
    if (!paused) this.#redraw();
    this.#say();
  }

  /** Once per picture, however many frames come. */
  #soon(): void {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      if (!this.#paused) this.#redraw();
    });
  }

  #redraw(): void {
    const open = new Set([...this.#list.querySelectorAll('details[open]')].map((row) => row.id));
    const rows = this.#frames.filter((frame) => matches(frame, this.#filter.value)).reverse();
    this.#list.replaceChildren(...rows.map((frame) => row(frame, open)));
    this.#say(rows.length);
  }

  #say(drawn = this.#list.childElementCount): void {
    const waiting = this.#unseen === 0 ? '' : `, ${this.#unseen} came since the pause`;
    this.#count.textContent = `${drawn} of ${this.#frames.length} frames${waiting}`;
  }
}

function typeOf(frame: unknown): string {
  const type = textOf(frame, 'type') || 'no frame';
  const more = textOf(frame, 'topic') || textOf(fieldOf(frame, 'error'), 'code');
  return more === '' ? type : `${type} ${more}`;
}

const serials = new WeakMap<LoggedFrame, string>();
let serial = 0;

function row(frame: LoggedFrame, open: ReadonlySet<string>): HTMLLIElement {
  const id = serials.get(frame) ?? `frame-${++serial}`;
  serials.set(frame, id);
  const time = new Date(frame.atMs).toISOString().slice(11, 23);
  const took = frame.tookMs === undefined ? '' : ` ${frame.tookMs.toFixed(1)} ms`;
  const pre = element('pre');
  const details = element(
    'details',
    { id, className: frame.way, open: open.has(id) },
    element(
      'summary',
      {},
      element('time', { textContent: time }),
      element('b', { textContent: frame.way === 'in' ? '↓' : '↑', title: frame.way }),
      element('code', { textContent: frame.type }),
      element('span', { className: 'dim', textContent: `${frame.bytes} B${took}` }),
      element('span', { className: 'gist', textContent: frame.text.slice(0, 160) }),
    ),
    pre,
  );
  const fill = (): void => {
    if (details.open) pre.textContent = shown(JSON.parse(frame.text), 2);
  };
  details.addEventListener('toggle', fill);
  fill();
  return element('li', {}, details);
}
