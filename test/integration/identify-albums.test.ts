import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { defaultTags } from '../../src/library/index.js';
import type { Examined } from '../../src/pipeline/contract.js';
import { examine, ExaminedSchema, fingerprint, similarity } from '../../src/pipeline/examine/index.js';
import { identify, MusicBrainz } from '../../src/pipeline/identify/index.js';
import { FakeMusicBrainz, type Fault } from '../fakes/fake-musicbrainz.js';
import { inShort, judge, type Judged } from '../fakes/labelled-judge.js';
import {
  folderOf,
  type Labelled,
  labelledReleases,
  labelledSet,
  makeLabelledSet,
} from '../fakes/labelled-set.js';

/** Some of each kind; `npm run bench -- pipeline identify` takes the whole set. */
const NAMES = [
  'clean opus 1', 'clean aiff 1', 'kanji', 'two discs in folders', 'second of a series', 'with ids, mp3', 'same album, 24 bit',
  '12 MB broken cover inside', 'wrong year', 'no tags, good names', 'three of eight are missing', 'two albums in one folder',
  'live, a little longer', 'two titles swapped', 'a cut mp3', 'an opus cut between pages', 'forty wrong bytes', 'mp3 that says flac',
  'an aria2 file beside it', 'a pipe', 'link to itself', 'names that differ by form', 'nul in a title', 'ten thousand files',
]; // prettier-ignore

const signal = new AbortController().signal;
const cases = NAMES.map((name) => {
  const found = labelledSet().find((one) => one.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return found;
});
const tags = defaultTags({ clock: systemClock, log: silentLogger });
const examinedOf = new Map<Labelled, Examined>();
let dir: string;
let fake: FakeMusicBrainz;

const parts = { clock: systemClock, signal, tags };
const look = (name: string): Examined => examinedOf.get(cases.find((one) => one.name === name)!)!;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-albums-'));
  fake = await FakeMusicBrainz.start(labelledReleases());
  await makeLabelledSet(join(dir, 'set'), cases);
  for (const one of cases) examinedOf.set(one, await examine(folderOf(join(dir, 'set'), one), parts));
}, 300_000);
afterAll(async () => {
  await tags.close();
  await fake.stop();
  await rm(dir, { recursive: true, force: true });
});

async function all(
  kept: string,
  change: (examined: Examined) => Examined = (same) => same,
): Promise<Judged[]> {
  const source = new MusicBrainz({
    url: fake.url, contact: 'test@example.org', version: '0', rateMs: 0, backoffMs: 1, folder: join(dir, kept),
    timeoutMs: fake.fault === 'slow' ? 25 : 20_000, clock: systemClock, log: silentLogger,
  }); // prettier-ignore
  const judged: Judged[] = [];
  for (const one of cases)
    judged.push(judge(one, await identify(change(examinedOf.get(one)!), { source, mode: 'source', signal })));
  return judged;
}

const shown = (judged: readonly Judged[], not: (one: Judged) => boolean): string[] =>
  judged.filter(not).map(inShort);

describe('the labelled albums', () => {
  it('are imported, asked about and explained as they should', async () => {
    const judged = await all('kept');
    expect(shown(judged, ({ isWrong }) => isWrong)).toEqual([]);
    expect(
      shown(judged, ({ one, isRight }) => (one.label === 'clean' || one.label === 'damaged') && !isRight),
    ).toEqual([]);
    expect(shown(judged, ({ one, namesCause }) => one.causes.length > 0 && !namesCause)).toEqual([]);
  });

  it('are decided the same with their files in another order, and nothing is asked again', async () => {
    const before = (await all('kept')).map(({ identified }) => identified);
    const asked = fake.asked.length;
    const turned = await all('kept', (one) => ({ ...one, files: one.files.toReversed() }));
    expect(turned.map(({ identified }) => identified)).toEqual(before);
    expect(fake.asked.slice(asked).filter(({ path }) => !path.includes('query='))).toEqual([]);
  });

  it.each<Fault>(['every-third', 'lying', 'garbage', 'down', 'slow'])(
    'are never imported wrongly by a source that is %s',
    async (fault) => {
      fake.fault = fault;
      try {
        const judged = await all(`kept-${fault}`);
        expect(shown(judged, ({ isWrong }) => isWrong)).toEqual([]);
        const isDead = fault === 'garbage' || fault === 'down' || fault === 'slow';
        if (isDead) expect(shown(judged, ({ isAuto }) => isAuto)).toEqual([]);
        if (isDead)
          expect(judged.filter(({ identified }) => identified.decision === 'later').length).toBeGreaterThan(
            8,
          );
      } finally {
        fake.fault = 'none';
      }
    },
  );
});

describe('examining', () => {
  it('gives what can go over the bus', () => {
    for (const one of examinedOf.values())
      expect(ExaminedSchema.parse(JSON.parse(JSON.stringify(one)))).toEqual(one);
  });

  it('finds the same sum of the same sound in any lossless container', async () => {
    const three = ['same album, flac', 'same album, 24 bit'].map((name) =>
      labelledSet().find((one) => one.name === name)!,
    );
    await makeLabelledSet(join(dir, 'more'), [three[0]!]);
    const [first] = (await examine(folderOf(join(dir, 'more'), three[0]!), parts)).files;
    const wav = join(dir, 'wav');
    await makeLabelledSet(wav, [
      {
        ...three[0]!,
        files: three[0]!.files.slice(0, 1).map((file) => ({ ...file, format: 'wav', path: 'a.wav' })),
      },
    ]);
    const [other] = (await examine(folderOf(wav, three[0]!), parts)).files;
    expect(first?.audio_md5).toMatch(/^[0-9a-f]{32}$/);
    expect(other?.audio_md5).toBe(first?.audio_md5);
    expect(other?.sha256).not.toBe(first?.sha256);
  });

  it('needs no flac program to find that a FLAC file is not whole', async () => {
    const one = cases.find(({ name }) => name === 'forty wrong bytes')!;
    const again = await examine(folderOf(join(dir, 'set'), one), {
      ...parts,
      programs: { flac: 'no-such-program' },
    });
    expect(again.files.filter(({ problem }) => problem).map(({ path }) => path)).toEqual(['02 song.flac']);
    const whole = again.files.find(({ path }) => path === '01 song.flac');
    expect(whole?.audio_md5).toBe(
      look('forty wrong bytes').files.find(({ path }) => path === '01 song.flac')?.audio_md5,
    );
  });

  it('takes the same fingerprint of a song each time', async () => {
    const one = cases.find(({ name }) => name === 'kanji')!;
    const { folder, files } = look(one.name);
    const { path, duration_seconds = 0 } = files[0]!;
    const print = await fingerprint(folder, path, { ...parts, fpcalc: 'fpcalc' });
    if (!print) throw new Error('fpcalc is missing: apt install libchromaprint-tools');
    expect(print.seconds).toBeCloseTo(duration_seconds, 0);
    expect(similarity(print.value, print.value)).toBe(1);
  });

  it('opens no pipe and follows no link', async () => {
    expect(look('a pipe').files.map(({ path }) => path)).not.toContain('05 song.flac');
    expect(look('link to itself').files).toHaveLength(4);
    const folder = folderOf(
      join(dir, 'set'),
      cases.find(({ name }) => name === 'link to itself')!,
    );
    expect((await lstat(join(folder, 'loop'))).isSymbolicLink()).toBe(true);
  });

  it('does not read ten thousand files', async () => {
    const huge = look('ten thousand files');
    expect(huge.files).toEqual([]);
    expect(huge.gates[0]?.gate).toBe('several_albums');
    expect((await readdir(join(huge.folder, 'many'))).length).toBe(10_000);
  });

  it('asks to be called again when a file changes meanwhile', async () => {
    const one = cases.find(({ name }) => name === 'kanji')!;
    const folder = folderOf(join(dir, 'set'), one);
    const changing = { ...tags, read: async (paths: readonly Uint8Array[]) => {
      const { utimes } = await import('node:fs/promises');
      const results = await tags.read(paths);
      await utimes(Buffer.from(paths[0]!), new Date(1), new Date(1));
      return results;
    } }; // prettier-ignore
    await expect(examine(folder, { ...parts, tags: changing })).rejects.toMatchObject({
      code: 'ERR_BUSY',
      retryable: true,
    });
  });
});
