import { execFile } from 'node:child_process';
import * as z from 'zod';
import { AppError, toError, within, type Clock } from '../../base/index.js';
import { extensionOf } from './file-name.js';

/** What ffprobe says of a file that has sound. */
export interface Sound {
  readonly format: string;
  readonly codec: string;
  readonly duration_seconds: number | undefined;
}

export interface ProbeOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The program; `ffprobe` from the path by default. */
  readonly ffprobe?: string | undefined;
}

const PROBE_MS = 60_000;
const MAX_ANSWER = 256 * 1024;
/** What a file may be. No playlists among them: a list can name anything, and ffprobe would open it. */
const FORMATS =
  'flac,mp3,mov,mp4,m4a,3gp,3g2,mj2,ogg,wav,w64,aiff,wv,ape,matroska,webm,asf,aac,dsf,iff,tta,mpc,mpc8,tak,caf,ac3,eac3,dts,au,avi,flv,mpegts,mpeg,amr';
/** Format as ffprobe names it -> extensions that fit, the usual one first. */
const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  flac: ['flac'],
  mp3: ['mp3'],
  'mov,mp4,m4a,3gp,3g2,mj2': ['m4a', 'mp4', 'm4b', 'mov', '3gp', 'aac', 'alac'],
  ogg: ['ogg', 'oga', 'opus', 'spx', 'ogv'],
  wav: ['wav', 'wave'],
  w64: ['w64'],
  aiff: ['aiff', 'aif', 'aifc'],
  wv: ['wv'],
  ape: ['ape'],
  'matroska,webm': ['mka', 'webm', 'mkv', 'weba'],
  asf: ['wma', 'asf', 'wmv'],
  aac: ['aac'],
  dsf: ['dsf'],
  iff: ['dff'],
  tta: ['tta'],
  mpc: ['mpc'],
  mpc8: ['mpc'],
  tak: ['tak'],
  caf: ['caf'],
};

const Answer = z.object({
  streams: z
    .array(
      z.object({
        codec_type: z.string().optional(),
        codec_name: z.string().optional(),
        sample_rate: z.string().optional(),
        channels: z.int().optional(),
      }),
    )
    .default([]),
  format: z.object({ format_name: z.string(), duration: z.string().optional() }).optional(),
});

/** Whether a file holds sound, and what it is. Undefined when it holds none, or nothing that is known. */
export async function probe(path: string, options: ProbeOptions): Promise<Sound | undefined> {
  const said = await ask(path, options);
  if (said === undefined) return undefined;
  const { streams, format } = said;
  // By its name alone ffprobe takes any text for sound; only what it could read has a rate and channels.
  const codec = streams.find(
    ({ codec_type, sample_rate, channels = 0 }) =>
      codec_type === 'audio' && Number(sample_rate) > 0 && channels > 0,
  )?.codec_name;
  if (codec === undefined || format === undefined) return undefined;
  const seconds = Number(format.duration);
  const duration_seconds = Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
  return { format: format.format_name, codec, duration_seconds };
}

/** The name with the extension of what it really is, when it says something else. */
export function fittingName(name: string, { format, codec }: Sound): string {
  const fitting = EXTENSIONS[format];
  const has = extensionOf(name);
  if (fitting === undefined || fitting.includes(has)) return name;
  const usual = codec === 'opus' && format === 'ogg' ? 'opus' : (fitting[0] ?? format);
  const known = Object.values(EXTENSIONS).some((list) => list.includes(has));
  return `${known ? name.slice(0, -has.length - 1) : name}.${usual}`;
}

async function ask(
  path: string,
  { clock, signal, ffprobe = 'ffprobe' }: ProbeOptions,
): Promise<z.output<typeof Answer> | undefined> {
  const args = [
    '-v', 'error', '-protocol_whitelist', 'file,pipe', '-format_whitelist', FORMATS,
    '-show_entries', 'format=format_name,duration:stream=codec_type,codec_name,sample_rate,channels', '-of', 'json',
    '-i', `file:${path}`,
  ]; // prettier-ignore
  const limit = { clock, signal, what: 'looking at a file', ms: PROBE_MS, code: 'ERR_SOURCE' } as const;
  const text = await within(
    limit,
    (stop) =>
      new Promise<string | undefined>((resolve, reject) => {
        const options = { signal: stop, maxBuffer: MAX_ANSWER, killSignal: 'SIGKILL' } as const;
        execFile(ffprobe, args, options, (error, stdout) => {
          if (!error) return resolve(stdout);
          if (stop.aborted) return reject(toError(stop.reason));
          if (error.code === 'ENOENT' || error.code === 'EACCES')
            return reject(
              new AppError('ERR_NOT_SUPPORTED', 'ffprobe is missing: install ffmpeg', { cause: error }),
            );
          resolve(undefined);
        });
      }),
  );
  if (text === undefined) return undefined;
  const parsed = Answer.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}
