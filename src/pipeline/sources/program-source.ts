import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, toError, underFirst, type Timer } from '../../base/index.js';
import type { JobProgress } from '../../jobs/index.js';
import type { SourceKind } from '../../protocol/index.js';
import type { AddressGuard } from '../../net/index.js';
import { capped } from './capped.js';
import { nameInUrl, fileName } from './file-name.js';
import { openGuardProxy, type GuardProxy } from './guard-proxy.js';
import { runProgram, type ProgramEnd } from './program.js';
import { bytesIn, takeFiles } from './program-files.js';
import { demandRoom, type FreeBytes } from './room-on-disk.js';
import type {
  Caps,
  Fetched,
  FetchContext,
  FetchOrder,
  FetchPlan,
  Source,
  SourceCapabilities,
} from './source.js';
import { Workplace } from './workplace.js';

export interface ProgramSourceParts {
  readonly guard: AddressGuard;
  readonly caps: Caps;
  /** Path of the program that the user brings. */
  readonly program: string;
  readonly ffprobe?: string | undefined;
  readonly free?: FreeBytes | undefined;
}

/** What a program needs to know for one run. */
export interface ProgramOrder {
  readonly url: string;
  /** Where whole files go. */
  readonly out: string;
  /** For what is not whole. */
  readonly temp: string;
  /** Through which it has to go. */
  readonly proxy: string;
  readonly caps: Caps;
}

/** Reads what a program says as it goes; never trusts it. */
export interface ProgramTalk {
  line(text: string): void;
  /** What it calls the whole, when it said. */
  title(): string | undefined;
}

/** What one program does differently. */
export interface ProgramManner {
  readonly kind: SourceKind;
  readonly capabilities: SourceCapabilities;
  takes(url: URL): boolean;
  args(order: ProgramOrder): string[];
  env(order: ProgramOrder): Record<string, string>;
  talk(context: FetchContext): ProgramTalk;
  /** Whether `progress` comes from what the program says; otherwise from what it has written. */
  readonly talks: boolean;
  /** What an end with another code than 0 means, for people. */
  fault(end: ProgramEnd): AppError;
}

/** How often it is looked how much there is: for the caps, and for progress. */
const LOOK_MS = 1_000;

/** A program that the user brings, run without a shell, through a proxy that guards where it goes, into a folder of its own. */
export class ProgramSource implements Source {
  readonly #parts: ProgramSourceParts;
  readonly #manner: ProgramManner;

  constructor(parts: ProgramSourceParts, manner: ProgramManner) {
    this.#parts = parts;
    this.#manner = manner;
  }

  get kind(): SourceKind {
    return this.#manner.kind;
  }

  get capabilities(): SourceCapabilities {
    return this.#manner.capabilities;
  }

  takes(url: URL): boolean {
    return this.#manner.takes(url);
  }

  async plan(address: string, signal: AbortSignal): Promise<FetchPlan> {
    const { url } = await this.#parts.guard.check(address, signal);
    return { title: fileName(nameInUrl(url), url.hostname) };
  }

  async run(order: FetchOrder, context: FetchContext): Promise<Fetched> {
    const place = new Workplace(order.folder);
    const earlier = await place.done();
    if (earlier) return earlier;
    if (order.url === undefined) throw new AppError('ERR_INVALID', 'There is no address to fetch from');
    const { url } = await this.#parts.guard.check(order.url, context.signal);
    if (!this.takes(url)) throw new AppError('ERR_INVALID', 'This program is not for this address');
    await place.open();
    return capped(this.#parts.caps, context, async (inner) => {
      const { guard, caps } = this.#parts;
      const { clock, log } = inner;
      const most = new AbortController();
      const tooMuch = (): void => most.abort(tooLarge());
      const proxy = await openGuardProxy({ guard, clock, log, max_bytes: caps.max_bytes, tooMuch });
      try {
        const progress = (news: JobProgress): void => inner.progress(news);
        return await underFirst([inner.signal, most.signal], (signal) =>
          this.#fetch(place, url.href, proxy, order, { signal, clock, log, progress }),
        );
      } finally {
        await proxy.close();
      }
    });
  }

  async #fetch(
    place: Workplace,
    url: string,
    proxy: GuardProxy,
    order: FetchOrder,
    context: FetchContext,
  ): Promise<Fetched> {
    const { caps, program, ffprobe, free } = this.#parts;
    const { clock } = context;
    const run = { url, out: join(place.part, 'out'), temp: join(place.part, 'temp'), proxy: proxy.url, caps };
    await mkdir(run.out, { recursive: true });
    await mkdir(run.temp, { recursive: true });
    const talk = this.#manner.talk(context);
    const end = await this.#watched(place, context, (signal) =>
      runProgram({
        program,
        args: this.#manner.args(run),
        folder: place.part,
        env: this.#manner.env(run),
        signal,
        clock,
        line: (text) => talk.line(text),
      }),
    );
    if (end.code !== 0) throw proxy.refused() > 0 ? refusedInside() : this.#manner.fault(end);
    context.progress({ stage: 'check' });
    // What an earlier run that died here had taken was fetched anew.
    await rm(place.files, { recursive: true, force: true });
    await place.open();
    const files = await takeFiles(place, run.out, caps, { clock, signal: context.signal, ffprobe, free });
    const title = talk.title() ?? files[0]?.path.replace(/\.[^.]+$/, '') ?? order.download_id;
    const size_bytes = files.reduce((sum, file) => sum + file.size_bytes, 0);
    return place.finish({ title: title.slice(0, 200), files, size_bytes });
  }

  /** Looks every second how much was written, and ends the program when it is more than allowed or the disk gets full. */
  async #watched(
    place: Workplace,
    context: FetchContext,
    work: (signal: AbortSignal) => Promise<ProgramEnd>,
  ): Promise<ProgramEnd> {
    const { caps, free } = this.#parts;
    await demandRoom(place.part, 0, caps.reserve_bytes, free);
    const stop = new AbortController();
    const abort = (): void => stop.abort(context.signal.reason);
    context.signal.addEventListener('abort', abort, { once: true });
    const look = async (): Promise<void> => {
      const bytes = await bytesIn(place.part);
      if (bytes > caps.max_bytes) throw tooLarge();
      await demandRoom(place.part, 0, caps.reserve_bytes, free);
      if (!this.#manner.talks) context.progress({ current: bytes, stage: 'download' });
    };
    const timer: Timer = context.clock.every(LOOK_MS, () => {
      look().catch((thrown: unknown) => stop.abort(toError(thrown)));
    });
    try {
      return await work(stop.signal);
    } finally {
      timer.cancel();
      context.signal.removeEventListener('abort', abort);
    }
  }
}

const tooLarge = (): AppError => new AppError('ERR_TOO_LARGE', 'It is larger than allowed (download_max_mb)');

function refusedInside(): AppError {
  return new AppError('ERR_ADDRESS_REFUSED', 'It leads to an address that is not fetched from');
}
