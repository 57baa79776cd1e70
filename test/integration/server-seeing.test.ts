import { request } from 'node:http';
import fastify from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { EVERYBODY, openDoor } from '../../src/server/open-door.js';
import { metricsRoute } from '../../src/server/metrics.js';
import { countClients, NOTHING, type HubMeasurements } from '../../src/server/hub/figures.js';
import { until } from '../until.js';
import { World } from './server-world.js';

let world: World | undefined;
afterEach(() => world?.stop());

function get(port: number, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.once('error', reject).end();
  });
}

async function numbers(port: number): Promise<(name: string) => number> {
  const { text } = await get(port, '/metrics');
  return (name) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1),
    );
}

describe('the metrics of the hub', () => {
  it('[MT2] are as many for ten thousand people as for one', async () => {
    const seriesFor = async (people: number): Promise<number> => {
      const clients = Array.from({ length: people }, (_, at) => ({
        stalled: at % 7 === 0,
        identity: {
          role: ['admin', 'user', 'guest', 'device'][at % 4]!,
          subject_id: `u${at}`,
          name: `N ${at}`,
        },
        outbox: { messages: 1 },
      }));
      const hub: HubMeasurements = {
        ...countClients(clients),
        figures: NOTHING,
        answers: { resumed: 0, snapshots: people },
        kept: 0,
        anonymous: 0,
        refusals: new Map([['ERR_BUSY', people]]),
      };
      const app = fastify();
      metricsRoute(app, {
        measurements: undefined,
        bus: undefined,
        clients: () => people,
        sent: () => ({ writes: 0, bytes: 0 }),
        commands: () => [],
        hub: () => hub,
        jobs: () => ({ running: 1 }),
        allow: async () => undefined,
      });
      const { body } = await app.inject('/metrics');
      await app.close();
      expect(body).not.toContain('u0');
      return body.split('\n').filter((line) => line.startsWith('tutti_')).length;
    };
    expect(await seriesFor(10_000)).toBe(await seriesFor(1));
  });

  it('tell roles, subscriptions, refusals and what was sent', async () => {
    world = await World.start({ limits: { clients: 1 } });
    world.feed.put('jobs', { jobs: [{ state: 'running' }, { state: 'failed' }, { state: 'failed' }] });
    const peer = await world.peer();
    peer.send({ type: 'subscribe', data: { topics: ['rooms'] } });
    await peer.next('subscribed');
    await expect(world.peer()).rejects.toThrow();
    const now = await numbers(world.port);
    expect(now('tutti_websocket_clients_by_role{role="admin"}')).toBe(1);
    expect(now('tutti_websocket_clients_by_role{role="guest"}')).toBe(0);
    expect(now('tutti_websocket_subscriptions_total{answer="snapshot"}')).toBe(1);
    expect(now('tutti_websocket_refused_total{code="ERR_BUSY"}')).toBe(1);
    expect(now('tutti_websocket_messages_total')).toBe(2);
    expect(now('tutti_websocket_stalled')).toBe(0);
    expect(now('tutti_jobs{state="failed"}')).toBe(2);
  });

  it('go on counting what clients had that have left', async () => {
    world = await World.start({ limits: { messages: { burst: 1, per_minute: 1 } } });
    const peer = await world.peer();
    for (const id of ['a', 'b', 'c']) peer.send({ id, type: 'ping' });
    await peer.next('error');
    await peer.next('error');
    const during = await numbers(world.port);
    expect(during('tutti_websocket_rate_limited_total')).toBe(2);
    peer.ws.terminate();
    await until('it has left', () => world!.server.connections() === 0);
    const after = await numbers(world.port);
    expect(after('tutti_websocket_rate_limited_total')).toBe(2);
    expect(after('tutti_websocket_messages_total')).toBe(during('tutti_websocket_messages_total'));
  });
});

describe('whether the server is well', () => {
  it('[HT3] is told to everybody, without a name', async () => {
    world = await World.start();
    await world.peer();
    expect(await get(world.port, '/health')).toEqual({ status: 200, text: '{"status":"ok"}' });
    const { status, text } = await get(world.port, '/health/websocket');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({
      status: 'ok',
      clients: 1,
      due_ms: expect.any(Number),
      loop_delay_ms: expect.any(Number),
    });
  });
});

describe('the connections, for who manages the house', () => {
  it('[CN1] are shown to nobody else', async () => {
    const identify = async () => ({ ...EVERYBODY, role: 'user' as const });
    world = await World.start({ door: { ...openDoor, mode: 'required', identify } });
    expect((await get(world.port, '/api/v1/clients')).status).toBe(401);
    const bearer = { authorization: `Bearer tutti_${'a'.repeat(43)}` };
    expect((await get(world.port, '/api/v1/clients', bearer)).status).toBe(403);
  });

  it('[CN1] say who it is, what they follow and what they were sent', async () => {
    world = await World.start();
    const peer = await world.peer();
    peer.send({ type: 'subscribe', data: { topics: ['rooms'] } });
    await peer.next('subscribed');
    const { text } = await get(world.port, '/api/v1/clients');
    expect(JSON.parse(text).clients).toEqual([
      expect.objectContaining({
        address: '127.0.0.1',
        role: 'admin',
        subscriptions: ['rooms'],
        sent_messages: 2,
        stalled: false,
        waiting_messages: 0,
        dropped_events: 0,
      }),
    ]);
  });
});
