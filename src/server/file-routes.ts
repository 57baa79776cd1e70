import { open, type FileHandle } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import * as z from 'zod';
import { AppError } from '../base/index.js';
import { byteRange, etagMatches, quotedEtag } from './byte-range.js';
import type { ArtworkFile, MediaFile, ServerParts } from './parts.js';
import { invalid } from './wire-errors.js';

const Token = z.object({ token: z.string().min(1).max(1024) });
const MediaQuery = z.object({ offset_seconds: z.coerce.number().min(0).max(10_000_000).default(0) });
const ArtworkParams = z.object({ id: z.string().min(1).max(128) });
const ArtworkQuery = z.object({ size: z.coerce.number().int().min(16).max(2048).default(320) });
const TRANSCODED = { flac: 'audio/flac', mp3: 'audio/mpeg', s16le: 'application/octet-stream' } as const;
/** Samples are asked for by pages that play along, and read as slowly as they are heard: so many at once. [LS2] */
const MOST_LISTENERS = 8;
/** Who reads nothing for so long has gone without a word. */
const IDLE_MS = 60_000;

export interface FileParts
  extends Required<Pick<ServerParts, 'media' | 'artwork'>>, Pick<ServerParts, 'transcode'> {
  /** Who asks for music. */
  asked?(this: void, request: FastifyRequest): void;
}

/** Files for players and pages: `/media/<token>` and `/artwork/<id>?size=`. [MD1] [AR1] */
export function fileRoutes(app: FastifyInstance, parts: FileParts): void {
  const listeners = new Set<FastifyRequest>();
  // HEAD is ours: the one fastify adds would read the file to its end and forget its length.
  const route = (url: string, handler: RouteHandlerMethod): void =>
    void app.route({ method: ['GET', 'HEAD'], exposeHeadRoute: false, url, handler });
  route('/media/:token', async (request, reply) => {
    const { token } = check(Token, request.params);
    const { offset_seconds } = check(MediaQuery, request.query);
    const file = parts.media(token);
    parts.asked?.(request);
    void reply.header('cache-control', 'private, max-age=0, must-revalidate');
    if (file.transcode === 's16le' && request.method === 'GET') admit(listeners, request, reply);
    if (file.transcode !== undefined) return transcoded(parts, file, offset_seconds, request, reply);
    return sendFile(file, request, reply);
  });
  route('/artwork/:id', async (request, reply) => {
    const { id } = check(ArtworkParams, request.params);
    const { size } = check(ArtworkQuery, request.query);
    const file = await parts.artwork(id, size);
    if (!file) throw new AppError('ERR_NOT_FOUND', 'There is no such picture');
    void reply.header('cache-control', 'public, max-age=31536000, immutable');
    return sendFile(file, request, reply);
  });
}

function check<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}

/** The whole file or the range that is asked for. */
export async function sendFile(
  file: MediaFile | ArtworkFile,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const etag = quotedEtag(file.etag);
  const handle = await openFile(file.path);
  try {
    const { size } = await handle.stat();
    void reply.headers({ etag, 'accept-ranges': 'bytes' });
    if (etagMatches(request.headers['if-none-match'], etag)) {
      await handle.close();
      return await reply.code(304).send();
    }
    const ifRange = request.headers['if-range'];
    const usable = ifRange === undefined || (ifRange === etag && !etag.startsWith('W/'));
    const range = usable ? byteRange(request.headers.range, size) : 'whole';
    if (range === 'unsatisfiable') {
      await handle.close();
      return await reply.code(416).header('content-range', `bytes */${size}`).send();
    }
    const { start, end } = range === 'whole' ? { start: 0, end: size - 1 } : range;
    void reply.headers({ 'content-type': file.mime, 'content-length': end - start + 1 });
    if (range !== 'whole') void reply.code(206).header('content-range', `bytes ${start}-${end}/${size}`);
    return await sendBytes(handle, { start, end }, request, reply);
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

async function sendBytes(
  handle: FileHandle,
  { start, end }: { start: number; end: number },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (request.method === 'HEAD' || end < start) {
    await handle.close();
    return reply.send(request.method === 'HEAD' ? undefined : '');
  }
  return reply.send(handle.createReadStream({ start, end, autoClose: true }));
}

/** A file that is gone or unreadable is no secret worth a path: the client learns only that it is not there. */
async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw new AppError('ERR_NOT_FOUND', 'The file is not there any more', { cause });
  }
}

/** A place for one who plays along, until the connection ends or nothing was read for long. */
function admit(listeners: Set<FastifyRequest>, request: FastifyRequest, reply: FastifyReply): void {
  if (listeners.size >= MOST_LISTENERS)
    throw new AppError('ERR_BUSY', 'Too many browsers play along already', { retryable: true });
  listeners.add(request);
  reply.raw.setTimeout(IDLE_MS, () => reply.raw.destroy());
  reply.raw.once('close', () => listeners.delete(request));
}

/** Made while it is sent, so its length is unknown and it has no ranges; `offset_seconds` starts it later. [MD3] */
function transcoded(
  parts: FileParts,
  file: MediaFile,
  offsetSeconds: number,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (!parts.transcode || file.transcode === undefined)
    throw new AppError('ERR_NOT_SUPPORTED', 'This server cannot convert music; ffmpeg is missing');
  void reply.headers({ 'content-type': TRANSCODED[file.transcode], 'accept-ranges': 'none' });
  if (request.method === 'HEAD') return reply.send();
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return reply.send(parts.transcode(file, offsetSeconds, controller.signal));
}
