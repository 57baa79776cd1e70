import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Close = () => Promise<void> | void;

/** A temporary folder and everything that was started in it: closed in reverse order, then the folder goes. */
export class Ground {
  readonly dir: string;
  readonly #closers: Close[] = [];

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async open(): Promise<Ground> {
    return new Ground(await mkdtemp(join(tmpdir(), 'tutti-bench-')));
  }

  own<T extends { stop(): Promise<void> }>(started: T): T {
    this.#closers.unshift(() => started.stop());
    return started;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close();
    await rm(this.dir, { recursive: true, force: true });
  }
}
