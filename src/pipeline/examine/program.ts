import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { AppError, type Clock, within } from '../../base/index.js';

export interface ProgramRun {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly program: string;
  readonly args: readonly string[];
  /** It is killed after this. */
  readonly timeoutMs: number;
}

export interface ProgramEnd {
  /** 128 + the number of the signal where one ended it. */
  readonly code: number;
  /** The first 64 KB of each. */
  readonly stdout: string;
  readonly stderr: string;
}

const KEEP_BYTES = 64 * 1024;
const KILLED = 137;

/** Thrown when a program is not installed. */
export class NoProgram extends AppError {
  constructor(readonly program: string) {
    super('ERR_NOT_SUPPORTED', `the program ${program} is not installed`);
  }
}

/** Runs a program of low priority that is not trusted to end or to be brief, without a shell. */
export async function runProgram({
  clock,
  signal,
  program,
  args,
  timeoutMs,
}: ProgramRun): Promise<ProgramEnd> {
  return await within({ clock, what: program, ms: timeoutMs, code: 'ERR_BUSY', signal }, (stop) => {
    const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    lower(child.pid);
    const kept = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (kept[name].length < KEEP_BYTES) kept[name] += text.slice(0, KEEP_BYTES - kept[name].length);
      });
    stop.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
    return new Promise<ProgramEnd>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ENOENT' ? new NoProgram(program) : error),
      );
      child.once('close', (code) => resolve({ ...kept, code: code ?? KILLED }));
    });
  });
}

/** Music that plays comes first. */
function lower(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, 10);
  } catch {
    // It has ended already: there is nothing left to lower.
  }
}
