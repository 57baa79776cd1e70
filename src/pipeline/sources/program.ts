import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, deferred, toError, type Clock } from '../../base/index.js';

export interface ProgramRun {
  /** Absolute path, or a name that is in one of the usual folders. */
  readonly program: string;
  readonly args: readonly string[];
  /** The folder it works in and may write to; its number is kept there, so that the next run ends one that outlived us. */
  readonly folder: string;
  /** In its environment, besides a path and a language. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** One line of its standard output, without the end. */
  line(this: void, text: string): void;
}

export interface ProgramEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** The end of what it complained about. */
  readonly complaint: string;
}

/** Longer lines are thrown away. */
const MAX_LINE = 65_536;
const MAX_COMPLAINT = 8192;
/** Between the word and the axe. */
const GRACE_MS = 3_000;
const USUAL_FOLDERS = '/usr/local/bin:/usr/bin:/bin';
const PID_FILE = 'program.pid';

/**
 * Runs a program without a shell, in a process group of its own that ends as a whole: with the signal, and when the program ends before its
 * children. Rejects with the reason of the signal, or with ERR_NOT_SUPPORTED when it cannot be started.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  if (run.args.some((arg) => arg.includes('\0')))
    throw new AppError('ERR_INVALID', 'An argument cannot hold NUL');
  await endLeftover(run.folder);
  run.signal.throwIfAborted();
  const child = start(run);
  const pidFile = join(run.folder, PID_FILE);
  const ended = endOf(child);
  const stop = stopping(child, run);
  const complaint = tail(child.stderr);
  eachLine(child.stdout, run.line);
  run.signal.addEventListener('abort', stop.begin, { once: true });
  try {
    if (child.pid !== undefined) await writeFile(pidFile, String(child.pid));
    if (run.signal.aborted) stop.begin();
    const code = await ended;
    if (run.signal.aborted) throw toError(run.signal.reason);
    return { code, complaint: complaint() };
  } finally {
    run.signal.removeEventListener('abort', stop.begin);
    stop.end();
    kill(child.pid, 'SIGKILL');
    await rm(pidFile, { force: true });
  }
}

function start({ program, args, folder, env }: ProgramRun): ChildProcess {
  const own = program.includes('/') ? `${dirname(program)}:` : '';
  return spawn(program, args, {
    cwd: folder,
    detached: true,
    shell: false,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: own + USUAL_FOLDERS, LANG: 'C.UTF-8', PYTHONUTF8: '1', PYTHONUNBUFFERED: '1', ...env },
  });
}

function endOf(child: ChildProcess): Promise<number | null> {
  const ended = deferred<number | null>();
  child.once('error', (cause) =>
    ended.reject(new AppError('ERR_NOT_SUPPORTED', 'The program cannot be started', { cause })),
  );
  child.once('close', (code) => ended.resolve(code));
  return ended.promise;
}

/** First the word, then the axe; a child that keeps our end of the pipes open does not keep us. */
function stopping(
  child: ChildProcess,
  { clock }: ProgramRun,
): { begin(this: void): void; end(this: void): void } {
  let timer: ReturnType<Clock['after']> | undefined;
  return {
    begin: () => {
      kill(child.pid, 'SIGTERM');
      timer ??= clock.after(GRACE_MS, () => {
        kill(child.pid, 'SIGKILL');
        child.stdout?.destroy();
        child.stderr?.destroy();
      });
    },
    end: () => timer?.cancel(),
  };
}

/** The whole group; one that is gone is gone. */
function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}

/** A process that was killed does not take its programs along: what still writes in this folder ends before anything else writes there. */
async function endLeftover(folder: string): Promise<void> {
  const pid = Number(await readFile(join(folder, PID_FILE), 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1) return;
  const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (words.includes(folder)) kill(pid, 'SIGKILL');
}

function eachLine(stream: ChildProcess['stdout'], line: (text: string) => void): void {
  let rest = '';
  let dropping = false;
  stream?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      if (!dropping && part.length <= MAX_LINE) line(part.replace(/\r$/, ''));
      dropping = false;
    }
    if (rest.length <= MAX_LINE) return;
    rest = '';
    dropping = true;
  });
  stream?.on('end', () => {
    if (rest !== '' && !dropping) line(rest);
  });
}

function tail(stream: ChildProcess['stderr']): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-MAX_COMPLAINT);
  });
  return () => text;
}
