import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_CHANGES } from '../../src/server/hub/ring.js';
import { ModelHouse } from '../fakes/model-house.js';

/** `TUTTI_MODEL_RUNS=10000 npx vitest run --project programs test/integration/resume-model.test.ts` for the long one. */
const RUNS = Number(process.env['TUTTI_MODEL_RUNS'] ?? 1_000);

const die = fc.integer({ min: 0, max: 50 });
const ACTS = [
  'commit',
  'commit',
  'commit',
  'commit',
  'settle',
  'settle',
  'cut',
  'stall',
  'unstall',
  'slow',
  'restart',
  'overflow',
  'edits',
  'resubscribe',
  'unsubscribe',
  'subscribe',
  'revoke',
  'wake',
  'hold',
  'release',
  'command',
  'command',
  'pass',
] as const;
type Act = readonly [(typeof ACTS)[number], number, number, number, number];

async function act(house: ModelHouse, [what, a, b, c, d]: Act): Promise<void> {
  switch (what) {
    case 'commit':
      return house.commit([a, b, c, d]);
    case 'settle':
      return house.settle();
    case 'cut':
      return house.cut(a, b % 6, c % 3);
    case 'stall':
      return house.stall(a);
    case 'unstall':
      return house.unstall();
    case 'slow':
      return house.slow();
    case 'restart':
      return house.restart();
    case 'overflow':
      return house.overflow(MAX_CHANGES - 2 + (b % 4));
    case 'edits':
      return house.edits(20 + a);
    case 'resubscribe':
      house.want(a, b, false);
      house.want(a, b, true);
      return house.command(a);
    case 'unsubscribe':
      return house.want(a, b, false);
    case 'subscribe':
      return house.want(a, b, true);
    case 'revoke':
      return house.revoke(a);
    case 'wake':
      return house.wake(a);
    case 'hold':
      return house.hold(true);
    case 'release':
      return house.hold(false);
    case 'command':
      return house.command(a);
    case 'pass':
      return house.pass([200, 3_000, 40_000, 130_000][a % 4]!);
    default:
      what satisfies never;
  }
}

describe('[SB3] [SB4] [SB7] [RE1] whatever the network does', () => {
  it(
    'every mirror ends as the store is, nothing is told twice, and every command has one effect',
    { timeout: 600_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.constantFrom(...ACTS), die, die, die, die), { minLength: 1, maxLength: 30 }),
          async (acts) => {
            const house = new ModelHouse();
            await house.settle();
            for (const one of acts) await act(house, one);
            expect(await house.verdict()).toEqual([]);
          },
        ),
        { numRuns: RUNS },
      );
    },
  );
});
