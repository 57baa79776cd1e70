import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeWav } from '../../bench/sync/signal.js';
import type { TuttiClient } from '../../src/client/index.js';
import { ServerProcess } from '../fakes/server-process.js';
import { until } from '../until.js';

let dir: string;
let server: ServerProcess | undefined;
let client: TuttiClient | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-music-folder-'));
});

afterEach(async () => {
  client?.close();
  await server?.kill();
  await rm(dir, { recursive: true, force: true });
});

async function start(musicDir: string): Promise<ServerProcess> {
  const players = [{ id: 'silent', kind: 'null', name: 'Silent' }];
  server = await ServerProcess.start({ dataDir: join(dir, 'state'), musicDir, players });
  client = server.client();
  await client.ready();
  return server;
}

/** What the page says of the music folder. */
async function said(): Promise<string> {
  const { notices } = await client!.send('system:status', {});
  return notices.find(({ notice_id }) => notice_id === 'music-folder')?.message ?? '';
}

const says = (words: string): Promise<void> =>
  until(`it says ${words}`, async () => (await said()).includes(words));

it('a first start with a music folder that is not there says so, and where another is named', async () => {
  const running = await start(join(dir, 'Musik'));
  await says(`The music folder ${join(dir, 'Musik')} is not there.`);
  expect(await said()).toContain('Another folder is named by the variable TUTTI_MUSIC_DIR.');
  await until('it is printed, and logged', () =>
    [/Note: The music folder .* is not there/, /"the music folder is not in order"/].every((words) =>
      words.test(running.said),
    ),
  );
});

it('a file is no music folder', async () => {
  await writeFile(join(dir, 'song.mp3'), '');
  await start(join(dir, 'song.mp3'));
  await says('is no folder');
});

it('an empty music folder says how music comes into it, one without music too, until there is some', async () => {
  const music = join(dir, 'music');
  await mkdir(music);
  await start(music);
  await says(`The music folder ${music} is empty. Put some there`);
  await writeFile(join(music, 'letter.txt'), 'Dear Tutti');
  await client!.send('library:scan', { full: false });
  await says('There is no music in the music folder');
  await writeWav(join(music, 'tone.wav'), [new Int16Array(8000)], 8000);
  await client!.send('library:scan', { full: false });
  await until('nothing is said any more', async () => (await said()) === '');
});
