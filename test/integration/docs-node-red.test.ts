import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { until } from '../until.js';
import { DOCS, DocsHouse } from './docs-rig.js';

const wires = z.array(z.array(z.string()));
const placed = {
  id: z.string(),
  z: z.literal('tutti-flow'),
  name: z.string(),
  x: z.number(),
  y: z.number(),
  wires,
};
const FlowNode = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('tab'), id: z.literal('tutti-flow') }),
  z.looseObject({
    type: z.literal('websocket-client'),
    id: z.string(),
    path: z.url(),
    wholemsg: z.literal('false'),
  }),
  z.looseObject({ type: z.literal('websocket in'), ...placed, client: z.string() }),
  z.looseObject({ type: z.literal('websocket out'), ...placed, client: z.string() }),
  z.looseObject({ type: z.literal('json'), ...placed, action: z.literal('obj') }),
  z.looseObject({ type: z.literal('function'), ...placed, func: z.string(), outputs: z.int() }),
  z.looseObject({ type: z.literal('inject'), ...placed }),
  z.looseObject({ type: z.literal('debug'), ...placed }),
]);
type FlowNode = z.infer<typeof FlowNode>;

interface Message {
  readonly payload?: unknown;
  readonly topic?: string;
}
type Output = Message | null | undefined | readonly (Message | null)[];

const nodes = z
  .array(FlowNode)
  .parse(JSON.parse(readFileSync(join(DOCS, 'examples', 'node-red-flow.json'), 'utf8')));

function memory(): { get(key: string): unknown; set(key: string, value: unknown): void } {
  const kept = new Map<string, unknown>();
  return { get: (key) => kept.get(key), set: (key, value) => kept.set(key, value) };
}

/** The flow as Node-RED runs it: each function with its own context, and the WebSocket of the flow to a real server. */
class Flow {
  readonly said: string[] = [];
  readonly problems: string[] = [];
  readonly sent: string[] = [];
  readonly #flow = memory();
  readonly #functions = new Map<string, (message: Message) => Output | readonly Output[]>();
  #socket!: WebSocket;

  constructor(
    readonly url: string,
    token: string,
  ) {
    let count = 0;
    const RED = { util: { generateId: () => `id${++count}` } };
    const env = { get: (name: string) => (name === 'TUTTI_TOKEN' ? token : undefined) };
    for (const node of nodes) {
      if (node.type !== 'function') continue;
      const text = `(function (msg, context, flow, env, RED) {\n${node.func}\n})`;
      const run = vm.runInNewContext(text, {}, { filename: node.name }) as (...given: unknown[]) => Output;
      const context = memory();
      this.#functions.set(node.id, (message) => run(message, context, this.#flow, env, RED));
    }
    this.connect();
  }

  connect(): void {
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (bytes: Buffer) => {
      for (const node of nodes)
        if (node.type === 'websocket in') this.#out(node, { payload: bytes.toString() });
    });
  }

  press(name: string): void {
    const button = nodes.find((node) => node.type === 'inject' && node.name === name);
    if (button?.type !== 'inject') throw new Error(`no button ${name}`);
    this.#out(button, {});
  }

  volume(roomId: string): number {
    return (this.#flow.get(`playback/${roomId}`) as { volume: number }).volume;
  }

  cut(): void {
    this.#socket.terminate();
  }

  #out(node: FlowNode & { wires: string[][] }, ...outputs: readonly Output[]): void {
    for (const [n, output] of outputs.entries())
      for (const message of Array.isArray(output) ? output : [output])
        if (message) for (const id of node.wires[n] ?? []) this.#into(id, message as Message);
  }

  #into(id: string, message: Message): void {
    const node = nodes.find((each) => each.id === id)!;
    switch (node.type) {
      case 'json':
        return this.#out(node, { ...message, payload: JSON.parse(String(message.payload)) as unknown });
      case 'function': {
        const output = this.#functions.get(id)!(message);
        return node.outputs > 1 && Array.isArray(output)
          ? this.#out(node, ...(output as Output[]))
          : this.#out(node, output as Output);
      }
      case 'websocket out':
        this.sent.push(JSON.stringify(message.payload));
        return this.#socket.send(JSON.stringify(message.payload));
      case 'debug':
        (node.name === 'problem' ? this.problems : this.said).push(String(message.payload));
        return;
      case 'tab':
      case 'websocket-client':
      case 'websocket in':
      case 'inject':
        throw new Error(`${node.type} takes no messages`);
      default:
        node satisfies never;
    }
  }
}

let house: DocsHouse;
let flow: Flow;
beforeAll(async () => (house = await DocsHouse.start()));
afterAll(() => house.close());
beforeEach(async () => {
  flow = begin(house.token);
  await says('living-room: stopped');
});
afterEach(async () => {
  flow.cut();
  await house.quiet();
});

function begin(token: string): Flow {
  const server = nodes.find((node) => node.type === 'websocket-client');
  return new Flow(house.here(String(server!['path'])), token);
}

const says = (text: string): Promise<void> => until(text, () => flow.said.includes(text));

describe('the Node-RED flow', () => {
  it('is wired to nodes that are there', () => {
    const ids = new Set(nodes.map(({ id }) => id));
    expect(ids.size).toBe(nodes.length);
    for (const node of nodes)
      if ('wires' in node) for (const id of (node.wires as string[][]).flat()) expect(ids).toContain(id);
  });

  it('tells what plays, once for each change', async () => {
    await house.playAlbum();
    await says('kitchen: Kind of Blue 1 (The Oscillators)');
    await house.ask('PUT', 'rooms/kitchen/volume', { volume: 0.2 });
    await house.ask('POST', 'rooms/kitchen/next');
    await says('kitchen: Kind of Blue 2 (The Oscillators)');
    await house.ask('POST', 'rooms/kitchen/pause');
    await says('kitchen: paused');
    const told = flow.said.filter((text) => text.startsWith('kitchen: '));
    expect(told.filter((text, n) => text === told[n - 1])).toEqual([]);
    expect(flow.problems).toEqual([]);
  });

  it('makes it louder, each time', async () => {
    flow.press('Louder');
    await until('it is louder', async () => (await house.playback()).volume > 0.54);
    await until('the flow has heard of it', () => flow.volume('kitchen') > 0.54);
    flow.press('Louder');
    await until('it is louder still', async () => (await house.playback()).volume > 0.59);
  });

  it('plays, announces and groups', async () => {
    await house.playAlbum();
    await house.ask('POST', 'rooms/kitchen/pause');
    flow.press('Play');
    await until('it plays', async () => (await house.playback()).state === 'playing');
    flow.press('Group');
    await until('both play', async () => (await house.together()).length === 2);
    flow.press('Announce');
    await until('the music stands still', async () => (await house.playback()).state === 'paused');
    expect(flow.problems).toEqual([]);
  });

  it('takes up where it was when the line was cut, and after a restart of the server', async () => {
    flow.cut();
    await house.playAlbum();
    flow.connect();
    await says('kitchen: Kind of Blue 1 (The Oscillators)');
    expect(flow.sent.at(-1)).toContain('"resume":{"epoch"');
    await house.server.kill();
    await house.server.start();
    flow.connect();
    await house.ask('PUT', 'rooms/kitchen/volume', { volume: 0.2 });
    await until('the flow hears of it', () => flow.volume('kitchen') === 0.2);
  });

  it('says why it does not get in, and what was refused', async () => {
    flow.press('Play');
    await until('a problem', () => flow.problems.some((text) => text.startsWith('ERR_QUEUE_EMPTY')));
    flow.cut();
    flow = begin('tutti_wrong');
    await until('a problem', () => flow.problems.some((text) => text.startsWith('ERR_AUTH_REQUIRED')));
  });
});
