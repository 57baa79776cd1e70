import { LibraryState } from '../src/protocol/index.js';
import type { LoadProcess } from './load-process.js';
import type { CommandAsks } from './load/commands.js';
import { pause } from './program.js';

const SCAN_MS = 240_000;

/** What the server last said about its library; the client must have subscribed to it. */
export async function libraryState(load: LoadProcess<CommandAsks>): Promise<LibraryState> {
  return LibraryState.parse(await load.ask('latest', 'library'));
}

/**
 * Resolves when no scan runs and one has ended since `sinceMs` on the wall clock: the state a server starts with is that of its life before.
 */
export async function untilScanned(load: LoadProcess<CommandAsks>, sinceMs: number): Promise<void> {
  const deadline = performance.now() + SCAN_MS;
  while (performance.now() < deadline) {
    const { scan } = await libraryState(load);
    const finishedMs = scan.finished_at === undefined ? 0 : Date.parse(scan.finished_at);
    if (scan.state === 'idle' && finishedMs >= sinceMs) return;
    await pause(20);
  }
  throw new Error(`the scan did not end within ${SCAN_MS} ms`);
}
