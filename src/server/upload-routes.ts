import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { AppError } from '../base/index.js';
import { allows, Id, MAX_UPLOAD_FILES, type Caller } from '../protocol/index.js';
import type { CommandRates } from './command-rates.js';
import type { HttpPeople } from './http-people.js';
import { invalid } from './wire-errors.js';

/** A piece of one file of an upload that was announced by `upload:begin`. */
export interface UploadedPiece {
  readonly download_id: string;
  readonly n: number;
  readonly offset: number;
  readonly bytes: AsyncIterable<Buffer | Uint8Array>;
  readonly caller: Caller;
}

/** Takes a piece to disk; gives how much of the file is there. */
export type TakePiece = (piece: UploadedPiece) => Promise<number>;

/** For a process that keeps no files. */
export const noUploads: TakePiece = async () => {
  throw new AppError('ERR_NOT_SUPPORTED', 'Uploads go to the server itself, not to a gateway');
};

/** Of one request. A page that sends less at once loses less when its line breaks. */
export const MAX_PIECE_BYTES = 8 * 1024 * 1024;

const Params = z.object({ download_id: Id, n: z.coerce.number().int().min(0).max(MAX_UPLOAD_FILES) });
const Query = z.strictObject({ offset: z.coerce.number().int().min(0) });

/**
 * `PUT /api/v1/uploads/<id>/files/<n>?offset=` with bytes as they are. They go to disk as they come; what had come when the line broke stays. A
 * piece that is not the next one gets ERR_CONFLICT with `params.offset`. [UP1]
 */
export function uploadRoutes(
  app: FastifyInstance,
  take: TakePiece,
  people: HttpPeople,
  rates: CommandRates,
): void {
  void app.register((scope, _options, ready) => {
    // Only here: everything else takes JSON alone.
    scope.addContentTypeParser('application/octet-stream', (_request, bytes, done) => done(null, bytes));
    scope.put('/api/v1/uploads/:download_id/files/:n', async (request, reply) => {
      // Who is refused in the middle of a body gets no second request on this line.
      void reply.header('connection', 'close');
      const caller = await people.caller(request);
      if (caller.subject_id === undefined) rates.countAddress(people.see(request).address);
      if (!allows('control', caller))
        throw new AppError('ERR_NOT_ALLOWED', 'You may not do this', { params: { access: 'control' } });
      const params = Params.safeParse(request.params);
      if (!params.success) throw invalid(params.error);
      const query = Query.safeParse(request.query);
      if (!query.success) throw invalid(query.error);
      if (!(Symbol.asyncIterator in Object(request.body)))
        throw new AppError('ERR_BAD_MESSAGE', 'A body has to be application/octet-stream');
      if (Number(request.headers['content-length'] ?? 0) > MAX_PIECE_BYTES) throw tooLarge();
      const bytes = atMost(request.body as AsyncIterable<Buffer>, MAX_PIECE_BYTES);
      const received_bytes = await take({ ...params.data, ...query.data, bytes, caller });
      void reply.removeHeader('connection');
      return { received_bytes };
    });
    ready();
  });
}

/** Without a length in front, the bytes are counted as they come. */
export async function* atMost(bytes: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer> {
  let count = 0;
  for await (const chunk of bytes) {
    count += chunk.length;
    if (count > most) throw tooLarge();
    yield chunk;
  }
}

const tooLarge = (): AppError =>
  new AppError('ERR_TOO_LARGE', `A piece may have ${MAX_PIECE_BYTES} bytes`, {
    params: { max_bytes: MAX_PIECE_BYTES },
  });
