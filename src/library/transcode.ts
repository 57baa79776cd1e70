import { spawn } from 'node:child_process';
import { PassThrough, type Readable } from 'node:stream';
import { AppError } from '../base/index.js';

/** `s16le`: bare samples of 48 kHz stereo, for programs that play them by a clock of their own. */
export type TranscodeTarget = 'flac' | 'mp3' | 's16le';

export interface TranscodeOptions {
  readonly path: string;
  readonly to: TranscodeTarget;
  readonly startSeconds?: number;
  /** Aborting kills ffmpeg; so does destroying the stream. */
  readonly signal: AbortSignal;
  /** The program; `ffmpeg` from the path by default. */
  readonly ffmpeg?: string;
}

export interface Transcode {
  readonly stream: Readable;
  readonly mime: string;
  /** Resolves when ffmpeg has ended and all was read or dropped; rejects with ERR_UNPLAYABLE when it failed by itself. */
  readonly done: Promise<void>;
}

const MIME = { flac: 'audio/flac', mp3: 'audio/mpeg', s16le: 'application/octet-stream' } as const;
const CODEC = {
  flac: ['-c:a', 'flac', '-compression_level', '2', '-f', 'flac'],
  mp3: ['-c:a', 'libmp3lame', '-b:a', '320k', '-f', 'mp3'],
  s16le: ['-c:a', 'pcm_s16le', '-ar', '48000', '-ac', '2', '-f', 's16le'],
} as const;

/** The arguments for ffmpeg. The path stands behind `file:`, so that no name is an option or a protocol. */
export function transcodeArguments({ path, to, startSeconds = 0 }: TranscodeOptions): string[] {
  return [
    '-nostdin', '-hide_banner', '-loglevel', 'error', '-protocol_whitelist', 'file,pipe',
    ...(startSeconds > 0 ? ['-ss', startSeconds.toFixed(3)] : []),
    '-i', `file:${path}`,
    '-map', '0:a:0', '-vn', '-sn', '-dn', '-map_metadata', '-1',
    ...CODEC[to],
    'pipe:1',
  ]; // prettier-ignore
}

/**
 * A file as FLAC, MP3 or samples, from a position on, as fast as it is read. ffmpeg lives no longer than the stream; the stream ends well only
 * when ffmpeg did.
 */
export function transcodeStream(options: TranscodeOptions): Transcode {
  const { signal } = options;
  const child = spawn(options.ffmpeg ?? 'ffmpeg', transcodeArguments(options), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stream = new PassThrough();
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < 500) complaint += text;
  });
  const abort = (): void => void stream.destroy();
  stream.once('close', () => child.kill('SIGKILL'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  child.stdout.pipe(stream, { end: false });
  const done = new Promise<void>((resolve, reject) => {
    const end = (error?: AppError): void => {
      signal.removeEventListener('abort', abort);
      if (stream.destroyed) return resolve();
      if (!error) {
        stream.end();
        return resolve();
      }
      stream.destroy(error);
      reject(error);
    };
    child.once('error', (cause) =>
      end(new AppError('ERR_UNPLAYABLE', 'ffmpeg cannot be started', { cause })),
    );
    child.once('close', (code) =>
      end(
        code === 0 ? undefined : new AppError('ERR_UNPLAYABLE', `ffmpeg gave up: ${complaint.slice(0, 200)}`),
      ),
    );
  });
  // Whoever reads the stream learns of it there; nobody has to wait here.
  done.catch(() => undefined);
  return { stream, mime: MIME[options.to], done };
}
