import type { BenchCase, Findings, Stage } from '../case.js';
import { spread } from '../figures.js';
import { cpuMs, pause } from '../program.js';
import { atBare, startBare, startCrowd } from './bare.js';
import { startHouse } from './house.js';
import { many, ratioOf, times } from './scale.js';

const CLIENTS = many(500);
const ROOMS = ['one', 'two', 'three', 'four', 'five'];
const REPETITIONS = times(3);
const WINDOW_MS = 4_000;
const EVERY_MS = 500;
const PROGRESS = 'playback:progress';

/** Five rooms play and everybody follows all of them: their progress comes in one tick, and leaves in one write. */
export const oneWrite: BenchCase = {
  key: '2-ticks',
  title: `${ROOMS.length} topics change in one tick, ${CLIENTS} clients`,
  async run({ ground }: Stage): Promise<Findings> {
    const house = await startHouse(ground, { rooms: ROOMS });
    const bare = await startBare(ground);
    const crowd = startCrowd(ground);
    const source = { url: 'http://127.0.0.1:9/stream', title: 'Stream' };
    const all = async (type: string, more: object = {}): Promise<void> => {
      for (const room_id of ROOMS) await crowd.ask('command', type, { room_id, ...more });
    };
    await crowd.ask('tapper', { port: house.port, topics: [], token: house.tokens[0]!, room: 'one' });
    await all('queue:add', { source, play: true });
    const topics = ROOMS.map((room) => `room/${room}`);
    const wanted = { count: CLIENTS, atOnce: 50 };
    await crowd.ask('join', 'house', { ...wanted, port: house.port, topics, tokens: house.tokens });
    const frames = await crowd.ask('record', 'house', 1_800);
    const pieces = ROOMS.map((room) =>
      frames.find(
        (frame) => Buffer.from(frame).includes(PROGRESS) && Buffer.from(frame).includes(`"${room}"`),
      ),
    );
    await bare.ask('tell', ...pieces.map((piece) => piece ?? missing()));
    await crowd.ask('join', 'bare', { ...wanted, ...atBare(bare.port) });
    // The first time loads what gathers the metrics.
    await house.metric('tutti_websocket_writes_total');
    const taken = { writes: [] as number[], house: [] as number[], bare: [] as number[] };
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      await all('room:play');
      await pause(700);
      const before = await house.metric('tutti_websocket_writes_total');
      const cpu = cpuMs(house.pid);
      const heard = await crowd.ask('count', 'house', PROGRESS, WINDOW_MS);
      taken.house.push(((cpuMs(house.pid) - cpu) / heard) * 1000);
      const writes = (await house.metric('tutti_websocket_writes_total')) - before;
      taken.writes.push(writes / (heard / ROOMS.length));
      await all('room:pause');
      await bare.ask('every', EVERY_MS);
      await pause(300);
      const cpuBare = cpuMs(bare.pid);
      const heardBare = await crowd.ask('count', 'bare', PROGRESS, WINDOW_MS);
      taken.bare.push(((cpuMs(bare.pid) - cpuBare) / heardBare) * 1000);
      await bare.ask('every', 0);
    }
    const writes = spread(taken.writes);
    const ratio = ratioOf(taken.house, taken.bare);
    return {
      rows: [
        {
          measure: 'writes per client and tick',
          unit: '',
          ours: writes,
          target: {
            text: 'exactly 1 (windows end within a tick: 0.85 .. 1.15)',
            met: Math.abs(writes.median - 1) < 0.15,
          },
        },
        {
          measure: 'CPU per 1000 messages',
          unit: 'ms',
          ours: spread(taken.house),
          peer: { name: `bare sockets, ${ROOMS.length} writes`, figure: spread(taken.bare) },
          ratio,
          target: { text: '<= 0.45 x one write each', met: ratio <= 0.45 },
        },
      ],
      notes: ['Writes are counted by the server (/metrics), messages by the clients.'],
    };
  },
};

function missing(): never {
  throw new Error('a room told no progress');
}
