import type { BenchCase, Findings, Stage } from './case.js';
import { percentile, spread, type Spread } from './figures.js';
import { untilScanned } from './library-watch.js';
import { startLoad, type LoadProcess } from './load-process.js';
import type { Command, CommandAsks } from './load/commands.js';
import { startMpd } from './mpd.js';
import { makeMusic, makeSound } from './music.js';
import type { Row } from './result.js';
import { ROOM, startTutti, type Tutti } from './tutti.js';

const REPETITIONS = 5;
const TIMES = 40;
/** A person's command finds an idle server with cold caches; back to back, as a slider sends them, everything is warm. */
const GAPS = [
  { name: '10 ms apart', gapMs: 10 },
  { name: 'back to back', gapMs: 0 },
] as const;
const SOUND_SECONDS = 600;

interface Kind {
  readonly measure: string;
  readonly ours: (n: number) => Command;
  readonly bare: (n: number) => string;
}

const LIST: Command = { type: 'room:list', body: {} };
const room = { room_id: ROOM };
const KINDS: readonly Kind[] = [
  {
    measure: 'volume',
    ours: (n) => ({ type: 'room:volume', body: { ...room, volume: (20 + (n % 60)) / 100 } }),
    bare: (n) => `setvol ${20 + (n % 60)}`,
  },
  {
    measure: 'pause and play in turn',
    ours: (n) => ({ type: n % 2 === 0 ? 'room:pause' : 'room:play', body: room }),
    bare: (n) => `pause ${(n + 1) % 2}`,
  },
];

/** (c) A command to a real MPD and its reply: phone -> hub -> room -> driver -> MPD and back. */
export const mpdRoundTrip: BenchCase = {
  key: 'c',
  title: 'MPD command round trip through the whole stack',
  async run({ ground }: Stage): Promise<Findings> {
    const musicDir = `${ground.dir}/music`;
    const sound = await makeSound(ground.dir, SOUND_SECONDS);
    await makeMusic(musicDir, { parts: [0], sound, songs: 10 });
    const through = await startMpd(ground, { musicDir });
    const alone = await startMpd(ground, { musicDir });
    const tutti = await startTutti(ground, {
      musicDir,
      player: { kind: 'mpd', host: '127.0.0.1', port: through.port },
    });
    const load = startLoad<CommandAsks>(ground, 'commands');
    const updater = startLoad<CommandAsks>(ground, 'commands');
    await updater.ask('mpdOpen', through.port);
    await updater.ask('mpdUpdate');
    await updater.stop();
    await prepare(load, tutti, alone.port);

    const rows: Row[] = [];
    for (const kind of KINDS)
      for (const { name, gapMs } of GAPS) {
        const ours: number[][] = [];
        const bare: number[][] = [];
        const floor: number[] = [];
        for (let repetition = 0; repetition < REPETITIONS; repetition++) {
          const turns = Array.from({ length: TIMES }, (_, n) => n);
          ours.push(await load.ask('series', turns.map(kind.ours), gapMs));
          const direct = await load.ask('mpdSeries', turns.map(kind.bare), gapMs);
          bare.push(direct);
          const lists = turns.map(() => LIST);
          const reads = await load.ask('series', lists, gapMs);
          floor.push(percentile(direct, 0.5) + percentile(reads, 0.5));
        }
        rows.push(...compared(`${kind.measure}, ${name}`, { ours, bare, floor }));
      }
    return {
      rows,
      notes: [
        `'mpd alone + a read' adds the round trip of a command that asks nothing of player and disk (room:list).`,
      ],
    };
  },
};

async function prepare(load: LoadProcess<CommandAsks>, tutti: Tutti, mpdPort: number): Promise<void> {
  await load.ask('open', tutti.port, ['library', `room/${ROOM}`]);
  await untilScanned(load, tutti.spawnedMs);
  const { value } = await load.ask('send', { type: 'library:tracks', body: {} });
  const { items } = value as { items: { track_id: string }[] };
  const source = { track_ids: items.map(({ track_id }) => track_id) };
  await load.ask('send', { type: 'queue:add', body: { ...room, source, play: true } });
  await load.ask('send', { type: 'room:repeat', body: { ...room, repeat: 'all' } });
  await load.ask('mpdOpen', mpdPort);
  await load.ask('mpdUpdate');
  await load.ask('mpdSend', 'add ""');
  await load.ask('mpdSend', 'play');
}

function compared(
  measure: string,
  taken: { readonly ours: number[][]; readonly bare: number[][]; readonly floor: number[] },
): Row[] {
  const at = (runs: readonly number[][], p: number) => spread(runs.map((run) => percentile(run, p)));
  const ours = at(taken.ours, 0.5);
  const target = { text: '<= 1 ms', met: ours.median <= 1 };
  const row = (p: string, own: Spread, name: string, figure: Spread): Row => {
    return { measure: `${measure}, ${p}`, unit: 'ms', ours: own, peer: { name, figure } };
  };
  return [
    { ...row('p50', ours, 'mpd alone', at(taken.bare, 0.5)), target },
    row('p50', ours, 'mpd alone + a read', spread(taken.floor)),
    row('p95', at(taken.ours, 0.95), 'mpd alone', at(taken.bare, 0.95)),
  ];
}
