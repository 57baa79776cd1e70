import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import * as z from 'zod';
import { Job, JobStatus } from '../../src/protocol/index.js';
import { ServerProcess } from '../fakes/server-process.js';
import { makeManyFlacs } from '../fixtures/many-flacs.js';
import { until } from '../until.js';

const Jobs = z.object({ jobs: z.array(Job) });
let server: ServerProcess | undefined;
let dir: string;

afterEach(async () => {
  await server?.kill();
  await rm(dir, { recursive: true, force: true });
});

const read = async <T extends z.ZodType>(schema: T, path: string, method = 'GET'): Promise<z.output<T>> => {
  const answer = await fetch(`${server?.url}/api/v1${path}`, { method });
  return schema.parse(await answer.json());
};

it('[JB1] a scan that kill -9 ends in the middle has failed, can be retried, and is done then', async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-jobs-'));
  const musicDir = join(dir, 'music');
  await makeManyFlacs(musicDir, { count: 1500 });
  server = await ServerProcess.start({
    dataDir: join(dir, 'state'),
    musicDir,
    config: { auth: 'open', watch: false },
  });
  let job: Job | undefined;
  await until('the scan is in the middle', async () => {
    const { jobs } = await read(Jobs, '/jobs');
    job = jobs.find(({ state, progress }) => state === 'running' && progress > 0);
    if (jobs.some(({ state }) => state === 'completed')) throw new Error('the scan was too fast');
    return job !== undefined;
  });
  await server.kill('SIGKILL');
  await server.start();
  const after = await read(JobStatus, `/jobs/${job!.job_id}`);
  expect(after).toMatchObject({ state: 'failed', status: 'failed', error: { retryable: true } });

  const again = await read(z.object({ job_id: z.uuid() }), `/jobs/${job!.job_id}/retry`, 'POST');
  expect(again.job_id).not.toBe(job!.job_id);
  await until('the scan is done', async () => {
    const { status } = await read(JobStatus, `/jobs/${again.job_id}`);
    return status === 'completed';
  });
  const done = await read(JobStatus, `/jobs/${again.job_id}`);
  expect(done).toMatchObject({ progress: 100, result_url: '/api/v1/library', result: { files: 1500 } });
  const library = await read(z.object({ track_count: z.int() }), '/library');
  expect(library.track_count).toBe(1500);
}, 60_000);
