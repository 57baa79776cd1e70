import { join } from 'node:path';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FetchOrder } from '../../src/pipeline/sources/index.js';
import { CAPS, FetchingHouse } from '../fakes/fetching.js';
import { MusicServer, sha256, type ServedFile } from '../fakes/music-server.js';
import { noise } from '../fakes/noise.js';

let music: Buffer;
let mp3: Buffer;
beforeAll(async () => {
  music = await noise('flac', 10);
  mp3 = await noise('mp3', 3);
});

describe('fetching by http', () => {
  let server: MusicServer;
  let canary: MusicServer;
  let house: FetchingHouse;

  beforeEach(async () => {
    server = await MusicServer.start();
    canary = await MusicServer.start('127.0.0.1');
    canary.put('/a.flac', { bytes: music });
    house = await FetchingHouse.open();
  });
  afterEach(async () => {
    await house.close();
    await server.close();
    await canary.close();
  });

  const order = (path: string): FetchOrder => ({
    download_id: 'download-1',
    folder: join(house.incoming, 'download-1'),
    url: server.url + path,
  });
  const fetch = (wanted: FetchOrder, signal?: AbortSignal) =>
    house
      .sources({ allow_private_addresses: [server.allowed] })
      .get('http')
      .run(wanted, house.context(signal));
  /** What stands in the folder after, when all went well. */
  async function outcome(file: Partial<ServedFile>, path = '/a.flac'): Promise<string[]> {
    server.put(path, { bytes: music, ...file });
    await fetch(order(path));
    return Object.values(await house.files(order(path).folder));
  }
  /** A run that ends in the middle, with some of it on disk. */
  async function begun(path: string): Promise<void> {
    server.change(path, { hold_at: 600_000, trickle: 16_384 });
    const stop = new AbortController();
    const going = fetch(order(path), stop.signal).catch(() => undefined);
    while (!house.news.some(({ current = 0 }) => current >= 400_000))
      await new Promise((r) => setTimeout(r, 5));
    stop.abort(new Error('stopped'));
    await going;
    server.change(path, { hold_at: Infinity, trickle: 65_536 });
  }

  it('goes on over a line that breaks again and again', async () => {
    expect(await outcome({ drop_every: 250_000 })).toEqual([sha256(music)]);
    expect(server.asked.length).toBeGreaterThanOrEqual(Math.floor(music.length / 250_000));
    expect(server.sent).toBeLessThan(music.length * 1.5);
  });

  it('goes on by the time of the last change where there is no etag', async () => {
    const modified = new Date(0).toUTCString();
    expect(await outcome({ drop_every: 400_000, etag: undefined, modified })).toEqual([sha256(music)]);
    expect(server.asked.at(-1)?.headers['if-range']).toBe(modified);
  });

  it('gives up when every line breaks and nothing can be gone on with', async () => {
    server.put('/a.flac', { bytes: music, drop_every: 250_000, etag: undefined });
    await expect(fetch(order('/a.flac'))).rejects.toMatchObject({ code: 'ERR_SOURCE', retryable: true });
    expect(server.asked.length).toBeLessThan(10);
    expect(server.asked.every(({ headers }) => headers.range === undefined)).toBe(true);
  });

  it('begins anew at a server that ignores ranges', async () => {
    server.put('/a.flac', { bytes: music, ranges: false });
    await begun('/a.flac');
    await fetch(order('/a.flac'));
    expect(Object.values(await house.files(order('/a.flac').folder))).toEqual([sha256(music)]);
  });

  it('begins anew when the file is another one now', async () => {
    server.put('/a.flac', { bytes: Buffer.concat([music.subarray(0, 300_000), Buffer.alloc(700_000)]) });
    await begun('/a.flac');
    server.put('/a.flac', { bytes: music });
    await fetch(order('/a.flac'));
    expect(Object.values(await house.files(order('/a.flac').folder))).toEqual([sha256(music)]);
  });

  it('trusts only what was noted when the part is longer or shorter than it should be', async () => {
    server.put('/a.flac', { bytes: music });
    await begun('/a.flac');
    await truncate(join(order('').folder, 'part', '0'), 123_456);
    await fetch(order('/a.flac'));
    expect(Object.values(await house.files(order('/a.flac').folder))).toEqual([sha256(music)]);
    expect(server.asked.at(-1)?.headers.range).toBe('bytes=123456-');
  });

  it('is content when everything was there already', async () => {
    server.put('/a.flac', { bytes: music });
    await begun('/a.flac');
    const part = join(order('').folder, 'part');
    const note = JSON.parse(await readFile(join(part, '0.json'), 'utf8')) as object;
    await writeFile(join(part, '0'), music);
    await writeFile(join(part, '0.json'), JSON.stringify({ ...note, synced_bytes: music.length }));
    const sent = server.sent;
    await fetch(order('/a.flac'));
    expect(server.sent).toBe(sent);
    expect(Object.values(await house.files(order('/a.flac').folder))).toEqual([sha256(music)]);
  });

  it('takes a file whose length nobody says', async () => {
    expect(await outcome({ says_length: 'nothing' })).toEqual([sha256(music)]);
  });

  it('does not take a file that is shorter than was said', async () => {
    server.put('/a.flac', {
      bytes: music.subarray(0, 500_000),
      says_length: music.length,
      drop_every: 500_000,
    });
    await expect(fetch(order('/a.flac'))).rejects.toMatchObject({ code: 'ERR_SOURCE' });
    expect(await house.files(order('/a.flac').folder)).toEqual({});
  });

  it('stops at the cap where the server says a small length or none', async () => {
    server.put('/a.flac', { bytes: music, says_length: 'nothing' });
    const caps = { ...CAPS, max_bytes: 300_000 };
    const source = house.sources({ allow_private_addresses: [server.allowed], caps }).get('http');
    await expect(source.run(order('/a.flac'), house.context())).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
    });
  });

  it('names a file by what it is', async () => {
    server.put('/song.flac', { bytes: mp3, type: 'audio/flac' });
    await fetch(order('/song.flac'));
    expect(Object.keys(await house.files(order('').folder))).toEqual(['song.mp3']);
  });

  it('names a file as the server does, harmlessly', async () => {
    const disposition = `attachment; filename="../../etc/cron.d/x.flac"`;
    server.put('/get', {
      bytes: music,
      type: 'application/octet-stream',
      headers: { 'content-disposition': disposition },
    });
    const { files } = await fetch(order('/get'));
    expect(files.map(({ path }) => path)).toEqual(['_.._etc_cron.d_x.flac']);
  });

  it('never gives a list to a program that would open what it names', async () => {
    const secret = join(house.incoming, 'secret.flac');
    const list = `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile://${secret}\n#EXT-X-ENDLIST\n`;
    server.put('/live.flac', { bytes: Buffer.from(list) });
    await expect(fetch(order('/live.flac'))).rejects.toMatchObject({ code: 'ERR_SOURCE', retryable: false });
  });

  it('sends no cookie, no credentials, and does not ask for packed bytes', async () => {
    await outcome({});
    const { headers } = server.asked[0]!;
    expect(Object.keys(headers).toSorted()).toEqual(['accept-encoding', 'connection', 'host', 'user-agent']);
    expect(headers['accept-encoding']).toBe('identity');
  });

  it('keeps what it has on the disk and in its note in step', async () => {
    server.put('/a.flac', { bytes: music });
    await begun('/a.flac');
    const note = JSON.parse(await readFile(join(order('').folder, 'part', '0.json'), 'utf8')) as {
      synced_bytes: number;
    };
    const part = await readFile(join(order('').folder, 'part', '0'));
    expect(note.synced_bytes).toBe(part.length);
    expect(part.equals(music.subarray(0, part.length))).toBe(true);
  });

  describe('through the guard', () => {
    const lead = (path: string, to: string, status = 302): string => {
      server.put(path, { bytes: Buffer.alloc(0), status, headers: { location: to } });
      return path;
    };

    it('follows a few redirects, each as it comes', async () => {
      server.put('/a.flac', { bytes: music });
      lead('/1', '/2', 301);
      lead('/2', `${server.url}/3`, 307);
      lead('/3', 'a.flac', 308);
      await fetch(order('/1'));
      expect(Object.keys(await house.files(order('').folder))).toEqual(['a.flac']);
    });

    it('does not follow them for ever', async () => {
      await expect(fetch(order(lead('/loop', '/loop')))).rejects.toMatchObject({
        code: 'ERR_SOURCE',
        retryable: false,
      });
      expect(server.asked.length).toBeLessThanOrEqual(6);
    });

    it('never touches an address inside, however it is led there', async () => {
      const inside = [
        `http://127.0.0.1:${canary.port}/a.flac`, `http://127.1:${canary.port}/a.flac`, `http://2130706433:${canary.port}/a.flac`,
        `http://0x7f.1:${canary.port}/a.flac`, `http://localhost:${canary.port}/a.flac`, `http://localhost.:${canary.port}/a.flac`,
        `http://[::ffff:127.0.0.1]:${canary.port}/a.flac`, `http://0.0.0.0:${canary.port}/a.flac`, `//127.0.0.1:${canary.port}/a.flac`,
        `http://x:y@127.0.0.1:${server.port}/a.flac`, 'file:///etc/passwd', 'gopher://127.0.0.1/', 'data:audio/flac;base64,AAAA',
      ]; // prettier-ignore
      for (const [n, url] of inside.entries()) {
        const direct = /^http/.test(url) ? { ...order(''), url } : undefined;
        if (direct) await expect(fetch(direct)).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
        await expect(fetch(order(lead(`/lead${n}`, url)))).rejects.toMatchObject({
          code: 'ERR_ADDRESS_REFUSED',
        });
      }
      expect(canary.asked).toEqual([]);
    });

    it('connects to the address it has checked, whatever the name says a moment later', async () => {
      server.put('/a.flac', { bytes: music });
      let asked = 0;
      // First outside, then inside: as a hostile name server answers.
      const resolve = async () => [
        { address: ++asked === 1 ? '127.0.0.3' : '127.0.0.1', family: 4 as const },
      ];
      const sources = house.sources({ resolve, allow_private_addresses: ['127.0.0.3'] });
      const url = `http://rebind.example:${canary.port}/a.flac`;
      await expect(sources.get('http').run({ ...order(''), url }, house.context())).rejects.toMatchObject({
        code: 'ERR_SOURCE',
      });
      expect(asked).toBe(1);
      expect(canary.asked).toEqual([]);
    });
  });
});
