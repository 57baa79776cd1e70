import { deflateRawSync } from 'node:zlib';
import { frame } from '../control/hostile/bytes.js';
import { CONFORMANCE, conforms } from '../control/hostile/conformance.js';
import { fuzz, type FuzzFound } from '../control/hostile/fuzz.js';
import { HostileLine, type LineChoice } from '../control/hostile/line.js';
import { answerParent } from './asks.js';

export type Bomb = 'packed' | 'packed-small' | 'fragments' | 'unfinished' | 'nested';

const HELD_MS = 800;
/** Of wire, of each connection. */
const BOMB_BYTES = 100_000;

const BOMBS: Readonly<Record<Bomb, () => Buffer>> = {
  /** 100 KB that are 100 MB. */
  packed: () => frame({ rsv: 4, payload: deflateRawSync(Buffer.alloc(BOMB_BYTES * 1000, ' ')) }),
  /** The same, short enough to be looked into. */
  'packed-small': () => frame({ rsv: 4, payload: deflateRawSync(Buffer.alloc(60_000_000, ' ')) }),
  fragments: () => {
    const one = frame({ opcode: 0, fin: false, payload: ' ' });
    const first = frame({ fin: false, payload: ' ' });
    const count = Math.floor(BOMB_BYTES / one.length);
    return Buffer.concat([first, ...Array.from({ length: count }, () => one)]);
  },
  /** As long as a message may be, but for its last byte. */
  unfinished: () => frame({ payload: ' '.repeat(65_536) }).subarray(0, -1),
  nested: () => frame({ payload: '['.repeat(65_000) }),
};

const asks = {
  /** So many connections throw the same at once; how each ended. */
  async bombs(choice: LineChoice, bomb: Bomb, count: number): Promise<string[]> {
    const bytes = BOMBS[bomb]();
    const lines = await Promise.all(Array.from({ length: count }, () => HostileLine.open(choice)));
    for (const line of lines) line.write(bytes);
    await Promise.all(lines.map((line) => line.until(() => line.closeCode !== undefined, HELD_MS)));
    const ends = lines.map(({ closeCode }) => (closeCode === undefined ? 'open' : String(closeCode)));
    for (const line of lines) line.destroy();
    return ends;
  },

  fuzz: (choice: LineChoice, runs: number, seed: number, atOnce: number): Promise<FuzzFound> =>
    fuzz(choice, { runs, seed, atOnce }),

  /** What did not conform, by name. */
  async conformance(choice: LineChoice): Promise<{ cases: number; failures: string[] }> {
    const failures: string[] = [];
    for (const one of CONFORMANCE) {
      const problem = await conforms(choice, one);
      if (problem !== undefined) failures.push(`${one.name}: ${problem}`);
    }
    return { cases: CONFORMANCE.length, failures };
  },
};

export type HostileAsks = typeof asks;

answerParent(asks);
