import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { AppError, within, type Clock } from '../../base/index.js';
import type { ErrorCode } from '../../protocol/index.js';

export interface RunOptions {
  /** The program. */
  readonly program: string;
  readonly args: readonly string[];
  /** Open files that it has as 0 and 3: names of files of the music folder are never arguments. */
  readonly input?: number | undefined;
  readonly picture?: number | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Named in the error when it takes longer than `ms`. */
  readonly what: string;
  readonly ms: number;
  /** Of that error; ERR_BUSY by default. */
  readonly code?: ErrorCode;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What it wrote to file 4. */
  readonly extra: string;
}

const MOST_TEXT = 64 * 1024;

/** A helper program to its end; killed when the signal aborts or the time is over. Its files 1, 2 and 4 are read, the last 64 kB of each. */
export function runProgram(options: RunOptions): Promise<Ran> {
  const { program, args, input, picture, clock, signal, what, ms, code: late = 'ERR_BUSY' } = options;
  return within({ clock, what, ms, code: late, signal }, async (stop) => {
    const child = spawn(program, args, {
      stdio: [input ?? 'ignore', 'pipe', 'pipe', picture ?? 'ignore', 'pipe'],
      env: { LC_ALL: 'C.UTF-8', PATH: '/usr/local/bin:/usr/bin:/bin' },
    });
    if (child.pid !== undefined) giveWay(child.pid);
    const kill = (): void => void child.kill('SIGKILL');
    stop.addEventListener('abort', kill, { once: true });
    const texts = [child.stdout, child.stderr, child.stdio[4] as Readable].map(gather);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) =>
        reject(new AppError('ERR_INTERNAL', `${program} cannot be started: install it`, { cause })),
      );
      child.once('close', resolve);
    }).finally(() => stop.removeEventListener('abort', kill));
    const [stdout = '', stderr = '', extra = ''] = texts.map((text) => text());
    return { code, stdout, stderr, extra };
  });
}

/** Music that plays comes first. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, 10);
  } catch {
    // It has ended already, or this system does not allow it: then it takes its turn like everything else.
  }
}

function gather(stream: Readable | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-MOST_TEXT);
  });
  return () => text;
}

const START = ['-nostdin', '-hide_banner', '-v', 'error', '-protocol_whitelist', 'file,pipe'];
const INPUT = ['-i', 'file:/dev/fd/0'];
const PICTURE = ['-i', 'file:/dev/fd/3'];
/** Samples of every depth up to 24 bits as they are, in front of zeros: the same sound gives the same sum. */
const SUM = ['-c:a', 'pcm_s32le', '-f', 'md5', 'pipe:4'];
const ENCODE = {
  lossless: ['-c:a', 'flac', '-compression_level', '5', '-f', 'flac'],
  lossy: ['-c:a', 'libmp3lame', '-q:a', '0', '-id3v2_version', '4', '-f', 'mp3'],
} as const;

export interface EncodeOptions {
  readonly making: 'lossless' | 'lossy';
  readonly tagsInStream: boolean;
  readonly tags: Readonly<Record<string, string | undefined>>;
  readonly withPicture: boolean;
  readonly target: string;
}

/** From file 0 to `target`: tags of the source, those of the library over them, the picture of file 3. The sum of the samples goes to file 4. */
export function encodeArguments({
  making,
  tagsInStream,
  tags,
  withPicture,
  target,
}: EncodeOptions): string[] {
  const given = Object.entries(tags).flatMap(([name, value]) =>
    value === undefined ? [] : ['-metadata', `${name}=${value.replace(/\p{Cc}/gu, ' ').slice(0, 1000)}`],
  );
  return [
    ...START, '-xerror', ...INPUT, ...(withPicture ? PICTURE : []),
    '-map', '0:a:0',
    ...(withPicture ? ['-map', '1:v:0', '-c:v', 'copy', '-disposition:v:0', 'attached_pic', '-metadata:s:v:0', 'comment=Cover (front)'] : []),
    '-map_metadata', tagsInStream ? '0:s:a:0' : '0', '-map_chapters', '-1', ...given,
    ...ENCODE[making], '-fflags', '+bitexact', '-flags:a', '+bitexact', '-progress', 'pipe:1', '-nostats', `file:${target}`,
    ...(making === 'lossless' ? ['-map', '0:a:0', ...SUM] : []),
  ]; // prettier-ignore
}

/** Decodes file 0 to the end; what it says on file 1 ends with how long it is. */
export function decodeArguments(withSum: boolean): string[] {
  const sink = withSum ? SUM : ['-f', 'null', '/dev/null'];
  return [...START, '-xerror', ...INPUT, '-map', '0:a:0', '-progress', 'pipe:1', '-nostats', ...sink];
}

/** The first picture of file 0 as a JPEG that players of every kind can show. */
export function coverArguments(target: string): string[] {
  return [
    ...START, '-max_pixels', '60000000', ...INPUT, '-map', '0:v:0', '-frames:v', '1', '-map_metadata', '-1',
    '-vf', "scale=w='min(1200,iw)':h='min(1200,ih)':force_original_aspect_ratio=decrease",
    '-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj420p', '-fflags', '+bitexact', '-flags:v', '+bitexact', '-f', 'mjpeg', `file:${target}`,
  ]; // prettier-ignore
}

/** How much sound went through, from what `-progress` says; undefined when it says nothing. */
export function soundSeconds(progress: string): number | undefined {
  const times = [...progress.matchAll(/^out_time_us=(\d+)$/gm)];
  const last = times.at(-1)?.[1];
  return last === undefined ? undefined : Number(last) / 1e6;
}

/** Complaints about sound; those about pictures do not matter here. */
export function complaints(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\[(?:mjpeg|png|gif|bmp|webp|tiff|image2)[ @]/.test(line))
    .join('\n');
}

export const soundSum = (extra: string): string | undefined => /MD5=([0-9a-f]{32})/.exec(extra)?.[1];
