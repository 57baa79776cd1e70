import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import * as z from 'zod';
import { JobStatus, Target } from '../../src/protocol/index.js';
import { startMpd, type RunningMpd } from '../fakes/real-mpd.js';
import { ServerProcess } from '../fakes/server-process.js';
import { makeManyFlacs } from '../fixtures/many-flacs.js';
import { until } from '../until.js';

let server: ServerProcess | undefined;
let mpd: RunningMpd | undefined;
let dir: string;

afterEach(async () => {
  await server?.kill();
  await mpd?.stop();
  await rm(dir, { recursive: true, force: true });
});

const ask = async <T extends z.ZodType>(schema: T, path: string, body?: unknown): Promise<z.output<T>> => {
  const answer = await fetch(`${server?.url}/api/v1${path}`, {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  return schema.parse(await answer.json());
};

it('[TG1] a server tells a real MPD what it has, and still knows it after kill -9', async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-target-app-'));
  const musicDir = join(dir, 'music');
  mpd = await startMpd({ musicDir: dir, password: 'open-sesame' });
  await makeManyFlacs(musicDir, { count: 3, tracksPerAlbum: 3 });
  server = await ServerProcess.start({ dataDir: join(dir, 'state'), musicDir, config: { watch: false } });
  const { target_id } = await ask(z.object({ target_id: z.string() }), '/targets', {
    kind: 'mpd',
    name: 'Attic',
    url: `mpd://127.0.0.1:${mpd.port}`,
    secret: 'open-sesame',
    mappings: [{ ours: musicDir, theirs: 'music' }],
  });
  const tried = await ask(
    z.object({ ok: z.boolean(), message: z.string(), music_folder: z.string() }),
    `/targets/${target_id}/test`,
    {},
  );
  expect(tried).toMatchObject({ ok: true, music_folder: 'music' });
  const { job_id } = await ask(z.object({ job_id: z.string() }), `/targets/${target_id}/scan`, {});
  await until(
    'the scan is over',
    async () => (await ask(JobStatus, `/jobs/${job_id}`)).status === 'completed',
  );
  expect(await mpd.mpc('listall')).toContain('music/Artist 0/Album 0/');
  await server.kill('SIGKILL');
  await server.start();
  const { targets } = await ask(z.object({ targets: z.array(Target.loose()) }), '/targets');
  expect(targets).toMatchObject([{ name: 'Attic', last_result: 'confirmed', waiting: 0 }]);
  expect(JSON.stringify(targets)).not.toContain('open-sesame');
});
