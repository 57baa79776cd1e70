import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mbid } from './fake-musicbrainz.js';
import {
  type Album, album, EXTENSION, type FileOptions, filesOf, invent, type Labelled, type PlannedFile, released, song, type SoundFormat, withIds,
} from './labelled-albums.js'; // prettier-ignore

const run = promisify(execFile);

/** A careful person's album: taken, and for this release. */
export function clean(
  name: string,
  one: Album,
  options: FileOptions = {},
  more: Partial<Labelled> = {},
): Labelled {
  const release = released(one);
  return {
    name,
    label: 'clean',
    right: [release.id],
    causes: [],
    releases: [release],
    files: filesOf(one, options),
    ...more,
  };
}

type Tags = Record<string, string>;
const without =
  (...names: string[]) =>
  (tags: Tags): Tags =>
    Object.fromEntries(Object.entries(tags).filter(([name]) => !names.includes(name)));
const change =
  (name: string, by: (text: string) => string) =>
  (tags: Tags): Tags => ({ ...tags, [name]: by(tags[name] ?? '') });
const all =
  (by: (text: string) => string) =>
  (tags: Tags): Tags =>
    Object.fromEntries(
      Object.entries(tags).map(([name, text]) => [
        name,
        ['title', 'artist', 'album', 'album_artist'].includes(name) ? by(text) : text,
      ]),
    );

const FORMATS = Object.keys(EXTENSION) as SoundFormat[];

function formats(): Labelled[] {
  return FORMATS.flatMap((format, n) =>
    [0, 1].map((half) =>
      clean(`clean ${format} ${half + 1}`, invent(n * 2 + half, { tracks: 4 + half }), { format }),
    ),
  );
}

function scripts(): Labelled[] {
  return [
    clean(
      'accents',
      album('Émilie Ångström', 'Søren på Åen', ['Für Élise à Zürich', 'Naïve Façade', 'Łódź', 'Þórr']),
    ),
    clean('kanji', album('東京事変', '大人の夜', ['群青日和', '遭難する夜', '入水', '母国情緒'])),
    clean(
      'cyrillic',
      album('Аквариум Ночи', 'Синий альбом', ['Железная вода', 'Рок под снегом', 'Чай и дым']),
    ),
    clean('greek', album('Ορφέας', 'Το ταξίδι', ['Θάλασσα', 'Άνεμος', 'Φεγγάρι'])),
    clean('hebrew', album('להקת הים', 'שירים לילה', ['אור ראשון', 'גשם', 'דרך ארוכה'])),
    clean(
      'signs in names',
      album('AC/DC Current', '…And Then', ['50% Off', 'What?', 'Yes: No', '*69', 'Back\\Slash']),
    ),
    clean('numbers as names', album('1987', '2020', ['1e5', '007', '3.50', '99'])),
    clean(
      'one title is only signs',
      album('The Typographers', 'Marks of Honour', ['Comma', '∞', 'Colon', '???']),
    ),
    clean(
      'titles differ by case',
      album('Night Ferry', 'Two Ends', ['Intro', 'Crossing', 'Harbour Lights', 'INTRO']),
    ),
    clean(
      'titles of 300 letters',
      album('The Long Winded', 'A Very Long Album', [
        `The ${'very '.repeat(58)}long song`,
        'Short One',
        'Short Two',
      ]),
    ),
    clean('names that Windows reserves', album('CON', 'NUL', ['AUX', 'Trailing Dots...', 'COM1'])),
  ];
}

function shapes(): Labelled[] {
  const various: Album = {
    artist: 'Various Artists',
    title: 'Songs of the North Quay',
    year: 2011,
    discs: [
      ['Lena Fjord', 'The Cranes', 'Otto & Mia', 'Seven Gulls', 'Harbour Choir'].map((who, n) =>
        song(`Quay ${['Bell', 'Fog', 'Rope', 'Tar', 'Gull'][n]}`, who),
      ),
    ],
  };
  const nowThat: Album = {
    ...various,
    title: 'Kitchen Radio',
    discs: [
      ['Ada Pine', 'Bo Reed', 'Cy Moss', 'Di Fern'].map((who, n) =>
        song(`${['Kettle', 'Spoon', 'Steam', 'Toast'][n]} Song`, who),
      ),
    ],
  };
  const folders: FileOptions['path'] = (n, one, extension, disc) =>
    `CD${disc}/${String(n + 1).padStart(2, '0')} ${one.title}.${extension}`;
  const nested: FileOptions['path'] = (n, one, extension) =>
    `downloads/The Album/${String(n + 1).padStart(2, '0')} ${one.title}.${extension}`;
  const sides: FileOptions['path'] = (n, one, extension) =>
    `${n < 2 ? 'A' : 'B'}${(n % 2) + 1} ${one.title}.${extension}`;
  return [
    clean('many artists', various),
    clean('many artists as mp3', nowThat, { format: 'mp3' }),
    clean('three discs', invent(30, { tracks: 3, discs: 3 })),
    clean('two discs in folders', invent(31, { tracks: 3, discs: 2 }), { path: folders }),
    clean('two discs numbered through', invent(32, { tracks: 3, discs: 2 }), {
      tag: (tags, n) => ({ ...without('disc')(tags), track: String(n + 1) }),
    }),
    clean('single', album('Mara Lund', 'Only This', ['Only This'])),
    clean('single with b-side', album('The Ferrymen', 'Ropewalk', ['Ropewalk', 'Ropewalk at Night'])),
    clean('ep without the word', album('Glass Ponies', 'Stable EP', ['Hay', 'Gate', 'Rider']), {
      tag: change('album', () => 'Stable'),
    }),
    clean('self-titled', album('Tin Meadow', 'Tin Meadow', ['Tin Meadow', 'Barley', 'Wire', 'Dusk'])),
    clean('self-titled again', album('Marlow', 'Marlow', ['First Light', 'Second Sight', 'Third Rail'])),
    clean(
      'greatest hits of one',
      album('The Lamplighters', 'Greatest Hits', ['Wick', 'Oil', 'Match', 'Flame']),
    ),
    clean('greatest hits of another', album('Dora Quill', 'Greatest Hits', ['Ink', 'Paper', 'Blot', 'Seal'])),
    clean(
      'classical',
      album('Hanna Berg, Nordic Strings', 'Symphony No. 7 in A major, Op. 92', [
        'I. Poco sostenuto',
        'II. Allegretto',
        'III. Presto',
        'IV. Allegro con brio',
      ]),
    ),
    clean(
      'live on both sides',
      album('Ash Pier', 'Live at the Old Mill', ['Tide (Live)', 'Rope (Live)', 'Salt (Live)']),
    ),
    clean(
      'parts',
      album('Moon Yard', 'The Long Walk', ['Walk, Part I', 'Walk, Part II', 'Walk, Part III', 'Home']),
    ),
    clean('sixteen tracks', invent(33, { tracks: 16 })),
    clean('nested in folders', invent(34), { path: nested }),
    clean('sides of a record', invent(35), { path: sides, tag: without('track') }),
    ...series(),
    ...copies(),
  ];
}

/** Volumes of one series, all known to the source. */
function series(): Labelled[] {
  const volumes = [1, 2, 3].map((n) => invented(`Winter Sampler, Vol. ${n}`, 40 + n));
  const others = volumes.map((one) => released(one));
  return [
    clean('second of a series', volumes[1]!, {}, { releases: others }),
    clean('third of a series', volumes[2]!, {}, { releases: [] }),
  ];
}

const invented = (title: string, n: number): Album => ({ ...invent(n), artist: 'Frost Records Band', title });

/** Editions of one album, of which any is right. */
function copies(): Labelled[] {
  const same = invent(50);
  const group = mbid('group of editions');
  const editions = [
    released(same, { group }),
    released(same, { group, media: '12" Vinyl', first: `${same.year}-03-01` }),
    released(same, { group, country: 'JP', date: `${same.year + 1}-01-01`, first: `${same.year}-03-01` }),
    released(same, {
      group,
      media: 'Digital Media',
      date: `${same.year + 20}-01-01`,
      first: `${same.year}-03-01`,
    }),
  ];
  const hidden = invent(51);
  const withHidden = released(hidden, { pregap: song('Hidden Before') });
  const computers = invent(52);
  const withPrograms = released(computers, { dataTrack: song('Screen Saver') });
  const three = invent(53);
  return [
    clean('four equal editions', same, {}, { releases: editions, right: editions.map(({ id }) => id) }),
    clean(
      'one of four equal editions, no year',
      same,
      { tag: without('date'), format: 'mp3' },
      { releases: [], right: editions.map(({ id }) => id) },
    ),
    clean('hidden track that is not there', hidden, {}, { releases: [withHidden], right: [withHidden.id] }),
    clean('data track of a disc', computers, {}, { releases: [withPrograms], right: [withPrograms.id] }),
    clean('same album, mp3', three, { format: 'mp3' }),
    clean('same album, flac', three),
    clean('same album, 24 bit', three, { format: 'hires' }),
  ];
}

function tagging(): Labelled[] {
  const [a, b, c] = [invent(60), invent(61), invent(62)];
  const guests = album('Ines Vale', 'Company', [
    'Door',
    'Table (feat. Bo Reed)',
    'Chair',
    'Lamp (feat. Ada Pine)',
  ]);
  const quotes = album('Rosa’s Garden', 'It’s “Fine” – Really', ['Don’t Stop', '“Quoted”', 'Ends – Well']);
  const ascii = (text: string): string =>
    text.replace(/[’]/g, "'").replace(/[“”]/g, '"').replace(/[–]/g, '-');
  return [
    clean('with ids', a, { tag: withIds(released(a), 'flac') }),
    clean('with ids, mp3', b, { format: 'mp3', tag: withIds(released(b), 'mp3') }),
    clean('with ids, ogg', c, { format: 'ogg', tag: withIds(released(c), 'ogg') }),
    clean('no album artist', invent(63), { tag: without('album_artist') }),
    clean('no year', invent(64), { tag: without('date') }),
    clean('no totals', invent(65), { tag: change('track', (text) => text.split('/')[0]!) }),
    clean('lower case', invent(66), { tag: all((text) => text.toLowerCase()) }),
    clean('upper case', invent(67), { tag: all((text) => text.toUpperCase()) }),
    clean('ampersands', album('Salt and Pepper Band', 'Bread & Butter', ['Ham and Eggs', 'Gin & Lime']), {
      tag: all((text) => text.replace(' and ', ' & ')),
    }),
    clean('decomposed letters', album('Zoë Müller', 'Über Café', ['Größe', 'Señor', 'Ångström']), {
      tag: all((text) => text.normalize('NFD')),
    }),
    clean('ascii quotes', quotes, { tag: all(ascii) }),
    clean('guest beside the artist', guests, {
      tag: (tags) => {
        const guest = / \(feat\. (.+)\)/.exec(tags['title'] ?? '');
        return guest
          ? {
              ...tags,
              title: tags['title']!.replace(guest[0], ''),
              artist: `${tags['artist']} feat. ${guest[1]}`,
            }
          : tags;
      },
    }),
    clean('the at the end', album('The Ploughmen', 'The Furrow', ['The Seed', 'Rain', 'Harvest']), {
      tag: all((text) => text.replace(/^The (.*)$/, '$1, The')),
    }),
    clean('no track numbers', invent(68), { tag: without('track') }),
    clean('names of files say nothing', invent(69), {
      path: (n, _, extension) => `file_${9 - n}.${extension}`,
    }),
    clean('slash in the artist, old tags', album('Rye/Barley', 'Grain/Grist', ['Mill', 'Stone'], 1999), {
      format: 'mp3',
    }),
  ];
}

async function litter(folder: string): Promise<void> {
  for (const name of [
    '.DS_Store',
    '._01 song.flac',
    'Thumbs.db',
    'rip.log',
    'album.cue',
    'booklet.pdf',
    'folder.txt',
  ])
    await writeFile(join(folder, name), `not music: ${name}`);
}

/** A picture that says it is JPEG and is nothing. */
const brokenPicture = (): Buffer =>
  Buffer.concat([Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'), randomBytes(12_000_000)]);

async function coverInside(folder: string, files: readonly PlannedFile[]): Promise<void> {
  const first = join(folder, files[0]!.path);
  await writeFile(join(folder, 'broken.jpg'), brokenPicture());
  await run('metaflac', [
    `--import-picture-from=3|image/jpeg||600x600x24|${join(folder, 'broken.jpg')}`,
    first,
  ]);
}

function beside(): Labelled[] {
  const inside = invent(71);
  return [
    clean('litter beside it', invent(70), {}, { after: litter }),
    clean(
      '12 MB broken cover inside',
      inside,
      {},
      { after: (folder) => coverInside(folder, filesOf(inside)) },
    ),
    clean(
      '12 MB broken cover beside',
      invent(72),
      {},
      { after: (folder) => writeFile(join(folder, 'cover.jpg'), brokenPicture()) },
    ),
    clean(
      'cover that would be huge',
      invent(73),
      {},
      {
        after: async (folder) => {
          await run('ffmpeg', [
            '-v',
            'error',
            '-f',
            'lavfi',
            '-i',
            'color=black:s=12000x12000:d=1:r=1',
            '-frames:v',
            '1',
            '-pix_fmt',
            'monob',
            join(folder, 'cover.png'),
          ]);
        },
      },
    ),
    clean(
      'scans in a folder',
      invent(74),
      {},
      {
        after: async (folder) => {
          await mkdir(join(folder, 'Scans'));
          await writeFile(join(folder, 'Scans', 'front.jpg'), 'a scan');
          await rename(join(folder, 'Scans', 'front.jpg'), join(folder, 'Scans', 'back.jpg'));
        },
      },
    ),
  ];
}

export const cleanAlbums = (): Labelled[] => [
  ...formats(),
  ...scripts(),
  ...shapes(),
  ...tagging(),
  ...beside(),
];
export { all, change, without };
