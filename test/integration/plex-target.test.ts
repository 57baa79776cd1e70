import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakePlex } from '../fakes/fake-plex.js';
import { SteppingClock } from '../fakes/stepping-clock.js';
import { TargetHouse } from '../fakes/target-house.js';

const TOKEN = 'plex-token-4711';

describe('[TG2] Plex', () => {
  let house: TargetHouse;
  let plex: FakePlex;

  beforeEach(async () => {
    const clock = new SteppingClock();
    house = await TargetHouse.open(clock);
    await mkdir(join(house.dir, 'other'));
    plex = new FakePlex({
      clock,
      token: TOKEN,
      libraries: [
        { key: '1', title: 'Films', type: 'movie', locations: [{ path: '/plex', dir: house.dir }] },
        {
          key: '2',
          title: 'Music',
          type: 'artist',
          locations: [
            { path: '/plex/music', dir: join(house.dir, 'other') },
            { path: '/plex/music/main', dir: house.musicDir },
          ],
        },
        { key: '3', title: 'Spoken', type: 'artist', locations: [{ path: '/plex/mus', dir: house.dir }] },
      ],
    });
    await plex.server.start();
  });
  afterEach(async () => {
    await house.close();
    await plex.server.stop();
  });

  const add = (theirs = '/plex/music/main', secret = TOKEN): Promise<string> =>
    house.add({ url: plex.server.url, secret, mappings: [{ ours: house.musicDir, theirs }] });
  const refreshes = (): string[] =>
    plex.server.asked.flatMap(({ method, path, query }) =>
      path.endsWith('/refresh') ? [`${method} ${path} ${query.get('path')}`] : [],
    );

  it('is asked for the folder, in the library that has the longest path around it, and has our file then', async () => {
    const id = await add();
    await house.bring('Björk/Début & more', 'Crying');
    await house.empty();
    expect(refreshes()).toEqual(['GET /library/sections/2/refresh /plex/music/main/Björk/Début & more']);
    expect(house.target(id)).toMatchObject({ last_result: 'confirmed', waiting: 0 });
    expect(plex.files('2')).toEqual(['/plex/music/main/Björk/Début & more/01 - Crying.flac']);
  });

  it('gets the token in a header alone', async () => {
    await add();
    await house.bring('A/One', 'Song');
    await house.empty();
    for (const { url, headers } of plex.server.asked) {
      expect(url).not.toContain(TOKEN);
      expect(headers['x-plex-token']).toBe(TOKEN);
    }
  });

  it('is asked by POST when it has no GET', async () => {
    plex.refreshBy = 'post';
    const id = await add();
    await house.bring('A/One', 'Song');
    await house.empty();
    expect(refreshes().map((line) => line.split(' ')[0])).toEqual(['GET', 'POST']);
    expect(house.target(id).last_result).toBe('confirmed');
  });

  it('has what it scanned too quickly for anybody to see', async () => {
    plex.looks = 0;
    const id = await add();
    await house.bring('A/One', 'Song');
    await house.empty();
    expect(house.target(id).last_result).toBe('confirmed');
  });

  it('is believed although it calls our tracks by other names and tells no activities', async () => {
    plex.renames = true;
    plex.activities = false;
    const id = await add();
    await house.bring('A/One', 'Song', 'Other');
    await house.empty();
    expect(house.target(id).last_result).toBe('confirmed');
  });

  it('is never asked twice within five seconds, nor while it scans, so that no scan is lost', async () => {
    const id = await add();
    await house.bring('A/One', 'Song of A');
    await house.clock.until('the first scan', () => refreshes().length === 1);
    await house.bring('B/Two', 'Song of B');
    await house.bring('C/Three', 'Song of C');
    await house.empty();
    expect(plex.scanned).toHaveLength(refreshes().length);
    expect(plex.files('2')).toHaveLength(3);
    expect(house.target(id).last_result).toBe('confirmed');
  });

  it('is asked again when somebody else made it lose our scan', async () => {
    plex.looks = 0;
    const id = await add();
    await house.bring('A/One', 'Song');
    await house.clock.until('it is about to be asked', () =>
      plex.server.asked.some(({ path }) => path.endsWith('sections')),
    );
    await fetch(`${plex.server.url}/library/sections/2/refresh?path=/plex/music/main/none`, {
      headers: { 'x-plex-token': TOKEN, accept: 'application/json' },
    });
    await house.clock.until('it has not found it', () => house.target(id).last_result === 'scanned');
    expect(house.outbox()).toEqual(['A/One']);
    await house.empty();
    expect(house.target(id).last_result).toBe('confirmed');
  });

  it('looks at the artist once when several albums came', async () => {
    await add();
    for (const album of ['One', 'Two', 'Three']) await house.bring(`A/${album}`, `Song of ${album}`);
    await house.empty();
    expect(refreshes().map((line) => line.split(' ').at(-1))).toEqual(['/plex/music/main/A']);
  });

  it('says that the path mapping is wrong when it has looked and has nothing, after three tries', async () => {
    const id = await add('/plex/music/wrong');
    await house.bring('A/One', 'Song');
    await house.empty();
    expect(house.target(id)).toMatchObject({ last_result: 'scanned', waiting: 0 });
    expect(house.target(id).last_message).toMatch(
      /does not have \/plex\/music\/wrong\/A\/One.*path mappings/,
    );
    expect(refreshes()).toHaveLength(3);
    expect(house.told()).toHaveLength(1);
  });

  it('is not asked at all for a folder that none of its libraries has', async () => {
    const id = await add('/plex/musical');
    await house.bring('A/One', 'Song');
    await house.clock.until('it is refused', () => house.target(id).last_result === 'refused');
    expect(refreshes()).toEqual([]);
    expect(house.target(id).last_message).toMatch(
      /do not have \/plex\/musical\/A\/One, but .*Correct the path mappings/,
    );
  });

  it('refuses a wrong token once; it is not asked again until an admin enters another', async () => {
    const id = await add(undefined, 'wrong-token-1');
    await house.bring('A/One', 'Song');
    await house.clock.until('it refuses', () => house.target(id).last_result === 'refused');
    const asked = plex.server.asked.length;
    await house.bring('A/Two', 'Other');
    await house.clock.advance(24 * 3_600_000 - 1);
    expect(plex.server.asked).toHaveLength(asked);
    expect(house.told()).toEqual([expect.stringMatching(/does not accept the token/)]);
    expect(house.target(id).waiting).toBe(2);
    await house.update({ target_id: id, secret: TOKEN });
    await house.empty();
    expect(house.target(id).last_result).toBe('confirmed');
    expect(JSON.stringify([house.events, house.target(id)])).not.toMatch(/wrong-token-1|plex-token-4711/);
  });

  it('is waited for while it starts', async () => {
    plex.startingFor = 6;
    const id = await add();
    await house.bring('A/One', 'Song');
    await house.clock.until('it is not there yet', () => house.target(id).last_result === 'unreachable');
    expect(house.target(id).last_message).toMatch(/starting/);
    await house.empty();
    expect(house.target(id).last_result).toBe('confirmed');
  });

  it('says that it takes too long, and is asked again', async () => {
    plex.looks = 100_000;
    const id = await add();
    await house.bring('A/One', 'Song');
    await house.clock.until('it takes too long', () => house.target(id).last_result === 'timeout');
    expect(house.outbox()).toEqual(['A/One']);
    plex.looks = 0;
  });

  it('forgets what was taken away, and looks where there still is a folder', async () => {
    await add();
    await house.bring('A/One', 'Song');
    await house.bring('B/Two', 'Other');
    await house.empty();
    await rm(join(house.musicDir, 'A', 'One'), { recursive: true });
    house.note('A/One', 'removed');
    await house.empty();
    expect(refreshes().at(-1)).toBe('GET /library/sections/2/refresh /plex/music/main/A');
    expect(plex.files('2')).toEqual(['/plex/music/main/B/Two/01 - Other.flac']);
  });

  it('gets the better album and forgets the folder of the one that was replaced', async () => {
    await add();
    await house.bring('A/One (MP3)', 'Song');
    await house.empty();
    await rm(join(house.musicDir, 'A', 'One (MP3)'), { recursive: true });
    await house.files('A/One', 'Song');
    for (const folder of ['A/One (MP3)', 'A/One']) house.note(folder, 'upgraded');
    await house.empty();
    expect(plex.scanned).toEqual(['/plex/music/main/A/One (MP3)', '/plex/music/main/A']);
    expect(plex.files('2')).toEqual(['/plex/music/main/A/One/01 - Song.flac']);
  });

  it('is told by the number of its library when one is chosen', async () => {
    const id = await house.add({
      url: plex.server.url,
      secret: TOKEN,
      section: '3',
      mappings: [{ ours: house.musicDir, theirs: '/plex/music/main' }],
    });
    await house.bring('A/One', 'Song');
    await house.clock.until('it is refused', () => house.target(id).last_result === 'refused');
    await house.update({ target_id: id, section: '9' });
    await house.clock.until('it is refused anew', () =>
      /9; there are: 2/.test(house.target(id).last_message ?? ''),
    );
    await house.update({ target_id: id, section: '' });
    await house.empty();
    expect(house.target(id).last_result).toBe('confirmed');
  });

  it('keeps its music when our disk is away, and hears why nothing comes', async () => {
    const id = await add();
    await house.bring('A/One', 'Song');
    await house.empty();
    const asked = plex.server.asked.length;
    house.disk.there = false;
    await rm(join(house.musicDir, 'A'), { recursive: true });
    house.note('A/One', 'removed');
    await house.clock.until('it is said', () =>
      /music folder is not there/.test(house.target(id).last_message ?? ''),
    );
    expect(plex.server.asked).toHaveLength(asked);
    expect(plex.files('2')).toHaveLength(1);
    await house.files('A/One', 'Song');
    house.disk.there = true;
    await house.empty();
    expect(plex.files('2')).toHaveLength(1);
  });

  it('is not sent to a folder that should be there and is not', async () => {
    await add();
    await house.bring('A/One', 'Song');
    await house.empty();
    await rm(join(house.musicDir, 'A', 'One'), { recursive: true });
    house.note('A/One', 'imported');
    await house.empty();
    expect(plex.scanned).toHaveLength(1);
    expect(plex.files('2')).toHaveLength(1);
  });

  it('tests address, token and mappings, and says what to do', async () => {
    await writeFile(join(house.musicDir, '01 - Loose.flac'), 'sound');
    const id = await add();
    const good = await house.test(id);
    expect(good).toMatchObject({ ok: true, version: '1.41.0.8992', music_folder: '/plex/music/main' });
    expect(good.sections).toEqual([
      { section: '2', title: 'Music', folders: ['/plex/music', '/plex/music/main'] },
      { section: '3', title: 'Spoken', folders: ['/plex/mus'] },
    ]);
    expect(good.message).toMatch(/does not know .*Loose.flac yet/);
    await house.update({ target_id: id, mappings: [{ ours: house.musicDir, theirs: '/plex/musica' }] });
    expect(await house.test(id)).toMatchObject({ ok: false, music_folder: '/plex/musica' });
    await house.update({ target_id: id, mappings: [{ ours: '/somewhere', theirs: '/plex/music' }] });
    expect(await house.test(id)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/no path mapping leads/),
    });
    await house.update({ target_id: id, secret: 'bad' });
    expect(await house.test(id)).toMatchObject({
      ok: false,
      sections: [],
      message: expect.stringMatching(/token/),
    });
    plex.server.trouble = 'garbage';
    expect((await house.test(id)).message).toMatch(/right address/);
  });
});
