import { appendFile, cp, mkdtemp, open, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hashFile } from '../../src/pipeline/import/disk.js';
import { NO_CHANGE, type Operation } from '../../src/pipeline/import/journal.js';
import { stands } from '../../src/pipeline/import/moves.js';
import { hashBeside, soundBytes } from '../../src/pipeline/import/sound-bytes.js';
import { tagWriterHere } from '../../src/pipeline/import/tag-writer.js';
import { containerOf } from '../../src/pipeline/examine/kinds.js';
import { makeTrack } from '../fixtures/make-music.js';
import { ImportRig, planOf, quiet } from './import-rig.js';

let shelf: string;
let dir: string;

beforeAll(async () => {
  shelf = await mkdtemp(join(tmpdir(), 'tutti-same-shelf-'));
  const tags = { title: 'One', artist: 'Otter', album: 'Rivers', album_artist: 'Otter', track: '1' };
  await makeTrack(join(shelf, '1.flac'), { tags, sound: 'noise' });
  await makeTrack(join(shelf, '1.mp3'), {
    format: 'mp3',
    tags,
    sound: 'noise',
    extra: ['-write_id3v1', '1'],
  });
  await makeTrack(join(shelf, '1.ogg'), { format: 'ogg', tags, sound: 'noise' });
});
afterAll(() => rm(shelf, { recursive: true, force: true }));
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-same-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function beside(path: string, original: string): Promise<boolean> {
  const other = await open(original);
  try {
    return (await hashBeside(path, other, containerOf(original), quiet)).isSame;
  } finally {
    await other.close();
  }
}

describe.each(['flac', 'mp3'])('the sound of %s', (extension) => {
  let original: string;
  let copy: string;
  beforeEach(async () => {
    original = join(shelf, `1.${extension}`);
    copy = join(dir, `1.${extension}`);
    await cp(original, copy);
  });

  it('is the same whatever its tags say, and however long they are', async () => {
    for (const title of ['Two', 'x'.repeat(300_000)]) {
      await tagWriterHere.write(copy, { title }, quiet);
      expect(await beside(copy, original)).toBe(true);
      expect((await readFile(copy)).equals(await readFile(original))).toBe(false);
    }
  });

  it('is another one when any of its bytes is', async () => {
    await tagWriterHere.write(copy, { title: 'Two' }, quiet);
    const bytes = await readFile(copy);
    const file = await open(copy);
    const sound = await soundBytes(file, extension === 'flac' ? 'flac' : 'mp3');
    await file.close();
    for (const at of [sound!.start, (sound!.start + sound!.end) >> 1, sound!.end - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      await writeFile(copy, changed);
      expect(await beside(copy, original)).toBe(false);
    }
    await writeFile(copy, Buffer.concat([bytes.subarray(0, sound!.end - 1), bytes.subarray(sound!.end)]));
    expect(await beside(copy, original)).toBe(false);
  });

  it('is not decoded again by an import that wrote its tags', async () => {
    const rig = await ImportRig.open(dir, {
      programs: { ffmpeg: 'no-such-program', flac: 'no-such-program' },
    });
    try {
      await cp(original, join(rig.candidate('c1'), `1.${extension}`));
      const plan = await planOf(rig.candidate('c1'), 'i1');
      const files = plan.files.map((file) => ({ ...file, audio_md5: '0'.repeat(32) }));
      await rig.run({ ...plan, files, release: { ...plan.release, album: 'Lakes' } });
      expect(rig.rows('SELECT title FROM albums')).toEqual([{ title: 'Lakes' }]);
    } finally {
      await rig.close();
    }
  });

  it('keeps an album out that it is not the same in after its tags were written', async () => {
    const writer = {
      ...tagWriterHere,
      async write(path: string) {
        const bytes = await readFile(path);
        bytes[bytes.length - 2_000]! ^= 0x55;
        await writeFile(path, bytes);
      },
    };
    const rig = await ImportRig.open(dir, { writer });
    try {
      await cp(original, join(rig.candidate('c1'), `1.${extension}`));
      const plan = await planOf(rig.candidate('c1'), 'i1');
      const changed = { ...plan, release: { ...plan.release, album: 'Lakes' } };
      await expect(rig.run(changed)).rejects.toMatchObject({ code: 'ERR_UNPLAYABLE' });
      expect(await rig.shown()).toEqual([]);
    } finally {
      await rig.close();
    }
  });
});

it('says nothing of what stands between other tags, or is not made as it should be', async () => {
  expect(await beside(join(shelf, '1.ogg'), join(shelf, '1.ogg'))).toBe(false);
  const cases: readonly (readonly [string, Buffer])[] = [
    ['empty.flac', Buffer.alloc(0)],
    ['short.flac', (await readFile(join(shelf, '1.flac'))).subarray(0, 60)],
    [
      'blocks.flac',
      Buffer.concat([Buffer.from('fLaC'), Buffer.from([0, 0, 0, 34]), Buffer.alloc(34), Buffer.alloc(8_000)]),
    ],
    ['tag.mp3', Buffer.from('ID3\x04\0\0\x7f\x7f\x7f\x7f', 'latin1')],
    ['zeros.mp3', Buffer.alloc(4_000)],
  ];
  for (const [name, bytes] of cases) {
    await writeFile(join(dir, name), bytes);
    expect(await beside(join(dir, name), join(dir, name)), name).toBe(false);
  }
});

describe('what was put in its place', () => {
  const operation = (sha256: string): Operation => ({
    version: 1,
    op_id: 'i1',
    kind: 'import',
    ready: true,
    moves: [],
    files: [{ path: 'one', size: 4, sha256 }],
    change: NO_CHANGE,
    created_ms: 0,
  });
  const WRONG = 'f'.repeat(64);

  it('is not read again as long as nobody touched it', async () => {
    await writeFile(join(dir, 'one'), 'text');
    const { proof } = await hashFile(join(dir, 'one'));
    const proofs = new Map([['one', proof]]);
    expect(await stands(dir, operation(WRONG), true, proofs)).toBe(true);
    expect(await stands(dir, operation(WRONG), true)).toBe(false);
  });

  it.each([
    ['was written to', (path: string) => writeFile(path, 'tex!')],
    [
      'has the time that it had before',
      async (path: string) => {
        await appendFile(path, '');
        await writeFile(path, 'tex!');
        await utimes(path, 1, 1);
      },
    ],
    [
      'is another file',
      async (path: string) => {
        await rm(path);
        await writeFile(path, 'text');
      },
    ],
  ])('is read when it %s', async (_, change) => {
    const path = join(dir, 'one');
    await writeFile(path, 'text');
    await utimes(path, 1, 1);
    const { proof } = await hashFile(path);
    await change(path);
    expect(await stands(dir, operation(WRONG), true, new Map([['one', proof]]))).toBe(false);
  });
});
