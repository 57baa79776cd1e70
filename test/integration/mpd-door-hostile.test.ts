import { createServer, connect, type Server } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/index.js';
import type { Door, DoorChange, Identity } from '../../src/people/index.js';
import type { CommandResult } from '../../src/mpd-door/index.js';
import { until } from '../until.js';
import { mpc, MpdHouse, valuesOf } from './mpd-door-rig.js';

/** People with tokens, moved by hand. */
class Tokens implements Door {
  mode: Door['mode'] = 'required';
  readonly identities = new Map<string, Identity>();
  readonly #listeners = new Set<(change: DoorChange) => void>();
  asked: string[] = [];

  add(token: string, identity: Pick<Identity, 'role' | 'scopes' | 'room_id' | 'expires_at_ms'>): void {
    this.identities.set(token, { subject_id: token, session_id: `s-${token}`, name: token, ...identity });
  }

  async identify(secret: string, carrier: string, address: string): Promise<Identity> {
    this.asked.push(`${carrier} ${address}`);
    const identity = this.identities.get(secret);
    if (!identity) throw new AppError('ERR_AUTH_REQUIRED', 'sign in first');
    return identity;
  }

  onChange(listener: (change: DoorChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(change: DoorChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

const people = new Tokens();
let house: MpdHouse;

beforeAll(async () => {
  house = await MpdHouse.start(people);
  await house.send('queue:add', {
    room_id: 'bath',
    source: { track_ids: await house.tracks('One') },
    at: 'end',
    play: false,
  });
});

afterAll(async () => {
  await house.close();
});

beforeEach(() => {
  people.mode = 'required';
  people.identities.clear();
  people.add('tutti_control', { role: 'device', scopes: ['control'] });
  people.add('tutti_read', { role: 'device', scopes: ['read'] });
  people.add('pass', { role: 'guest', room_id: 'bath' });
});

describe('a house with sign-in', () => {
  it('answers nothing about the house before the password', async () => {
    const line = await house.line();
    for (const [command, args] of [
      ['status', ''],
      ['playlistinfo', ''],
      ['list', ' album'],
      ['setvol', ' 3'],
      ['idle', ''],
      ['albumart', ' x 0'],
      ['outputs', ''],
    ] as const)
      expect(await line.ask(command + args)).toBe(
        `ACK [4@0] {${command}} you don't have permission for "${command}"\n`,
      );
    expect(await line.ask('ping')).toBe('OK\n');
    expect(await line.values('listpartitions', 'partition')).toEqual([]);
    expect(await line.values('commands', 'command')).toEqual([
      'binarylimit',
      'close',
      'commands',
      'listpartitions',
      'notcommands',
      'partition',
      'password',
      'ping',
      'tagtypes',
    ]);
  });

  it('takes an API token as the password, and its scopes hold', async () => {
    const line = await house.line();
    expect(await line.ask('password nonsense')).toBe('ACK [3@0] {password} incorrect password\n');
    expect(await line.ask('password tutti_read')).toBe('OK\n');
    expect(people.asked.at(-1)).toBe('message 127.0.0.1');
    expect(await line.status('playlistlength')).toBe('3');
    expect(await line.ask('setvol 5')).toContain('ACK [4@0] {setvol}');
    await line.ask('password tutti_control');
    expect(await line.ask('setvol 5')).toBe('OK\n');
  });

  it('lets mpc in with its token', async () => {
    expect(await mpc('tutti_control@127.0.0.1', house.port('bath'), 'volume', '40')).toContain('volume: 40%');
    await expect(mpc('wrong@127.0.0.1', house.port('bath'), 'status')).rejects.toThrow();
  });

  it('shows a guest the own room alone', async () => {
    const line = await house.line();
    await line.ask('password pass');
    expect(await line.status('partition')).toBe('bath');
    expect(await line.ask('partition desk')).toContain('ACK [50@0] {partition}');
    expect(await line.ask('setvol 5')).toContain('ACK [4@0]');
    const other = await house.line('desk');
    await other.ask('password pass');
    expect(await other.ask('status')).toContain('ACK [4@0]');
  });

  it('cuts a revoked token off at once, also in idle, and nobody else', async () => {
    const [line, other] = [await house.line(), await house.line()];
    await line.ask('password tutti_control');
    await other.ask('password tutti_read');
    line.socket.write('idle\n');
    people.tell({ kind: 'ended', session_id: 's-tutti_control' });
    await until('it is cut', () => line.closed);
    expect(await other.status('partition')).toBe('bath');
  });

  it('takes new scopes over on a live connection', async () => {
    const line = await house.line();
    await line.ask('password tutti_control');
    const identity = people.identities.get('tutti_control')!;
    people.tell({ kind: 'changed', identity: { ...identity, scopes: ['read'] } });
    expect(await line.ask('setvol 5')).toContain('ACK [4@0]');
  });

  it('obeys no token that has expired', async () => {
    people.add('old', { role: 'admin', expires_at_ms: 1 });
    const line = await house.line();
    await line.ask('password old');
    expect(await line.ask('status')).toContain('ACK [4@0]');
  });

  it('runs commands in the name of the token', async () => {
    const callers: unknown[] = [];
    const run = async (_type: string, _request: unknown, caller: unknown): Promise<CommandResult> => {
      callers.push(caller);
      return { ok: true, data: {} };
    };
    await house.door.close();
    await house.open(house.first, { run });
    const line = await house.line();
    await line.ask('password tutti_control');
    await line.ask('stop');
    expect(callers).toMatchObject([{ role: 'device', subject_id: 'tutti_control', name: 'tutti_control' }]);
    await house.door.close();
    await house.open(house.first);
  });
});

describe('hostile and unlucky clients', () => {
  beforeEach(() => {
    people.mode = 'open';
  });

  it('greets 64 that come at the same moment', async () => {
    const lines = await Promise.all(Array.from({ length: 64 }, () => house.line()));
    const answers = await Promise.all(lines.map((line) => line.ask('ping')));
    expect(answers.every((answer) => answer === 'OK\n')).toBe(true);
    for (const line of lines) line.socket.destroy();
  });

  it('refuses more connections than it may have, in words', async () => {
    await house.door.close();
    await house.open(house.first, { limits: { connections: 2 } });
    await house.line();
    await house.line();
    const line = await rawAnswer(house.port('bath'), '');
    expect(line).toContain('ACK [52@0] {} too many connections');
    await house.door.close();
    await house.open(house.first);
  });

  it('hangs up on a browser that was tricked into calling', async () => {
    const said = await rawAnswer(house.port('bath'), 'POST / HTTP/1.1\r\nHost: x\r\n\r\nsetvol 99\n');
    expect(said).toBe('OK MPD 0.23.5\n');
    expect(house.room('bath').kept.volume).not.toBe(0.99);
  });

  it.each([
    ['an endless line', `status ${'x'.repeat(20_000)}`],
    ['an endless command list', `command_list_begin\n${`ping ${'x'.repeat(10_000)}\n`.repeat(220)}`],
    ['a command while it idles', 'idle\nstatus\n'],
  ])('hangs up on %s', async (_what, text) => {
    expect(await rawAnswer(house.port('bath'), text)).toMatch(/^OK MPD 0.23.5\n/);
  });

  it('survives any bytes, and forgets who sent them', async () => {
    const before = house.door.connections();
    const words = ['status', 'find', 'list', 'idle', 'noidle', 'command_list_begin', 'command_list_end', 'play', 'add',
      '"', '\\', '((', 'artist', '==', ')', '\n', ' ', '-1', '3:', '"\\"', 'window', 'sort', 'albumart', 'plchanges']; // prettier-ignore
    const text = fc.array(
      fc.oneof(
        fc.constantFrom(...words).map((word) => Buffer.from(`${word} `)),
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      ),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(text, async (parts) => {
        const socket = connect(house.port('bath'), '127.0.0.1');
        socket.on('error', () => undefined);
        socket.resume();
        for (const part of parts) socket.write(part);
        const gone = new Promise((resolve) => socket.once('close', resolve));
        socket.end('\nclose\n');
        await gone;
      }),
      { numRuns: 150 },
    );
    await until('they are forgotten', () => house.door.connections() <= before);
    expect(await (await house.line()).ask('ping')).toBe('OK\n');
  }, 60_000);

  it('holds no more than a part of an answer for one who does not read, and serves the others', async () => {
    const track_ids = await house.tracks('One');
    const ids = Array.from({ length: 999 }, (_, at) => track_ids[at % 3]!);
    for (let n = 0; n < 10; n++)
      await house.send('queue:add', { room_id: 'desk', source: { track_ids: ids }, at: 'end', play: false });
    const slow = connect(house.port('desk'), '127.0.0.1');
    slow.on('error', () => undefined);
    slow.pause();
    slow.write('playlistinfo\n'.repeat(200));
    const line = await house.line('desk');
    const before = process.memoryUsage().rss;
    expect(await line.values('playlistinfo', 'Pos')).toHaveLength(9990);
    expect(await line.values('playlistid', 'Pos')).toHaveLength(9990);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
    const version = Number(await line.status('playlist'));
    await line.ask('move 9989 9980');
    expect(await line.values(`plchangesposid ${version}`, 'cpos')).toHaveLength(10);
    slow.destroy();
    await house.send('queue:clear', { room_id: 'desk' });
  });
});

describe('ports', () => {
  it('stay with their rooms over a restart', async () => {
    const ports = new Map(house.door.ports());
    await house.door.close();
    await house.open(house.first);
    expect(house.door.ports()).toEqual(ports);
  });

  it('that somebody else has cost one room its door, with a notice, and nobody else', async () => {
    await house.door.close();
    const other: Server = createServer();
    await new Promise<void>((resolve) => other.listen(house.first, '127.0.0.1', resolve));
    await house.open(house.first);
    expect([...house.door.ports().keys()]).toEqual(['desk']);
    expect(house.door.notices).toMatchObject([{ notice_id: 'mpd-port-bath', level: 'warning' }]);
    await new Promise((resolve) => other.close(resolve));
    await house.door.close();
    await house.open(house.first);
    expect(house.door.notices).toEqual([]);
  });
});

/** Everything said to a client that says one thing, until it is hung up on. */
function rawAnswer(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk) => (said += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(said));
    socket.write(text);
  });
}

describe('the numbers of items', () => {
  it('are the same for every client', async () => {
    people.mode = 'open';
    const [one, other] = [await house.line(), await house.line()];
    const ids = valuesOf(await one.ask('playlistinfo'), 'Id');
    expect(await other.values('playlistinfo', 'Id')).toEqual(ids);
    expect(new Set(ids).size).toBe(3);
  });
});
