import { statSync, watch, type FSWatcher } from 'node:fs';
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Serial, toError, type Clock, type Logger, type Timer } from '../base/index.js';
import { isPointing, readCatalog, type Listed } from './catalog.js';
import { hearEvents, type EventFile } from './event-file.js';
import { KEY, RELATIVE, type RawEvent, type WordBytes } from './event-stream.js';
import type { Inputs } from './inputs.js';
import { keyName } from './key-names.js';
import { ScanCodes } from './scan-codes.js';

/** Where the kernel shows inputs; another folder in tests. */
export interface InputPlaces {
  /** `/proc/bus/input/devices` */
  readonly catalog: string;
  /** `/dev/input` */
  readonly folder: string;
  readonly wordBytes: WordBytes;
}

export interface PlugsParts {
  readonly places: InputPlaces;
  readonly inputs: Inputs;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What was plugged in is looked at so long afterwards: its permissions are set a moment later. */
const SETTLE_MS = 300;
/** And once more, for slow ones, and where folders cannot be watched. */
const LOOK_MS = 10_000;
/** The kernel takes the folder away with its last input, and nothing says that it makes it again. Where there never was one, nobody waits for it. */
const FOLDER_MS = 1000;
/** What ended sooner than this could not be heard at all, and is tried again only after a while. */
const FAILED_US = 2_000_000;
const AGAIN_US = 30_000_000;

interface Open {
  readonly file: string;
  readonly heard: EventFile;
  readonly codes: ScanCodes | undefined;
}

/** Follows what is plugged in and out, and hears what can be heard. */
export class Plugs {
  readonly #parts: PlugsParts;
  readonly #open = new Map<string, Open>();
  /** By id, the file it has. */
  readonly #known = new Map<string, string>();
  /** What could not be heard is left alone until then. */
  readonly #failed = new Map<string, number>();
  readonly #turns = new Serial();
  #watcher: FSWatcher | undefined;
  /** Which folder of that name is watched, or was at last. */
  #watched: number | undefined;
  #soon: Timer | undefined;
  #every: Timer | undefined;
  #over = false;

  constructor(parts: PlugsParts) {
    this.#parts = parts;
  }

  /** Resolves when what is there now is heard. */
  async start(): Promise<void> {
    this.#every = this.#parts.clock.every(LOOK_MS, () => this.#look());
    this.#watch();
    await this.look();
  }

  async close(): Promise<void> {
    this.#over = true;
    this.#every?.cancel();
    this.#soon?.cancel();
    this.#watcher?.close();
    await this.#turns.idle();
    for (const { codes } of this.#open.values()) codes?.forget();
    await Promise.all([...this.#open.values()].map(({ heard }) => heard.close()));
  }

  /** One that was taken away and made again is another one, of which the old watcher hears nothing. */
  #watch(): void {
    const { places, clock } = this.#parts;
    const folder = statSync(places.folder, { throwIfNoEntry: false })?.ino;
    if (this.#over || (this.#watcher && folder === this.#watched)) return;
    this.#unwatch();
    if (folder === undefined) {
      if (this.#watched !== undefined) this.#soon ??= clock.after(FOLDER_MS, () => this.#look());
      return;
    }
    try {
      this.#watcher = watch(places.folder, () => this.#lookSoon());
      this.#watcher.on('error', () => this.#unwatch());
      this.#watched = folder;
    } catch {
      // It is tried again at the next look.
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #lookSoon(): void {
    this.#soon?.cancel();
    this.#soon = this.#parts.clock.after(SETTLE_MS, () => this.#look());
  }

  #look(): void {
    this.#soon?.cancel();
    this.#soon = undefined;
    this.look().catch((error: unknown) =>
      this.#parts.log.warn({ reason: toError(error).message }, 'inputs could not be looked at'),
    );
  }

  /** Resolves when what is there now is heard. */
  look(): Promise<void> {
    return this.#turns.run(() => this.#compare());
  }

  async #compare(): Promise<void> {
    if (this.#over) return;
    this.#watch();
    const { places, inputs } = this.#parts;
    const text = await readFile(places.catalog, 'utf8').catch(() => undefined);
    inputs.problem = text === undefined ? 'this machine has no inputs: its kernel lists none' : undefined;
    const files = new Map([...this.#known].map(([id, file]) => [file, id]));
    const listed = readCatalog(text ?? '', places.wordBytes, { files, places: inputs.places });
    const there = new Map(listed.map((one) => [one.input_id, one]));
    for (const id of [...this.#known.keys()]) if (there.get(id) === undefined) await this.#gone(id);
    for (const one of listed) await this.#found(one);
  }

  async #found(one: Listed): Promise<void> {
    const { input_id, file } = one;
    const open = this.#open.get(input_id);
    if (open?.file === file) return;
    if (open || (this.#known.get(input_id) ?? file) !== file) await this.#gone(input_id);
    const { places, inputs, clock, log } = this.#parts;
    if (clock.nowUs() < (this.#failed.get(input_id) ?? -Infinity)) return;
    const path = join(places.folder, file);
    const problem = await unreadable(path);
    const before = this.#known.has(input_id);
    this.#known.set(input_id, file);
    if (!before || problem === undefined) inputs.plugged(one, problem);
    if (problem !== undefined) {
      if (!before) log.warn({ input_id, name: one.name, problem }, 'an input cannot be heard');
      return;
    }
    this.#hear(one, path);
  }

  #hear(one: Listed, path: string): void {
    const { input_id, file, turns } = one;
    const { places, inputs, clock, log } = this.#parts;
    const gestures = inputs.gesturesOf(input_id);
    const codes = one.kind === 'remote' ? new ScanCodes(clock, gestures) : undefined;
    const keys = new Set(one.keys);
    const heard = hearEvents(path, places.wordBytes, (events) =>
      events.forEach((event) => {
        if (isMeant(event, turns, keys)) gestures.take(event);
        codes?.take(event);
      }),
    );
    const entry = { file, heard, codes };
    const startedUs = clock.nowUs();
    this.#open.set(input_id, entry);
    if (!this.#failed.has(input_id))
      log.info({ input_id, name: one.name, kind: one.kind }, 'an input is heard');
    void heard.closed.then(({ message }) => {
      if (this.#over || this.#open.get(input_id) !== entry) return;
      this.#open.delete(input_id);
      codes?.forget();
      const gone = /no such device|no such file/i.test(message);
      if (gone || clock.nowUs() - startedUs > FAILED_US) {
        this.#known.delete(input_id);
        this.#failed.delete(input_id);
        inputs.unplugged(input_id);
      } else this.#cannot(one, path, message);
      this.#lookSoon();
    });
  }

  /** The file is there, may be read as it seems, and gives nothing: a sandbox, or a fault of the thing itself. */
  #cannot(one: Listed, path: string, reason: string): void {
    const { inputs, clock, log } = this.#parts;
    const { input_id, name } = one;
    if (!this.#failed.has(input_id)) log.warn({ input_id, name, reason }, 'an input cannot be heard');
    this.#failed.set(input_id, clock.nowUs() + AGAIN_US);
    inputs.unplugged(input_id);
    inputs.plugged(
      one,
      `${path} cannot be heard (${reason}). Plug it in again, or look at the log of the kernel`,
    );
  }

  async #gone(id: string): Promise<void> {
    const open = this.#open.get(id);
    open?.codes?.forget();
    this.#open.delete(id);
    this.#known.delete(id);
    this.#failed.delete(id);
    await open?.heard.close();
    this.#parts.inputs.unplugged(id);
  }
}

/** Of a keyboard with a touchpad neither its moves nor its clicks. */
function isMeant({ type, code }: RawEvent, turns: boolean, keys: ReadonlySet<string>): boolean {
  if (type === RELATIVE) return turns;
  return type !== KEY || turns || keys.has(keyName(code)) || !isPointing(code);
}

/** What is wrong with a file that cannot be read, and what to do; undefined when it can. */
async function unreadable(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.R_OK);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return `${path} is not there`;
    return `Tutti may not read ${path}. Its user belongs into the group input: sudo usermod -aG input tutti, then restart Tutti`;
  }
}
