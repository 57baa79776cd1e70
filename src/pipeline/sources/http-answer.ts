import * as z from 'zod';
import { AppError } from '../../base/index.js';
import { nameInDisposition } from './file-name.js';
import type { WebAnswer } from '../../net/index.js';

/** What is kept beside a part, so that the next run can go on with it. */
export const PartNote = z.object({
  url: z.string(),
  /** So many bytes are surely on disk. */
  synced_bytes: z.int().min(0),
  total_bytes: z.int().min(0).optional(),
  /** What proves that the server still means the same file. */
  etag: z.string().optional(),
  last_modified: z.string().optional(),
  /** What the file is called, where the server says so. */
  name: z.string().optional(),
  /** Where it came from in the end. */
  from_url: z.string(),
});
export type PartNote = z.infer<typeof PartNote>;

/** What an answer means for a part of `have` bytes. */
export type Meaning =
  | { readonly go: 'on' | 'anew'; readonly note: PartNote }
  | { readonly go: 'whole' }
  | { readonly go: 'restart' };

/** Audio and video, and what servers say who do not know. */
const TAKEN =
  /^(?:audio|video)\/|^application\/(?:ogg|octet-stream|x-flac|mp4|x-matroska|x-download|force-download)$|^binary\/octet-stream$/;
const ARCHIVE =
  /^application\/(?:zip|x-zip-compressed|x-7z-compressed|x-rar-compressed|vnd\.rar|x-tar|gzip|x-gzip)$/;

/** The headers to go on with a part, when there is something to hold the server to. */
export function rangeHeaders(note: PartNote | undefined, have: number): Record<string, string> {
  const proof = note?.etag ?? note?.last_modified;
  if (have === 0 || proof === undefined) return {};
  return { range: `bytes=${have}-`, 'if-range': proof };
}

/** Throws when there is nothing to be had, with `retryable` where that may change. */
export function meaningOf(
  answer: WebAnswer,
  { url, have, note }: { readonly url: string; readonly have: number; readonly note: PartNote | undefined },
): Meaning {
  if (answer.status === 416) {
    const total = /^bytes \*\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1];
    const whole = have > 0 && Number(total) === have && (note?.total_bytes ?? have) === have;
    return { go: whole ? 'whole' : 'restart' };
  }
  if (answer.status !== 200 && answer.status !== 206) throw statusFault(answer.status);
  refuseType(answer);
  if (answer.status === 206) return continued(answer, url, have, note);
  const fresh = { url, synced_bytes: 0, ...said(answer), ...lengthOf(answer.headers['content-length']) };
  return { go: 'anew', note: fresh };
}

/** A range counts only when it is exactly the one that was asked for, of a file as long as before. */
function continued(answer: WebAnswer, url: string, have: number, note: PartNote | undefined): Meaning {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers['content-range'] ?? '') ?? [];
  if (note === undefined || start === undefined || Number(start) !== have) return { go: 'restart' };
  const whole = lengthOf(total).total_bytes ?? note.total_bytes;
  if (note.total_bytes !== undefined && whole !== note.total_bytes) return { go: 'restart' };
  const { etag } = said(answer);
  if (etag !== undefined && note.etag !== undefined && etag !== note.etag) return { go: 'restart' };
  return { go: 'on', note: { ...note, url, ...(whole !== undefined && { total_bytes: whole }) } };
}

function said({ headers, url }: WebAnswer): Pick<PartNote, 'etag' | 'last_modified' | 'name' | 'from_url'> {
  const { etag, 'last-modified': last_modified, 'content-disposition': disposition } = headers;
  const name = nameInDisposition(disposition);
  // A weak one does not promise the same bytes.
  const strong = etag !== undefined && /^"[\x21\x23-\x7e]{1,500}"$/.test(etag) ? etag : undefined;
  return {
    from_url: url.href,
    ...(strong !== undefined && { etag: strong }),
    ...(last_modified !== undefined && { last_modified }),
    ...(name !== undefined && { name }),
  };
}

function lengthOf(text: string | undefined): { total_bytes?: number } {
  const bytes = text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  return bytes === undefined ? {} : { total_bytes: bytes };
}

function refuseType({ headers }: WebAnswer): void {
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding !== 'identity')
    throw never('The server sends the file packed in a way that nobody asked for');
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === '' || TAKEN.test(type)) return;
  if (ARCHIVE.test(type))
    throw never('This is an archive, and archives are not unpacked: unpack it and upload the folder');
  if (type.startsWith('text/html') || type === 'application/xhtml+xml')
    throw never('This address is a web page, not a music file');
  throw never(`The server says that this is no music but ${type.slice(0, 60)}`);
}

function statusFault(status: number): AppError {
  if (status === 404 || status === 410) return never('The server has no such file');
  if (status === 401 || status === 403) return never('The server does not let us have this file');
  if (status === 429 || status === 408 || status >= 500)
    return new AppError('ERR_SOURCE', `The server cannot answer now (${status})`);
  return never(`The server answers ${status}`);
}

/** What will be the same the next time. */
function never(sentence: string): AppError {
  return new AppError('ERR_SOURCE', sentence, { retryable: false });
}
