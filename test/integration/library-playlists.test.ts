import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Playlist } from '../../src/protocol/index.js';
import { age } from '../fixtures/make-music.js';
import { makeManyFlacs } from '../fixtures/many-flacs.js';
import { LibraryRig } from './library-rig.js';

let dir: string;
let rig: LibraryRig;
let ids: string[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-playlists-'));
  rig = await LibraryRig.open(dir);
  await makeManyFlacs(rig.musicDir, { count: 20 });
  await rig.scan();
  ids = rig.tracks().map((track) => track.track_id);
});
afterEach(async () => {
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

const lists = async (): Promise<Playlist[]> =>
  (await rig.handlers['playlist:list']({}, rig.caller)).playlists;
const tracksOf = async (playlist_id: string): Promise<string[]> =>
  (await rig.handlers['playlist:get']({ playlist_id, offset: 0, limit: 100 }, rig.caller)).tracks.map(
    (track) => track.track_id,
  );
const folder = 'Artist 0/Album 0';
const first = '01 Song 1.flac';
const idOf = (title: string): string =>
  rig.tracks().find((track) => track.title.startsWith(`${title} `))!.track_id;

describe('playlists', () => {
  it('keep their order and may hold a track twice', async () => {
    const wanted = [ids[3]!, ids[1]!, ids[3]!];
    const { playlist } = await rig.handlers['playlist:create'](
      { name: 'Mine', track_ids: wanted },
      rig.caller,
    );
    expect(playlist).toMatchObject({ name: 'Mine', track_count: 3, duration_seconds: 3 });
    expect(await tracksOf(playlist.playlist_id)).toEqual(wanted);
    expect(rig.library.items({ playlist_id: playlist.playlist_id }).map((item) => item.track_id)).toEqual(
      wanted,
    );
    await rig.handlers['playlist:add'](
      { playlist_id: playlist.playlist_id, track_ids: [ids[0]!] },
      rig.caller,
    );
    await rig.handlers['playlist:remove']({ playlist_id: playlist.playlist_id, index: 0 }, rig.caller);
    expect(await tracksOf(playlist.playlist_id)).toEqual([ids[1], ids[3], ids[0]]);
    await rig.handlers['playlist:rename']({ playlist_id: playlist.playlist_id, name: 'Ours' }, rig.caller);
    expect(rig.find('our').playlists).toMatchObject([{ name: 'Ours' }]);
    await rig.handlers['playlist:delete']({ playlist_id: playlist.playlist_id }, rig.caller);
    expect(await lists()).toEqual([]);
  });

  it('refuse a name that is taken, tracks that are not there, and lists that are not', () => {
    const playlist = rig.library.savePlaylist('Mine', []);
    const call = (work: () => unknown) => expect(work);
    call(() => rig.library.savePlaylist('MINE', [])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFLICT' }),
    );
    const { playlist_id } = playlist;
    call(() => rig.handlers['playlist:add']({ playlist_id, track_ids: ['t-x'] }, rig.caller)).toThrow(
      expect.objectContaining({ code: 'ERR_TRACK_NOT_FOUND' }),
    );
    call(() => rig.handlers['playlist:remove']({ playlist_id, index: 0 }, rig.caller)).toThrow(
      expect.objectContaining({ code: 'ERR_TRACK_NOT_FOUND' }),
    );
    call(() => rig.handlers['playlist:delete']({ playlist_id: 'p-x' }, rig.caller)).toThrow(
      expect.objectContaining({ code: 'ERR_PLAYLIST_NOT_FOUND' }),
    );
  });

  it('a track that is away for a while is back in its place', async () => {
    const kept = [idOf('Song 1'), idOf('Song 2'), idOf('Song 3')];
    const { playlist_id } = rig.library.savePlaylist('Mine', kept);
    const path = join(rig.musicDir, folder, '02 Song 2.flac');
    await rm(path);
    await rig.scan();
    expect(await tracksOf(playlist_id)).toEqual([kept[0], kept[2]]);
    expect((await lists())[0]).toMatchObject({ track_count: 2, duration_seconds: 2 });
    await makeManyFlacs(rig.musicDir, { count: 20 });
    await rig.scan();
    expect(await tracksOf(playlist_id)).toEqual(kept);
  });
});

describe('m3u', () => {
  it('lines name tracks by any path people write; the others come back', async () => {
    const m3u = [
      '\ufeff#EXTM3U',
      `${folder}/${first}`,
      `./x/../${folder}/02 Song 2.flac`,
      `${folder}/03 Song 3.flac`.replaceAll('/', '\\'),
      join(rig.musicDir, folder, '04 Song 4.flac'),
      `C:\\Users\\me\\Music\\${folder.replace('/', '\\')}\\05 Song 5.flac`,
      `file://${encodeURI(join(rig.musicDir, folder, '06 Song 6.flac'))}`,
      '#EXTINF:1,Artist 0 - Song 7 of the garden',
      'nowhere/x.mp3',
      'http://radio.example/live',
      '../../../etc/passwd',
      'not/there.flac',
    ].join('\r\n');
    const { playlist, missing } = await rig.handlers['playlist:import']({ name: 'In', m3u }, rig.caller);
    const tracks = await rig.handlers['playlist:get'](
      { playlist_id: playlist.playlist_id, offset: 0, limit: 100 },
      rig.caller,
    );
    expect(tracks.tracks.map((track) => track.track_number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(missing).toEqual(['http://radio.example/live', '../../../etc/passwd', 'not/there.flac']);
  });

  it('files in the music folder are playlists that follow the file', async () => {
    const path = join(rig.musicDir, folder, 'Best.m3u');
    await writeFile(path, `${first}\n`);
    await rig.scan();
    const [list] = await lists();
    expect(list).toMatchObject({ name: 'Best', track_count: 1 });
    await writeFile(path, `${first}\n02 Song 2.flac\n`);
    await rig.scan();
    expect(await lists()).toMatchObject([{ playlist_id: list!.playlist_id, track_count: 2 }]);
    await unlink(path);
    await rig.scan();
    expect(await lists()).toEqual([]);
  });

  it('a file names tracks that come later', async () => {
    await writeFile(join(rig.musicDir, 'Later.m3u8'), 'Artist 0/Album 2/01 Song 21.flac\n');
    await rig.scan();
    expect(await lists()).toMatchObject([{ track_count: 0 }]);
    await makeManyFlacs(rig.musicDir, { count: 30 });
    await rig.scan();
    expect(await lists()).toMatchObject([{ track_count: 1 }]);
  });

  it('edited here, a playlist follows its file no longer, and outlives it', async () => {
    const path = join(rig.musicDir, 'Best.m3u');
    await writeFile(path, `${folder}/${first}\n`);
    await age(path);
    await rig.scan();
    const [list] = await lists();
    await rig.handlers['playlist:add']({ playlist_id: list!.playlist_id, track_ids: [ids[9]!] }, rig.caller);
    await writeFile(path, `${folder}/${first}\n`.repeat(5));
    await rig.scan();
    expect(await lists()).toMatchObject([{ track_count: 2 }]);
    await unlink(path);
    await rig.scan();
    expect(await lists()).toMatchObject([{ track_count: 2 }]);
  });

  it('deleted here, a playlist comes back only when its file changes', async () => {
    const path = join(rig.musicDir, 'Best.m3u');
    await writeFile(path, `${folder}/${first}\n`);
    await age(path);
    await rig.scan();
    await rig.handlers['playlist:delete']({ playlist_id: (await lists())[0]!.playlist_id }, rig.caller);
    await rig.scan(true);
    expect(await lists()).toEqual([]);
    await writeFile(path, `${folder}/${first}\n${folder}/${first}\n`);
    await rig.scan();
    expect(await lists()).toMatchObject([{ track_count: 2 }]);
  });
});
