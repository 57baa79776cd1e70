import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import WebSocket from 'ws';
import { startApp, type App } from '../../src/app/index.js';
import { silentLogger, systemClock, type Clock, type Timer } from '../../src/base/index.js';
import { connect, type TuttiClient } from '../../src/client/index.js';
import { ConfigSchema, type FileConfig } from '../../src/config/index.js';
import type { Candidate } from '../../src/protocol/index.js';
import { FakeMusicBrainz, type StubRelease } from '../fakes/fake-musicbrainz.js';
import { filesOf, makeLabelled, type Album, type FileOptions } from '../fakes/labelled-albums.js';
import { UNHURRIED_SETTINGS } from '../fakes/unhurried.js';
import { until } from '../until.js';

/** The clock of this machine, which a test may put ahead: what has to rest half a minute need not be waited for. */
export class LeapingClock implements Clock {
  #aheadUs = 0;

  after(ms: number, run: () => void): Timer {
    return systemClock.after(ms, run);
  }

  every(ms: number, run: () => void): Timer {
    return systemClock.every(ms, run);
  }

  nowUs(): number {
    return systemClock.nowUs() + this.#aheadUs;
  }

  wallMs(): number {
    return systemClock.wallMs();
  }

  leap(seconds: number): void {
    this.#aheadUs += seconds * 1e6;
  }
}

/** The files of an album in a folder, made with real ffmpeg. Whole when it appears there. */
export async function makeAlbum(folder: string, album: Album, options: FileOptions = {}): Promise<void> {
  const making = `${folder}.making`;
  await mkdir(dirname(folder), { recursive: true });
  const none = { name: '', label: 'clean', right: [], causes: [], releases: [] } as const;
  await makeLabelled(making, { ...none, files: filesOf(album, options) });
  await rename(making, folder);
}

/** A whole house with a source of releases beside it, and people who ask it. */
export class PipelineHouse {
  readonly clock = new LeapingClock();
  readonly clients: TuttiClient[] = [];
  source!: FakeMusicBrainz;
  app!: App;

  private constructor(
    readonly dir: string,
    readonly config: Partial<FileConfig>,
  ) {}

  static async open(
    releases: readonly StubRelease[],
    config: Partial<FileConfig> = {},
  ): Promise<PipelineHouse> {
    const house = new PipelineHouse(await mkdtemp(join(tmpdir(), 'tutti-pipeline-')), config);
    for (const folder of ['music', 'drop']) await mkdir(join(house.dir, folder));
    house.source = await FakeMusicBrainz.start(releases);
    await house.start();
    return house;
  }

  async start(): Promise<void> {
    const config = ConfigSchema.parse({
      ...UNHURRIED_SETTINGS,
      port: 0,
      auth: 'open',
      mdns: false,
      local_output: false,
      snapcast: false,
      mpd_port: 0,
      import_dir: join(this.dir, 'drop'),
      musicbrainz_url: this.source.url,
      musicbrainz_contact: 'test@example.com',
      musicbrainz_rate_ms: 0,
      space_reserve_mb: 1,
      ...this.config,
    });
    this.app = await startApp({
      config: {
        ...config,
        host: '127.0.0.1',
        data_dir: join(this.dir, 'state'),
        music_dir: join(this.dir, 'music'),
      },
      log: silentLogger,
      clock: this.clock,
    });
  }

  /** Another life of the server over the same folders. */
  async restart(): Promise<void> {
    for (const client of this.clients.splice(0)) client.close();
    await this.app.close();
    await this.start();
  }

  async client(topics: readonly string[] = []): Promise<TuttiClient> {
    const client = connect({ url: `ws://127.0.0.1:${this.app.port}/ws`, WebSocket, topics });
    this.clients.push(client);
    await client.ready();
    return client;
  }

  /** What lies in the watch folder has rested: it is looked at twice, with half a minute between. */
  async rest(client: TuttiClient): Promise<void> {
    for (const leap of [0, 31]) {
      this.clock.leap(leap);
      const { job_id } = await client.send('schedule:run', { schedule_id: 'pending-scan' });
      await until(
        'it was looked at',
        async () => (await client.send('job:get', { job_id })).ended_at !== undefined,
      );
    }
  }

  /** Every file below a folder of the house. */
  async files(folder: string): Promise<string[]> {
    const found = await readdir(join(this.dir, folder), { recursive: true, withFileTypes: true });
    return found
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => join(entry.parentPath, entry.name).slice(this.dir.length + 1))
      .filter((path) => !path.includes('/.'))
      .sort();
  }

  async close(): Promise<void> {
    for (const client of this.clients.splice(0)) client.close();
    await this.app.close();
    await this.source.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}

/** The candidate, once it has come so far. */
export async function reached(
  client: TuttiClient,
  title: string,
  state: Candidate['state'],
  ms = 60_000,
): Promise<Candidate> {
  let last: Candidate | undefined;
  await until(
    `${title} is ${state}`,
    async () => {
      const { items } = await client.send('import:list', {});
      last = items.find((item) => item.title.includes(title) || item.path.includes(title));
      if (last?.state === 'failed' && state !== 'failed') throw new Error(`it failed: ${last.reason ?? ''}`);
      return last?.state === state;
    },
    ms,
  );
  return last!;
}
