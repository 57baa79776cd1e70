import { readFile } from 'node:fs/promises';
import { WebSocket } from 'ws';
import { AppError } from '../base/index.js';
import { connect, type SocketConstructor, type TuttiClient } from '../client/index.js';
import { positionAt, type QueueSource, type Room } from '../protocol/index.js';
import type { Arguments } from './arguments.js';
import { findServer, type Server } from './find-server.js';

type Run = (client: TuttiClient, room: Room, words: readonly string[]) => Promise<unknown>;

/** Remote-control commands, each one call of the WebSocket API. */
const COMMANDS: Readonly<Record<string, Run>> = {
  play: async (client, { room_id }, words) =>
    words.length === 0
      ? client.send('room:play', { room_id })
      : client.send('queue:add', { room_id, source: await find(client, words), at: 'replace', play: true }),
  add: async (client, { room_id }, words) =>
    client.send('queue:add', { room_id, source: await find(client, words) }),
  pause: (client, { room_id }) => client.send('room:pause', { room_id }),
  stop: (client, { room_id }) => client.send('room:stop', { room_id }),
  next: (client, { room_id }) => client.send('room:next', { room_id }),
  previous: (client, { room_id }) => client.send('room:previous', { room_id }),
  undo: (client, { room_id }) => client.send('queue:undo', { room_id }),
  redo: (client, { room_id }) => client.send('queue:redo', { room_id }),
  mute: (client, { room_id }) => client.send('room:mute', { room_id, muted: true }),
  unmute: (client, { room_id }) => client.send('room:mute', { room_id, muted: false }),
  volume: (client, room, [word]) =>
    client.send('room:volume', { room_id: room.room_id, volume: volumeFrom(word, room.volume) }),
  seek: (client, { room_id }, [word]) =>
    client.send('room:seek', { room_id, position_seconds: secondsFrom(word) }),
};

export function isRemoteCommand(command: string): boolean {
  return command === 'status' || Object.hasOwn(COMMANDS, command);
}

type Env = Readonly<Record<string, string | undefined>>;

/** What a program signs in by; nothing is needed where auth is open. */
export async function tokenFrom(file: string | undefined, env: Env): Promise<string | undefined> {
  if (file === undefined) return env['TUTTI_TOKEN'] === '' ? undefined : env['TUTTI_TOKEN'];
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new AppError('ERR_INVALID', `the token file ${file} cannot be read`, { cause });
  }
}

/** Runs one remote command against a running server; the text to print. */
export async function runRemote(
  { command, rest, server: named, room, json, tokenFile }: Arguments,
  env: Env,
): Promise<string> {
  const server = await findServer(named, env);
  const url = new URL('/ws', server.url.replace(/^http/i, 'ws'));
  const token = await tokenFrom(tokenFile, env);
  const line: { fault?: string } = {};
  const client = connect({ url: url.href, WebSocket: socketTo(server, line), token: () => token });
  try {
    await answered(client, server, line);
    const { rooms } = await client.send('room:list', {});
    if (command === 'status') return await status(client, rooms, json);
    const run = COMMANDS[command];
    if (!run) throw new AppError('ERR_UNKNOWN_COMMAND', `tutti has no command ${command}`);
    const target = choose(rooms, room);
    const reply = await run(client, target, rest);
    return json
      ? JSON.stringify(reply, null, 2)
      : await status(client, (await client.send('room:list', {})).rooms, false, target.room_id);
  } finally {
    client.close();
  }
}

/** What is wrong with the way there stays in `line`. */
function socketTo({ agent }: Server, line: { fault?: string }): SocketConstructor {
  return class extends WebSocket {
    constructor(url: string) {
      super(url, { agent });
      this.on('error', (error) => (line.fault = error.message));
    }
  };
}

async function answered(client: TuttiClient, { url }: Server, line: { fault?: string }): Promise<void> {
  const failed = new Promise<never>((_resolve, reject) => {
    client.onConnection(({ state, problem }) => {
      if (state === 'offline')
        reject(
          new AppError(
            'ERR_BUSY',
            problem === undefined
              ? `no Tutti answers at ${url}${line.fault === undefined ? '' : ` (${line.fault})`}; start it with "tutti serve", or say with --server where it is`
              : problem === 'sign_in'
                ? `Tutti at ${url} wants to know who asks: make a token there with "tutti token create --name me --scope control", and set TUTTI_TOKEN or --token-file here`
                : `Tutti at ${url} does not let us in`,
          ),
        );
    });
  });
  await Promise.race([client.ready(), failed]);
}

function choose(rooms: readonly Room[], wanted: string | undefined): Room {
  const named = rooms.find((room) => room.room_id === wanted || room.name === wanted);
  if (wanted !== undefined && !named)
    throw new AppError(
      'ERR_ROOM_NOT_FOUND',
      `no room is called ${wanted}; there are: ${rooms.map((room) => room.room_id).join(', ')}`,
    );
  const found = named ?? rooms.find((room) => room.state === 'playing') ?? rooms[0];
  if (!found) throw new AppError('ERR_ROOM_NOT_FOUND', 'there is no room yet');
  return found;
}

async function find(client: TuttiClient, words: readonly string[]): Promise<QueueSource> {
  const query = words.join(' ');
  if (/^https?:\/\//i.test(query)) return { url: query };
  const { albums, tracks } = await client.send('library:search', { query, limit: 1 });
  if (albums[0]) return { album_id: albums[0].album_id };
  if (tracks[0]) return { track_ids: [tracks[0].track_id] };
  throw new AppError('ERR_NOT_FOUND', `nothing in the library matches ${JSON.stringify(query)}`);
}

async function status(
  client: TuttiClient,
  rooms: readonly Room[],
  json: boolean,
  only?: string,
): Promise<string> {
  const states = await Promise.all(
    rooms
      .filter((room) => only === undefined || room.room_id === only)
      .map(({ room_id }) => client.send('room:get', { room_id })),
  );
  if (json) return JSON.stringify(states, null, 2);
  return states
    .map(({ room, playback, players }) => {
      const { track, state, duration_seconds, volume, muted } = playback;
      const position = positionAt(playback, client.serverNowUs(), duration_seconds);
      const playing = track
        ? `${track.title}${track.artist === undefined ? '' : ` - ${track.artist}`}  ${minutes(position)}${duration_seconds === undefined ? '' : ` / ${minutes(duration_seconds)}`}`
        : 'nothing';
      const gear = players
        .map(
          (player) =>
            `${player.name} (${player.kind}, ${player.link}${player.controlled_elsewhere ? ', controlled elsewhere' : ''})`,
        )
        .join(', ');
      const problem = playback.problem === undefined ? '' : `\n  problem  ${playback.problem}`;
      return `${room.name}  [${room.room_id}]\n  ${state.padEnd(8)} ${playing}\n  volume   ${Math.round(volume * 100)} %${muted ? ', muted' : ''}   queue ${playback.queue_length}\n  players  ${gear}${problem}`;
    })
    .join('\n');
}

function volumeFrom(word: string | undefined, now: number): number {
  const number = Number(word);
  if (word === undefined || !Number.isFinite(number))
    throw new AppError('ERR_INVALID', 'a volume is 0-100, +5 or -5');
  const target = /^[+-]/.test(word) ? now * 100 + number : number;
  return Math.max(0, Math.min(100, target)) / 100;
}

function secondsFrom(word: string | undefined): number {
  const match = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)$/.exec(word ?? '');
  if (!match) throw new AppError('ERR_INVALID', 'a position is 90 or 1:30 or 1:02:03');
  const [, hours = '0', mins = '0', seconds = '0'] = match;
  return Number(hours) * 3600 + Number(mins) * 60 + Number(seconds);
}

function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}
