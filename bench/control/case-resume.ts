import * as z from 'zod';
import type { BenchCase, Findings, Stage } from '../case.js';
import { spread } from '../figures.js';
import { pause } from '../program.js';
import { startCrowd, type Crowd } from './bare.js';
import { startHouse } from './house.js';
import { many } from './scale.js';

const ROOMS = ['one', 'two', 'three'];
const QUEUE = 200;
const GAP_MS = many(30_000);
const MAX_SHARE = 0.2;

const Added = z.looseObject({ item_ids: z.array(z.string()) });

/** A phone was in a pocket for half a minute, while others listened, turned the volume and edited the queue. */
export const resumeBytes: BenchCase = {
  key: '6-resume',
  title: `Bytes of a resume after ${GAP_MS / 1000} s, a room that plays a queue of ${QUEUE}`,
  async run({ ground }: Stage): Promise<Findings> {
    const house = await startHouse(ground, { rooms: ROOMS });
    const crowd = startCrowd(ground);
    const token = house.tokens[0]!;
    await crowd.ask('tapper', { port: house.port, topics: [], token, room: 'one' });
    const queues = new Map<string, string[]>();
    for (const room of ROOMS) queues.set(room, await fill(crowd, room));
    const visit = (room: string) => ({ port: house.port, topics: [`room/${room}`], token });
    const left = new Map<string, { epoch: string; revision: number }>();
    for (const room of ROOMS) left.set(room, await crowd.ask('answerBytes', visit(room)));
    await evening(crowd, queues);
    const resumed: number[] = [];
    const whole: number[] = [];
    let refused = 0;
    for (const room of ROOMS) {
      const { epoch, revision } = left.get(room)!;
      const missed = await crowd.ask('answerBytes', visit(room), { epoch, revision });
      if (!missed.resumed) refused += 1;
      resumed.push(missed.bytes);
      whole.push((await crowd.ask('answerBytes', visit(room))).bytes);
    }
    const ratio = spread(resumed).median / spread(whole).median;
    return {
      rows: [
        {
          measure: 'what a client is told that comes back',
          unit: 'bytes',
          ours: spread(resumed),
          peer: { name: 'a snapshot', figure: spread(whole) },
          ratio,
          target: { text: `<= ${MAX_SHARE} x`, met: ratio <= MAX_SHARE && refused === 0 },
        },
      ],
      notes: [
        `In the gap: 12 turns of the volume, a pause and a play, repeat on, 3 items added, 2 moved, 2 removed. ${refused} of ${ROOMS.length} got a snapshot instead. The items are streams with a short title, so that the snapshot is smaller than one of tracks.`,
      ],
    };
  },
};

async function fill(crowd: Crowd, room_id: string): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < QUEUE; n++) ids.push(...(await add(crowd, room_id, n, n === 0)));
  return ids;
}

async function add(crowd: Crowd, room_id: string, n: number, play = false): Promise<string[]> {
  const source = { url: `http://127.0.0.1:9/stream/${n}`, title: `Stream number ${n}` };
  return Added.parse(await crowd.ask('command', 'queue:add', { room_id, source, play })).item_ids;
}

/** What happens in the rooms, over the whole gap. */
async function evening(crowd: Crowd, queues: ReadonlyMap<string, readonly string[]>): Promise<void> {
  const STEPS = 12;
  for (let step = 0; step < STEPS; step++) {
    for (const [room_id, ids] of queues) {
      const tell = (type: string, body: object = {}) => crowd.ask('command', type, { room_id, ...body });
      await tell('room:volume', { volume: step / 20 });
      if (step % 4 === 1) await add(crowd, room_id, 1000 + step);
      if (step === 2) await tell('room:pause');
      if (step === 3) await tell('room:play');
      if (step % 6 === 4) await tell('queue:move', { item_ids: [ids[50 + step]!], index: 20 });
      if (step % 6 === 5) await tell('queue:remove', { item_ids: [ids[100 + step]!] });
      if (step === 6) await tell('room:repeat', { repeat: 'all' });
    }
    await pause(GAP_MS / STEPS);
  }
}
