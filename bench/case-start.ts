import { join } from 'node:path';
import { AS_ITS_UNIT } from './as-its-unit.js';
import type { BenchCase, Findings, Stage } from './case.js';
import { spread } from './figures.js';
import type { Ground } from './ground.js';
import { untilScanned } from './library-watch.js';
import { startLoad } from './load-process.js';
import type { CommandAsks } from './load/commands.js';
import { startMpd } from './mpd.js';
import { answers, cpuMs, freePort, pause, Program, rssMb } from './program.js';
import type { Row } from './result.js';
import { ROOM, startTutti, type Tutti } from './tutti.js';

const CLIENTS = 10;
const IDLE_MS = 30_000;
const TOPICS = ['rooms', 'players', `room/${ROOM}`, 'library', 'system', 'toasts'];

/** The least a Node program can be: says 200 and nothing else. */
const BARE = `require('node:http').createServer((_, answer) => answer.end('ok')).listen(Number(process.argv[1]), '127.0.0.1')`;

export interface StartChoice {
  readonly key: string;
  readonly title: string;
  /** 10,000 tracks or 100,000. */
  readonly library: 'small' | 'large';
  readonly starts: number;
  /** How long its CPU is measured while nothing happens. Default: not at all. */
  readonly idleCpuMs?: number;
}

/** (e) From switching on to serving, and what it holds of the machine when nothing happens. */
export const startUp = startCase({
  key: 'e',
  title: 'Start and idle memory with 100,000 tracks',
  library: 'large',
  starts: 5,
});

export function startCase(choice: StartChoice): BenchCase {
  const { key, title } = choice;
  return { key, title, run: (stage) => measureStart(stage, choice) };
}

async function measureStart(
  { ground, shelf }: Stage,
  { library, starts: repetitions, idleCpuMs = 0 }: StartChoice,
): Promise<Findings> {
  const { musicDir, dataDir, tracks } = await (library === 'large' ? shelf.large() : shelf.small());
  const starts: number[] = [];
  const bareStarts: number[] = [];
  const mpdStarts: number[] = [];
  const bareMb: number[] = [];
  const mpdMb: number[] = [];
  const mpdDir = await scannedMpd(ground, musicDir);
  let tutti: Tutti | undefined;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    await tutti?.stop();
    tutti = await startTutti(ground, { musicDir, dataDir, watch: true, env: AS_ITS_UNIT });
    starts.push(tutti.startMs);
    const bare = await startBare(ground);
    bareStarts.push(bare.startMs);
    bareMb.push(rssMb(bare.program.pid));
    await bare.program.stop();
    const mpd = await startMpd(ground, { musicDir, dir: mpdDir });
    mpdStarts.push(mpd.startMs);
    mpdMb.push(rssMb(mpd.pid));
    await mpd.stop();
  }
  if (!tutti) throw new Error('not started');
  const settled = await idleMb(ground, tutti);
  const ours = spread(starts);
  return {
    rows: [
      {
        measure: 'spawn -> first 200 on /health',
        unit: 'ms',
        ours,
        peer: { name: 'bare http in Node', figure: spread(bareStarts) },
        target: { text: '<= 2000 ms', met: ours.median <= 2000 },
      },
      {
        measure: 'the same beside mpd: spawn -> greeting',
        unit: 'ms',
        ours,
        peer: { name: 'mpd', figure: spread(mpdStarts) },
      },
      ...settled.map(({ measure, mb }): Row => {
        const target = { text: '<= 120 MB', met: mb <= 120 };
        const peer = { name: 'bare http in Node', figure: spread(bareMb) };
        return { measure, unit: 'MB', ours: spread([mb]), peer, target };
      }),
      ...(idleCpuMs > 0 ? [await idleCpu(tutti, idleCpuMs)] : []),
    ],
    notes: [
      `mpd with the same ${tracks} files in its database holds ${spread(mpdMb).median.toFixed(0)} MB and no clients.`,
      'The folder is watched, as it is by default; the start includes the scan for changes, which goes on behind. One arena of memory, as its unit has it.',
    ],
  };
}

/** Of one core, while everybody only listens and nothing happens. */
async function idleCpu({ pid }: Tutti, ms: number): Promise<Row> {
  const [before, begun] = [cpuMs(pid), performance.now()];
  await pause(ms);
  const percent = (100 * (cpuMs(pid) - before)) / (performance.now() - begun);
  return {
    measure: `CPU with ${CLIENTS} clients while nothing happens, over ${ms / 1000} s`,
    unit: '% of one core',
    ours: spread([percent]),
    target: { text: '<= 1 %', met: percent <= 1 },
  };
}

async function idleMb(ground: Ground, tutti: Tutti): Promise<{ measure: string; mb: number }[]> {
  for (let n = 1; n < CLIENTS; n++) await startClient(ground, tutti.port);
  const first = startLoad<CommandAsks>(ground, 'commands');
  await first.ask('open', tutti.port, ['library']);
  await untilScanned(first, tutti.spawnedMs);
  await first.ask('open', tutti.port, TOPICS);
  await pause(500);
  const after = rssMb(tutti.pid);
  await pause(IDLE_MS);
  return [
    { measure: `RSS with ${CLIENTS} clients, scan just ended`, mb: after },
    { measure: `RSS with ${CLIENTS} clients, ${IDLE_MS / 1000} s later`, mb: rssMb(tutti.pid) },
  ];
}

async function startClient(ground: Ground, port: number): Promise<void> {
  const load = startLoad<CommandAsks>(ground, 'commands');
  await load.ask('open', port, TOPICS);
}

async function startBare(ground: Ground): Promise<{ program: Program; startMs: number }> {
  const port = await freePort();
  const begun = performance.now();
  const program = ground.own(Program.spawn(process.execPath, ['-e', BARE, String(port)]));
  await answers(program, port, {
    send: 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    wanted: 'HTTP/1.1 200',
  });
  return { program, startMs: performance.now() - begun };
}

/** The folder of an mpd that has all the music in its database. */
async function scannedMpd(ground: Ground, musicDir: string): Promise<string> {
  const dir = join(ground.dir, 'mpd-large');
  const mpd = await startMpd(ground, { musicDir, dir });
  const load = startLoad<CommandAsks>(ground, 'commands');
  await load.ask('mpdOpen', mpd.port);
  await load.ask('mpdUpdate');
  await load.stop();
  await mpd.stop();
  return dir;
}
