import { spawn } from 'node:child_process';
import { deferred, toError } from '../base/index.js';
import { EventStream, type RawEvent, type WordBytes } from './event-stream.js';

export interface EventFile {
  /** Resolves once it is over, with the reason; never rejects. */
  readonly closed: Promise<Error>;
  close(): Promise<void>;
}

const MAX_SAID = 300;

/** `cat: /dev/input/event3: Operation not permitted` -> the last of it. */
function lastWords(text: string): string {
  return text.trim().split(': ').at(-1) ?? '';
}

/**
 * Hears an event file until it is gone. A read of such a file waits for the next key: in this process it would occupy, for as long as
 * nobody presses anything, one of the four threads that read the disk, and could not be taken back. So a `cat` waits for it.
 */
export function hearEvents(
  path: string,
  wordBytes: WordBytes,
  heard: (events: readonly RawEvent[]) => void,
): EventFile {
  const over = deferred<Error>();
  const stream = new EventStream(wordBytes);
  const child = spawn('cat', ['--', path], { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
  let closing = false;
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (closing) return;
    const events = stream.push(chunk);
    if (events.length > 0) heard(events);
  });
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(0, MAX_SAID)));
  child.once('error', (error) => over.resolve(toError(error)));
  child.once('close', () => over.resolve(new Error(lastWords(said) || 'it ended')));
  return {
    closed: over.promise,
    async close() {
      closing = true;
      child.kill('SIGKILL');
      await over.promise;
    },
  };
}
