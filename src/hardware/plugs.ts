import { watch, type FSWatcher } from 'node:fs';
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Serial, toError, type Clock, type Logger, type Timer } from '../base/index.js';
import { readCatalog, type Listed } from './catalog.js';
import { hearEvents, type EventFile } from './event-file.js';
import type { WordBytes } from './event-stream.js';
import type { Inputs } from './inputs.js';

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

interface Open {
  readonly file: string;
  readonly heard: EventFile;
}

/** Follows what is plugged in and out, and hears what can be heard. */
export class Plugs {
  readonly #parts: PlugsParts;
  readonly #open = new Map<string, Open>();
  readonly #known = new Set<string>();
  readonly #turns = new Serial();
  #watcher: FSWatcher | undefined;
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
    await Promise.all([...this.#open.values()].map(({ heard }) => heard.close()));
  }

  #watch(): void {
    if (this.#watcher || this.#over) return;
    try {
      this.#watcher = watch(this.#parts.places.folder, () => this.#lookSoon());
      this.#watcher.on('error', () => this.#unwatch());
    } catch {
      // Without any input there is no such folder; it is looked for again.
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
    const listed = readCatalog(text ?? '', places.wordBytes);
    const there = new Map(listed.map((one) => [one.input_id, one]));
    for (const id of this.#known) if (there.get(id) === undefined) await this.#gone(id);
    for (const one of listed) await this.#found(one);
  }

  async #found(one: Listed): Promise<void> {
    const { input_id, file } = one;
    const open = this.#open.get(input_id);
    if (open?.file === file) return;
    if (open) await this.#gone(input_id);
    const { places, inputs, log } = this.#parts;
    const path = join(places.folder, file);
    const problem = await unreadable(path);
    const before = this.#known.has(input_id);
    this.#known.add(input_id);
    if (!before || problem === undefined) inputs.plugged(one, problem);
    if (problem !== undefined) {
      if (!before) log.warn({ input_id, name: one.name, problem }, 'an input cannot be heard');
      return;
    }
    const gestures = inputs.gesturesOf(input_id);
    const heard = hearEvents(path, places.wordBytes, (events) => events.forEach((one) => gestures.take(one)));
    const entry = { file, heard };
    this.#open.set(input_id, entry);
    log.info({ input_id, name: one.name, kind: one.kind }, 'an input is heard');
    void heard.closed.then(() => {
      if (this.#over || this.#open.get(input_id) !== entry) return;
      this.#open.delete(input_id);
      this.#known.delete(input_id);
      inputs.unplugged(input_id);
      this.#lookSoon();
    });
  }

  async #gone(id: string): Promise<void> {
    const open = this.#open.get(id);
    this.#open.delete(id);
    this.#known.delete(id);
    await open?.heard.close();
    this.#parts.inputs.unplugged(id);
  }
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
