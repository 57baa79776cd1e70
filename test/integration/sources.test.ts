import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll } from 'vitest';
import type { Source, SourceSettings } from '../../src/pipeline/sources/index.js';
import { beginUpload, partPath } from '../../src/pipeline/sources/index.js';
import { sourceContract, type SourceRig, type SourceWish } from '../contracts/source-contract.js';
import { CAPS, FetchingHouse } from '../fakes/fetching.js';
import { MusicServer, sha256 } from '../fakes/music-server.js';
import { noise } from '../fakes/noise.js';

const YT_DLP = '/usr/bin/yt-dlp';
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
let music: Buffer;

beforeAll(async () => {
  if (!existsSync(YT_DLP)) throw new Error('yt-dlp is missing: apt-get install yt-dlp');
  music = await noise('flac', 8);
});

async function sourceOf(
  kind: Source['kind'],
  settings: Partial<SourceSettings>,
  wish: SourceWish = {},
): Promise<{ house: FetchingHouse; source: Source }> {
  const house = await FetchingHouse.open();
  const { caps = CAPS, free } = wish;
  return { house, source: house.sources({ ...settings, caps, ...(free && { free }) }).get(kind) };
}

/** A web server with one piece of music, for sources that go to it by themselves. */
async function webRig(kind: 'http' | 'yt-dlp'): Promise<SourceRig> {
  const server = await MusicServer.start();
  server.put('/music/01%20Noise.flac', { bytes: music });
  server.put('/picture.flac', { bytes: PICTURE, type: 'application/octet-stream' });
  const home = await FetchingHouse.open();
  const settings = { allow_private_addresses: [server.allowed], yt_dlp: YT_DLP };
  return {
    source: ({ caps = CAPS, free }: SourceWish = {}) =>
      home.sources({ ...settings, caps, ...(free && { free }) }).get(kind),
    url: (what) =>
      server.url + { music: '/music/01%20Noise.flac', 'no-music': '/picture.flac', gone: '/gone.flac' }[what],
    hold: (held) =>
      server.change('/music/01%20Noise.flac', {
        hold_at: held ? Math.floor(music.length / 2) : Infinity,
        trickle: held ? 16_384 : 262_144,
      }),
    asked: () => server.asked.length,
    sent: () => server.sent,
    wentOn: () => /^bytes=[1-9]/.test(server.asked.at(-1)?.headers.range ?? ''),
    sha256: sha256(music),
    size_bytes: music.length,
    close: async () => {
      await server.close();
      await home.close();
    },
  };
}

sourceContract('http', { remote: true, start: () => webRig('http') });
sourceContract('yt-dlp, the real one', { remote: true, start: () => webRig('yt-dlp') });

/** What streamrip is told is what this does: `/hold` in the middle of the music, and it waits. */
const FAKE_RIP = `#!/bin/sh
here=$(dirname "$0")
while [ "$1" != "--" ]; do [ "$1" = "--folder" ] && out=$2; shift; done
echo "$2" >> "$here/asked"
case "$2" in
  */album/1) mkdir -p "$out/Album"; [ -e "$here/held" ] && { head -c 400000 "$here/music.flac" > "$out/Album/01. Noise.flac.part"; sleep 60; }
    cp "$here/music.flac" "$out/Album/01. Noise.flac" ;;
  */album/2) mkdir -p "$out/Album"; cp "$here/picture" "$out/Album/01. Noise.flac" ;;
  *) echo "no such album" >&2; exit 1 ;;
esac
`;

sourceContract('streamrip, a fake one', {
  remote: true,
  start: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tutti-rip-'));
    const program = join(folder, 'rip');
    await writeFile(join(folder, 'music.flac'), music);
    await writeFile(join(folder, 'picture'), PICTURE);
    await writeFile(program, FAKE_RIP);
    await chmod(program, 0o755);
    const home = await FetchingHouse.open();
    let asked = 0;
    let held = false;
    const count = async (): Promise<void> => {
      const text = await readFile(join(folder, 'asked'), 'utf8').catch(() => '');
      asked = text.split('\n').length - 1;
    };
    return {
      source: ({ caps = CAPS, free }: SourceWish = {}) => {
        const resolve = async () => [{ address: '93.184.215.14', family: 4 as const }];
        const source = home
          .sources({ streamrip: program, resolve, caps, ...(free && { free }) })
          .get('streamrip');
        return {
          kind: source.kind,
          capabilities: source.capabilities,
          takes: (url) => source.takes(url),
          plan: (url, signal) => source.plan(url, signal),
          run: (order, context) => source.run(order, context).finally(count),
        };
      },
      url: (what) => `https://open.qobuz.com/album/${{ music: '1', 'no-music': '2', gone: '3' }[what]}`,
      hold: (now) => {
        held = now;
        if (held) void writeFile(join(folder, 'held'), '');
        else void rm(join(folder, 'held'), { force: true });
      },
      asked: () => asked,
      sent: () => (existsSync(join(folder, 'asked')) ? 1 : 0),
      wentOn: () => false,
      sha256: sha256(music),
      size_bytes: music.length,
      close: async () => {
        await home.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
});

sourceContract('upload', {
  remote: false,
  start: async () => {
    const { house, source } = await sourceOf('upload', {});
    return {
      source: () => source,
      url: () => undefined,
      prepare: async ({ folder }, what) => {
        if (what === 'gone') return;
        const bytes = what === 'music' ? music : PICTURE;
        const files = [{ path: '01 Noise.flac', size_bytes: bytes.length }];
        await beginUpload(folder, { title: 'Noise', files });
        await writeFile(partPath(folder, 0), bytes);
      },
      hold: () => undefined,
      asked: () => 0,
      sent: () => 0,
      wentOn: () => false,
      sha256: sha256(music),
      size_bytes: music.length,
      close: () => house.close(),
    };
  },
});
