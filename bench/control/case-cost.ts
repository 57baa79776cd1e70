import type { BenchCase, Findings, Stage } from '../case.js';
import { spread } from '../figures.js';
import { cpuMs, pause } from '../program.js';
import { ROOM } from '../tutti.js';
import { atBare, BARE, startBare, startCrowd, type Crowd } from './bare.js';
import { startHouse, type House } from './house.js';
import { many, ratioOf, times } from './scale.js';

const CLIENTS = many(1000);
const REPETITIONS = times(5);
const WINDOW_MS = 3_000;
const SETTLE_MS = 700;
/** V8 compiles meanwhile what every update runs through, on both sides: a server lives for months. */
const WARM_MS = times(20) * 1_000;
const EVERY_MS = 500;
const SCRAPES = 5;
const SCRAPE_EVERY_MS = 15_000;
const TOPIC = `room/${ROOM}`;
const PROGRESS = 'playback:progress';

/** What an update costs when everybody has signed in, may follow what they follow, and somebody reads the metrics. */
export const signedInCost: BenchCase = {
  key: '1-cost',
  title: `CPU per delivered update, ${CLIENTS} signed-in clients, metrics read`,
  async run({ ground }: Stage): Promise<Findings> {
    const house = await startHouse(ground);
    const silent = await startHouse(ground, { preload: ['no-pings'] });
    const bare = await startBare(ground);
    const crowd = startCrowd(ground);
    const wanted = { count: CLIENTS, atOnce: 50 };
    for (const [name, one] of [
      ['house', house],
      ['silent', silent],
    ] as const) {
      await playing(crowd, one);
      await crowd.ask('join', name, { ...wanted, port: one.port, topics: [TOPIC], tokens: one.tokens });
    }
    const bytes = await progressBytes(crowd);
    await bare.ask('tell', bytes);
    await crowd.ask('join', 'bare', { ...wanted, ...atBare(bare.port) });
    const paused = async (one: House, type: string): Promise<void> => {
      await tapper(crowd, one);
      await crowd.ask('command', type, { room_id: ROOM });
    };
    await paused(house, 'room:pause');
    await paused(silent, 'room:pause');
    const scrape = { house: await scrapeCost(house), silent: await scrapeCost(silent) };
    const round = async (taken: Taken): Promise<void> => {
      for (const [name, one] of [
        ['house', house],
        ['silent', silent],
      ] as const) {
        await paused(one, 'room:play');
        taken[name].push((await window(crowd, name, one.pid)) + scrape[name]);
        await paused(one, 'room:pause');
      }
      await bare.ask('every', EVERY_MS);
      taken.bare.push(await window(crowd, 'bare', bare.pid));
      await bare.ask('every', 0);
    };
    const [cold, taken] = [nothingTaken(), nothingTaken()];
    await round(cold);
    for (const one of [house, silent]) await paused(one, 'room:play');
    await bare.ask('every', EVERY_MS);
    await pause(WARM_MS);
    for (const one of [house, silent]) await paused(one, 'room:pause');
    await bare.ask('every', 0);
    for (let repetition = 0; repetition < REPETITIONS; repetition++) await round(taken);
    const ratio = ratioOf(taken.house, taken.bare);
    const pings = ratioOf(taken.house, taken.silent);
    return {
      rows: [
        {
          measure: `CPU per 1000 updates of ${bytes.length} bytes at 2 Hz`,
          unit: 'ms',
          ours: spread(taken.house),
          peer: { name: BARE, figure: spread(taken.bare) },
          ratio,
          target: { text: '<= 1.5 x control', met: ratio <= 1.5 },
        },
        {
          measure: 'the same, and what pings are of it',
          unit: 'ms',
          ours: spread(taken.house),
          peer: { name: 'the same without pings', figure: spread(taken.silent) },
          ratio: pings,
        },
        {
          measure: 'without pings',
          unit: 'ms',
          ours: spread(taken.silent),
          peer: { name: BARE, figure: spread(taken.bare) },
          ratio: ratioOf(taken.silent, taken.bare),
        },
        {
          measure: 'in the first seconds of a server',
          unit: 'ms',
          ours: spread(cold.house),
          peer: { name: BARE, figure: spread(cold.bare) },
          ratio: ratioOf(cold.house, cold.bare),
        },
      ],
      notes: [
        `Measured after ${WARM_MS / 1_000} s of updates on both sides, but for the last row; CPU is that of all threads, compilers and collectors too.`,
        'Ratios are the middle of the ratios of neighbouring windows. What reading /metrics every 15 s costs is part of ours.',
        'A ping goes with every 7th update; at most one follows it unanswered.',
      ],
    };
  },
};

/** CPU milliseconds per 1000 deliveries, window by window. */
type Taken = Readonly<Record<'house' | 'silent' | 'bare', number[]>>;

const nothingTaken = (): Taken => ({ house: [], silent: [], bare: [] });

function tapper(crowd: Crowd, { port, tokens }: House): Promise<void> {
  return crowd.ask('tapper', { port, topics: [], token: tokens[0]!, room: ROOM });
}

async function playing(crowd: Crowd, house: House): Promise<void> {
  await tapper(crowd, house);
  const source = { url: 'http://127.0.0.1:9/stream', title: 'Stream' };
  await crowd.ask('command', 'queue:add', { room_id: ROOM, source, play: true });
}

export async function progressBytes(crowd: Crowd): Promise<Uint8Array> {
  const frames = await crowd.ask('record', 'house', 2_500);
  const progress = frames.find((frame) => Buffer.from(frame).includes(PROGRESS));
  if (!progress) throw new Error('no progress came');
  return progress;
}

/** CPU milliseconds per 1000 deliveries. */
async function window(crowd: Crowd, name: string, pid: number): Promise<number> {
  await pause(SETTLE_MS);
  const before = cpuMs(pid);
  const delivered = await crowd.ask('count', name, PROGRESS, WINDOW_MS);
  const used = cpuMs(pid) - before;
  const due = CLIENTS * (WINDOW_MS / EVERY_MS);
  if (delivered < 0.6 * due) throw new Error(`${name} delivered ${delivered} of about ${due} updates`);
  return (used / delivered) * 1000;
}

/** What reading the metrics every 15 s adds to 1000 updates, CPU milliseconds. The first time loads what gathers them. */
async function scrapeCost(house: House): Promise<number> {
  const read = (): Promise<number> => house.metric('tutti_websocket_clients');
  await read();
  const before = cpuMs(house.pid);
  for (let n = 0; n < SCRAPES; n++) await read();
  const each = (cpuMs(house.pid) - before) / SCRAPES;
  const updatesMeanwhile = CLIENTS * (SCRAPE_EVERY_MS / EVERY_MS);
  return (each / updatesMeanwhile) * 1000;
}
