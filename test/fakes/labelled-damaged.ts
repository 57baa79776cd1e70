import { mbid } from './fake-musicbrainz.js';
import {
  album,
  type FileOptions,
  filesOf,
  invent,
  type Labelled,
  released,
  song,
} from './labelled-albums.js';
import { all, change, clean, without } from './labelled-clean.js';

const damaged = (...args: Parameters<typeof clean>): Labelled => ({ ...clean(...args), label: 'damaged' });
const FOLDERS: FileOptions['path'] = (n, one, extension, disc) =>
  `Disc ${disc}/${String(n + 1).padStart(2, '0')} ${one.title}.${extension}`;

/** What an honest shelf is full of: right or asked about, never wrong. */
export function damagedAlbums(): Labelled[] {
  const plain = (n: number, options: FileOptions, more: Partial<Labelled> = {}): Labelled =>
    damaged(`damaged ${n}`, invent(n), options, more);
  return [
    ...names(),
    {
      ...plain(90, { tag: change('album', (text) => `${text} [FLAC 16-44]`) }),
      name: 'encoder in the album',
    },
    { ...plain(91, { tag: change('date', () => '2023') }), name: 'wrong year' },
    {
      ...plain(92, { tag: (tags, n) => ({ ...tags, track: '1', ...(n > 9 && {}) }) }),
      name: 'all track numbers 1',
    },
    { ...plain(93, { format: 'wav' }), name: 'tags of wav' },
    {
      ...plain(94, { tag: change('artist', () => 'Unknown Artist') }),
      name: 'artist unknown, album artist known',
    },
    {
      ...plain(95, { tag: (tags, n) => (n === 1 ? without('title')(tags) : tags) }),
      name: 'one title missing, its name is good',
    },
    {
      ...plain(96, { tag: (tags, n) => (n === 2 ? without('album')(tags) : tags) }),
      name: 'one album tag missing',
    },
    { ...plain(97, { tag: all((text) => `  ${text.replace(/ /g, '  ')} `) }), name: 'spaces everywhere' },
    {
      ...plain(98, { tag: change('title', (text) => text.replace(/ /g, '_')) }),
      name: 'underscores in titles',
    },
    { ...plain(99, { seconds: (length, n) => length + (n % 2 === 0 ? 2 : 0) }), name: 'two seconds longer' },
    {
      ...plain(100, {
        tag: (tags) => without('album_artist', 'date')(change('track', (text) => text.split('/')[0]!)(tags)),
      }),
      name: 'poor tags',
    },
    {
      ...plain(101, { tag: change('album', (text) => `${text} (2011 Remaster)`) }),
      name: 'remaster in the album',
    },
    {
      ...plain(102, { tag: change('title', (text) => `${text} - 2011 Remaster`) }),
      name: 'remaster in the titles',
    },
    {
      ...plain(103, { tag: change('artist', (text) => `${text} feat. Somebody Else`) }),
      name: 'guest on every song',
    },
    ...untagged(),
    ...discs(),
    ...relatives(),
  ];
}

function names(): Labelled[] {
  const typo = (text: string): string => text.replace(/([a-z])([a-z])(?=[a-z]*$)/, '$2$1');
  const dropped = (text: string): string => text.replace(/[aeiou](?=[a-z]*$)/, '');
  return [
    damaged('typo in the album', invent(80), { tag: change('album', typo) }),
    damaged('typo in the artist', invent(81), {
      tag: (tags) => ({
        ...tags,
        artist: dropped(tags['artist']!),
        album_artist: dropped(tags['album_artist']!),
      }),
    }),
    damaged('typo in a title', invent(82), {
      tag: (tags, n) => (n === 1 ? change('title', typo)(tags) : tags),
    }),
    damaged('typos in all titles', invent(83), { tag: change('title', typo) }),
    damaged('accents lost', album('Björk Áslaug', 'Höfn í Mjóafirði', ['Sól', 'Regnið', 'Þögn']), {
      tag: all((text) => text.normalize('NFD').replace(/\p{Mn}/gu, '')),
    }),
    damaged('read in the wrong code', album('Zoë Ünal', 'Größe', ['Müde', 'Schön', 'Äther']), {
      tag: all((text) => Buffer.from(text).toString('latin1')),
    }),
    damaged(
      'vol. left out',
      { ...invent(84), title: 'Harbour Tapes, Vol. 3' },
      { tag: change('album', () => 'Harbour Tapes 3') },
    ),
    damaged(
      'number in roman',
      { ...invent(85), title: 'Quarry 4' },
      { tag: change('album', () => 'Quarry IV') },
    ),
  ];
}

function untagged(): Labelled[] {
  const [a, b] = [invent(104), invent(105)];
  const bare: FileOptions = { tag: () => null };
  const dashed: FileOptions = {
    tag: () => null,
    path: (n, one, extension) =>
      `${String(n + 1).padStart(2, '0')} - ${b.artist} - ${one.title}.${extension}`,
  };
  return [
    damaged('no tags, good names', a, bare, { folder: `${a.artist} - ${a.title} (${a.year})` }),
    damaged('no tags, artist in every name', b, dashed, { folder: `${b.title} [FLAC]` }),
    damaged(
      'no tags, wav',
      invent(106),
      { ...bare, format: 'wav' },
      { folder: `${invent(106).artist} - ${invent(106).title}` },
    ),
  ];
}

function discs(): Labelled[] {
  const various = {
    artist: 'Various Artists',
    title: 'Tower Block Summer',
    year: 2009,
    discs: [
      ['Nell Orr', 'Pip Hale', 'Juno Sky', 'Rex Dow', 'Fay Ott'].map((who, n) =>
        song(`${['Stairs', 'Lift', 'Roof', 'Cellar', 'Balcony'][n]} Nights`, who),
      ),
    ],
  };
  return [
    damaged('many artists, no album artist', various, { tag: without('album_artist', 'compilation') }),
    damaged('discs without numbers', invent(107, { tracks: 3, discs: 2 }), {
      path: FOLDERS,
      tag: without('disc'),
    }),
    damaged('disc in the album', invent(108, { tracks: 3, discs: 2 }), {
      path: FOLDERS,
      tag: (tags) => ({ ...tags, album: `${tags['album']} (Disc ${tags['disc']![0]})` }),
    }),
  ];
}

/** Albums that have a near relative in the source. */
function relatives(): Labelled[] {
  const first = invent(109);
  const again = {
    ...first,
    year: first.year + 20,
    discs: [first.discs[0]!.map((one) => ({ ...song(one.title), seconds: one.seconds + 21 }))],
  };
  const short = invent(110);
  const deluxe = {
    ...short,
    title: `${short.title} (Deluxe Edition)`,
    discs: [[...short.discs[0]!, song('Bonus of the North'), song('Bonus of the South')]],
  };
  const group = mbid('group of the deluxe');
  const editions = [
    released(short, { group }),
    released(deluxe, { group, date: `${deluxe.year + 2}-01-01`, first: `${deluxe.year}-03-01` }),
  ];
  return [
    damaged(
      're-recording without a year',
      again,
      { tag: without('date') },
      { releases: [released(first), released(again)] },
    ),
    damaged(
      'deluxe that calls itself standard',
      deluxe,
      { tag: change('album', () => short.title) },
      { releases: editions, right: [editions[1]!.id] },
    ),
    damaged(
      'standard beside its deluxe',
      short,
      {},
      { releases: [], right: [editions[0]!.id], files: filesOf(short) },
    ),
  ];
}
