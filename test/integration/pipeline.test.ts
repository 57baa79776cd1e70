import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TuttiClient } from '../../src/client/index.js';
import type { QueueItem } from '../../src/protocol/index.js';
import { invent, released, type Album } from '../fakes/labelled-albums.js';
import { until } from '../until.js';
import { makeAlbum, PipelineHouse, reached } from './pipeline-rig.js';

const good = invent(1, { tracks: 3 });
const torn = invent(2, { tracks: 3 });
const single: Album = { ...invent(3, { tracks: 1 }) };
const unknown = invent(4, { tracks: 2 });

let house: PipelineHouse;
afterEach(() => house.close());

describe('a folder of music that somebody drops', () => {
  it('[IM1] is in the library, whole and playable, and the folder is empty', async () => {
    house = await PipelineHouse.open([released(good)]);
    const client = await house.client(['imports', 'library', 'activity']);
    await makeAlbum(join(house.dir, 'drop', 'some music'), good);
    await house.rest(client);
    const { album_id } = await reached(client, good.title, 'imported');
    const { album, tracks } = await client.send('library:album', { album_id: album_id ?? '' });
    expect(album).toMatchObject({ title: good.title, artist: good.artist });
    expect(tracks.map(({ title }) => title)).toEqual(good.discs[0]?.map(({ title }) => title));
    expect(await house.files('drop')).toEqual([]);
    expect(await house.files('state/workspace/candidates')).toEqual([]);
    expect(await house.files('music')).toHaveLength(3);
    const { activity } = await client.send('activity:list', {});
    expect(activity.map(({ action }) => action)).toEqual(['album_imported']);
  });

  it('[RV1] waits with its reason where a file is broken, and comes in when a person says so', async () => {
    house = await PipelineHouse.open([released(torn)]);
    const client = await house.client(['imports']);
    const making = join(house.dir, 'torn');
    await makeAlbum(making, torn);
    const [first = ''] = (await readdir(making)).sort();
    await truncate(join(making, first), Math.floor((await stat(join(making, first))).size / 2));
    await makeAlbum(join(house.dir, 'drop', 'another'), good);
    await rename(making, join(house.dir, 'drop', 'torn'));
    await house.rest(client);
    const waits = await reached(client, torn.title, 'review');
    expect(waits.gates.map(({ gate }) => gate)).toContain('broken_file');
    expect(waits.reason).toContain(first);
    const { candidate_id } = waits;
    const { matches, files } = await client.send('import:review', { candidate_id });
    expect(files.find(({ path }) => path === first)?.problem?.gate).toBe('broken_file');
    const [match] = matches;
    const verdict = {
      release: match!.release,
      files: match!.files.map((path) => (path === first ? null : path)),
    };
    await client.send('import:approve', { candidate_id, verdict });
    const { album_id } = await reached(client, torn.title, 'imported');
    const { tracks } = await client.send('library:album', { album_id: album_id ?? '' });
    expect(tracks).toHaveLength(2);
    await reached(client, 'another', 'review');
  });

  it('[ID3] is asked about, with a sentence, where there is no source and tags alone are not enough', async () => {
    house = await PipelineHouse.open([], { musicbrainz_contact: undefined });
    const client = await house.client(['imports']);
    await makeAlbum(join(house.dir, 'drop', 'music'), unknown);
    await house.rest(client);
    const { reason, gates } = await reached(client, unknown.title, 'review');
    expect(reason).toMatch(/^No source of releases is set up/);
    expect(gates[0]?.gate).toBe('not_in_source');
  });

  it('[ID3] comes in by its tags alone where the house says so', async () => {
    house = await PipelineHouse.open([], { musicbrainz_contact: undefined, import_by_tags: true });
    const client = await house.client(['imports']);
    await makeAlbum(join(house.dir, 'drop', 'music'), unknown);
    await house.rest(client);
    await reached(client, unknown.title, 'imported');
  });

  it('[TR1] can be rejected, lies in the trash, and waits again when it is restored', async () => {
    house = await PipelineHouse.open([], { musicbrainz_contact: undefined });
    const client = await house.client(['imports']);
    await makeAlbum(join(house.dir, 'drop', 'music'), unknown);
    await house.rest(client);
    const { candidate_id } = await reached(client, unknown.title, 'review');
    const before = await house.files('state/workspace/candidates');
    await client.send('import:reject', { candidate_id });
    expect(await house.files('state/workspace/candidates')).toEqual([]);
    const { items } = await client.send('trash:list', {});
    expect(items).toMatchObject([{ reason: 'rejected', file_count: 2 }]);
    await client.send('trash:restore', { trash_id: items[0]?.trash_id ?? '' });
    await reached(client, unknown.title, 'review');
    expect(await house.files('state/workspace/candidates')).toEqual(before);
  });
});

describe('[WI1] an address in the queue of a room', () => {
  let server: Server;
  let folder: string;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tutti-web-'));
    await makeAlbum(join(folder, 'single'), single);
    const [name = ''] = await readdir(join(folder, 'single'));
    const path = join(folder, 'single', name);
    const { size } = await stat(path);
    server = createServer((request, response) => {
      if (request.url?.startsWith('/song.flac') !== true) return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': 'audio/flac', 'content-length': size });
      createReadStream(path).pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const allowed = { allow_private_addresses: ['127.0.0.1'] };

  it('becomes the track in its place, on every phone, and begins where nothing plays', async () => {
    house = await PipelineHouse.open([released(single)], allowed);
    const one = await house.client(['rooms']);
    const { rooms } = await one.send('room:list', {});
    const room_id = rooms[0]?.room_id ?? '';
    const phones = [
      await house.client([`room/${room_id}`, 'downloads']),
      await house.client([`room/${room_id}`]),
    ];
    const wish = { url: `${url}/song.flac?secret=1`, room_id, play: true };
    const { item_id } = await one.send('download:add', wish);
    const queues = (): (readonly QueueItem[])[] =>
      phones.map((phone) => phone.mirror.room[room_id]?.queue.items ?? []);
    await until('both phones have the track', () =>
      queues().every((items) => items.length === 1 && items[0]?.track_id !== undefined),
    );
    const title = single.discs[0]?.[0]?.title;
    for (const items of queues()) expect(items).toMatchObject([{ item_id, title, artist: single.artist }]);
    await until(
      'it plays by itself',
      async () => (await one.send('room:get', { room_id })).playback.state === 'playing',
    );
    const { downloads } = await one.send('download:list', {});
    expect(downloads).toMatchObject([{ state: 'handed_on', url: `${url}/song.flac` }]);
    await until('the download knows its album', async () => {
      const { downloads: now } = await one.send('download:list', {});
      return now[0]?.album_id !== undefined;
    });
  });

  it('waits with the album for a person, over a restart, and comes true when it is approved', async () => {
    house = await PipelineHouse.open([], { ...allowed, musicbrainz_contact: undefined });
    const before = await house.client();
    const { rooms } = await before.send('room:list', {});
    const room_id = rooms[0]?.room_id ?? '';
    const { item_id } = await before.send('download:add', { url: `${url}/song.flac`, room_id });
    const itemsOf = async (client: TuttiClient): Promise<readonly QueueItem[]> =>
      (await client.send('room:get', { room_id })).queue.items;
    await until('it says what it waits for', async () =>
      /waits for a decision/.test((await itemsOf(before))[0]?.problem ?? ''),
    );
    await house.restart();
    const after = await house.client();
    expect(await itemsOf(after)).toMatchObject([
      { item_id, problem: expect.stringMatching(/waits for a decision/) },
    ]);
    const { candidate_id } = await reached(after, single.title, 'review');
    await after.send('import:approve', { candidate_id, match: 0 });
    await until('it is a track', async () => (await itemsOf(after))[0]?.track_id !== undefined);
    expect(await itemsOf(after)).toMatchObject([{ item_id, artist: single.artist }]);
  });

  it('says why it does not come, and playback passes it', async () => {
    house = await PipelineHouse.open([], allowed);
    const client = await house.client([]);
    const { rooms } = await client.send('room:list', {});
    const room_id = rooms[0]?.room_id ?? '';
    await client.send('download:add', { url: `${url}/none.flac`, room_id });
    await until('it says why', async () => {
      const { queue } = await client.send('room:get', { room_id });
      return queue.items[0]?.problem !== undefined;
    });
    await expect(client.send('room:play', { room_id })).rejects.toMatchObject({ code: 'ERR_UNPLAYABLE' });
  });
});
