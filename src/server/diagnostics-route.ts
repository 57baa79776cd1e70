import type { FastifyInstance } from 'fastify';
import { AppError } from '../base/index.js';
import { allows } from '../protocol/index.js';
import type { HttpPeople } from './http-people.js';
import type { ServerParts } from './parts.js';

/** `GET /api/v1/diagnostics`: a redacted bundle for who helps, to be kept as a file. Only for who manages the house, one at a time. [DR3] */
export function diagnosticsRoute(
  app: FastifyInstance,
  people: HttpPeople,
  make: NonNullable<ServerParts['diagnostics']>,
  metrics: () => Promise<string>,
): void {
  let busy = false;
  app.get('/api/v1/diagnostics', async (request, reply) => {
    if (!allows('manage', await people.caller(request)))
      throw new AppError('ERR_NOT_ALLOWED', 'You may not do this', { params: { access: 'manage' } });
    if (busy) throw new AppError('ERR_BUSY', 'A bundle is being made already', { retryable: true });
    busy = true;
    try {
      const { name, bytes } = await make(metrics);
      void reply.header('content-disposition', `attachment; filename="${name}"`).type('application/gzip');
      return await reply.send(bytes);
    } finally {
      busy = false;
    }
  });
}
