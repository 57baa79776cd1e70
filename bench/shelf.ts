import { join } from 'node:path';
import { Ground } from './ground.js';
import { startLoad, type LoadProcess } from './load-process.js';
import type { CommandAsks } from './load/commands.js';
import { libraryState, untilScanned } from './library-watch.js';
import { makeMusic, makeSound } from './music.js';
import { PARTS } from './songs.js';
import { startTutti } from './tutti.js';

/** A music folder and the state of a server that has scanned it. */
export interface Library {
  readonly musicDir: string;
  readonly dataDir: string;
  readonly tracks: number;
  /** What the scan took. */
  readonly scanMs: number;
}

/** Generated music and scanned libraries: made when the first case asks, shared by the others, gone at the end. */
export class Shelf {
  readonly #ground: Ground;
  #music: Promise<void> | undefined;
  #moreMusic: Promise<void> | undefined;
  #small: Promise<Library> | undefined;
  #large: Promise<Library> | undefined;

  private constructor(ground: Ground) {
    this.#ground = ground;
  }

  static async open(): Promise<Shelf> {
    return new Shelf(await Ground.open());
  }

  /** A folder with 10,000 FLACs. */
  async smallMusic(): Promise<string> {
    await (this.#music ??= this.#make([0]));
    return join(this.#ground.dir, 'music', 'part-0');
  }

  /** A folder with 100,000 FLACs; the small one is part of it. */
  async largeMusic(): Promise<string> {
    await this.smallMusic();
    const rest = Array.from({ length: PARTS.count - 1 }, (_, n) => n + 1);
    await (this.#moreMusic ??= this.#make(rest));
    return join(this.#ground.dir, 'music');
  }

  small(): Promise<Library> {
    return (this.#small ??= this.smallMusic().then((musicDir) => this.#scan('small', musicDir, PARTS.songs)));
  }

  large(): Promise<Library> {
    return (this.#large ??= this.largeMusic().then((musicDir) =>
      this.#scan('large', musicDir, PARTS.songs * PARTS.count),
    ));
  }

  close(): Promise<void> {
    return this.#ground.close();
  }

  async #make(parts: readonly number[]): Promise<void> {
    const sound = await makeSound(this.#ground.dir);
    await makeMusic(join(this.#ground.dir, 'music'), { parts, sound });
  }

  async #scan(name: string, musicDir: string, tracks: number): Promise<Library> {
    const dataDir = join(this.#ground.dir, name);
    const scanMs = await scanOnce(this.#ground, musicDir, dataDir, tracks);
    return { musicDir, dataDir, tracks, scanMs };
  }
}

/** Starts a server on a music folder it does not know yet; milliseconds from listening until everything is in its library. */
export async function scanOnce(
  ground: Ground,
  musicDir: string,
  dataDir: string,
  tracks: number,
): Promise<number> {
  const tutti = await startTutti(ground, { musicDir, dataDir });
  const begun = performance.now();
  const load: LoadProcess<CommandAsks> = startLoad<CommandAsks>(ground, 'commands');
  await load.ask('open', tutti.port, ['library']);
  await untilScanned(load, tutti.spawnedMs);
  const ms = performance.now() - begun;
  const { track_count: found } = await libraryState(load);
  if (found !== tracks) throw new Error(`the scan found ${found} of ${tracks} tracks`);
  await load.stop();
  await tutti.stop();
  return ms;
}
