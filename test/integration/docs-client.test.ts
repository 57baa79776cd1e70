import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EVENTS } from '../../src/protocol/index.js';
import { until } from '../until.js';
import { DocsHouse, type Program } from './docs-rig.js';

/** A line on which the answers can be lost while the questions still arrive. */
class Line {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  connections = 0;
  answers = true;

  constructor(port: number) {
    this.#server = createServer((near) => {
      this.connections++;
      const far = connect(port, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
      }
      near.on('data', (bytes) => far.write(bytes));
      far.on('data', (bytes) => this.answers && near.write(bytes));
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
  }

  async url(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ws`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    this.answers = true;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Prints every frame, and does the commands that it reads: `[type, data]`. */
const SCRIPT = `
import asyncio, json, os, sys
import tutti_client
from tutti_client import Tutti, TuttiClosed

tutti_client.SILENCE_SECONDS = float(os.environ.get("SILENCE", "60"))

async def command(tutti, line):
    try:
        print(json.dumps({"reply": await tutti.send(*json.loads(line), timeout=30)}))
    except Exception as problem:
        print(json.dumps({"problem": type(problem).__name__, "code": getattr(problem, "code", None)}))

async def commands(tutti):
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tasks = []
    while line := await reader.readline():
        tasks.append(asyncio.create_task(command(tutti, line)))

async def main():
    async with Tutti(os.environ["URL"], os.environ["TUTTI_TOKEN"], ["room/kitchen"]) as tutti:
        reading = asyncio.create_task(commands(tutti))
        try:
            async for frame in tutti:
                print(json.dumps(frame))
        except TuttiClosed as end:
            print(json.dumps({"end": str(end)}))
        reading.cancel()

asyncio.run(main())
`;

interface Said {
  readonly type?: string;
  readonly revision?: number;
  readonly epoch?: string;
  readonly data?: { readonly volume?: number; readonly queue_length?: number; readonly state?: string };
  readonly snapshot?: { readonly playback: { readonly volume: number } };
  readonly reply?: Readonly<Record<string, unknown>>;
  readonly problem?: string;
  readonly code?: string;
  readonly end?: string;
}

let house: DocsHouse;
let line: Line;
beforeAll(async () => (house = await DocsHouse.start()));
afterAll(() => house.close());
afterEach(async () => {
  await line.close();
  await house.quiet();
});

async function begin(env: Readonly<Record<string, string>> = {}): Promise<Program> {
  line = new Line(house.server.port);
  const client = house.begin('python', SCRIPT, { URL: await line.url(), ...env });
  await client.says('"subscribed"');
  return client;
}

const said = (client: Program): Said[] => client.lines.map((text) => JSON.parse(text) as Said);
const of = (client: Program, type: string): Said[] => said(client).filter((frame) => frame.type === type);

function heard(client: Program, what: string, holds: (frame: Said) => boolean): Promise<void> {
  return until(what, () => said(client).some(holds));
}

describe('the Python client', () => {
  it('knows which events change their topic', async () => {
    line = new Line(house.server.port);
    await line.url();
    const text = 'import json, tutti_client\nprint(json.dumps(sorted(tutti_client.STATE_EVENTS)))';
    const known = JSON.parse((await house.run('python', text)).said) as string[];
    const types = (state: boolean): string[] =>
      Object.entries(EVENTS).flatMap(([type, event]) => (event.state === state ? [type] : []));
    expect(known).toEqual(expect.arrayContaining(types(true)));
    expect(known.filter((type) => types(false).includes(type))).toEqual([]);
  });

  it('gets what it missed while the line was cut, each once, and no new snapshot', async () => {
    const client = await begin();
    line.answers = false;
    await house.playAlbum();
    await house.ask('PUT', 'rooms/kitchen/volume', { volume: 0.21 });
    line.cut();
    await heard(client, 'the volume', ({ data }) => data?.volume === 0.21);
    await heard(client, 'the queue', ({ data }) => data?.queue_length === 2);
    expect(of(client, 'subscribed')).toHaveLength(1);
    const states = of(client, 'playback:state').map(({ revision }) => revision!);
    expect(states).toEqual([...new Set(states)].toSorted((a, b) => a - b));
    await client.end();
  });

  it('does a command once whose answer was lost with the line', async () => {
    const client = await begin();
    line.answers = false;
    const source = { url: 'http://127.0.0.1:9/radio', title: 'Radio' };
    client.tell(['queue:add', { room_id: 'kitchen', source }]);
    await until('it is done', async () => (await house.playback()).queue_length === 1);
    line.cut();
    await heard(client, 'the reply', ({ reply }) => reply?.queue_length === 1);
    expect((await house.playback()).queue_length).toBe(1);
    await client.end();
  });

  it('goes on after the server was killed: what was under way may be done or not, what waits is done', async () => {
    const client = await begin();
    line.answers = false;
    client.tell(['room:volume', { room_id: 'kitchen', volume: 0.44 }]);
    await until('it is done', async () => (await house.playback()).volume === 0.44);
    await house.server.kill();
    line.cut();
    client.tell(['room:volume', { room_id: 'living-room', volume: 0.33 }]);
    await house.server.start();
    await heard(client, 'that one is lost', ({ problem }) => problem === 'CommandLost');
    await heard(client, 'the reply to the other', ({ reply }) => reply !== undefined);
    expect((await house.playback('living-room')).volume).toBe(0.33);
    const [before, after] = of(client, 'subscribed').map(({ epoch }) => epoch);
    expect(after).toBeDefined();
    expect(after).not.toBe(before);
    await house.playAlbum();
    await heard(client, 'music', ({ data }) => data?.state === 'playing');
    await client.end();
  });

  it('tells what the server refuses, by its code', async () => {
    const client = await begin();
    client.tell(['room:play', { room_id: 'kitchen' }]);
    await heard(client, 'the refusal', ({ code }) => code === 'ERR_QUEUE_EMPTY');
    client.tell(['room:rename', { room_id: 'kitchen', name: 'Larder' }]);
    await heard(client, 'the refusal', ({ code }) => code === 'ERR_NOT_ALLOWED');
    await client.end();
  });

  it('gives a line up that is silent', async () => {
    const client = await begin({ SILENCE: '3' });
    line.answers = false;
    const { connections } = line;
    await until('it comes again', () => line.connections > connections);
    line.cut();
    await house.ask('PUT', 'rooms/kitchen/volume', { volume: 0.12 });
    await heard(client, 'the volume', ({ data, snapshot }) =>
      [data?.volume, snapshot?.playback.volume].includes(0.12),
    );
    await client.end();
  });

  it('stays away when its token is taken back', async () => {
    const token = await house.cli('token', 'create', '--name', 'other', '--scope', 'read');
    const list = (await house.cli('token', 'list')).split('\n');
    const id = list.find((text) => text.includes('other'))!.split(' ')[0]!;
    const client = await begin({ TUTTI_TOKEN: token });
    await house.cli('token', 'revoke', id);
    await heard(client, 'the end', ({ end }) => end?.includes('4001') === true);
    await until('it ends', () => client.ended);
    expect(line.connections).toBe(1);
    const again = house.begin('python', SCRIPT, {
      URL: house.server.url.replace('http', 'ws') + '/ws',
      TUTTI_TOKEN: token,
    });
    await heard(again, 'the end', ({ end }) => end?.includes('ERR_AUTH_REQUIRED') === true);
  });

  it('tells from the command line what a room plays', async () => {
    line = new Line(house.server.port);
    const client = house.beginClient([await line.url(), 'kitchen']);
    await client.says('stopped: nothing');
    await house.playAlbum();
    await client.says('playing: Kind of Blue 1 (The Oscillators)');
    const other = house.beginClient([house.server.url.replace('http', 'ws') + '/ws', 'attic']);
    await until('it ends', () => other.ended);
    expect(other.said).toContain('ERR_TOPIC_NOT_FOUND');
    expect(other.code).toBe(1);
  });
});
