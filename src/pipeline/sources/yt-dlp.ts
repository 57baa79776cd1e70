import * as z from 'zod';
import { AppError } from '../../base/index.js';
import type { ProgramEnd } from './program.js';
import type { ProgramManner, ProgramOrder, ProgramTalk } from './program-source.js';
import type { FetchContext } from './source.js';

const MOST_ITEMS = 200;

const Count = z.number().finite().min(0).nullish();
const Meta = z.object({
  title: z.string().nullish(),
  playlist_title: z.string().nullish(),
  playlist_index: Count,
  filesize: Count,
});
const Progress = z.object({
  status: z.string(),
  downloaded_bytes: Count,
  total_bytes: Count,
  filename: z.string().nullish(),
});

/** yt-dlp as the user has it. Its own configuration, plug-in files, cookies and cache are not looked at. */
export const ytDlp: ProgramManner = {
  kind: 'yt-dlp',
  capabilities: { resume: true, several: true, knows_total: true },
  takes: ({ protocol }) => protocol === 'http:' || protocol === 'https:',
  args: ytDlpArguments,
  env: ({ temp, proxy }) => ({
    HOME: temp,
    XDG_CONFIG_HOME: temp,
    XDG_CACHE_HOME: temp,
    http_proxy: proxy,
    https_proxy: proxy,
  }),
  talk: (context) => new Talk(context),
  talks: true,
  fault: ytDlpFault,
};

/** The address stands behind `--` and begins with http: it is never an option. */
export function ytDlpArguments({ url, out, temp, proxy }: ProgramOrder): string[] {
  if (!/^https?:\/\/[^\s\p{Cc}]+$/iu.test(url)) throw new AppError('ERR_INVALID', 'This is no web address');
  return [
    '--ignore-config', '--no-update', '--no-exec', '--no-playlist', '--no-cache-dir', '--no-cookies',
    '--newline', '--progress', '--no-simulate',
    '--progress-template', 'download:DL %(progress)j', '--progress-template', 'postprocess:PP %(progress)j',
    '--print', 'before_dl:META %(.{id,title,ext,extractor,webpage_url,playlist_index,playlist_title,filesize})j',
    '--print', 'after_move:DONE %(.{id,title,ext,filepath,extractor,webpage_url})j',
    '--proxy', proxy, '--downloader', 'native', '--socket-timeout', '30', '--retries', '5',
    '--playlist-end', String(MOST_ITEMS),
    '-x', '--audio-format', 'best', '--write-info-json', '--windows-filenames',
    '-P', out, '-P', `temp:${temp}`, '-o', '%(playlist_index|0)s-%(title).80B.%(ext)s',
    '--', url,
  ]; // prettier-ignore
}

/** Lines that begin with a word of ours; whatever else it prints is passed over. */
class Talk implements ProgramTalk {
  readonly #context: FetchContext;
  /** Bytes of each file it writes. */
  readonly #bytes = new Map<string, { readonly have: number; readonly all: number | undefined }>();
  #title: string | undefined;
  #playlist: string | undefined;
  #count = 0;

  constructor(context: FetchContext) {
    this.#context = context;
  }

  line(text: string): void {
    const [, word, json = ''] = /^(DL|META) (\{.*\})$/.exec(text) ?? [];
    if (word === 'META') this.#meta(parsed(json, Meta));
    else if (word === 'DL') this.#progress(parsed(json, Progress));
  }

  title(): string | undefined {
    return this.#playlist ?? (this.#count === 1 ? this.#title : undefined);
  }

  #meta(said: z.output<typeof Meta> | undefined): void {
    if (!said) return;
    this.#count++;
    this.#title = clean(said.title);
    this.#playlist ??= clean(said.playlist_title);
    const message = this.title() ?? '';
    this.#context.progress({ stage: 'download', message });
  }

  #progress(said: z.output<typeof Progress> | undefined): void {
    if (!said || this.#bytes.size >= MOST_ITEMS * 4) return;
    const have = Math.floor(said.downloaded_bytes ?? 0);
    const all = said.total_bytes ? Math.floor(said.total_bytes) : undefined;
    this.#bytes.set(said.filename ?? '', { have, all });
    const files = [...this.#bytes.values()];
    const current = files.reduce((sum, file) => sum + file.have, 0);
    // Of several files the rest is not known.
    const total = files.length === 1 ? (files[0]?.all ?? 0) : 0;
    this.#context.progress({ current, total, stage: 'download' });
  }
}

function parsed<T>(json: string, schema: z.ZodType<T>): T | undefined {
  try {
    const said = schema.safeParse(JSON.parse(json));
    return said.success ? said.data : undefined;
  } catch {
    return undefined;
  }
}

function clean(text: string | null | undefined): string | undefined {
  const plain = (text ?? '').replace(/\p{Cc}/gu, ' ').trim();
  return plain === '' ? undefined : plain.slice(0, 200);
}

/** What its words mean: the code says no more than that there was an error. */
export function ytDlpFault({ code, complaint }: ProgramEnd): AppError {
  if (code === 2) return never('This yt-dlp does not understand how it is called: it is too old or too new');
  const status = Number(/HTTP Error (\d{3})/.exec(complaint)?.[1] ?? 0);
  if (status === 404 || status === 410) return never('There is nothing at this address (yt-dlp)');
  if (status === 401) return never('yt-dlp was not let in');
  if (/Unsupported URL|is not a valid URL/.test(complaint)) return never('yt-dlp does not know this address');
  const line = complaint.split('\n').findLast((text) => text.startsWith('ERROR:')) ?? '';
  const plain = line
    .replace(/\bhttps?:\S+/g, '')
    .replace(/\p{Cc}/gu, ' ')
    .slice(7, 160)
    .trim();
  return new AppError('ERR_SOURCE', `yt-dlp could not fetch it${plain === '' ? '' : `: ${plain}`}`);
}

const never = (sentence: string): AppError => new AppError('ERR_SOURCE', sentence, { retryable: false });
