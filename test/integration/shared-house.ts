import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { startApp, type App } from '../../src/app/index.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { connect, type TuttiClient } from '../../src/client/index.js';
import { ConfigSchema } from '../../src/config/index.js';
import type { DriverDefinition, Fact, PlayerCommand } from '../../src/players/index.js';
import { positionAt, type Playback, type RoomState } from '../../src/protocol/index.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { UNHURRIED_SETTINGS } from '../fakes/unhurried.js';
import { until } from '../until.js';

type Anchor = Extract<Fact, { type: 'playback' }>;
type SyncFact = Extract<Fact, { type: 'sync' }>;

/** What passes between the server and one player. */
export class Overheard {
  readonly commands: PlayerCommand[] = [];
  anchor: Anchor | undefined;
  readonly syncs: SyncFact[] = [];
  /** How often the server has connected to it. */
  connects = 0;

  /** Where the player says that it is now. */
  now(): number {
    return this.anchor ? positionAt({ ...this.anchor }, systemClock.nowUs()) : Number.NaN;
  }
}

/** A whole server in this process, with real players, over whose shoulders a test looks. */
export class SharedHouse {
  readonly heard = new Map<string, Overheard>();
  app!: App;
  client!: TuttiClient;
  albums: string[] = [];

  private constructor(
    readonly dir: string,
    readonly drivers: readonly DriverDefinition[],
    readonly players: readonly Readonly<Record<string, string | number>>[],
  ) {}

  static async open(options: {
    readonly drivers: readonly DriverDefinition[];
    readonly players: readonly Readonly<Record<string, string | number>>[];
    readonly trackSeconds: number;
  }): Promise<SharedHouse> {
    const dir = await mkdtemp(join(tmpdir(), 'tutti-shared-'));
    await makeSineAlbums(join(dir, 'music'), 330, ['One', 'Two'], 3, options.trackSeconds);
    const house = new SharedHouse(dir, options.drivers, options.players);
    await house.start();
    await until(
      'the library is there',
      async () => (await house.client.send('library:status', {})).album_count === 2,
      30_000,
    );
    const { items } = await house.client.send('library:albums', { sort: 'title' });
    house.albums = items.map((album) => album.album_id);
    return house;
  }

  async start(): Promise<void> {
    const config = ConfigSchema.parse({
      auth: 'open',
      ...UNHURRIED_SETTINGS,
      port: 0,
      mdns: false,
      local_output: false,
      snapcast: false,
      mpd_port: 0,
      players: this.players,
    });
    this.app = await startApp({
      config: {
        ...config,
        host: '127.0.0.1',
        data_dir: join(this.dir, 'state'),
        music_dir: join(this.dir, 'music'),
      },
      log: silentLogger,
      drivers: this.drivers.map((driver) => this.#overhear(driver)),
    });
    const ids = this.players.map(({ id }) => `room/${id}`);
    this.client = connect({
      url: `ws://127.0.0.1:${this.app.port}/ws`,
      WebSocket,
      topics: ['rooms', 'players', ...ids],
    });
    await this.client.ready();
    await until(
      'all players are there',
      () => this.client.mirror.players?.every((player) => player.link === 'online') === true,
      20_000,
    );
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.app.close();
  }

  async close(): Promise<void> {
    await this.stop();
    await this.remove();
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }

  async play(room_id: string): Promise<void> {
    await this.client.send('queue:add', {
      room_id,
      source: { album_id: this.albums[0]! },
      at: 'replace',
      play: true,
    });
    await until(`${room_id} plays`, () => this.playback(room_id).state === 'playing');
  }

  of(playerId: string): Overheard {
    let heard = this.heard.get(playerId);
    if (!heard) this.heard.set(playerId, (heard = new Overheard()));
    return heard;
  }

  room(roomId: string): RoomState {
    return this.client.mirror.room[roomId]!;
  }

  playback(roomId: string): Playback {
    return this.room(roomId).playback;
  }

  members(roomId: string): string[] {
    return this.room(roomId).players.map(({ player_id }) => player_id);
  }

  /** Whether all of these play the room's item, and how far they are apart by their own word, seconds. */
  spread(roomId: string, ids: readonly string[]): number {
    const anchors = ids.map((id) => this.of(id).anchor);
    const { item_id } = this.playback(roomId);
    if (anchors.some((anchor) => anchor?.status !== 'playing' || anchor.ref !== item_id)) return Infinity;
    const places = ids.map((id) => this.of(id).now());
    return Math.max(...places) - Math.min(...places);
  }

  #overhear(driver: DriverDefinition): DriverDefinition {
    return {
      ...driver,
      connect: async (options, context, signal) => {
        const heard = this.of(context.player_id);
        heard.anchor = undefined;
        heard.connects++;
        const emit = (fact: Fact): void => {
          if (fact.type === 'playback') heard.anchor = fact;
          if (fact.type === 'sync') heard.syncs.push(fact);
          context.emit(fact);
        };
        const link = await driver.connect(options, { ...context, emit }, signal);
        return {
          closed: link.closed,
          execute: (command, limit) => {
            heard.commands.push(command);
            return link.execute(command, limit);
          },
          probe: (limit) => link.probe(limit),
          close: () => link.close(),
        };
      },
    };
  }
}
