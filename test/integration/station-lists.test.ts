import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.js';
import { resolveStream, type Stream } from '../../src/library/index.js';
import { AddressGuard } from '../../src/net/index.js';
import { MusicServer } from '../fakes/music-server.js';

let server: MusicServer;
/** Inside, and never let through: whoever asks it was led there. */
let inside: MusicServer;

beforeEach(async () => {
  server = await MusicServer.start();
  inside = await MusicServer.start();
});
afterEach(async () => {
  await server.close();
  await inside.close();
});

const list = (path: string, text: string): string =>
  server.put(path, { bytes: Buffer.from(text), type: 'audio/x-mpegurl' });
/** The server stands for the public internet. */
const resolve = (url: string, allow = [server.allowed]): Promise<Stream> =>
  resolveStream(url, { clock: systemClock, guard: new AddressGuard({ clock: systemClock, allow }) });

describe('[RM9] a list of radio stations', () => {
  it('says where its stream is', async () => {
    const url = list('/a.m3u', `#EXTM3U\n#EXTINF:-1,Nord\n${server.url}/live\n`);
    expect(await resolve(url)).toEqual({ url: `${server.url}/live`, title: 'Nord' });
  });

  it('inside the own network is not asked for unless it is let through', async () => {
    const url = inside.put('/a.pls', { bytes: Buffer.from(`[playlist]\nFile1=${server.url}/live\n`) });
    await expect(resolve(url)).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
    expect(inside.asked).toEqual([]);
    expect(await resolve(url, [server.allowed, inside.allowed])).toEqual({ url: `${server.url}/live` });
  });

  it('leads no player into the own network', async () => {
    const url = list('/a.m3u', `${inside.url}/admin?reset=1\n`);
    await expect(resolve(url)).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
  });

  it('is not fetched where its server sends us on to', async () => {
    const headers = { location: `${inside.url}/a.m3u` };
    const url = server.put('/a.m3u', { bytes: Buffer.alloc(0), status: 302, headers });
    await expect(resolve(url)).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
    expect(inside.asked).toEqual([]);
  });

  it.each([
    ['that is too long', { bytes: Buffer.alloc(70_000, '#\n') }, 'longer'],
    ['that is not there', { bytes: Buffer.alloc(0), status: 404 }, '404'],
    ['that names nothing', { bytes: Buffer.from('file:///etc/passwd\n') }, 'no stream'],
  ])('%s cannot be played', async (_name, file, word) => {
    const url = server.put('/a.m3u', file);
    await expect(resolve(url)).rejects.toMatchObject({
      code: 'ERR_UNPLAYABLE',
      message: expect.stringContaining(word) as string,
    });
  });

  it('is none when a person names the stream itself: a radio of the own house plays, and nothing is asked', async () => {
    const url = `${inside.url}/radio.mp3`;
    expect(await resolve(url)).toEqual({ url });
    expect(inside.asked).toEqual([]);
  });
});
