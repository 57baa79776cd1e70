import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { MusicBrainz, type MusicBrainzOptions } from '../../src/pipeline/identify/index.js';
import { FakeMusicBrainz, type Fault, type StubRelease } from '../fakes/fake-musicbrainz.js';
import { invent, released } from '../fakes/labelled-albums.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { until } from '../until.js';

const signal = new AbortController().signal;
const one: StubRelease = released(invent(1));
const query = { artist: one.artist, album: one.title, various: false, track_count: 4 };
let dir: string;
let fake: FakeMusicBrainz;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-source-'));
  fake = await FakeMusicBrainz.start([one, released(invent(2))]);
});
afterEach(async () => {
  await fake.stop();
  await rm(dir, { recursive: true, force: true });
});

const open = (own: Partial<MusicBrainzOptions> = {}): MusicBrainz =>
  new MusicBrainz({
    url: fake.url,
    contact: 'somebody@example.org',
    version: '1.2',
    rateMs: 0,
    backoffMs: 1,
    folder: join(dir, 'kept'),
    clock: systemClock,
    log: silentLogger,
    ...own,
  });

describe('a MusicBrainz-compatible source', () => {
  it('finds a release, looks it up, and says who asks', async () => {
    const source = open();
    const hits = await source.search(query, signal);
    expect(hits[0]).toMatchObject({ release_id: one.id, album: one.title, track_count: 4 });
    const known = await source.release(one.id, signal);
    expect(known?.release).toMatchObject({ album: one.title, album_artist: one.artist, media: 'CD' });
    expect(known?.release.tracks.map(({ title }) => title)).toEqual(one.discs[0]!.map(({ title }) => title));
    expect(new Set(fake.asked.map(({ agent }) => agent))).toEqual(
      new Set(['Tutti/1.2 ( somebody@example.org )']),
    );
  });

  it('asks nothing twice, not even after a restart, until the answer is a month old', async () => {
    await open().release(one.id, signal);
    await open().search(query, signal);
    await open().release(one.id, signal);
    await open().search(query, signal);
    expect(fake.asked).toHaveLength(2);
    const later = { ...systemClock, wallMs: () => systemClock.wallMs() + 31 * 24 * 3600 * 1000 };
    await open({ clock: later }).release(one.id, signal);
    expect(fake.asked).toHaveLength(3);
    await open({ clock: later }).sweep();
    expect(await readdir(join(dir, 'kept', 'searches'))).toEqual([]);
  });

  it('knows that a release is not there', async () => {
    expect(await open().release('00000000-0000-4000-8000-000000000000', signal)).toBeUndefined();
  });

  it('sends requests a second apart', async () => {
    const clock = new ManualClock();
    const source = open({ rateMs: 1000, clock });
    await source.search(query, signal);
    const second = source.release(one.id, signal);
    await until('the second request waits', () => clock.pending > 0);
    await clock.advance(999);
    expect(fake.asked).toHaveLength(1);
    await clock.advance(1);
    expect((await second)?.release.album).toBe(one.title);
  });

  it('gets through a source that fails every third time', async () => {
    fake.fault = 'every-third';
    const source = open();
    for (let n = 0; n < 4; n++) {
      expect(await source.search({ ...query, artist: `${one.artist} ${n}` }, signal)).not.toEqual([]);
      await rm(join(dir, 'kept'), { recursive: true, force: true });
      expect((await source.release(one.id, signal))?.release.album).toBe(one.title);
    }
  });

  it.each<[Fault, number]>([
    ['down', 3],
    ['garbage', 3],
    ['not-found', 1],
    ['slow', 3],
  ])('says that it cannot be asked when it is %s, and keeps nothing', async (fault, requests) => {
    fake.fault = fault;
    const source = open({ timeoutMs: 100 });
    await expect(source.search(query, signal)).rejects.toMatchObject({ code: 'ERR_SOURCE', retryable: true });
    expect(source.requests).toBe(requests);
    expect(await readdir(dir)).toEqual([]);
    fake.fault = 'none';
    expect(await open().search(query, signal)).toHaveLength(1);
  });

  it('stops when whoever asked has gone', async () => {
    fake.fault = 'slow';
    const gone = new AbortController();
    const asked = open().search(query, gone.signal);
    gone.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
  });
});
