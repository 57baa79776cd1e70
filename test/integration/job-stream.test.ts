import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { silentLogger } from '../../src/base/index.js';
import { jobHandlers, Jobs, type JobRun } from '../../src/jobs/index.js';
import { commandRunner } from '../../src/server/index.js';
import { emptyState, sqliteKeeper, Store } from '../../src/state/index.js';
import { migrate, openDb } from '../../src/storage/index.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { connectWithRetry, followJob, pollJobStatus, type Shown } from '../fakes/seed-job-client.js';
import { until } from '../until.js';
import { allHandlers, rawRequest, UPGRADE, World } from './server-world.js';

interface Said {
  readonly type: string;
  readonly job_id: string;
  readonly progress: number;
  readonly stage: string;
  readonly message: string;
  readonly error: { readonly message: string; readonly retryable: boolean; readonly stage: string };
  readonly result_url: string;
}

/** A real registry behind a real server; work is done by the test's hand. */
class Workshop {
  readonly clock = new ManualClock();
  readonly jobs: Jobs;
  readonly store: Store;
  readonly sockets: WebSocket[] = [];
  world!: World;

  private constructor() {
    const db = openDb(':memory:');
    migrate(db);
    this.store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(db) });
    this.jobs = new Jobs({ db, store: this.store, clock: this.clock, log: silentLogger });
  }

  static async open(): Promise<Workshop> {
    const shop = new Workshop();
    const run = commandRunner(allHandlers(jobHandlers(shop.jobs)), silentLogger);
    shop.world = await World.start({ feed: shop.store, run, clock: shop.clock });
    return shop;
  }

  begin(): JobRun {
    const job = this.jobs.open({ kind: 'library-scan', title: 'Library scan' });
    job.begin('survey');
    return job;
  }

  async go(job: JobRun, current: number, stage = 'read'): Promise<void> {
    await this.clock.advance(300);
    job.progress({ current, total: 100, stage, message: `${current} of 100` });
  }

  socket(jobId: string, query = ''): WebSocket {
    const ws = new WebSocket(`ws://127.0.0.1:${this.world.port}/api/v1/jobs/${jobId}/stream${query}`);
    ws.on('error', () => undefined);
    this.sockets.push(ws);
    return ws;
  }

  /** Everything a stream says, and how it ends. */
  listen(jobId: string): { said: Said[]; ws: WebSocket; closed: Promise<number> } {
    const ws = this.socket(jobId);
    const said: Said[] = [];
    ws.on('message', (bytes: Buffer) => said.push(JSON.parse(bytes.toString()) as Said));
    return { said, ws, closed: once(ws, 'close').then(([code]) => code as number) };
  }

  async close(): Promise<void> {
    for (const ws of this.sockets) ws.terminate();
    await this.world.stop();
    this.jobs.close();
  }
}

let shop: Workshop;
afterEach(() => shop.close());

const has = (said: readonly Said[], type: string): Said | undefined => said.find((one) => one.type === type);

describe('[JB5] the stream of a job', () => {
  it('says at once how the job is, then each step of five percent, then how it ended, and closes', async () => {
    shop = await Workshop.open();
    const job = shop.begin();
    await shop.go(job, 10);
    const { said, closed } = shop.listen(job.job_id);
    await until('the present state', () => said.length === 1);
    for (let current = 11; current <= 30; current++) await shop.go(job, current);
    job.complete({ result_url: '/api/v1/library' });
    expect(await closed).toBe(1000);
    expect(said.map(({ type, progress }) => [type, progress])).toEqual([
      ['progress', 10],
      ['progress', 15],
      ['progress', 20],
      ['progress', 25],
      ['progress', 30],
      ['completed', 100],
    ]);
    expect(said[0]).toEqual({
      type: 'progress',
      job_id: job.job_id,
      progress: 10,
      stage: 'read',
      message: '10 of 100',
      timestamp: expect.any(String) as string,
    });
    expect(said.at(-1)).toEqual({
      type: 'completed',
      job_id: job.job_id,
      progress: 100,
      result_url: '/api/v1/library',
      duration_seconds: expect.any(Number) as number,
      timestamp: expect.any(String) as string,
    });
  });
  it('says a new stage whatever the percent', async () => {
    shop = await Workshop.open();
    const job = shop.begin();
    const { said } = shop.listen(job.job_id);
    await until('the present state', () => said.length === 1);
    await shop.go(job, 1, 'read');
    await until('the next stage', () => said.length === 2);
    expect(said.map(({ stage }) => stage)).toEqual(['survey', 'read']);
  });
  it('says why a job failed, and a cancelled one too', async () => {
    shop = await Workshop.open();
    const failing = shop.begin();
    const cancelled = shop.begin();
    const streams = [shop.listen(failing.job_id), shop.listen(cancelled.job_id)];
    await until('both are heard', () => streams.every(({ said }) => said.length === 1));
    failing.fail({ message: 'the disk is away', retryable: true });
    shop.jobs.cancel(cancelled.job_id);
    expect(await Promise.all(streams.map(({ closed }) => closed))).toEqual([1000, 1000]);
    expect(streams.map(({ said }) => said.at(-1)?.error)).toEqual([
      { message: 'the disk is away', retryable: true, stage: 'survey' },
      { message: 'This was cancelled', retryable: true, stage: 'survey' },
    ]);
  });
  it('of a job that is over is one message', async () => {
    shop = await Workshop.open();
    const job = shop.begin();
    job.complete({});
    const { said, closed } = shop.listen(job.job_id);
    expect(await closed).toBe(1000);
    expect(said.map(({ type, result_url }) => [type, result_url])).toEqual([
      ['completed', `/api/v1/jobs/${job.job_id}`],
    ]);
  });
  it('of a job that nobody knows is one error and 4003, and a GET is 404', async () => {
    shop = await Workshop.open();
    const { said, closed } = shop.listen('550e8400-e29b-41d4-a716-446655440000');
    expect(await closed).toBe(4003);
    expect(said).toMatchObject([{ type: 'error', error: { retryable: false } }]);
    const answer = await fetch(`http://127.0.0.1:${shop.world.port}/api/v1/jobs/nothing`);
    expect(answer.status).toBe(404);
  });
  it('has the doors of every WebSocket', async () => {
    shop = await Workshop.open();
    const job = shop.begin();
    const upgrade = (lines: readonly string[]): Promise<{ status: number }> =>
      rawRequest(shop.world.port, [`GET /api/v1/jobs/${job.job_id}/stream HTTP/1.1`, ...lines, ...UPGRADE]);
    expect((await upgrade(['Host: evil.example'])).status).toBe(421);
    const host = `Host: 127.0.0.1:${shop.world.port}`;
    expect((await upgrade([host, 'Origin: http://evil.example'])).status).toBe(403);
    expect((await upgrade([host])).status).toBe(101);
  });
  it('is given ten times a minute to one address', async () => {
    shop = await Workshop.open();
    const job = shop.begin();
    for (let n = 0; n < 10; n++) await once(shop.socket(job.job_id), 'open');
    const refused = shop.socket(job.job_id);
    const [, response] = (await once(refused, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(429);
    await shop.clock.advance(60_000);
    await once(shop.socket(job.job_id), 'open');
  });
});

describe('[JB6] keeping a stream alive', () => {
  it('says heartbeat every 30 s and goes on for who answers pong', async () => {
    shop = await Workshop.open();
    const job = shop.begin();
    const { said, ws } = shop.listen(job.job_id);
    ws.on('message', (bytes: Buffer) => {
      if (bytes.includes('heartbeat')) ws.send('{"type":"pong","timestamp":"2025-01-15T10:30:00Z"}');
    });
    await until('the present state', () => said.length === 1);
    for (let beat = 1; beat <= 4; beat++) {
      await shop.clock.advance(30_000);
      await until('a heartbeat', () => said.filter(({ type }) => type === 'heartbeat').length === beat);
    }
    expect(ws.readyState).toBe(WebSocket.OPEN);
  });
  it('cuts off who reads nothing, and nobody else waits for them', async () => {
    shop = await Workshop.open();
    const job = shop.begin();
    const asleep = connect(shop.world.port, '127.0.0.1');
    asleep.on('error', () => undefined);
    const path = `/api/v1/jobs/${job.job_id}/stream`;
    asleep.write(
      [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${shop.world.port}`, ...UPGRADE, '', ''].join('\r\n'),
    );
    await once(asleep, 'data');
    asleep.pause();
    const { said } = shop.listen(job.job_id);
    await until('the present state', () => said.length === 1);
    for (let current = 5; current <= 50; current += 5) await shop.go(job, current);
    await until('all steps', () => said.at(-1)?.progress === 50);
    let beats = 0;
    for (; beats < 3; beats++) {
      await shop.clock.advance(30_000);
      await until('a heartbeat', () => said.filter(({ type }) => type === 'heartbeat').length > beats);
      // The pong that goes with the ping has to be there before the next beat.
      shop.sockets.forEach((ws) => ws.ping());
    }
    asleep.resume();
    await once(asleep, 'close');
  });
  it('ends with 4002 for other messages', async () => {
    shop = await Workshop.open();
    const { ws, said, closed } = shop.listen(shop.begin().job_id);
    await until('the present state', () => said.length === 1);
    ws.send('{"type":"room:play"}');
    expect(await closed).toBe(4002);
  });
  it('says error when the server stops, for who only listens here', async () => {
    shop = await Workshop.open();
    const { said, closed } = shop.listen(shop.begin().job_id);
    await until('the present state', () => said.length === 1);
    await shop.world.server.close();
    expect(await closed).toBe(4101);
    expect(has(said, 'error')?.error).toMatchObject({ retryable: true });
  });
});

describe("the document's own client", () => {
  it('follows a job from its hook', async () => {
    shop = await Workshop.open();
    const job = shop.begin();
    const shown: Shown = followJob(shop.socket(job.job_id));
    await until('it is processing', () => shown.seen.length === 1);
    await shop.go(job, 45);
    await until('the progress', () => shown.progress === 45);
    await shop.clock.advance(30_000);
    job.complete({ result_url: '/api/v1/library' });
    await until('the end', () => shown.status === 'completed');
    expect(shown).toMatchObject({ progress: 100, error: null, fetched: ['/api/v1/library'] });
  });
  it('tries five times and then polls to the end when WebSockets are blocked', async () => {
    shop = await Workshop.open();
    const job = shop.begin();
    const seen: number[] = [];
    let stopped = false;
    const url = `http://127.0.0.1:${shop.world.port}/api/v1/jobs/${job.job_id}`;
    const page = new ManualClock();
    const delays = connectWithRetry({
      // A network that lets no upgrade through.
      connect: () => new WebSocket(`ws://127.0.0.1:${shop.world.port}/blocked`),
      later: (run) => setImmediate(run),
      poll: () =>
        pollJobStatus(
          url,
          (progress) => seen.push(progress),
          (run, ms) => {
            const timer = page.every(ms, () => void run());
            return () => {
              stopped = true;
              timer.cancel();
            };
          },
        ),
    });
    await until('five attempts', () => delays.length === 5 && page.pending === 1);
    expect(delays).toEqual([2000, 4000, 8000, 10000, 10000]);
    await shop.go(job, 40);
    await page.advance(2000);
    await until('the first answer', () => seen.length === 1);
    job.complete({});
    await page.advance(2000);
    await until('it stops by itself', () => stopped);
    expect(seen).toEqual([40, 100]);
  });
  it('comes back to a job whose stream was refused for a while', async () => {
    shop = await Workshop.open();
    const job = shop.begin();
    for (let n = 0; n < 10; n++) await once(shop.socket(job.job_id), 'open');
    let heard: Shown | undefined;
    const delays = connectWithRetry({
      connect: () => {
        const ws = shop.socket(job.job_id);
        heard = followJob(ws);
        return ws;
      },
      later: (run, ms) => void shop.clock.advance(ms).then(run),
      poll: () => undefined,
    });
    await until('it is let in again', () => heard?.seen.length === 1);
    expect(delays).toEqual([2000, 4000]);
  });
});
