import type { BenchCase, Findings, Stage } from '../case.js';
import { spread } from '../figures.js';
import { pause, rssMb } from '../program.js';
import { ROOM } from '../tutti.js';
import { atBare, BARE, startBare, startCrowd } from './bare.js';
import { startHouse } from './house.js';
import { many, times } from './scale.js';

const CLIENTS = many(1000);
const REPETITIONS = times(3);
const CYCLES = many(10_000);
const STEPS = 10;
const MAX_KB = 40;
const MAX_GROWTH = 1.05;

/** What a phone that only listens holds of the server's memory, and what remains of ten thousand that came and went. */
export const memory: BenchCase = {
  key: '3-memory',
  title: `Memory of ${CLIENTS} idle signed-in clients, and of ${CYCLES} that came and went`,
  async run({ ground }: Stage): Promise<Findings> {
    const house = await startHouse(ground, { preload: ['garbage'] });
    const bare = await startBare(ground);
    const crowd = startCrowd(ground);
    const at = { port: house.port, topics: [`room/${ROOM}`, 'rooms'], tokens: house.tokens };
    const restingBare = async (): Promise<number> => {
      await bare.ask('collect');
      await pause(300);
      return rssMb(bare.pid);
    };
    const perClient = async (
      target: typeof at | ReturnType<typeof atBare>,
      resting: () => Promise<number>,
    ) => {
      const wanted = { ...target, count: CLIENTS, atOnce: 50 };
      const before = await resting();
      await crowd.ask('join', 'idle', wanted);
      const grown = (await resting()) - before;
      await crowd.ask('leave', 'idle');
      return (grown * 1000) / CLIENTS;
    };
    // The first crowd makes rooms in the heap that later ones use again.
    await crowd.ask('cycle', { ...at, count: many(200), atOnce: 50 });
    await crowd.ask('cycle', { ...atBare(bare.port), count: many(200), atOnce: 50 });
    const ours: number[] = [];
    const beside: number[] = [];
    ours.push(await perClient(at, () => house.restingMb()));
    beside.push(await perClient(atBare(bare.port), restingBare));
    const first = ours[0]!;
    for (let repetition = 1; repetition < REPETITIONS; repetition++) {
      const fresh = await startHouse(ground, { preload: ['garbage'] });
      const there = { ...at, port: fresh.port, tokens: fresh.tokens };
      await crowd.ask('cycle', { ...there, count: many(200), atOnce: 50 });
      ours.push(await perClient(there, () => fresh.restingMb()));
      await fresh.stop();
    }
    const curve = [await house.restingMb()];
    let failed = 0;
    for (let step = 0; step < STEPS; step++) {
      failed += await crowd.ask('cycle', { ...at, count: CYCLES / STEPS, atOnce: 50 });
      curve.push(await house.restingMb());
    }
    const growth = curve.at(-1)! / curve[0]!;
    return {
      rows: [
        {
          measure: 'RSS of an idle client, after a collection',
          unit: 'kB',
          ours: spread(ours),
          peer: { name: BARE, figure: spread(beside) },
          target: { text: `<= ${MAX_KB} kB`, met: spread(ours).median <= MAX_KB },
        },
        {
          measure: `RSS after ${CYCLES} came and went`,
          unit: 'MB',
          ours: spread([curve.at(-1)!]),
          peer: { name: 'before them', figure: spread([curve[0]!]) },
          target: { text: `<= ${MAX_GROWTH} x, none refused`, met: growth <= MAX_GROWTH && failed === 0 },
        },
      ],
      notes: [
        `After each ${CYCLES / STEPS}: ${curve.map((mb) => mb.toFixed(1)).join(', ')} MB. Refused: ${failed}. The first server gave ${first.toFixed(1)} kB.`,
      ],
    };
  },
};
