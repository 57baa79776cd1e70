import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GateName } from '../../src/protocol/index.js';
import {
  type Album,
  album,
  type FileOptions,
  filesOf,
  invent,
  type Labelled,
  type PlannedFile,
  released,
  song,
  withIds,
} from './labelled-albums.js';
import { change, clean } from './labelled-clean.js';

/** A folder that only a person can judge, and why. */
function ask(
  name: string,
  causes: readonly GateName[],
  one: Album,
  options: FileOptions = {},
  more: Partial<Labelled> = {},
): Labelled {
  return { ...clean(name, one, options, more), label: 'review', right: [], causes };
}

const some = (files: readonly PlannedFile[], keep: (n: number) => boolean): PlannedFile[] =>
  files.filter((_, n) => keep(n));

function counts(): Labelled[] {
  const [a, b, c, d, e, f] = [
    invent(120, { tracks: 8 }),
    invent(121, { tracks: 8 }),
    invent(122, { tracks: 3, discs: 2 }),
    invent(123, { tracks: 3 }),
    invent(124),
    invent(125),
  ];
  const twice = filesOf(f);
  const single = invent(126);
  const whole = {
    path: 'album.flac',
    seconds: 60,
    hertz: 333,
    format: 'flac',
    tags: { artist: single.artist, album: single.title, date: String(single.year) },
  } as const;
  return [
    ask('one of eight is missing', ['missing_tracks'], a, {}, { files: some(filesOf(a), (n) => n !== 4) }),
    ask('three of eight are missing', ['missing_tracks'], b, {}, { files: some(filesOf(b), (n) => n < 5) }),
    ask('only the second disc', ['missing_tracks'], c, {}, { files: some(filesOf(c), (n) => n > 2) }),
    ask('one of three', ['missing_tracks'], d, {}, { files: some(filesOf(d), (n) => n === 0) }),
    ask(
      'last one is missing, mp3',
      ['missing_tracks'],
      e,
      {},
      { files: some(filesOf(e, { format: 'mp3' }), (n) => n < 3) },
    ),
    ask(
      'an extra song',
      ['extra_tracks'],
      invent(127),
      {},
      {
        files: [
          ...filesOf(invent(127)),
          ...some(filesOf({ ...invent(127), discs: [[song('A Song of Nowhere')]] }), () => true).map(
            (file) => ({ ...file, path: '05 extra.flac', tags: { ...file.tags, track: '5/5' } }),
          ),
        ],
      },
    ),
    ask(
      'a song twice',
      ['extra_tracks'],
      f,
      {},
      { files: [...twice, { ...twice[1]!, path: '02 copy (1).flac' }] },
    ),
    ask(
      'whole album in one file',
      ['missing_tracks'],
      single,
      {},
      { files: [whole], after: (folder) => writeFile(join(folder, 'album.cue'), 'FILE "album.flac" WAVE') },
    ),
  ];
}

function mixtures(): Labelled[] {
  const [a, b, c] = [invent(130), invent(131), invent(132)];
  const moved = filesOf(b).map((file) => ({ ...file, path: `x${file.path}` }));
  const both = [...some(filesOf(c), (n) => n < 2), ...some(filesOf(c, { format: 'mp3' }), (n) => n >= 2)];
  return [
    ask(
      'two albums in one folder',
      ['several_albums'],
      a,
      {},
      { files: [...filesOf(a), ...moved], releases: [released(a), released(b)] },
    ),
    ask(
      'two albums, one is not known',
      ['several_albums'],
      invent(133),
      {},
      {
        files: [
          ...filesOf(invent(133)),
          ...filesOf(invent(134)).map((file) => ({ ...file, path: `y${file.path}` })),
        ],
      },
    ),
    ask('flac and mp3', ['several_formats'], c, {}, { files: both }),
    ask(
      'every song in two formats',
      ['several_formats'],
      invent(135),
      {},
      { files: [...filesOf(invent(135)), ...filesOf(invent(135), { format: 'mp3' })] },
    ),
  ];
}

function titles(): Labelled[] {
  const wide = album('Otter Club', 'Banks', ['Reed', 'Sedge', 'Willow', 'Alder']);
  const lengths: Album = {
    ...wide,
    discs: [wide.discs[0]!.map((one, n) => ({ ...one, seconds: 6 + n * 15 }))],
  };
  const names = lengths.discs[0]!.map(({ title }) => title);
  const nameless: FileOptions = {
    tag: (tags, n) => ({ ...tags, title: `Track ${String(n + 1).padStart(2, '0')}` }),
    path: (n, _, extension) => `Track ${String(n + 1).padStart(2, '0')}.${extension}`,
  };
  return [
    ask('titles are track 01', ['titles_missing'], invent(140), nameless),
    ask('no titles at all', ['titles_missing'], invent(141), {
      tag: (tags) => ({ ...tags, title: '' }),
      path: (n, _, extension) => `${n + 1}.${extension}`,
    }),
    ask('titles moved by one', ['title_differs', 'length_differs'], lengths, {
      tag: (tags, n) => ({ ...tags, title: names[(n + 1) % 4]! }),
    }),
    ask(
      'two titles swapped',
      ['title_differs', 'length_differs'],
      { ...lengths, artist: 'Otter Union', title: 'Banks Again' },
      { tag: (tags, n) => ({ ...tags, title: names[[1, 0, 2, 3][n]!]! }) },
    ),
    ask('titles of another album', ['title_differs', 'not_in_source'], invent(142), {
      tag: (tags, n) => ({ ...tags, title: ['Apples', 'Pears', 'Plums', 'Figs'][n]! }),
    }),
    ask('one title is another song', ['title_differs'], invent(143), {
      tag: (tags, n) => (n === 2 ? { ...tags, title: 'Something Else Entirely' } : tags),
    }),
    ask(
      'names of signs only',
      ['not_in_source', 'artist_or_album_differs', 'title_differs'],
      album('†††', '∆', ['∞', '†', '!!!']),
      {
        tag: (tags) => ({ ...tags, artist: '‡', album_artist: '‡', album: '∇', title: '¶' }),
      },
    ),
    ask(
      'romanised',
      ['not_in_source', 'title_differs', 'artist_or_album_differs'],
      album('椎名林子', '無罪の夜', ['正しい街', '歌舞伎の女王', '丸の内']),
      {
        tag: (tags, n) => ({
          ...tags,
          artist: 'Shiina Rinko',
          album_artist: 'Shiina Rinko',
          album: 'Muzai no Yoru',
          title: ['Tadashii Machi', 'Kabuki no Joou', 'Marunouchi'][n]!,
        }),
      },
    ),
  ];
}

function versions(): Labelled[] {
  const retitled = (word: string): FileOptions => ({ tag: change('title', (text) => `${text} (${word})`) });
  const old = invent(150);
  const near = {
    ...old,
    year: old.year + 15,
    discs: [old.discs[0]!.map((one) => ({ ...song(one.title), seconds: one.seconds + 3 }))],
  };
  return [
    ask('live, tagged as the studio album', ['length_differs'], invent(151), {
      seconds: (length, n) => length + 13 + n,
    }),
    ask('live, a little longer', ['length_differs'], invent(152, { tracks: 6 }), {
      seconds: (length, n) => length + 7 + (n % 3),
    }),
    ask('all 38 s longer', ['length_differs'], invent(153), { seconds: (length) => length + 38 }),
    ask('one is 20 s longer', ['length_differs'], invent(154, { tracks: 6 }), {
      seconds: (length, n) => (n === 3 ? length + 20 : length),
    }),
    ask(
      'one is cut to 3 s',
      ['length_differs'],
      { ...invent(155), discs: [invent(155).discs[0]!.map((one) => ({ ...one, seconds: 25 }))] },
      { seconds: (length, n) => (n === 1 ? 3 : length) },
    ),
    ask('remixes of the songs', ['version_differs'], invent(156), retitled('Remix')),
    ask('karaoke of the songs', ['version_differs'], invent(157), retitled('Karaoke Version')),
    ask('instrumental album', ['version_differs'], invent(158), {
      tag: change('album', (text) => `${text} (Instrumental)`),
    }),
    ask('demos', ['version_differs'], invent(159), retitled('Demo')),
    ask(
      're-recording with the old year',
      ['rival_release'],
      near,
      { tag: change('date', () => String(old.year)) },
      { releases: [released(old), released(near)] },
    ),
  ];
}

function others(): Labelled[] {
  const [a, b] = [invent(160), invent(161)];
  const known = [1, 2].map((n) => ({
    ...invent(162 + n),
    artist: 'Gravel Choir',
    title: `Roadside, Vol. ${n}`,
  }));
  const unknown = { ...invent(165), artist: 'Gravel Choir', title: 'Roadside, Vol. 3' };
  const sampler = { ...invent(166), artist: 'Mill Lane Records', title: 'Label Sampler 2019' };
  const twins = [0, 1].map((n) => ({ ...invent(167), year: 2001 + n * 9, artist: 'Echo Twins' }));
  const seventh = album('Lind Orchestra', 'Symphony No. 7', ['Allegro', 'Adagio', 'Scherzo', 'Finale']);
  const video = {
    path: 'Some Body - Dance With Nobody (Official Video).opus',
    seconds: 21,
    hertz: 611,
    format: 'opus',
    tags: { title: 'Dance With Nobody (Official Video)', artist: 'SomeBodyVEVO' },
  } as const;
  return [
    ask(
      'ids of another release',
      ['other_release_id'],
      a,
      { tag: withIds(released(b), 'flac') },
      { releases: [released(a), released(b)] },
    ),
    ask('ids of two releases', ['other_release_id'], invent(168), {
      tag: (tags, n) => withIds(released(n < 2 ? invent(168) : b), 'flac')(tags, n),
    }),
    ask('not known', ['not_in_source'], invent(169), {}, { releases: [] }),
    ask(
      'not known, mp3',
      ['not_in_source'],
      album('Nobody At All', 'Heard By No One', ['Silence', 'Quiet', 'Hush']),
      { format: 'mp3' },
      { releases: [] },
    ),
    ask(
      'other album of a known artist',
      ['not_in_source', 'artist_or_album_differs'],
      { ...invent(170), artist: a.artist, title: 'Sketches From a Lost Notebook' },
      {},
      { releases: [] },
    ),
    ask(
      'the year after',
      ['numbers_differ', 'not_in_source'],
      { ...sampler, title: 'Label Sampler 2020', year: 2020, discs: invent(171).discs },
      {},
      { releases: [released(sampler)] },
    ),
    ask(
      'third of a series that ends with two',
      ['numbers_differ', 'not_in_source'],
      unknown,
      {},
      { releases: known.map((one) => released(one)) },
    ),
    ask(
      'eighth taken for the seventh',
      ['numbers_differ'],
      { ...seventh, title: 'Symphony No. 8' },
      {},
      { releases: [released(seventh)] },
    ),
    ask('a video', ['not_in_source'], invent(172), {}, { files: [video], releases: [] }),
    ask(
      'two albums of one name',
      ['rival_release'],
      twins[0]!,
      { tag: change('date', () => '') },
      { releases: twins.map((one) => released(one)) },
    ),
    ask('somebody else plays it', ['artist_or_album_differs'], invent(173), {
      tag: (tags) => ({ ...tags, artist: 'Tribute Fellows', album_artist: 'Tribute Fellows' }),
    }),
    ask('album of another name', ['artist_or_album_differs'], invent(174), {
      tag: change('album', () => 'My Favourite Driving Music'),
    }),
  ];
}

/** The cover album that says it is the original: three seconds longer, nothing else. */
const unknowable = (): Labelled => ({
  ...clean('cover album tagged as the original', invent(180), { seconds: (length) => length + 3 }),
  label: 'unknowable',
  right: [],
});

export const reviewAlbums = (): Labelled[] => [
  ...counts(),
  ...mixtures(),
  ...titles(),
  ...versions(),
  ...others(),
  unknowable(),
];
