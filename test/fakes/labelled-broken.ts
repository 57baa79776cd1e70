import { execFile } from 'node:child_process';
import {
  copyFile,
  mkdir,
  open,
  readFile,
  rename,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { GateName } from '../../src/protocol/index.js';
import {
  album,
  EXTENSION,
  type FileOptions,
  invent,
  type Labelled,
  type SoundFormat,
} from './labelled-albums.js';
import { clean } from './labelled-clean.js';

const run = promisify(execFile);
type Harm = (path: string, folder: string) => Promise<void>;

/** An album that is right in everything but the second of its files. */
function harmed(
  name: string,
  n: number,
  harm: Harm,
  format: SoundFormat = 'flac',
  causes: readonly GateName[] = ['broken_file'],
): Labelled {
  const path = (t: number): string => `0${t + 1} song.${EXTENSION[format]}`;
  const one = clean(
    name,
    invent(n),
    { format, path },
    { after: (folder) => harm(join(folder, path(1)), folder) },
  );
  return { ...one, label: 'broken', right: [], causes };
}

const cut: Harm = async (path) => truncate(path, Math.floor((await stat(path)).size * 0.6));

/** Writes other bytes into the middle. */
const spoil =
  (length: number, at = 0.55): Harm =>
  async (path) => {
    const { size } = await stat(path);
    const file = await open(path, 'r+');
    try {
      const bytes = Buffer.alloc(length);
      const from = Math.floor(size * at);
      await file.read(bytes, 0, length, from);
      await file.write(
        bytes.map((byte) => byte ^ 0x5a),
        0,
        length,
        from,
      );
    } finally {
      await file.close();
    }
  };

/** Cuts an Ogg file between two pages: what is left is a whole stream without its end. */
const cutAtPage: Harm = async (path) => {
  const bytes = await readFile(path);
  await truncate(path, bytes.lastIndexOf('OggS', Math.floor(bytes.length * 0.7)));
};

const asMp3: Harm = async (path, folder) => {
  const other = join(folder, 'other.mp3');
  await run('ffmpeg', ['-v', 'error', '-i', path, '-c:a', 'libmp3lame', other]);
  await rename(other, path);
};

const asWma: Harm = async (path) => {
  await run('ffmpeg', ['-v', 'error', '-i', path, '-c:a', 'wmav2', path.replace(/flac$/, 'wma')]);
  await truncate(path, 0);
};

function broken(): Labelled[] {
  const page = '<!DOCTYPE html><html><body>404 not found</body></html>';
  return [
    harmed('an empty file', 200, (path) => truncate(path, 0)),
    harmed('an empty mp3', 201, (path) => truncate(path, 0), 'mp3'),
    harmed('a cut flac', 202, cut),
    harmed('a cut mp3', 203, cut, 'mp3'),
    harmed('a cut m4a', 204, cut, 'm4a'),
    harmed('a cut alac', 205, cut, 'alac'),
    harmed('a cut opus', 206, cut, 'opus'),
    harmed('an opus cut between pages', 207, cutAtPage, 'opus'),
    harmed('a cut ogg', 208, cut, 'ogg'),
    harmed('a cut wav', 209, cut, 'wav'),
    harmed('a cut aiff', 210, cut, 'aiff'),
    harmed('a web page', 211, (path) => writeFile(path, page), 'mp3'),
    harmed('three wrong bytes', 212, spoil(3)),
    harmed('forty wrong bytes', 213, spoil(40, 0.7)),
    harmed('wrong bytes in an mp3', 214, spoil(2000), 'mp3'),
    harmed('mp3 that says flac', 215, asMp3),
    harmed('wma', 216, asWma),
    harmed('nothing but zeros', 217, async (path) => writeFile(path, Buffer.alloc((await stat(path)).size))),
    harmed(
      'a part beside it',
      218,
      (_, folder) => writeFile(join(folder, '05 song.flac.part'), 'half'),
      'flac',
      ['partial_file'],
    ),
    harmed('an aria2 file beside it', 219, (path) => writeFile(`${path}.aria2`, 'control'), 'flac', [
      'partial_file',
    ]),
    harmed(
      'a browser is at work',
      220,
      (_, folder) => writeFile(join(folder, 'Unconfirmed 12345.crdownload'), 'half'),
      'mp3',
      ['partial_file'],
    ),
  ];
}

function hostile(
  name: string,
  n: number,
  causes: readonly GateName[],
  after: NonNullable<Labelled['after']>,
  options: FileOptions = {},
): Labelled {
  return { ...clean(name, invent(n), options, { after }), label: 'hostile', right: [], causes };
}

const manyFiles: NonNullable<Labelled['after']> = async (folder) => {
  await mkdir(join(folder, 'many'));
  for (let n = 0; n < 10_000; n += 500)
    await Promise.all(
      Array.from({ length: 500 }, (_, k) => writeFile(join(folder, 'many', `${n + k}.mp3`), '')),
    );
};

/** A socket leaves its name behind when its owner dies; here it is renamed, which does the same. */
const aSocket: NonNullable<Labelled['after']> = async (folder) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve));
  await rename(join(folder, 's'), join(folder, '05 song.flac'));
  await new Promise((resolve) => server.close(resolve));
};

/** Puts bytes into a tag that no command line can carry. */
const nulInTag: NonNullable<Labelled['after']> = async (folder) => {
  const path = join(folder, '01 song.flac');
  const bytes = await readFile(path);
  const at = bytes.indexOf('@@..@@');
  bytes.write('\0\0/..', at, 'latin1');
  await writeFile(path, bytes);
};

const climbing = (name: string, tags: Record<string, string>): Labelled => {
  const one = album('Ladder Men', `Rungs of ${name}`, ['Rung', 'Rope', 'Hook']);
  const made = clean(name, one, {
    tag: (own, n) => (n === 0 || 'artist' in tags ? { ...own, ...tags } : own),
  });
  return { ...made, label: 'hostile', right: [], causes: ['path_unsafe'] };
};

function hostiles(): Labelled[] {
  const numbered: FileOptions = { path: (n) => `0${n + 1} song.flac` };
  return [
    climbing('artist that climbs', { artist: '../../../../etc', album_artist: '../../../../etc' }),
    climbing('title that climbs', { title: '..' }),
    climbing('album that climbs', { artist: 'x', album: '..\\..\\Windows' }),
    {
      ...hostile('nul in a title', 230, ['title_differs', 'titles_missing', 'path_unsafe'], nulInTag, {
        ...numbered,
        tag: (tags, n) => (n === 0 ? { ...tags, title: '@@..@@' } : tags),
      }),
    },
    hostile('link to a file elsewhere', 231, ['special_file'], (folder) =>
      symlink('/etc/passwd', join(folder, '05 song.flac')),
    ),
    hostile('link to a folder elsewhere', 232, ['special_file'], (folder) =>
      symlink('/etc', join(folder, 'more')),
    ),
    hostile('link to itself', 233, ['special_file'], (folder) => symlink('.', join(folder, 'loop'))),
    hostile(
      'a pipe',
      234,
      ['special_file'],
      async (folder) => void (await run('mkfifo', [join(folder, '05 song.flac')])),
    ),
    hostile('a socket', 235, ['special_file'], aSocket),
    hostile('ten thousand files', 236, ['several_albums'], manyFiles),
    hostile(
      'names that differ by case',
      237,
      ['path_unsafe'],
      (folder) => copyFile(join(folder, '01 song.flac'), join(folder, '01 SONG.flac')),
      numbered,
    ),
    hostile(
      'names that differ by form',
      238,
      ['path_unsafe'],
      async (folder) => {
        await copyFile(join(folder, '01 song.flac'), join(folder, 'café.flac'));
        await copyFile(join(folder, '01 song.flac'), join(folder, 'cafe\u0301.flac'));
      },
      numbered,
    ),
    hostile('a name that is not text', 239, ['path_unsafe'], (folder) =>
      writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe, 0x2e, 0x6d])]), 'x'),
    ),
    hostile(
      'folders without end',
      240,
      ['path_unsafe'],
      async (folder) =>
        void (await mkdir(join(folder, ...Array.from({ length: 30 }, () => 'deep')), { recursive: true })),
    ),
  ];
}

export const brokenAlbums = (): Labelled[] => [...broken(), ...hostiles()];
