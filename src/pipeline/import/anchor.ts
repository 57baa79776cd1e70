import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, codeOf, type Logger, randomId, Serial } from '../../base/index.js';
import type { Intake } from '../../library/index.js';
import { type Db, setting } from '../../storage/index.js';
import { type Disk, diskError, isThere, readText } from './disk.js';

/** In the music folder: says that the disk that should be mounted there is. */
const ANCHOR = '.tutti-library';
const SETTING = 'library_anchor';
/** So many known tracks are looked for where the anchor is not. */
const SAMPLE = 20;

export interface AnchorOptions {
  readonly db: Db;
  readonly musicDir: string;
  readonly intake: Intake;
  readonly disk: Disk;
  readonly log: Logger;
}

export interface Ground {
  /** Real path of the music folder. */
  readonly root: string;
  readonly dev: bigint;
}

/** Knows the music folder from the empty folder that stands in its place while its disk is away. */
export class Anchor {
  readonly #options: AnchorOptions;
  readonly #serial = new Serial();

  constructor(options: AnchorOptions) {
    this.#options = options;
  }

  /** Throws ERR_DISK, retryable, while the music folder is not there. */
  async demand(): Promise<Ground> {
    const ground = await this.find();
    if (ground) return ground;
    throw new AppError(
      'ERR_DISK',
      'The music folder is not there, or may not be read (is its disk mounted?)',
      {
        params: { cause: 'no_library' },
      },
    );
  }

  /** Undefined while it is not there. */
  find(): Promise<Ground | undefined> {
    return this.#serial.run(() => this.#find().catch((error: unknown) => this.#lost(error)));
  }

  async #find(): Promise<Ground | undefined> {
    const { musicDir, db } = this.#options;
    const root = await realpath(musicDir);
    const { dev } = await lstat(root, { bigint: true });
    const wanted = setting(db, SETTING).read();
    const said = (await readText(join(root, ANCHOR)))?.trim();
    if (said !== undefined && said !== '' && said === wanted) return { root, dev };
    // An older database, or a new one, knows of no anchor: the one that is there tells that the disk is.
    const isTold = wanted === undefined && said !== undefined && said !== '';
    if (!isTold && !(await this.#isOurs(root, wanted))) return undefined;
    await this.#cast(root, said);
    return { root, dev };
  }

  /** Also a folder that somebody else may read, or whose server does not answer: it keeps nobody from starting. */
  #lost(error: unknown): undefined {
    if (error instanceof AppError || codeOf(error) === '') throw error;
    this.#options.log.debug({ cause: codeOf(error) }, 'music folder cannot be opened');
    return undefined;
  }

  /** A library that is new, or has some of the tracks that are known. */
  async #isOurs(root: string, wanted: string | undefined): Promise<boolean> {
    const { intake } = this.#options;
    if (intake.isEmpty()) return wanted === undefined;
    if ((await readdir(root)).length === 0) return false;
    for (const path of intake.sample(SAMPLE)) if (await isThere(join(root, path))) return true;
    return false;
  }

  async #cast(root: string, said: string | undefined): Promise<void> {
    const { disk, db } = this.#options;
    const id = said !== undefined && /^[a-z0-9]{8,64}$/.test(said) ? said : randomId(24);
    try {
      if (id !== said) await disk.write(join(root, ANCHOR), `${id}\n`, 'anchor');
    } catch (error) {
      throw diskError(error, 'The music folder cannot be written');
    }
    setting(db, SETTING).write(id);
  }
}
