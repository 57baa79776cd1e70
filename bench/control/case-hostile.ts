import type { BenchCase, Findings, Stage } from '../case.js';
import { spread } from '../figures.js';
import { startLoad } from '../load-process.js';
import type { Bomb, HostileAsks } from '../load/hostile.js';
import { pause } from '../program.js';
import type { Row } from '../result.js';
import { forgetPeak, peakMb, startHouse, type House } from './house.js';
import { many, times } from './scale.js';

const RUNS = many(10_000);
const AT_ONCE = 4;
const SEED = 20_261_120;
const ROUNDS = times(3);
const BOMBS: readonly Bomb[] = ['packed', 'packed-small', 'fragments', 'unfinished', 'nested'];
const AT_A_TIME = 8;
const MAX_MB = 10;
const SETTLE_MS = 15_000;

/** What strangers' bytes may cost, after the 101. */
export const hostile: BenchCase = {
  key: '8-hostile',
  title: 'Hostile bytes: bombs, rules of RFC 6455, random frames',
  async run({ ground }: Stage): Promise<Findings> {
    const thrower = startLoad<HostileAsks>(ground, 'hostile');
    const rows: Row[] = [];
    const notes: string[] = [];
    for (const compression of ['off', 'shared'] as const) {
      const house = await startHouse(ground, {
        preload: ['garbage'],
        env: { TUTTI_COMPRESSION: compression },
      });
      const choice = { port: house.port, token: house.tokens[0]!, deflate: compression === 'shared' };
      // What any first client makes the server load is no cost of bombs.
      await thrower.ask('conformance', { ...choice, deflate: false });
      for (const bomb of BOMBS) {
        const costs: number[] = [];
        const ends = new Set<string>();
        for (let round = 0; round < ROUNDS; round++) {
          const before = await house.restingMb();
          forgetPeak(house.pid);
          for (const end of await thrower.ask('bombs', choice, bomb, AT_A_TIME)) ends.add(end);
          costs.push(Math.max(0, peakMb(house.pid) - before));
        }
        rows.push(costRow(`${AT_A_TIME} at once, ${bomb}, compression ${compression}`, costs));
        notes.push(`${bomb}, compression ${compression}: ended with ${[...ends].join(' or ')}.`);
      }
      if (compression === 'off') rows.push(...(await rules(house)));
      await house.stop();
    }
    return { rows, notes };

    async function rules(house: House): Promise<Row[]> {
      const choice = { port: house.port, token: house.tokens[0]! };
      const { cases, failures } = await thrower.ask('conformance', choice);
      notes.push(...failures.map((failure) => `NOT CONFORMING: ${failure}`));
      const { runs, codes } = await thrower.ask('fuzz', choice, RUNS, SEED, AT_ONCE);
      const leaked = await leftOver(house);
      const said = Object.entries(codes).map(([code, count]) => `${code}: ${count}`);
      const faults = house
        .printed()
        .split('\n')
        .filter((line) => /"level":(?:50|60)/.test(line)).length;
      notes.push(
        `${runs} random streams ended ${said.join(', ')} (1006: without a close frame; left: by themselves).`,
      );
      return [
        countRow(`rules of RFC 6455 that are broken, of ${cases}`, failures.length),
        countRow(
          `errors logged in ${runs} random streams, and after them clients that are not there`,
          faults + leaked,
        ),
      ];
    }
  },
};

/** Clients that the server still counts when nobody is connected. */
async function leftOver(house: House): Promise<number> {
  const deadline = performance.now() + SETTLE_MS;
  let left = await house.metric('tutti_websocket_clients');
  while (left > 0 && performance.now() < deadline) {
    await pause(100);
    left = await house.metric('tutti_websocket_clients');
  }
  return left;
}

function costRow(measure: string, costs: readonly number[]): Row {
  const ours = spread(costs);
  return { measure, unit: 'MB', ours, target: { text: `<= ${MAX_MB} MB`, met: ours.median <= MAX_MB } };
}

function countRow(measure: string, count: number): Row {
  return { measure, unit: '', ours: spread([count]), target: { text: '0', met: count === 0 } };
}
