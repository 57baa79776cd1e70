import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { AddressGuard } from '../../src/net/index.js';
import type { FetchOrder } from '../../src/pipeline/sources/index.js';
import { openGuardProxy, type GuardProxy } from '../../src/pipeline/sources/guard-proxy.js';
import { streamripArguments } from '../../src/pipeline/sources/streamrip.js';
import { ytDlpArguments, ytDlpFault } from '../../src/pipeline/sources/yt-dlp.js';
import { CAPS, FetchingHouse } from '../fakes/fetching.js';
import { MusicServer, sha256 } from '../fakes/music-server.js';
import { noise } from '../fakes/noise.js';

const YT_DLP = '/usr/bin/yt-dlp';
let music: Buffer;
beforeAll(async () => {
  if (!existsSync(YT_DLP)) throw new Error('yt-dlp is missing: apt-get install yt-dlp');
  music = await noise('flac', 3);
});

describe('the arguments of programs', () => {
  const order = { out: '/work/out', temp: '/work/temp', proxy: 'http://127.0.0.1:9', caps: CAPS };
  const fixed = ytDlpArguments({ ...order, url: 'https://x.example/' });
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map((text) => `http://x.example/${text}`),
    fc.constantFrom(
      '-o/etc/x',
      '--exec=id',
      '--config-locations=/etc',
      ' https://x',
      'https://x\n--exec=id',
      '$(id)',
      '`id`',
    ),
  );

  it('hold an address behind -- alone, whatever it is', () => {
    fc.assert(
      fc.property(hostile, (url) => {
        for (const [make, most] of [
          [ytDlpArguments, fixed.length],
          [streamripArguments, 6],
        ] as const) {
          let args: string[];
          try {
            args = make({ ...order, url });
          } catch {
            continue;
          }
          expect(args).toHaveLength(most);
          expect(args.at(-1)).toBe(url);
          expect(args.at(-2)).toBe('--');
          expect(args.slice(0, -1).some((arg) => url !== '' && arg.includes(url))).toBe(false);
        }
      }),
    );
  });

  it('never read what the program finds elsewhere, and run nothing', () => {
    for (const word of ['--ignore-config', '--no-exec', '--no-cookies', '--no-cache-dir', '--proxy'])
      expect(fixed).toContain(word);
    for (const word of [
      '--exec',
      '--netrc',
      '--netrc-cmd',
      '--cookies',
      '--enable-file-urls',
      '--config-locations',
    ])
      expect(fixed).not.toContain(word);
  });

  it.each([
    ['ERROR: [generic] HTTP Error 404: Not Found', 1, false],
    ['ERROR: Unable to download webpage: HTTP Error 503', 1, true],
    ['ERROR: Unsupported URL: https://x.example/', 1, false],
    ['Usage: yt-dlp', 2, false],
    ['', null, true],
  ])('what %j means', (complaint, code, retryable) => {
    expect(ytDlpFault({ code, complaint })).toMatchObject({ code: 'ERR_SOURCE', retryable });
  });

  it('keep addresses out of what people read', () => {
    const { message } = ytDlpFault({
      code: 1,
      complaint: 'ERROR: cannot open https://x.example/a?token=secret now',
    });
    expect(message).not.toContain('secret');
  });
});

describe('programs', () => {
  let server: MusicServer;
  let canary: MusicServer;
  let house: FetchingHouse;
  let folder: string;

  beforeEach(async () => {
    [server, canary] = [await MusicServer.start(), await MusicServer.start()];
    canary.put('/a.flac', { bytes: music });
    house = await FetchingHouse.open();
    folder = await mkdtemp(join(tmpdir(), 'tutti-programs-'));
  });
  afterEach(async () => {
    await Promise.all([server.close(), canary.close(), house.close()]);
    await rm(folder, { recursive: true, force: true });
  });

  const order = (url: string): FetchOrder => ({
    download_id: 'download-1',
    folder: join(house.incoming, 'download-1'),
    url,
  });
  const run = (url: string, program = YT_DLP) =>
    house
      .sources({ allow_private_addresses: [server.allowed], yt_dlp: program })
      .get('yt-dlp')
      .run(order(url), house.context());
  async function script(text: string): Promise<string> {
    const path = join(folder, 'program');
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  }

  it('get hostile addresses as one word, and no shell sees them', async () => {
    const program = await script(
      `for word in "$@"; do printf '%s\\n' "$word" >> ${folder}/words; done; printf '=====\\n' >> ${folder}/words; exit 1`,
    );
    const touch = `touch ${folder}/canary`;
    const tails = [
      `$(${touch})`,
      `;${touch}`,
      `|${touch}`,
      `&${touch}`,
      '%0a--exec=id',
      `'"`,
      '-o/etc/x',
      '?--exec=id',
      '*',
      '~',
      '$HOME',
    ];
    for (const tail of tails)
      await expect(run(`${server.url}/${tail.replaceAll(' ', '%20')}`, program)).rejects.toThrow();
    const words = await readFile(join(folder, 'words'), 'utf8');
    const runs = words.split('=====\n').slice(0, -1);
    expect(runs).toHaveLength(tails.length);
    for (const one of runs) {
      const list = one.trimEnd().split('\n');
      expect(list.at(-2)).toBe('--');
      expect(list.at(-1)?.startsWith(`${server.url}/`)).toBe(true);
    }
    expect(await readdir(folder)).not.toContain('canary');
  });

  it.each([
    '-o/etc/x',
    '--exec=id',
    ' http://x',
    'http://x/\n--exec=id',
    'file:///etc/passwd',
    'http://x/a b',
    '',
  ])('are not even started for %j', async (url) => {
    const program = await script(`touch ${folder}/canary`);
    await expect(run(url, program)).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
    expect(await readdir(folder)).toEqual(['program']);
  });

  it('have an environment with nothing of ours', async () => {
    const program = await script(`env > ${folder}/env; exit 1`);
    process.env['TUTTI_SECRET'] = 'secret';
    await expect(run(`${server.url}/a`, program)).rejects.toThrow();
    delete process.env['TUTTI_SECRET'];
    const names = (await readFile(join(folder, 'env'), 'utf8')).split('\n').map((line) => line.split('=')[0]);
    const wanted = [
      'HOME',
      'LANG',
      'PATH',
      'PWD',
      'PYTHONUNBUFFERED',
      'PYTHONUTF8',
      'XDG_CACHE_HOME',
      'XDG_CONFIG_HOME',
    ];
    expect(names.filter((name) => name !== '' && name !== '_').toSorted()).toEqual(
      [...wanted, 'OLDPWD', 'http_proxy', 'https_proxy'].filter((name) => names.includes(name)).toSorted(),
    );
  });

  it('may print whatever they like', async () => {
    const program = await script(
      `head -c 300000 /dev/zero | tr '\\0' x; printf '\\nDL {"status":1}\\nDL {broken\\nDL {"status":"x","downloaded_bytes":-5}\\nMETA []\\nDONE {"filepath":"/etc/passwd"}\\n'; head -c 100000 /dev/urandom; head -c 200000 /dev/urandom >&2; exit 0`,
    );
    await expect(run(`${server.url}/a`, program)).rejects.toMatchObject({
      code: 'ERR_SOURCE',
      retryable: false,
    });
    expect(await house.files(order('').folder)).toEqual({});
  });

  it('leave no link that leads elsewhere', async () => {
    const secret = join(folder, 'secret.flac');
    await writeFile(secret, music);
    const program = await script(`ln -s ${secret} out/0-link.flac; mkfifo out/0-pipe.flac; exit 0`);
    await expect(run(`${server.url}/a`, program)).rejects.toMatchObject({ code: 'ERR_SOURCE' });
    expect(await house.files(order('').folder)).toEqual({});
  });

  it('that are missing say so', async () => {
    await expect(run(`${server.url}/a`, join(folder, 'nothing'))).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    });
  });

  it('bring several files from one page, yt-dlp being real', async () => {
    for (const n of [1, 2]) server.put(`/${n}.flac`, { bytes: music });
    const page =
      '<html><title>The Album</title><audio src="/1.flac"></audio><audio src="/2.flac"></audio></html>';
    server.put('/page', { bytes: Buffer.from(page), type: 'text/html' });
    const fetched = await run(`${server.url}/page`);
    const hashes = Object.entries(await house.files(order('').folder)).filter(([name]) =>
      name.endsWith('.flac'),
    );
    expect(hashes.map(([, hash]) => hash)).toEqual([sha256(music), sha256(music)]);
    expect(fetched.title).toContain('The Album');
  });

  it('are led nowhere inside, yt-dlp being real', async () => {
    const there = `http://127.0.0.1:${canary.port}/a.flac`;
    server.put('/lead', { bytes: Buffer.alloc(0), status: 302, headers: { location: there } });
    server.put('/page', {
      bytes: Buffer.from(`<html><title>x</title><audio src="${there}"></audio></html>`),
      type: 'text/html',
    });
    const list = `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${there}\n#EXT-X-ENDLIST\n`;
    server.put('/live.m3u8', { bytes: Buffer.from(list), type: 'application/vnd.apple.mpegurl' });
    for (const path of ['/lead', '/page', '/live.m3u8']) {
      await expect(run(server.url + path)).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
      await rm(order('').folder, { recursive: true, force: true });
    }
    expect(canary.asked).toEqual([]);
  });
});

describe('the guarded way out', () => {
  let proxy: GuardProxy;
  let server: MusicServer;
  let canary: MusicServer;
  let tooMuch = 0;

  beforeEach(async () => {
    [server, canary] = [await MusicServer.start(), await MusicServer.start()];
    server.put('/a.flac', { bytes: music });
    const guard = new AddressGuard({ clock: systemClock, allow: [server.allowed] });
    tooMuch = 0;
    proxy = await openGuardProxy({
      guard,
      clock: systemClock,
      log: silentLogger,
      max_bytes: 500_000,
      tooMuch: () => void tooMuch++,
    });
  });
  afterEach(async () => {
    await proxy.close();
    await Promise.all([server.close(), canary.close()]);
  });

  const port = (): number => Number(new URL(proxy.url).port);
  const get = (path: string): Promise<{ status: number; bytes: number }> =>
    new Promise((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port: port(), path, method: 'GET', headers: { host: 'x' } },
        (answer) => {
          let bytes = 0;
          answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
          answer.on('error', reject);
          answer.on('close', () => resolve({ status: answer.statusCode ?? 0, bytes }));
        },
      );
      asked.on('error', reject);
      asked.end();
    });
  const tunnel = (target: string, then = ''): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port(), '127.0.0.1', () =>
        socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: x\r\n\r\n${then}`),
      );
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (then === '' || text.includes('404')) socket.destroy();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
    });

  it('is open to what may be asked', async () => {
    server.put('/small', { bytes: Buffer.alloc(1000) });
    expect(await get(`${server.url}/small`)).toEqual({ status: 200, bytes: 1000 });
    const text = await tunnel(server.allowed, 'GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*404/);
  });

  it('is closed to everything else', async () => {
    const inside = [
      `http://127.0.0.1:${canary.port}/a`,
      `http://localhost:${canary.port}/a`,
      `http://[::1]:${canary.port}/`,
      '/a',
      'ftp://x/',
    ];
    for (const path of inside) expect((await get(path)).status).toBe(403);
    const targets = [
      `127.0.0.1:${canary.port}`,
      `localhost:${canary.port}`,
      '[::1]:443',
      '10.0.0.1:443',
      `a@127.0.0.1:${server.port}`,
      'x',
    ];
    for (const target of targets) expect(await tunnel(target)).toContain(' 403 ');
    expect(canary.asked).toEqual([]);
    expect(proxy.refused()).toBeGreaterThan(inside.length);
  });

  it('is cut when more comes than may', async () => {
    server.put('/large', { bytes: Buffer.alloc(5_000_000) });
    const { bytes } = await get(`${server.url}/large`).catch(() => ({ bytes: 0 }));
    expect(bytes).toBeLessThan(1_500_000);
    expect(tooMuch).toBe(1);
  });

  it('does not hold a program up when nobody answers there', async () => {
    const gone = server.port;
    await server.close();
    server = await MusicServer.start();
    expect((await get(`http://127.0.0.1:${gone}/a`)).status).toBe(502);
  });
});
