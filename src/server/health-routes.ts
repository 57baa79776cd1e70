import type { FastifyInstance } from 'fastify';
import type { Clock } from '../base/index.js';
import { AppError } from '../base/index.js';
import { allows } from '../protocol/index.js';
import type { HttpPeople } from './http-people.js';
import type { ClientRow } from './hub/client-rows.js';

/** More than this is no hub that people would call alive. */
const LATE_MS = 2_000;

export interface HealthParts {
  readonly hub: {
    readonly connections: number;
    readonly dueUs: number;
    clients(): ClientRow[];
  };
  readonly people: HttpPeople;
  readonly clock: Clock;
}

/** Whether the server is there, whether its hub keeps up, and for who manages the house every connection. [HT2] [HT3] [CN1] */
export function healthRoutes(app: FastifyInstance, { hub, people, clock }: HealthParts): void {
  app.get('/health', () => ({ status: 'ok' }));
  app.get('/health/websocket', async (_request, reply) => {
    const asked = clock.nowUs();
    const due_ms = Math.round(hub.dueUs / 1000);
    await new Promise<void>((resolve) => setImmediate(resolve));
    const loop_delay_ms = Math.round((clock.nowUs() - asked) / 1000);
    const late = due_ms > LATE_MS || loop_delay_ms > LATE_MS;
    void reply.code(late ? 503 : 200).header('cache-control', 'no-store');
    return { status: late ? 'late' : 'ok', clients: hub.connections, due_ms, loop_delay_ms };
  });
  app.get('/api/v1/clients', async (request) => {
    if (!allows('manage', await people.caller(request)))
      throw new AppError('ERR_NOT_ALLOWED', 'You may not do this', { params: { access: 'manage' } });
    return { clients: hub.clients() };
  });
}
