/** What waits in a thread of its own for the disk, or for names of the network. */
const IN_A_THREAD = /^(?:FSReq|FileHandleCloseReq|GetAddrInfoReq|GetNameInfoReq)/;

/** A disk that is there has answered by then. */
const PATIENCE_MS = 500;
const LOOK_MS = 10;

/**
 * Ends the process. Node waits at its end for the threads that read the disk, and a network disk that is gone holds them for ever: then the process
 * ends as by a signal, which waits for nobody. For systemd SIGTERM is a good end, and SIGKILL is none.
 */
export async function leave(status: number): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    // What has just been answered still counts in this turn of the event loop.
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (!process.getActiveResourcesInfo().some((name) => IN_A_THREAD.test(name))) process.exit(status);
  }
  process.removeAllListeners('SIGTERM');
  process.kill(process.pid, status === 0 ? 'SIGTERM' : 'SIGKILL');
}
