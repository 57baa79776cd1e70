import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE, conforms } from '../../bench/control/hostile/conformance.js';
import { fuzz } from '../../bench/control/hostile/fuzz.js';
import { silentLogger, type Logger } from '../../src/base/index.js';
import { until, World } from './server-world.js';

/** `npm run bench -- control 8-hostile` runs more of them, against the whole server. */
const RUNS = 400;
const SEED = 20_261_120;

let world: World;
const faults: unknown[] = [];
const listening: Logger = {
  ...silentLogger,
  error: (...said: unknown[]) => void faults.push(said),
  child: () => listening,
};

beforeAll(async () => {
  world = await World.start({ log: listening });
});
afterAll(() => world.stop());

describe('what comes after the 101', () => {
  it.each(CONFORMANCE)('RFC 6455: $name', async (one) => {
    expect(await conforms({ port: world.port }, one)).toBeUndefined();
  });

  it('random bytes make no fault, close with a code that says why, and leave no client behind', async () => {
    const { runs, codes } = await fuzz({ port: world.port }, { runs: RUNS, seed: SEED, atOnce: 4 });
    expect(runs).toBe(RUNS);
    for (const code of Object.keys(codes)) expect(ENDS).toContain(code);
    await until('nobody is left', () => world.server.connections() === 0);
    expect(faults).toEqual([]);
  });
});

/** A broken rule, no text, too many fragments, too long, too many bad messages; 1006: the line was cut first, and `left` that we left. */
const ENDS = ['1002', '1007', '1008', '1009', '4002', '1006', 'left'];
