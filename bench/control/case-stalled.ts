import type { BenchCase, Findings, Stage } from '../case.js';
import { percentile, spread } from '../figures.js';
import type { Awake } from '../load/crowd.js';
import type { Row } from '../result.js';
import { ROOM } from '../tutti.js';
import { startCrowd, type Crowd } from './bare.js';
import { startHouse } from './house.js';
import { many, ratioOf, times } from './scale.js';

const OTHERS = many(50);
const PHONES = 5;
const REPETITIONS = times(3);
const SHORT_MS = 6_000;
const LONG_MS = many(60_000);
const GAP_MS = 45;
const STALE_MS = 250;
const WAKE_MS = 1_500;
const MAX_STALE = 8;
const TOPIC = `room/${ROOM}`;

/** Phones stop reading while a volume is turned 20 times a second. */
export const stalled: BenchCase = {
  key: '5-stalled',
  title: `${PHONES} phones stop reading, ${OTHERS} others do not`,
  async run({ ground }: Stage): Promise<Findings> {
    const house = await startHouse(ground);
    const phones = startCrowd(ground);
    const others = startCrowd(ground);
    const here = { port: house.port, topics: [TOPIC], tokens: house.tokens };
    await others.ask('tapper', { port: house.port, topics: [], token: house.tokens[0]!, room: ROOM });
    await others.ask('join', 'others', { ...here, count: OTHERS, atOnce: 10 });
    await phones.ask('join', 'phones', { ...here, count: PHONES, atOnce: 5 });
    const quiet: number[] = [];
    const during: number[] = [];
    const short: Awake[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      quiet.push(await p99(others, SHORT_MS));
      await phones.ask('sleep', 'phones');
      during.push(await p99(others, SHORT_MS));
      short.push(await phones.ask('wake', 'phones', STALE_MS, WAKE_MS));
    }
    const before = await p99(others, LONG_MS / 4);
    await phones.ask('sleep', 'phones');
    const meanwhile = await p99(others, LONG_MS);
    const long = await phones.ask('wake', 'phones', STALE_MS, WAKE_MS);
    return {
      rows: [
        stale(`a phone asleep for ${SHORT_MS / 1000} s: stale updates when it reads again`, short),
        stale(`a phone asleep for ${LONG_MS / 1000} s`, [long]),
        calm(`p99 of a tap -> each of the others, 5 phones asleep ${SHORT_MS / 1000} s`, during, quiet),
        calm(`the same, asleep ${LONG_MS / 1000} s`, [meanwhile], [before]),
      ],
      notes: [
        `Stale: more than ${STALE_MS} ms old when it arrives. After ${LONG_MS / 1000} s ${long.closed} of ${PHONES} had been thrown out and came back; ${long.staleAfterReturn} of their stale ones are what they were told they had missed.`,
      ],
    };
  },
};

async function p99(others: Crowd, ms: number): Promise<number> {
  return percentile((await others.ask('taps', 'others', ms, GAP_MS)).each, 0.99);
}

function stale(measure: string, awake: readonly Awake[]): Row {
  const ours = spread(awake.map((one) => one.stale / PHONES));
  return {
    measure,
    unit: 'per phone',
    ours,
    target: { text: `<= ${MAX_STALE}`, met: ours.high <= MAX_STALE },
  };
}

function calm(measure: string, during: readonly number[], quiet: readonly number[]): Row {
  const ratio = ratioOf(during, quiet);
  const peer = { name: 'everybody awake', figure: spread(quiet) };
  const target = { text: '<= 1.2 x', met: ratio <= 1.2 };
  return { measure, unit: 'ms', ours: spread(during), peer, ratio, target };
}
