import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Measurements } from '../../src/rooms/index.js';
import { World } from './server-world.js';

let world: World;

afterEach(() => world.stop());

function get(headers: Record<string, string> = {}): Promise<{ status: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: world.port, path: '/metrics', headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.once('end', () =>
        resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', text }),
      );
    });
    asked.once('error', reject);
    asked.end();
  });
}

function house(playerId = 'desk'): Measurements {
  const player = {
    player_id: playerId,
    kind: 'local',
    link: 'online',
    room_id: 'r',
    sync_class: 'steered',
  } as const;
  return {
    players: [
      {
        ...player,
        report: {
          player_id: playerId,
          sync_class: 'steered',
          state: 'in-sync',
          estimated: false,
          skew_ms: { now: -0.2, p50: 0.1, p95: 0.3 },
          error_ms: 0.05,
        },
      },
      {
        ...player,
        player_id: 'mute',
        report: { player_id: 'mute', sync_class: 'steered', state: 'unmeasured', estimated: false },
      },
      { ...player, player_id: 'away', link: 'offline' },
    ],
    rooms: [
      { room_id: 'r', state: 'playing' },
      { room_id: 's', state: 'stopped' },
      { room_id: 't', state: 'stopped' },
    ],
    corrections: [{ player_id: playerId, kind: 'seek', count: 3 }],
  };
}

describe('the metrics', () => {
  it('[MT1] tell the skew of players in the text format of Prometheus', async () => {
    world = await World.start({ measurements: house });
    const { status, type, text } = await get();
    expect(status).toBe(200);
    expect(type).toContain('text/plain; version=0.0.4');
    const labels = 'player_id="desk",room_id="r",sync_class="steered",estimated="false"';
    expect(text).toContain(`tutti_player_skew_ms{${labels},quantile="0.95"} 0.3\n`);
    expect(text).toContain(`tutti_player_skew_now_ms{${labels}} -0.2\n`);
    expect(text).toContain(`tutti_player_sync_state{${labels},state="in-sync"} 1\n`);
    expect(text).toContain('tutti_player_corrections_total{player_id="desk",kind="seek"} 3\n');
  });

  it('have no number for what was not measured', async () => {
    world = await World.start({ measurements: house });
    const { text } = await get();
    expect(text).not.toMatch(/tutti_player_skew\w*\{player_id="(?:mute|away)"/);
    expect(text).toMatch(/tutti_player_sync_state\{player_id="mute".*state="unmeasured"\} 1/);
  });

  it('count rooms, players, clients, writes and commands, and the process', async () => {
    world = await World.start({ measurements: house }, { 'room:list': () => ({ rooms: [] }) });
    const peer = await world.peer();
    peer.send({ id: '1', type: 'room:list' });
    await peer.next('reply');
    const { text } = await get();
    expect(text).toContain('tutti_rooms{state="stopped"} 2\n');
    expect(text).toContain('tutti_players{kind="local",sync_class="steered",link="online"} 2\n');
    expect(text).toContain('tutti_websocket_clients 1\n');
    expect(text).toMatch(/tutti_websocket_writes_total [1-9]/);
    expect(text).toContain('tutti_commands_total{type="room:list",result="ok"} 1\n');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('show totals as they are, however often they are asked for', async () => {
    world = await World.start({ measurements: house });
    await get();
    expect((await get()).text).toContain('kind="seek"} 3\n');
  });

  it('escape what was named by others, and count unknown commands as one', async () => {
    world = await World.start({ measurements: () => house('x"}\n# a\\') });
    const peer = await world.peer();
    for (const id of ['1', '2']) {
      peer.send({ id, type: `no:such"${id}` });
      await peer.next('error');
    }
    const { text } = await get();
    expect(text).toContain('player_id="x\\"}\\n# a\\\\"');
    expect(text).toContain('tutti_commands_total{type="unknown",result="error"} 2\n');
  });

  it('[GT1] are behind the same door as every request', async () => {
    world = await World.start({ measurements: house });
    expect((await get({ host: 'evil.example' })).status).toBe(421);
  });
});
