import { Redis } from 'ioredis';
import { silentLogger, systemClock, systemRandom } from '../src/base/index.js';
import { Gateway, House, openBus, Recall } from '../src/bus/index.js';
import type { TopicEvent } from '../src/protocol/index.js';
import { openDoor } from '../src/server/index.js';
import { startRedis } from '../test/fakes/real-redis.js';
import type { BenchCase, Findings, Stage } from './case.js';
import { percentile, spread } from './figures.js';

const REPETITIONS = 5;
const WARM = 300;
const MESSAGES = 1_000;

type Once = () => Promise<void>;

/** (g) What a gateway adds: an event of the house until it is an event of the gateway, over a real Redis. */
export const busHop: BenchCase = {
  key: 'g',
  title: 'Event of the house -> event of a gateway, over Redis',
  async run({ ground }: Stage): Promise<Findings> {
    const redis = ground.own(await startRedis());
    const ours = await viaHouse(redis.address);
    const bare = await viaRedis(redis.address);
    await series(ours.once, WARM);
    await series(bare.once, WARM);
    const taken = { ours: [] as number[][], bare: [] as number[][] };
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      taken.bare.push(await series(bare.once, MESSAGES));
      taken.ours.push(await series(ours.once, MESSAGES));
    }
    await ours.close();
    await bare.close();
    const at = (runs: number[][], p: number) => spread(runs.map((run) => percentile(run, p)));
    const median = (runs: number[][]): number => at(runs, 0.5).median;
    const ratio = median(taken.ours) / median(taken.bare);
    const name = 'bare publish -> subscribe';
    return {
      rows: [
        {
          measure: 'playback:progress, house -> gateway, p50',
          unit: 'ms',
          ours: at(taken.ours, 0.5),
          peer: { name, figure: at(taken.bare, 0.5) },
          target: { text: `adds <= 2 x bare (is ${(ratio - 1).toFixed(2)} x)`, met: ratio - 1 <= 2 },
        },
        {
          measure: 'the same, p99',
          unit: 'ms',
          ours: at(taken.ours, 0.99),
          peer: { name, figure: at(taken.bare, 0.99) },
        },
      ],
      notes: [
        'signed, numbered, checked by schema on arrival; both sides of both in one process, one message at a time',
      ],
    };
  },
};

const EVENT: TopicEvent = {
  type: 'playback:progress',
  topic: 'room/bench',
  revision: 812,
  data: {
    room_id: 'bench',
    position_seconds: 120.512,
    duration_seconds: 305.2,
    buffered_seconds: 305.2,
    server_time_us: 81_230_011,
    rate: 1,
  },
};

async function series(once: Once, count: number): Promise<number[]> {
  const taken: number[] = [];
  for (let at = 0; at < count; at++) {
    const begun = performance.now();
    await once();
    taken.push(performance.now() - begun);
  }
  return taken;
}

/** From the store's event to that of the gateway's feed. */
async function viaHouse(address: string): Promise<{ once: Once; close(): Promise<void> }> {
  const common = { clock: systemClock, log: silentLogger, random: systemRandom };
  const named = { name: 'bench', secret: 'a secret of the bench', version: 'bench', ...common };
  const buses = [await openBus({ address, ...common }), await openBus({ address, ...common })] as const;
  let tell: (events: readonly TopicEvent[]) => void = () => undefined;
  const feed = {
    epoch: 'bench',
    snapshot: () => undefined,
    subscribe: (listener: typeof tell) => {
      tell = listener;
      return () => undefined;
    },
  };
  const recall = new Recall({ ...named, bus: buses[0] });
  const house = await House.open({
    ...named,
    bus: buses[0],
    feed,
    run: async () => ({ ok: true, data: {} }),
    recall,
    entrance: openDoor,
    left: () => undefined,
    url: () => '',
  });
  const gateway = new Gateway({ ...named, bus: buses[1] });
  await gateway.open();
  let heard: () => void = () => undefined;
  gateway.feed.subscribe(() => heard());
  return {
    once: () =>
      new Promise((resolve) => {
        heard = resolve;
        tell([EVENT]);
      }),
    close: async () => {
      gateway.close();
      house.close();
      await recall.close();
      for (const bus of buses) await bus.close();
    },
  };
}

/** The same bytes, as plain as ioredis has it. */
async function viaRedis(address: string): Promise<{ once: Once; close(): Promise<void> }> {
  const speaks = new Redis(address);
  const hears = new Redis(address);
  const text = JSON.stringify(EVENT);
  let heard: () => void = () => undefined;
  hears.on('message', () => heard());
  await hears.subscribe('bare');
  return {
    once: () =>
      new Promise((resolve) => {
        heard = resolve;
        void speaks.publish('bare', text);
      }),
    close: async () => {
      speaks.disconnect();
      hears.disconnect();
    },
  };
}
