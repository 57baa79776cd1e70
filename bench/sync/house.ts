import { readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ServerProcess } from '../../test/fakes/server-process.js';
import { until } from '../../test/until.js';
import type { TuttiClient } from '../../src/client/index.js';
import { AS_ITS_UNIT } from '../as-its-unit.js';
import type { Ground } from '../ground.js';
import type { Album } from './music.js';

export interface HouseChoice {
  readonly ground: Ground;
  readonly album: Album;
  /** Entries of `players`; each needs an `id`. The room of a player has its id. */
  readonly players: readonly Readonly<Record<string, string | number | boolean>>[];
  readonly env: Readonly<Record<string, string>>;
  readonly before?: readonly string[];
  readonly config?: Readonly<Record<string, unknown>>;
}

const READY_MS = 30_000;
let serial = 0;

/** A Tutti as users run it, and what a client asks of it. */
export class House {
  private constructor(
    readonly server: ServerProcess,
    readonly client: TuttiClient,
    readonly dataDir: string,
    /** In the order of the album. */
    readonly trackIds: readonly string[],
  ) {}

  /** Resolves when its library is read. */
  static async open({ ground, album, players, env, before = [], config }: HouseChoice): Promise<House> {
    const dataDir = join(ground.dir, `house-${++serial}`);
    const server = await ServerProcess.start({
      dataDir,
      musicDir: album.musicDir,
      players,
      env: { TUTTI_WATCH: 'off', ...AS_ITS_UNIT, ...env },
      before,
      ...(config && { config }),
    });
    const client = server.client();
    const closing = { stop: () => closeHouse(server, client, dataDir) };
    ground.own(closing);
    await client.ready();
    return new House(server, client, dataDir, await tracksOf(client, album));
  }

  async online(playerIds: readonly string[]): Promise<void> {
    const ready = async (): Promise<boolean> => {
      const { players } = await this.client.send('player:list', {});
      return playerIds.every((id) => players.some((one) => one.player_id === id && one.link === 'online'));
    };
    await until(`the players ${playerIds.join(', ')} are online`, ready, READY_MS).catch((cause: unknown) => {
      throw new Error(`players did not come: ${this.server.said.slice(-1500)}`, { cause });
    });
  }

  /** Brings players into a room. Throws when one of them did not come. */
  async group(roomId: string, playerIds: readonly string[]): Promise<void> {
    const { outcomes } = await this.client.send('room:group', {
      room_id: roomId,
      player_ids: [...playerIds],
    });
    refuseFailures(outcomes);
  }

  async ungroup(roomId: string, playerIds: readonly string[]): Promise<void> {
    await this.client.send('room:ungroup', { room_id: roomId, player_ids: [...playerIds] });
  }

  /** The whole album from its beginning, as often as wanted; resolves when every player has accepted it. */
  async playAlbum(roomId: string, times = 1): Promise<void> {
    const track_ids = Array.from({ length: times }, () => this.trackIds).flat();
    await this.client.send('queue:add', { room_id: roomId, source: { track_ids }, at: 'replace' });
    const { outcomes } = await this.client.send('room:play', { room_id: roomId });
    refuseFailures(outcomes);
  }

  /** The mpv of a local player. */
  mpvOf(playerId: string): number {
    return this.#mpv(`mpv-${createHash('sha256').update(playerId).digest('hex').slice(0, 16)}.sock`);
  }

  /** The one mpv whose socket is in a folder below the server's. */
  mpvIn(folder: string): number {
    return this.#mpv(`${folder}/`);
  }

  #mpv(part: string): number {
    const isIt = (word: string): boolean => word.startsWith('--input-ipc-server=') && word.includes(part);
    const pid = ownProcesses(this.dataDir).find(({ words }) => words.some(isIt))?.pid;
    if (pid === undefined) throw new Error(`there is no mpv of ${part}`);
    return pid;
  }
}

function refuseFailures(
  outcomes: readonly { player_id: string; outcome: string; reason?: string | undefined }[],
): void {
  const failed = outcomes.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0)
    throw new Error(failed.map(({ player_id, reason }) => `${player_id}: ${reason ?? 'failed'}`).join('; '));
}

async function tracksOf(client: TuttiClient, album: Album): Promise<string[]> {
  let ids: (string | undefined)[] = [];
  await until(
    'the library is read',
    async () => {
      const { items } = await client.send('library:tracks', { offset: 0, limit: 500 });
      ids = album.titles.map((title) => items.find((track) => track.title === title)?.track_id);
      return ids.every((id) => id !== undefined);
    },
    READY_MS,
  );
  return ids.filter((id) => id !== undefined);
}

/** mpv outlives its server on purpose: what is left of this house is ended by its own process id. */
async function closeHouse(server: ServerProcess, client: TuttiClient, dataDir: string): Promise<void> {
  client.close();
  await server.kill('SIGTERM');
  for (const { pid } of ownProcesses(dataDir)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

/** Programs that were told something in this folder on their command line. */
function ownProcesses(dataDir: string): { readonly pid: number; readonly words: readonly string[] }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return words.some((word) => word.includes(`${dataDir}/`)) ? [{ pid: Number(name), words }] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}
