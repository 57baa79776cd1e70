import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jobHandlers } from '../../src/jobs/index.js';
import { ANNA, BEN, DownloadHouse, type DownloadHouseOptions } from '../fakes/download-house.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { MusicServer, sha256 } from '../fakes/music-server.js';
import { noise } from '../fakes/noise.js';
import { until } from '../until.js';

let music: Buffer;
beforeAll(async () => {
  music = await noise('flac', 3);
});

describe('downloads', () => {
  let server: MusicServer;
  let clock: ManualClock;
  let house: DownloadHouse;

  const begin = (options: Partial<DownloadHouseOptions> = {}): Promise<DownloadHouse> =>
    DownloadHouse.open({ clock, settings: { allow_private_addresses: [server.allowed] }, ...options });
  const add = async (path: string, more: { title?: string; room_id?: string } = {}): Promise<string> =>
    (await house.handlers['download:add']({ url: server.url + path, ...more }, ANNA)).download_id;

  beforeEach(async () => {
    clock = new ManualClock();
    server = await MusicServer.start();
    server.put('/a.flac', { bytes: music });
    house = await begin();
  });
  afterEach(async () => {
    await house.close();
    await server.close();
  });

  it('come from the wish to the handing on, and are told truthfully', async () => {
    const id = await add('/a.flac?secret=1');
    const item = await house.reaches(id, 'handed_on');
    expect(item).toMatchObject({
      progress: 100,
      received_bytes: music.length,
      total_bytes: music.length,
      title: 'a',
      url: `${server.url}/a.flac`,
      candidate_id: `candidate-${id}`,
    });
    const [first] = house.told('download:updated');
    expect(first).toMatchObject({ state: 'queued', progress: 0, username: 'Anna', source: 'http' });
    const [arrived] = house.arrived;
    expect(arrived).toMatchObject({ download_id: id, user_id: 'anna', username: 'Anna', source: 'http' });
    expect(sha256(await readFile(join(arrived!.folder, 'a.flac')))).toBe(sha256(music));
    expect(house.told('download:progress').every(({ progress }) => progress >= 0 && progress <= 100)).toBe(
      true,
    );
    expect(house.told('download:complete')).toEqual([{ id, source: 'http' }]);
    expect(JSON.stringify(house.events)).not.toContain('secret');
  });

  it('are complete for a second time when they are in the library', async () => {
    const id = await add('/a.flac');
    await house.reaches(id, 'handed_on');
    house.downloads.desk.finished(id, { album_id: 'al' });
    house.downloads.desk.finished(id, { album_id: 'al' });
    expect(house.one(id).album_id).toBe('al');
    expect(house.told('download:complete')).toEqual([
      { id, source: 'http' },
      { id, album_id: 'al', source: 'http' },
    ]);
  });

  it('say once why they wait after they were handed on', async () => {
    const id = await add('/a.flac');
    await house.reaches(id, 'handed_on');
    const before = house.told('download:updated').length;
    for (let times = 0; times < 3; times++)
      house.downloads.desk.finished(id, { error: 'It waits for a decision.' });
    expect(house.one(id).error).toBe('It waits for a decision.');
    expect(house.told('download:updated')).toHaveLength(before + 1);
    house.downloads.desk.finished(id, { album_id: 'al' });
    expect(house.one(id)).not.toHaveProperty('error');
  });

  it('are tried again after a minute, and say so meanwhile', async () => {
    server.change('/a.flac', { status: 503 });
    const id = await add('/a.flac');
    const waiting = await house.reaches(id, 'waiting');
    expect(waiting.error).toContain('503');
    expect(Date.parse(waiting.next_attempt_at!)).toBe(clock.wallMs() + 60_000);
    server.change('/a.flac', { status: undefined } as never);
    await clock.advance(60_100);
    const item = await house.reaches(id, 'handed_on');
    expect(item).toMatchObject({ attempt: 2 });
    expect(item).not.toHaveProperty('error');
  });

  it('fail after the last of their tries, and a person may try again', async () => {
    server.change('/a.flac', { status: 500 });
    const id = await add('/a.flac');
    for (let tries = 1; tries <= 3; tries++) {
      await until('it waits', () => house.one(id).state === 'waiting' && server.asked.length === tries);
      await clock.advance(60_100);
    }
    const failed = await house.reaches(id, 'failed');
    expect(failed).toMatchObject({ retry_available: true, attempt: 4 });
    expect(house.told('download:error')).toEqual([{ id, error: failed.error, retry_available: true }]);
    server.change('/a.flac', { status: undefined } as never);
    await house.handlers['download:retry']({ download_id: id }, ANNA);
    expect(await house.reaches(id, 'handed_on')).toMatchObject({ attempt: 1 });
  });

  it('fail at once when there is no hope', async () => {
    const id = await add('/gone.flac');
    const failed = await house.reaches(id, 'failed');
    expect(failed).toMatchObject({ error: 'The server has no such file', retry_available: false });
    expect(server.asked).toHaveLength(1);
  });

  it('refuse at once what leads inside, and are then not there', async () => {
    for (const url of [
      'http://127.0.0.1:1/a.flac',
      'http://[::1]/a.flac',
      'http://user:word@example.org/a.flac',
      'http://%/',
    ])
      await expect(house.handlers['download:add']({ url }, ANNA)).rejects.toMatchObject({
        code: 'ERR_ADDRESS_REFUSED',
      });
    expect(house.list).toEqual([]);
  });

  it('are not fetched twice at once', async () => {
    server.change('/a.flac', { hold_at: 1000 });
    await add('/a.flac');
    await expect(add('/a.flac')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });

  it('can be cancelled, keep what has come, and go on from there', async () => {
    server.change('/a.flac', { hold_at: 200_000, trickle: 16_384 });
    const id = await add('/a.flac');
    await until('some has come', () => house.one(id).received_bytes > 0);
    await house.handlers['download:cancel']({ download_id: id }, ANNA);
    expect(await house.reaches(id, 'cancelled')).toMatchObject({ retry_available: true });
    server.change('/a.flac', { hold_at: Infinity });
    await house.handlers['download:retry']({ download_id: id }, ANNA);
    await house.reaches(id, 'handed_on');
    expect(server.asked.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);
    expect(sha256(await readFile(join(house.arrived[0]!.folder, 'a.flac')))).toBe(sha256(music));
  });

  it('can be held, and go on where they were', async () => {
    server.change('/a.flac', { hold_at: 200_000, trickle: 16_384 });
    const id = await add('/a.flac');
    await until('some has come', () => house.one(id).received_bytes > 0);
    await house.handlers['download:pause']({ download_id: id, paused: true }, ANNA);
    const held = house.one(id);
    expect(held.state).toBe('paused');
    expect(held).not.toHaveProperty('speed_bytes_per_second');
    server.change('/a.flac', { hold_at: Infinity });
    await house.handlers['download:pause']({ download_id: id, paused: false }, ANNA);
    expect(await house.reaches(id, 'handed_on')).toMatchObject({ attempt: 1 });
    expect(server.asked.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);
  });

  it('go on after a restart of the server', async () => {
    server.change('/a.flac', { hold_at: 200_000, trickle: 16_384 });
    const id = await add('/a.flac');
    await until('some has come', () => house.one(id).received_bytes > 0);
    house = await house.again();
    server.change('/a.flac', { hold_at: Infinity });
    // What was asked for while the line still held is given up after half a minute.
    await clock.advance(31_000);
    await house.reaches(id, 'handed_on');
    expect(sha256(await readFile(join(house.arrived[0]!.folder, 'a.flac')))).toBe(sha256(music));
  });

  it('are handed on again when nobody took them', async () => {
    let refuse = true;
    const taken: string[] = [];
    await house.close();
    house = await begin({
      onArrived: async ({ download_id }) => {
        if (refuse) throw new Error('not now');
        taken.push(download_id);
      },
    });
    const id = await add('/a.flac');
    await house.reaches(id, 'checking');
    await until('it was fetched', () => server.sent >= music.length);
    refuse = false;
    await until('it was taken', async () => {
      await clock.advance(1_000);
      return taken.length > 0;
    });
    expect(taken).toEqual([id]);
    expect(await house.reaches(id, 'handed_on')).not.toHaveProperty('candidate_id');
  });

  it('can be removed when they are over, and then nothing is left of them', async () => {
    server.change('/a.flac', { hold_at: 200_000 });
    const id = await add('/a.flac');
    const folder = join(house.folder, 'workspace', 'incoming', id);
    await until('some has come', () => existsSync(folder));
    await expect(house.handlers['download:remove']({ download_id: id }, ANNA)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
    await house.handlers['download:cancel']({ download_id: id }, ANNA);
    await house.reaches(id, 'cancelled');
    await house.handlers['download:remove']({ download_id: id }, ANNA);
    expect(house.list).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });

  it('are held, ended, tried again and removed by who asked for them, and by admins', async () => {
    server.change('/a.flac', { hold_at: 200_000 });
    const id = await add('/a.flac');
    const { handlers, jobs } = house;
    jobs.guard('fetch', (jobId, caller) => house.downloads.desk.mayControlJob(jobId, caller));
    await house.reaches(id, 'running');
    const [job] = jobs.list(1);
    const refused = async (attempt: () => unknown): Promise<void> => {
      await expect((async () => attempt())()).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' });
    };
    const one = { download_id: id };
    await refused(() => handlers['download:pause']({ ...one, paused: true }, BEN));
    await refused(() => handlers['download:cancel'](one, BEN));
    await refused(() => jobHandlers(jobs)['job:cancel']({ job_id: job!.job_id }, BEN));
    await handlers['download:cancel'](one, { ...BEN, role: 'admin' });
    await house.reaches(id, 'cancelled');
    await refused(() => handlers['download:retry'](one, BEN));
    await refused(() => handlers['download:remove'](one, BEN));
    await refused(() => jobHandlers(jobs)['job:retry']({ job_id: job!.job_id }, BEN));
    await handlers['download:remove'](one, { ...BEN, role: 'device', scopes: ['admin'] });
    expect(house.list).toEqual([]);
  });

  it('never take music along when they are forgotten after they were handed on', async () => {
    const id = await add('/a.flac');
    await house.reaches(id, 'handed_on');
    await house.handlers['download:remove']({ download_id: id }, ANNA);
    expect(existsSync(join(house.arrived[0]!.folder, 'a.flac'))).toBe(true);
  });

  it('put a place holder into a queue, and are not begun when the room cannot have it', async () => {
    await house.close();
    house = await begin({
      wish: async (room_id, { download_id }, { name }) => {
        if (room_id === 'full') throw new Error('full');
        return `${room_id}-${download_id.length}-${name}`;
      },
    });
    const reply = await house.handlers['download:add'](
      { url: `${server.url}/a.flac`, room_id: 'kitchen' },
      ANNA,
    );
    expect(reply.item_id).toBe('kitchen-36-Anna');
    await house.reaches(reply.download_id, 'handed_on');
    expect(house.arrived[0]).toMatchObject({ room_id: 'kitchen', item_id: 'kitchen-36-Anna' });
    await expect(add('/a.flac', { room_id: 'full' })).rejects.toThrow('full');
    expect(house.list).toHaveLength(1);
  });

  it('wait for room on the disk', async () => {
    await house.close();
    house = await begin({ settings: { allow_private_addresses: [server.allowed], free: async () => 0 } });
    await expect(add('/a.flac')).rejects.toMatchObject({ code: 'ERR_SPACE' });
  });

  it('are forgotten after a month, and not before', async () => {
    const id = await add('/gone.flac');
    await house.reaches(id, 'failed');
    expect(await house.downloads.desk.forgetOld(30)).toBe(0);
    house = await house.again({ clock: new ManualClock(clock.wallMs() + 31 * 86_400_000) });
    expect(await house.downloads.desk.forgetOld(30)).toBe(1);
    expect(house.list).toEqual([]);
  });

  it('name the sources of the house', async () => {
    const { sources } = await house.handlers['download:list']({}, ANNA);
    expect(sources).toEqual(['http', 'upload', 'feed']);
    await expect(
      house.handlers['download:add']({ url: 'https://x.example/a', source: 'yt-dlp' }, ANNA),
    ).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });
});

describe('podcasts', () => {
  let server: MusicServer;
  let clock: ManualClock;
  let house: DownloadHouse;
  const feed = (...numbers: number[]): void => {
    const items = numbers.map(
      (n) =>
        `<item><title>Episode ${n}: on/off</title><guid>g${n}</guid><pubDate>${new Date(Date.UTC(2026, 0, n)).toUTCString()}</pubDate>` +
        `<enclosure url="${server.url}/${n}.flac" type="audio/flac"/></item>`,
    );
    const text = `<rss version="2.0"><channel><title>The Show</title>${items.join('')}</channel></rss>`;
    server.put('/feed.xml', { bytes: Buffer.from(text), type: 'application/rss+xml' });
    for (const n of numbers) if (!server.files.has(`/${n}.flac`)) server.put(`/${n}.flac`, { bytes: music });
  };
  const follow = (keep = 2): Promise<{ feed_id: string }> =>
    Promise.resolve(house.handlers['feed:add']({ url: `${server.url}/feed.xml?key=secret`, keep }, ANNA));
  const settled = async (count: number): Promise<void> => {
    await until('all is fetched', () => house.arrived.length === count);
  };

  beforeEach(async () => {
    clock = new ManualClock();
    server = await MusicServer.start();
    house = await DownloadHouse.open({ clock, settings: { allow_private_addresses: [server.allowed] } });
  });
  afterEach(async () => {
    await house.close();
    await server.close();
  });

  it('bring their newest episodes, each once, named as the feed names them', async () => {
    feed(1, 2, 3);
    await follow(2);
    await settled(2);
    expect(house.arrived.map(({ title }) => title).toSorted()).toEqual([
      'Episode 2: on/off',
      'Episode 3: on/off',
    ]);
    const third = house.arrived.find(({ title }) => title.startsWith('Episode 3'));
    expect(existsSync(join(third!.folder, 'Episode 3_ on_off.flac'))).toBe(true);
    expect(await house.downloads.checkFeeds()).toMatchObject({ message: '0 new episodes' });
    feed(1, 2, 3, 4);
    expect(await house.downloads.checkFeeds()).toMatchObject({ message: '1 new episodes' });
    await settled(3);
    expect(house.list.every(({ source }) => source === 'feed')).toBe(true);
  });

  it('show no secret of their address', async () => {
    feed(1);
    await follow();
    await settled(1);
    const { feeds } = await house.handlers['feed:list']({}, ANNA);
    expect(feeds).toMatchObject([{ title: 'The Show', url: `${server.url}/feed.xml`, episode_count: 1 }]);
  });

  it('bring no episode again after a restart, although its download was forgotten', async () => {
    feed(1, 2);
    await follow();
    await settled(2);
    for (const { download_id } of house.list) {
      await house.reaches(download_id, 'handed_on');
      await house.handlers['download:remove']({ download_id }, ANNA);
    }
    house = await house.again();
    expect(await house.downloads.checkFeeds()).toMatchObject({ message: '0 new episodes' });
  });

  it('say what is wrong with them, and are asked again', async () => {
    feed(1);
    const { feed_id } = await follow();
    await settled(1);
    server.change('/feed.xml', { status: 503 });
    expect(await house.downloads.checkFeeds()).toMatchObject({
      message: '0 new episodes, 1 podcasts did not answer',
    });
    const listed = async () => (await house.handlers['feed:list']({}, ANNA)).feeds[0];
    expect((await listed())?.error).toContain('503');
    feed(1);
    await house.downloads.checkFeeds();
    expect(await listed()).not.toHaveProperty('error');
    await expect((async () => house.handlers['feed:remove']({ feed_id }, BEN))()).rejects.toMatchObject({
      code: 'ERR_NOT_ALLOWED',
    });
    await house.handlers['feed:remove']({ feed_id }, ANNA);
    expect(await listed()).toBeUndefined();
  });

  it('are tried again ever later when an episode cannot be had, and then not any more', async () => {
    feed(1);
    server.change('/1.flac', { status: 500 });
    await follow();
    const id = house.list[0]!.download_id;
    const waits: number[] = [];
    for (let round = 0; round < 3; round++) {
      for (let tries = 1; tries <= 3; tries++) {
        await until(
          'it waits a minute',
          () => house.one(id).state === 'waiting' && server.asked.length === 1 + round * 4 + tries,
        );
        await clock.advance(60_100);
      }
      await until(
        'the round is over',
        () => server.asked.length === 5 + round * 4 && house.one(id).state !== 'running',
      );
      if (round === 2) break;
      await until(
        'it rests',
        () => Date.parse(house.one(id).next_attempt_at ?? '0') > clock.wallMs() + 120_000,
      );
      const rest = Date.parse(house.one(id).next_attempt_at!) - clock.wallMs();
      waits.push(Math.round(rest / 3_600_000));
      await clock.advance(rest + 1_000);
    }
    expect(waits).toEqual([1, 6]);
    expect(await house.reaches(id, 'failed')).toMatchObject({ retry_available: true });
    expect(server.asked.filter(({ path }) => path === '/1.flac')).toHaveLength(12);
  });

  it('are refused when they are none, or inside', async () => {
    server.put('/feed.xml', { bytes: Buffer.from('<html></html>'), type: 'text/html' });
    await expect(follow()).rejects.toMatchObject({ code: 'ERR_SOURCE' });
    const inside = house.handlers['feed:add']({ url: 'http://10.0.0.1/feed.xml', keep: 1 }, ANNA);
    await expect(inside).rejects.toMatchObject({ code: 'ERR_ADDRESS_REFUSED' });
  });
});
