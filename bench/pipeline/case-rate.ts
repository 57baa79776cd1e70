import { execFile } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { FakeMusicBrainz } from '../../test/fakes/fake-musicbrainz.js';
import { ServerProcess } from '../../test/fakes/server-process.js';
import type { BenchCase, Findings, Stage } from '../case.js';
import { percentile, spread } from '../figures.js';
import type { Ground } from '../ground.js';
import type { Row } from '../result.js';
import { bytesBelow, makeAlbums, plannedAlbums, type MadeAlbum } from './albums.js';
import { ArrivalWatch } from './arrivals.js';
import { Beets, musicOf } from './beets.js';

const run = promisify(execFile);

export interface RateSet {
  readonly name: string;
  readonly albums: number;
  /** About so long is a track. */
  readonly seconds: number;
}

export interface RateChoice {
  readonly sets: readonly RateSet[];
  readonly repetitions: number;
}

export const RATE_FULL: RateChoice = {
  sets: [
    { name: 'ten tracks of 15 s', albums: 20, seconds: 10 },
    { name: 'ten tracks of 4 minutes', albums: 4, seconds: 235 },
  ],
  repetitions: 2,
};
export const RATE_SMALL: RateChoice = {
  sets: [{ name: 'ten tracks of 15 s', albums: 4, seconds: 10 }],
  repetitions: 1,
};

/** Until a watch folder has rested, and then for each album. */
const REST_MS = 120_000;
const ALBUM_MS = 60_000;
/** What both have to write into a file; other tags of beets have no meaning for players. */
const TAGS = ['title', 'artist', 'album', 'album_artist', 'track', 'date', 'musicbrainz_albumid'];

/** The same folders on the same disk, in turn: copied, tagged and put in place by both. */
export function rateCase({ sets, repetitions }: RateChoice): BenchCase {
  return {
    key: 'import-rate',
    title: 'albums a minute that are copied, tagged and put in the library',
    async run({ ground }: Stage): Promise<Findings> {
      const rows: Row[] = [];
      const notes: string[] = [];
      for (const [n, set] of sets.entries()) {
        const found = await rateOf(ground, { set, repetitions, dir: join(ground.dir, String(n)) });
        rows.push(found.row);
        notes.push(...found.notes);
      }
      return {
        rows,
        notes: [
          'Tutti: from the first album that its watch folder takes up to the last that stands in the library; every file is decoded to its end once, read again after it was copied and tagged, and flushed to the disk. beets 1.6.0: `beet import -q` with `copy: yes, write: yes`, from its start to its end; it decodes nothing and flushes nothing.',
          'The ratio is the median of the ratios of neighbouring runs. Both ask the same stub of MusicBrainz without a pause, and take every album.',
          ...notes,
        ],
      };
    },
  };
}

interface RateRun {
  readonly set: RateSet;
  readonly repetitions: number;
  readonly dir: string;
}

async function rateOf(
  ground: Ground,
  { set, repetitions, dir }: RateRun,
): Promise<{ row: Row; notes: string[] }> {
  const albums = plannedAlbums(set.albums, set.seconds);
  const drop = join(dir, 'set');
  await makeAlbums(drop, albums);
  const source = ground.own(await FakeMusicBrainz.start(albums.map(({ release }) => release)));
  const ours: number[] = [];
  const theirs: number[] = [];
  let tags: string[] = [];
  for (let turn = 0; turn < repetitions; turn++) {
    const home = join(dir, 'turn');
    const beets = async (): Promise<void> =>
      void theirs.push(await byBeets(join(home, 'beets'), source, drop, albums));
    if (turn % 2 === 1) await beets();
    ours.push(await byTutti(join(home, 'tutti'), source, drop, albums));
    if (turn % 2 === 0) await beets();
    tags = await missingTags(home);
    await rm(home, { recursive: true });
  }
  const ratio = percentile(
    ours.map((rate, at) => rate / (theirs[at] ?? Number.NaN)),
    0.5,
  );
  const floor = await decodingAlone(drop, albums.length);
  const megabytes = Math.round((await bytesBelow(drop)) / set.albums / 1e6);
  await rm(dir, { recursive: true });
  return {
    row: {
      measure: `${set.albums} albums, ${set.name}, ${megabytes} MB each`,
      unit: 'albums a minute',
      ours: spread(ours),
      peer: { name: 'beets', figure: spread(theirs) },
      ratio,
    },
    notes: [
      `${set.name}: to decode each file once and do nothing else, two at a time, is ${floor.ffmpeg} albums a minute by \`ffmpeg -f null -\`, ${floor.flac} by \`flac -t\`.`,
      tags.length === 0
        ? `${set.name}: the files of both have ${TAGS.join(', ')}.`
        : `${set.name}: NOT THE SAME TAGS: ${tags.join(', ')}.`,
    ],
  };
}

async function byTutti(
  dir: string,
  source: FakeMusicBrainz,
  drop: string,
  albums: readonly MadeAlbum[],
): Promise<number> {
  const musicDir = join(dir, 'music');
  await mkdir(musicDir, { recursive: true });
  const server = await ServerProcess.start({
    dataDir: join(dir, 'state'),
    musicDir,
    config: importingFrom(drop, source),
  });
  const client = server.client(['imports']);
  const watch = new ArrivalWatch(client);
  try {
    await client.ready();
    await watch.begun(REST_MS);
    const { firstMs, lastMs } = await watch.imported(albums.length, albums.length * ALBUM_MS);
    return (albums.length * 60_000) / (lastMs - firstMs);
  } finally {
    client.close();
    await server.kill('SIGTERM');
  }
}

/** The configuration of a server that takes in what lies in a folder, and leaves it there. */
export const importingFrom = (drop: string, source: FakeMusicBrainz): Record<string, unknown> => ({
  watch: false,
  import_dir: drop,
  import_keep: true,
  musicbrainz_url: source.url,
  musicbrainz_contact: 'bench@example.org',
  musicbrainz_rate_ms: 0,
});

async function byBeets(
  dir: string,
  source: FakeMusicBrainz,
  drop: string,
  albums: readonly MadeAlbum[],
): Promise<number> {
  const beets = await Beets.open(dir, source.port, true);
  const { releases, seconds, hung } = await beets.import(drop, albums.length * ALBUM_MS);
  if (hung || releases.length !== albums.length)
    throw new Error(`beets imported ${releases.length} of ${albums.length} albums`);
  return (albums.length * 60) / seconds;
}

/** Albums a minute, when all that is done with their files is to decode them. */
async function decodingAlone(drop: string, albums: number): Promise<{ ffmpeg: number; flac: number }> {
  const found = (await readdir(drop, { recursive: true })).filter((path) => path.endsWith('.flac'));
  const rate = async (program: string, args: (path: string) => readonly string[]): Promise<number> => {
    const left = found.map((path) => join(drop, path));
    const begun = performance.now();
    const worker = async (): Promise<void> => {
      for (let path = left.shift(); path !== undefined; path = left.shift()) await run(program, args(path));
    };
    await Promise.all([worker(), worker()]);
    return Math.round((albums * 60_000) / (performance.now() - begun));
  };
  return {
    ffmpeg: await rate('ffmpeg', (path) => ['-nostdin', '-v', 'error', '-i', path, '-f', 'null', '-']),
    flac: await rate('flac', (path) => ['-t', '-s', '--', path]),
  };
}

const Probed = z.object({ format: z.object({ tags: z.record(z.string(), z.string()).optional() }) });

/** What a file of one of them lacks. */
async function missingTags(home: string): Promise<string[]> {
  const missing: string[] = [];
  for (const [who, folder] of [
    ['Tutti', join(home, 'tutti', 'music')],
    ['beets', musicOf(join(home, 'beets'))],
  ] as const) {
    const file = (await readdir(folder, { recursive: true })).find((path) => path.endsWith('.flac'));
    const show = ['-v', 'error', '-show_entries', 'format_tags', '-of', 'json'];
    const { stdout } = await run('ffprobe', [...show, join(folder, file ?? 'none')]);
    const names = Object.keys(Probed.parse(JSON.parse(stdout)).format.tags ?? {}).map((name) =>
      name.toLowerCase(),
    );
    missing.push(...TAGS.filter((tag) => !names.includes(tag)).map((tag) => `${who} lacks ${tag}`));
  }
  return missing;
}
