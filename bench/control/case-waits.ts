import type { BenchCase, Findings, Stage } from '../case.js';
import { percentile, short, spread } from '../figures.js';
import { untilScanned } from '../library-watch.js';
import { startLoad } from '../load-process.js';
import type { CommandAsks } from '../load/commands.js';
import type { Taps } from '../load/crowd.js';
import type { Row } from '../result.js';
import { ROOM } from '../tutti.js';
import { atBare, BARE, startBare, startCrowd, type Bare, type Crowd } from './bare.js';
import { startHouse, type House } from './house.js';
import { at, many, times } from './scale.js';

const REPETITIONS = times(5);
const WINDOW_MS = 1_500;
const GAP_MS = 20;
const MAX_LOOP_MS = 20;
const MAX_P99_MS = 10;
const TOPIC = `room/${ROOM}`;

/** How long people wait: for what somebody else tapped, and for a server that scans ten thousand files. */
export const waits: BenchCase = {
  key: '10-waits',
  title: 'Tap -> every signed-in client, and answers during a scan',
  async run({ ground, shelf }: Stage): Promise<Findings> {
    const house = await startHouse(ground);
    const bare = await startBare(ground);
    const crowd = startCrowd(ground);
    const rows: Row[] = [];
    for (const clients of [50, many(500)]) {
      const taken = await taps(crowd, house, bare, clients);
      rows.push(...rowsOf(clients, taken.house, taken.bare));
    }
    await house.stop();
    const musicDir = await shelf.smallMusic();
    const scanning = await startHouse(ground, { musicDir });
    await crowd.ask('tapper', { port: scanning.port, topics: [], token: scanning.tokens[0]!, room: ROOM });
    const watcher = startLoad<CommandAsks>(ground, 'commands');
    await watcher.ask('open', scanning.port, ['library'], scanning.tokens[1]);
    let scanned = false;
    const scan = untilScanned(watcher, scanning.spawnedMs).then(() => (scanned = true));
    const taken: number[][] = [];
    do taken.push(await crowd.ask('clocks', 500, 2));
    while (!scanned);
    await scan;
    const all = taken.flat();
    const p99 = percentile(all, 0.99);
    rows.push({
      measure: 'an answer that needs no work, while 10,000 files are scanned, p99',
      unit: 'ms',
      ours: spread([p99]),
      target: { text: `<= ${MAX_LOOP_MS} ms`, met: p99 <= MAX_LOOP_MS },
    });
    return {
      rows,
      notes: [`The longest of ${all.length} answers during the scan: ${short(Math.max(...all))} ms.`],
    };
  },
};

async function taps(
  crowd: Crowd,
  house: House,
  bare: Bare,
  count: number,
): Promise<Record<'house' | 'bare', Taps[]>> {
  const taken = { house: [] as Taps[], bare: [] as Taps[] };
  const visits = {
    house: { port: house.port, topics: [TOPIC], tokens: house.tokens },
    bare: atBare(bare.port),
  };
  const tappers = {
    house: { port: house.port, topics: [], token: house.tokens[0]!, room: ROOM },
    bare: { port: bare.port, topics: [], room: ROOM },
  };
  for (const name of ['house', 'bare'] as const)
    await crowd.ask('join', name, { ...visits[name], count, atOnce: 50 });
  await crowd.ask('tapper', tappers.house);
  const [frames] = await Promise.all([
    crowd.ask('record', 'house', 600),
    crowd.ask('command', 'room:volume', { room_id: ROOM, volume: 0.11 }),
  ]);
  await bare.ask('tell', Buffer.concat(frames));
  for (let repetition = 0; repetition <= REPETITIONS; repetition++)
    for (const name of ['house', 'bare'] as const) {
      await crowd.ask('tapper', tappers[name]);
      const found = await crowd.ask('taps', name, WINDOW_MS, GAP_MS);
      // The first is for warming up.
      if (repetition > 0) taken[name].push(found);
    }
  for (const name of ['house', 'bare'] as const) await crowd.ask('leave', name);
  return taken;
}

function rowsOf(clients: number, ours: readonly Taps[], bare: readonly Taps[]): Row[] {
  const figure = (taken: readonly Taps[], p: number) =>
    at(
      taken.map(({ all }) => all),
      p,
    );
  const middle = figure(ours, 0.5);
  const allowed = 2 * figure(bare, 0.5).median + 0.5;
  const late = figure(ours, 0.99);
  const allowedLate = Math.min(3 * middle.median, MAX_P99_MS);
  return [
    {
      measure: `tap -> all of ${clients} clients, p50`,
      unit: 'ms',
      ours: middle,
      peer: { name: BARE, figure: figure(bare, 0.5) },
      target: { text: `<= 2 x control + 0.5 = ${short(allowed)}`, met: middle.median <= allowed },
    },
    {
      measure: `tap -> all of ${clients} clients, p99`,
      unit: 'ms',
      ours: late,
      peer: { name: BARE, figure: figure(bare, 0.99) },
      ...(clients <= 50 && {
        target: { text: `<= 3 x p50 and <= ${MAX_P99_MS} ms`, met: late.median <= allowedLate },
      }),
    },
  ];
}
