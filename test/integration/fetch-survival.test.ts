import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FetchParams } from '../../src/pipeline/sources/index.js';
import { FetchingHouse } from '../fakes/fetching.js';
import { MusicServer, sha256 } from '../fakes/music-server.js';
import { noise } from '../fakes/noise.js';
import { until } from '../until.js';
import { bundle } from './bundle.js';

const YT_DLP = '/usr/bin/yt-dlp';
let music: Buffer;
let program: string;
beforeAll(async () => {
  if (!existsSync(YT_DLP)) throw new Error('yt-dlp is missing: apt-get install yt-dlp');
  music = await noise('flac', 30);
  program = await bundle(join(import.meta.dirname, '..', 'fixtures', 'fetch-once.ts'));
});
afterAll(() => rm(dirname(program), { recursive: true, force: true }));

describe('fetching in a process that is killed', () => {
  let server: MusicServer;
  let house: FetchingHouse;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    server = await MusicServer.start();
    server.put('/a.flac', { bytes: music, trickle: 32_768 });
    house = await FetchingHouse.open();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await server.close();
    await house.close();
  });

  /** A worker that has begun, with what it says. */
  function worker(
    params: FetchParams,
    ytDlp = '',
  ): { child: ChildProcess; said: () => string; ended: Promise<void> } {
    const args = [program, house.incoming, server.allowed, ytDlp, JSON.stringify(params)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    return { child, said: () => said, ended };
  }

  const bytesOf = (said: string): number => Math.max(0, ...said.split('\n').map((line) => Number(line) || 0));

  it('goes on where it was, again and again, and brings the same bytes', async () => {
    const params = { download_id: 'download-1', source: 'http', url: `${server.url}/a.flac` } as const;
    let reached = 0;
    for (let kills = 0; kills < 3; kills++) {
      const { child, said, ended } = worker(params);
      const enough = Math.min(music.length * 0.8, reached + 700_000);
      await until('it has come further', () => bytesOf(said()) >= enough);
      reached = bytesOf(said());
      child.kill('SIGKILL');
      await ended;
    }
    server.change('/a.flac', { trickle: undefined } as never);
    const { said, ended } = worker(params);
    await ended;
    expect(said()).toContain('done');
    expect(await house.files(join(house.incoming, 'download-1'))).toEqual({ 'a.flac': sha256(music) });
    const ranges = server.asked.map(({ headers }) => Number(/\d+/.exec(headers.range ?? '0')?.[0]));
    expect(ranges).toHaveLength(4);
    expect(ranges).toEqual(ranges.toSorted((a, b) => a - b));
    expect(ranges[3]).toBeGreaterThan(0);
  });

  it('ends a program that outlived it before it begins anew, and brings the same bytes', async () => {
    const params = { download_id: 'download-2', source: 'yt-dlp', url: `${server.url}/a.flac` } as const;
    server.change('/a.flac', { hold_at: 1_500_000 });
    const first = worker(params, YT_DLP);
    await until('some has come', () => bytesOf(first.said()) > 300_000);
    const pid = Number(await readFile(join(house.incoming, 'download-2', 'part', 'program.pid'), 'utf8'));
    first.child.kill('SIGKILL');
    await first.ended;
    server.change('/a.flac', { hold_at: Infinity, trickle: undefined } as never);
    const { said, ended } = worker(params, YT_DLP);
    await ended;
    expect(said()).toContain('done');
    // Whoever inherited it may take its time to bury it.
    await until('the first program is gone', () => !existsSync(`/proc/${pid}`));
    const files = await house.files(join(house.incoming, 'download-2'));
    expect(Object.entries(files).filter(([name]) => name.endsWith('.flac'))).toEqual([
      ['0-a.flac', sha256(music)],
    ]);
    // Its extractor looks at the file anew; what it has is not fetched again.
    expect(server.asked.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);
  });

  it('does the same once more when it died after the end', async () => {
    const params = { download_id: 'download-3', source: 'http', url: `${server.url}/a.flac` } as const;
    server.change('/a.flac', { trickle: undefined } as never);
    const first = worker(params);
    await first.ended;
    const again = worker(params);
    await again.ended;
    const result = (said: string): string => said.split('\n').find((line) => line.startsWith('done')) ?? '';
    expect(result(again.said())).toBe(result(first.said()));
    expect(server.asked).toHaveLength(1);
  });
});

describe('a program that is stopped', () => {
  it('takes its children along', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tutti-children-'));
    const house = await FetchingHouse.open();
    try {
      const script = join(folder, 'yt-dlp');
      await writeFile(script, `#!/bin/sh\ntrap '' TERM\nsleep 300 &\necho $! > ${folder}/child\nsleep 300\n`);
      await chmod(script, 0o755);
      const source = house.sources({ yt_dlp: script, allow_private_addresses: ['127.0.0.1'] }).get('yt-dlp');
      const stop = new AbortController();
      const order = {
        download_id: 'download-1',
        folder: join(house.incoming, 'download-1'),
        url: 'http://127.0.0.1:1024/a',
      };
      const going = source.run(order, house.context(stop.signal));
      going.catch(() => undefined);
      let child = 0;
      await until('it has a child', async () => {
        child = Number(await readFile(join(folder, 'child'), 'utf8').catch(() => ''));
        return child > 0;
      });
      stop.abort(new Error('stopped'));
      await expect(going).rejects.toThrow('stopped');
      const gone = async (): Promise<boolean> => {
        const stat = await readFile(`/proc/${child}/stat`, 'utf8').catch(() => ') Z');
        return stat.includes(') Z');
      };
      await until('its child is gone', gone);
    } finally {
      await house.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
