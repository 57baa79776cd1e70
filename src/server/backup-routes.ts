import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { AppError } from '../base/index.js';
import { allows, Id } from '../protocol/index.js';
import { sendFile } from './file-routes.js';
import type { HttpPeople } from './http-people.js';
import type { BackupFiles } from './parts.js';
import { atMost, MAX_PIECE_BYTES } from './upload-routes.js';
import { invalid } from './wire-errors.js';

const Params = z.object({ backup_id: Id });
const Query = z.strictObject({ offset: z.coerce.number().int().min(0) });

/** `GET /api/v1/backups/<id>/file` and `PUT /api/v1/backups/incoming?offset=`, for who manages the house. [BK2] */
export function backupRoutes(app: FastifyInstance, files: BackupFiles, people: HttpPeople): void {
  const demandAdmin = async (request: Parameters<HttpPeople['caller']>[0]): Promise<void> => {
    if (!allows('manage', await people.caller(request)))
      throw new AppError('ERR_NOT_ALLOWED', 'You may not do this', { params: { access: 'manage' } });
  };
  app.route({
    method: ['GET', 'HEAD'],
    exposeHeadRoute: false,
    url: '/api/v1/backups/:backup_id/file',
    handler: async (request, reply) => {
      await demandAdmin(request);
      const params = Params.safeParse(request.params);
      if (!params.success) throw invalid(params.error);
      const { backup_id } = params.data;
      const file = await files.file(backup_id);
      void reply.header('content-disposition', `attachment; filename="${backup_id}.tar.gz"`);
      return sendFile(file, request, reply);
    },
  });
  void app.register((scope, _options, ready) => {
    scope.addContentTypeParser('application/octet-stream', (_request, bytes, done) => done(null, bytes));
    scope.put('/api/v1/backups/incoming', async (request, reply) => {
      // Who is refused in the middle of a body gets no second request on this line.
      void reply.header('connection', 'close');
      await demandAdmin(request);
      const query = Query.safeParse(request.query);
      if (!query.success) throw invalid(query.error);
      if (!(Symbol.asyncIterator in Object(request.body)))
        throw new AppError('ERR_BAD_MESSAGE', 'A body has to be application/octet-stream');
      const bytes = atMost(request.body as AsyncIterable<Buffer>, MAX_PIECE_BYTES);
      const received_bytes = await files.upload({ offset: query.data.offset, bytes });
      void reply.removeHeader('connection');
      return { received_bytes };
    });
    ready();
  });
}
