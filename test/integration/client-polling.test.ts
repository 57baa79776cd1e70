import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { connect, type TuttiClient } from '../../src/client/index.js';
import { until } from '../until.js';
import { World } from './server-world.js';

let world: World;
let client: TuttiClient;
let blocked: boolean;
let asked: string[];
afterEach(async () => {
  client.close();
  await world.stop();
});

/** A network whose proxy lets no WebSocket through while `blocked`. */
class Proxied extends WebSocket {
  constructor(url: string) {
    super(blocked ? url.replace(/ws$/, 'no-way') : url);
  }
}

const state = (version: string) => ({ server: 'tutti', version, notices: [] });
const told = (version: string): void =>
  world.feed.commit([{ type: 'system:state', topic: 'system', data: state(version) }], state(version));

async function start(topics: readonly string[] = ['system', 'rooms']): Promise<void> {
  blocked = true;
  asked = [];
  world = await World.start({}, { 'system:status': () => state('asked') });
  world.feed.put('system', state('0'), 1);
  client = connect({
    url: `ws://127.0.0.1:${world.port}/ws`,
    WebSocket: Proxied,
    topics,
    random: () => 0.01,
    fetch: async (url, options) => {
      asked.push(url);
      return fetch(url, options);
    },
  });
  await until('it polls', () => client.connection.state === 'polling');
}

describe('[PO1] where no WebSocket gets through', () => {
  it('the mirror is kept by polling, and only what changed is sent', async () => {
    await start();
    expect(client.mirror.system?.version).toBe('0');
    expect(client.mirror.rooms).toEqual([]);
    told('1');
    await until('the change is here', () => client.mirror.system?.version === '1');
    const url = `http://127.0.0.1:${world.port}/api/v1/topics?names=system,rooms&epoch=epoch-1&revisions=1,0`;
    const body = (await (await fetch(url)).json()) as { topics: object[] };
    expect(body.topics).toEqual([
      {
        type: 'subscribed',
        topic: 'system',
        epoch: 'epoch-1',
        revision: 2,
        resumed: true,
        events: [expect.objectContaining({ type: 'system:state', revision: 2, data: state('1') })],
      },
    ]);
  });

  it('commands go by HTTP', async () => {
    await start();
    expect((await client.send('system:status', {})).version).toBe('asked');
    await expect(client.send('room:get', { room_id: 'attic' })).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    });
  });

  it('a topic that there is not is let go', async () => {
    await start();
    await expect(client.subscribe(['room/attic'])).rejects.toMatchObject({ code: 'ERR_TOPIC_NOT_FOUND' });
  });

  it('it goes back to the WebSocket by itself, and asks only for what it missed', async () => {
    await start();
    blocked = false;
    client.wake();
    await until('it is live', () => client.connection.state === 'live');
    const polls = asked.length;
    told('2');
    await until('the change is here', () => client.mirror.system?.version === '2');
    expect(asked.length).toBe(polls);
  });

  it('it is offline when nobody answers there either', async () => {
    await start();
    await world.server.close();
    client.wake();
    await until('it is offline', () => client.connection.state === 'offline');
    expect(client.mirror.system?.version).toBe('0');
    expect(client.connection.heard_at_ms).toBeGreaterThan(0);
  });
});
