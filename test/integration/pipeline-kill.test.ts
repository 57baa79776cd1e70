import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TuttiClient } from '../../src/client/index.js';
import type { Candidate, TopicEvent } from '../../src/protocol/index.js';
import { FakeMusicBrainz } from '../fakes/fake-musicbrainz.js';
import { invent, released, type Album } from '../fakes/labelled-albums.js';
import { ServerProcess } from '../fakes/server-process.js';
import { until } from '../until.js';
import { makeAlbum, reached } from './pipeline-rig.js';

const PLACES = ['running', 'arriving', 'examining', 'identifying', 'importing'] as const;
type Place = (typeof PLACES)[number];
const ORDER: readonly Candidate['state'][] = [
  'arriving',
  'examining',
  'identifying',
  'importing',
  'imported',
];

/** Beyond what all steps together take on a machine at many times its load. */
const LONG_MS = 240_000;

const albums = PLACES.map((_, n) => invent(20 + n, { tracks: 1 }));

/** Whether a server that says this has come as far as the place, or further. */
function isAt(place: Place, event: TopicEvent): boolean {
  if (place === 'running') return event.type === 'download:progress' && event.data.progress > 0;
  return event.type === 'candidate:updated' && ORDER.indexOf(event.data.state) >= ORDER.indexOf(place);
}

describe('[IM1] a server that is killed on the way from an address to the shelf', () => {
  let dir: string;
  let source: FakeMusicBrainz;
  let web: Server;
  let server: ServerProcess;
  /** Sends the first half of each file, and the rest only when it is asked again. */
  let halves = true;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tutti-kill-'));
    await mkdir(join(dir, 'music'));
    for (const [n, album] of albums.entries()) await makeAlbum(join(dir, 'web', String(n)), album);
    source = await FakeMusicBrainz.start(albums.map((album) => released(album)));
    web = createServer((request, response) => void serve(request.url ?? '', request.headers.range, response));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    server = await ServerProcess.start({
      dataDir: join(dir, 'state'),
      musicDir: join(dir, 'music'),
      config: {
        musicbrainz_url: source.url,
        musicbrainz_contact: 'test@example.com',
        musicbrainz_rate_ms: 0,
        space_reserve_mb: 1,
        allow_private_addresses: ['127.0.0.1'],
      },
    });
  });
  afterAll(async () => {
    await server.kill();
    web.closeAllConnections();
    web.close();
    await source.stop();
    await rm(dir, { recursive: true, force: true });
  });

  async function serve(url: string, range: string | undefined, response: ServerResponse): Promise<void> {
    const folder = join(dir, 'web', url.slice(1, 2));
    const path = join(folder, (await readdir(folder))[0] ?? '');
    const { size } = await stat(path);
    const start = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    if (start >= size) return void response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    const headers = { 'content-type': 'audio/flac', etag: '"1"', 'accept-ranges': 'bytes' };
    response.writeHead(start > 0 ? 206 : 200, {
      ...headers,
      'content-length': size - start,
      ...(start > 0 && { 'content-range': `bytes ${start}-${size - 1}/${size}` }),
    });
    const isHalf = halves && start === 0;
    const end = isHalf ? Math.floor(size / 2) : size - 1;
    createReadStream(path, { start, end }).pipe(response, { end: !isHalf });
  }

  const files = async (folder: string): Promise<string[]> =>
    (await readdir(join(dir, folder), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.parentPath.includes('/.'))
      .map(({ name }) => name);

  async function killedAt(place: Place, client: TuttiClient, n: number): Promise<void> {
    const there = new Promise<void>((resolve) => {
      client.onEvent((event) => {
        if (isAt(place, event)) resolve();
      });
    });
    const { port } = web.address() as AddressInfo;
    await client.send('download:add', { url: `http://127.0.0.1:${port}/${n}.flac` });
    await there;
    await server.kill();
    halves = false;
    client.close();
  }

  it.each(PLACES.map((place, n) => [place, n] as const))(
    'while it is %s loses nothing, and brings it',
    async (place, n) => {
      halves = place === 'running';
      source.fault = place === 'identifying' ? 'slow' : 'none';
      const client = server.client(['downloads', 'imports']);
      await client.ready();
      await killedAt(place, client, n);
      await server.start();
      const after = server.client([]);
      await after.ready();
      const { title, discs } = albums[n] as Album;
      const { album_id = '' } = await reached(after, title, 'imported', LONG_MS / 2);
      const { tracks } = await after.send('library:album', { album_id });
      expect(tracks.map((track) => track.title)).toEqual([discs[0]?.[0]?.title]);
      expect(await files('music')).toHaveLength(n + 1);
      await until(
        'nothing is left over',
        async () => (await files('state/workspace/candidates')).length === 0,
      );
      expect(await files('state/workspace/incoming')).not.toContainEqual(expect.stringMatching(/\.flac$/));
      after.close();
    },
    LONG_MS,
  );

  it('has everything once in the end, and nothing twice', async () => {
    const client = server.client([]);
    await client.ready();
    expect(await client.send('library:status', {})).toMatchObject({ album_count: 5, track_count: 5 });
    const { total } = await client.send('import:list', {});
    expect(total).toBe(5);
    client.close();
  });
});
