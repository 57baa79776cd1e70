import { execFile, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { local } from '../../drivers/local/index.js';
import type { Media } from '../../src/players/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { argumentsOf } from '../../drivers/local/process.js';
import { killMpvs, mpvsOf, until } from './local-rig.js';

const run = promisify(execFile);
let folder = '';
let runtimeDir = '';
let links: DrivenLink[] = [];
let server: Server;
let base = '';
/** What was asked of the server. */
let asked: string[] = [];
const pages = new Map<string, { readonly type: string; readonly body: string | Buffer }>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-hostile-'));
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=441:sample_rate=44100:duration=1', '-ac', '2'];
  await run('ffmpeg', ['-v', 'error', '-y', ...tone, join(folder, 'tone.flac')]);
  await run('ffmpeg', [
    '-v',
    'error',
    '-y',
    ...tone,
    '-f',
    'mpegts',
    '-c:a',
    'aac',
    join(folder, 'canary.ts'),
  ]);
  server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push(path);
    const page = pages.get(path);
    if (!page) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': page.type }).end(page.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  pages.set('/canary.ts', { type: 'video/mp2t', body: await readFile(join(folder, 'canary.ts')) });
  pages.set('/canary.flac', { type: 'audio/flac', body: await readFile(join(folder, 'tone.flac')) });
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  runtimeDir = await mkdtemp(join(tmpdir(), 'tutti-run-'));
  asked = [];
});

afterEach(async () => {
  for (const link of links) await link.close();
  links = [];
  await killMpvs(runtimeDir);
  await rm(runtimeDir, { recursive: true, force: true });
});

async function connect(options: Readonly<Record<string, unknown>> = {}): Promise<DrivenLink> {
  const link = await DrivenLink.connect({
    definition: local,
    options: { ao: 'null', ...options },
    runtimeDir,
  });
  links.push(link);
  return link;
}

let refs = 0;
function file(path: string): Media {
  return { ref: `hostile-${++refs}`, path, title: path, live: false };
}

async function fails(link: DrivenLink, media: Media): Promise<string> {
  await link.run({
    type: 'load',
    media,
    next: file(join(folder, 'tone.flac')),
    position_seconds: 0,
    playing: true,
  });
  const ended = await link.next('ended', `${media.title} failed`, (fact) => fact.ref === media.ref);
  expect(ended.reason).toBe('failed');
  await link.next(
    'playback',
    'on to the next',
    (fact) => fact.ref !== media.ref && fact.status === 'playing',
  );
  expect(
    link
      .since()
      .some((fact) => fact.type === 'playback' && fact.ref === media.ref && fact.status === 'playing'),
  ).toBe(false);
  return ended.message ?? '';
}

describe('files that are not music', () => {
  it.each([
    ['empty.flac', ''],
    ['page.mp3', '<!DOCTYPE html><html><body>404 Not Found</body></html>'],
    ['text.ogg', 'hello\n'.repeat(500)],
    ['broken.flac', `fLaC${'\u0001'.repeat(3000)}`],
    ['zeros.mp3', '\0'.repeat(100_000)],
    ['list.mp3', '#EXTM3U\n/etc/hostname\n'],
  ])('says why %s cannot be played, and plays what follows', async (name, content) => {
    const path = join(folder, name);
    await writeFile(path, content);
    const link = await connect();
    expect(await fails(link, file(path))).not.toBe('');
  });

  it('says why a missing file, a folder and a picture cannot be played', async () => {
    const link = await connect();
    const picture = ['-f', 'lavfi', '-i', 'color=red:size=64x64', '-frames:v', '1'];
    await run('ffmpeg', ['-v', 'error', '-y', ...picture, join(folder, 'cover.jpg')]);
    await copyFile(join(folder, 'cover.jpg'), join(folder, 'cover.mp3'));
    await mkdir(join(folder, 'album.flac'), { recursive: true });
    await copyFile(join(folder, 'tone.flac'), join(folder, 'album.flac', '01.flac'));
    for (const name of ['missing.flac', 'album.flac', 'cover.mp3']) {
      expect(await fails(link, file(join(folder, name)))).not.toBe('');
    }
  });
});

describe('names', () => {
  const long = `${'ü'.repeat(120)}abcdefghij.flac`;
  it.each([
    '--script=x.flac',
    '-o.flac',
    'a\nquit.flac',
    '%41${path}.flac',
    'a,b=c:d;[e].flac',
    '"{\\"}\u{1f3b5}.flac',
    ' .flac',
    'e\u0301\u202e.flac',
    long,
  ])('plays %j, and nothing of the name becomes an option', async (name) => {
    const path = join(folder, name);
    await rm(path, { force: true });
    await symlink(join(folder, 'tone.flac'), path);
    const link = await connect();
    const [pid = 0] = await mpvsOf(runtimeDir);
    const before = await argumentsOf(pid);
    const media = file(path);
    await link.run({ type: 'load', media, position_seconds: 0, playing: true });
    await link.next('playback', 'it plays', (fact) => fact.ref === media.ref && fact.status === 'playing');
    expect(await mpvsOf(runtimeDir)).toEqual([pid]);
    expect(await argumentsOf(pid)).toEqual(before);
    expect(before.filter((argument) => !/^--[a-z]/.test(argument))).toEqual([]);
  });

  it('keeps a hostile output out of the command line', async () => {
    const output = 'x --script=/tmp/evil.lua ,--ao=pcm';
    await connect({ output });
    const [pid = 0] = await mpvsOf(runtimeDir);
    expect((await argumentsOf(pid)).join(' ')).not.toContain('evil');
  });

  it.each([
    { path: 'relative.flac' },
    { path: '--script=/tmp/x.lua' },
    { path: '/music/a\0.flac' },
    { url: 'file:///etc/hostname' },
    { url: 'edl:///etc/hostname' },
    { url: 'memory://x' },
    { url: 'http://x/a b' },
    {},
  ])('refuses %j before mpv hears of it', async (place) => {
    const link = await connect();
    const media = { ref: 'refused', title: 'x', live: false, ...place };
    const load = link.run({ type: 'load', media, position_seconds: 0, playing: true });
    await expect(load).rejects.toMatchObject({ code: 'ERR_UNPLAYABLE' });
  });
});

describe('what names something else', () => {
  const HLS = (uri: string, key = ''): string =>
    `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n${key}#EXTINF:1,\n${uri}\n#EXT-X-ENDLIST\n`;
  const cases = (): readonly (readonly [string, string, string])[] => [
    ['m3u of a file', 'audio/x-mpegurl', `#EXTM3U\n#EXTINF:1,x\n${join(folder, 'tone.flac')}\n`],
    ['m3u of an address', 'audio/x-mpegurl', `#EXTM3U\n#EXTINF:1,x\n${base}/canary.flac\n`],
    ['pls', 'audio/x-scpls', `[playlist]\nFile1=${base}/canary.flac\nNumberOfEntries=1\n`],
    ['HLS of a file', 'application/vnd.apple.mpegurl', HLS(`file://${join(folder, 'canary.ts')}`)],
    ['HLS of an address', 'application/vnd.apple.mpegurl', HLS(`${base}/canary.ts`)],
    ['HLS of concat', 'application/vnd.apple.mpegurl', HLS(`concat:${join(folder, 'canary.ts')}`)],
    [
      'HLS of subfile',
      'application/vnd.apple.mpegurl',
      HLS(`subfile,,start,0,end,0,,:${join(folder, 'canary.ts')}`),
    ],
    ['HLS of data', 'application/vnd.apple.mpegurl', HLS('data:video/mp2t;base64,AAAA')],
    ['HLS of unix', 'application/vnd.apple.mpegurl', HLS('unix:/tmp/x.sock')],
    [
      'HLS with the key in a file',
      'application/vnd.apple.mpegurl',
      HLS(`${base}/canary.ts`, `#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/hostname"\n`),
    ],
    ['ffconcat', 'text/plain', `ffconcat version 1.0\nfile '${join(folder, 'tone.flac')}'\n`],
    ['EDL', 'text/plain', `# mpv EDL v0\n${join(folder, 'tone.flac')}\n`],
    ['cue', 'text/plain', `FILE "tone.flac" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n`],
    [
      'SDP',
      'application/sdp',
      'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n',
    ],
  ];

  it('is not followed, from the web or from disk', async () => {
    const link = await connect();
    for (const [name, type, body] of cases()) {
      for (const suffix of ['mp3', 'm3u8']) {
        const page = `/${encodeURIComponent(name)}.${suffix}`;
        pages.set(page, { type, body });
        await fails(link, { ref: `web-${++refs}`, url: `${base}${page}`, title: name, live: true });
        const path = join(folder, `${name}.${suffix}`);
        await writeFile(path, body);
        await fails(link, file(path));
      }
    }
    expect(asked.filter((path) => path.startsWith('/canary'))).toEqual([]);
    expect(asked.length).toBeGreaterThan(cases().length);
  });

  it('would be followed by an mpv without our arguments: the bait is good', async () => {
    const bait = cases().filter(([name]) => ['m3u of an address', 'pls', 'HLS of an address'].includes(name));
    for (const [name, type, body] of bait) {
      asked = [];
      pages.set('/bait', { type, body });
      const mpv = spawn('mpv', ['--no-config', '--ao=null', '--no-terminal', '--ytdl=no', `${base}/bait`], {
        stdio: 'ignore',
      });
      const gone = new Promise((resolve) => mpv.once('close', resolve));
      await until(`${name} to be followed`, () => asked.some((path) => path.startsWith('/canary')));
      mpv.kill('SIGKILL');
      await gone;
    }
  });

  it('does not follow a redirect out of the web', async () => {
    const redirecting = createServer((_, response) => {
      response.writeHead(302, { location: `file://${join(folder, 'tone.flac')}` }).end();
    });
    await new Promise<void>((resolve) => redirecting.listen(0, '127.0.0.1', resolve));
    const link = await connect();
    const url = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}/x.flac`;
    await fails(link, { ref: 'redirected', url, title: 'x', live: false });
    redirecting.close();
    redirecting.closeAllConnections();
  });
});
