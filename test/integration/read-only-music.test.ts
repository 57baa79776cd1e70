import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeDemoMusic } from '../../src/library/index.js';
import { ServerProcess } from '../fakes/server-process.js';
import { SmallDisk } from '../fakes/small-disk.js';
import { until } from '../until.js';

/** A new server; its music is on a disk of its own, as on a NAS. */
let disk: SmallDisk;
let dataDir: string;
let server: ServerProcess | undefined;

beforeEach(async () => {
  disk = await SmallDisk.open('16m');
  dataDir = await mkdtemp(join(tmpdir(), 'tutti-readonly-'));
  await makeDemoMusic(disk.seen());
});

afterEach(async () => {
  await server?.kill();
  await disk.close();
  await rm(dataDir, { recursive: true, force: true });
});

it.each([
  ['can only be read', () => disk.remount('ro')],
  ['is on a full disk', () => disk.fill()],
])('plays music that %s, from the first start', async (_what, refuse) => {
  await refuse();
  const players = [{ id: 'silent', kind: 'null', name: 'Silent' }];
  server = await ServerProcess.start({ dataDir, musicDir: disk.path, players, before: disk.words });
  const client = server.client(['rooms', 'room/silent']);
  await client.ready();
  await until('it is known', async () => (await client.send('library:status', {})).album_count > 0);
  const [album] = (await client.send('library:albums', {})).items;
  await client.send('queue:add', { room_id: 'silent', source: { album_id: album!.album_id }, play: true });
  await until('it plays', () => client.mirror.room.silent?.playback.state === 'playing');
  client.close();
});

/** Root may read everything, unless it is told before that it may not. */
const LIKE_OTHERS =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--'] : [];

it('starts with music that may not be read, says so, and plays it when it may', async () => {
  const musicDir = join(dataDir, 'private');
  await mkdir(musicDir);
  await makeDemoMusic(musicDir);
  await chmod(musicDir, 0);
  server = await ServerProcess.start({ dataDir, musicDir, before: LIKE_OTHERS });
  const client = server.client();
  await client.ready();
  await until('it is told', async () => (await client.send('library:problems', {})).items.length === 1);
  const [problem] = (await client.send('library:problems', {})).items;
  expect(problem).toEqual({ path: '.', reason: expect.stringContaining('may not read') as string });
  await chmod(musicDir, 0o700);
  await client.send('library:scan', {});
  await until('it is known', async () => (await client.send('library:status', {})).album_count > 0);
  client.close();
});
