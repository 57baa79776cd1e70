import { join } from 'node:path';
import type { BenchCase, Findings, Stage } from './case.js';
import { percentile, spread } from './figures.js';
import type { Ground } from './ground.js';
import { untilScanned } from './library-watch.js';
import { startLoad, type LoadProcess } from './load-process.js';
import type { CommandAsks } from './load/commands.js';
import { startMpd, type Mpd } from './mpd.js';
import type { Row } from './result.js';
import { scanOnce } from './shelf.js';
import { PARTS, song, word } from './songs.js';
import { startTutti } from './tutti.js';

const SCANS = 3;
const REPETITIONS = 5;
const QUERIES = 20;
const GAP_MS = 5;
const LIMIT = 20;

/** (d) A folder nobody has seen yet, and search as one types. */
export const libraryCase: BenchCase = {
  key: 'd',
  title: 'Scan of 10,000 files; search over 100,000 tracks',
  async run({ ground, shelf }: Stage): Promise<Findings> {
    const rows = [await scans(ground, await shelf.smallMusic())];
    const large = await shelf.large();
    const mpd = await startMpd(ground, { musicDir: large.musicDir });
    const load = startLoad<CommandAsks>(ground, 'commands');
    await load.ask('mpdOpen', mpd.port);
    const mpdMs = await load.ask('mpdUpdate');
    rows.push({
      measure: 'first scan of 100,000 files',
      unit: 's',
      ours: spread([large.scanMs / 1000]),
      peer: { name: 'mpd update', figure: spread([mpdMs / 1000]) },
    });
    const { musicDir, dataDir } = large;
    const tutti = await startTutti(ground, { musicDir, dataDir });
    await load.ask('open', tutti.port, ['library']);
    await untilScanned(load, tutti.spawnedMs);
    rows.push(...(await searches(load)));
    return {
      rows,
      notes: [
        `Search: 'library:search' with limit ${LIMIT} over the WebSocket; beside it MPD's 'search any' with a window of ${LIMIT}, which finds letters anywhere in a word, and songs only.`,
      ],
    };
  },
};

async function scans(ground: Ground, musicDir: string): Promise<Row> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let repetition = 0; repetition < SCANS; repetition++) {
    const dataDir = join(ground.dir, `scan-${repetition}`);
    ours.push((await scanOnce(ground, musicDir, dataDir, PARTS.songs)) / 1000);
    const mpd = await startMpd(ground, { musicDir });
    theirs.push((await mpdScan(ground, mpd)) / 1000);
    await mpd.stop();
  }
  return {
    measure: 'first scan of 10,000 files',
    unit: 's',
    ours: spread(ours),
    peer: { name: 'mpd update', figure: spread(theirs) },
  };
}

async function mpdScan(ground: Ground, mpd: Mpd): Promise<number> {
  const load = startLoad<CommandAsks>(ground, 'commands');
  await load.ask('mpdOpen', mpd.port);
  const ms = await load.ask('mpdUpdate');
  await load.stop();
  return ms;
}

const KINDS: readonly { readonly name: string; readonly query: (n: number) => string }[] = [
  { name: 'one letter', query: (n) => 'abcdefghijklmnoprstw'[n % 20]! },
  { name: 'two letters', query: (n) => word(n * 7).slice(0, 2) },
  { name: 'one word', query: (n) => word(n * 13) },
  { name: 'a common word', query: (n) => ['the', 'of', 'and', 'in', 'love', 'night'][n % 6]! },
  {
    name: 'two words of a title',
    query: (n) =>
      song(n * 4999)
        .title.split(' ')
        .slice(0, 2)
        .join(' '),
  },
  { name: 'nothing to find', query: (n) => `xq${word(n)}` },
];

async function searches(load: LoadProcess<CommandAsks>): Promise<Row[]> {
  const rows: Row[] = [];
  const all: number[] = [];
  for (const { name, query } of KINDS) {
    const ours: number[][] = [];
    const theirs: number[][] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      const queries = Array.from({ length: QUERIES }, (_, n) => query(n + repetition * QUERIES));
      const commands = queries.map((text) => ({
        type: 'library:search',
        body: { query: text, limit: LIMIT },
      }));
      ours.push(await load.ask('series', commands, GAP_MS));
      const lines = queries.slice(0, 4).map((text) => `search any "${text}" window 0:${LIMIT}`);
      theirs.push(await load.ask('mpdSeries', lines, GAP_MS));
    }
    all.push(...ours.flat());
    const figure = spread(theirs.map((run) => percentile(run, 0.5)));
    rows.push({
      measure: `search: ${name}, p50`,
      unit: 'ms',
      ours: spread(ours.map((run) => percentile(run, 0.5))),
      peer: { name: 'mpd', figure },
    });
    const p95 = spread(ours.map((run) => percentile(run, 0.95)));
    rows.push({
      measure: `search: ${name}, p95`,
      unit: 'ms',
      ours: p95,
      target: { text: '<= 20 ms', met: p95.median <= 20 },
    });
  }
  const p95 = spread([percentile(all, 0.95)]);
  const target = { text: '<= 20 ms', met: p95.median <= 20 };
  return [...rows, { measure: 'search: all of these, p95', unit: 'ms', ours: p95, target }];
}
