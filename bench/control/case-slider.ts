import type { BenchCase, Findings, Stage } from '../case.js';
import { percentile, spread } from '../figures.js';
import { ROOM } from '../tutti.js';
import { startCrowd } from './bare.js';
import { startHouse } from './house.js';
import { many, ratioOf, times } from './scale.js';

const OTHERS = many(50);
const REPETITIONS = times(5);
const WINDOW_MS = 3_000;
const PER_SECOND = 1000;
const SLIDER = 'slider';

/** One phone sends a thousand volumes a second, to a server with the limits it has by default. [S17] */
export const slider: BenchCase = {
  key: '9-slider',
  title: `${PER_SECOND} volumes a second from one phone`,
  async run({ ground }: Stage): Promise<Findings> {
    const house = await startHouse(ground, { rooms: [ROOM, SLIDER], limited: true });
    const others = startCrowd(ground);
    const phone = startCrowd(ground);
    const [one = '', two = '', ...rest] = house.tokens;
    const here = { port: house.port, topics: [`room/${ROOM}`], tokens: rest };
    await others.ask('join', 'others', { ...here, count: OTHERS, atOnce: 10 });
    const quiet: number[] = [];
    const during: number[] = [];
    let well = 0;
    let ran = 0;
    const runs = (): Promise<number> =>
      house.metric('tutti_commands_total\\{type="room:volume",result="ok"\\}').catch(() => 0);
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      // Each connection has a burst of its own, so that what is measured is the server and not its limit for the measuring phone.
      await others.ask('tapper', { port: house.port, topics: [], token: one, room: ROOM });
      const calm = await others.ask('taps', 'others', WINDOW_MS / 2, 60);
      quiet.push(percentile(calm.each, 0.99));
      await phone.ask('tapper', { port: house.port, topics: [], token: two, room: SLIDER });
      const before = await runs();
      const [taps, answered] = await Promise.all([
        others.ask('taps', 'others', WINDOW_MS / 2, 60),
        phone.ask('flood', 'room:volume', { room_id: SLIDER }, PER_SECOND, WINDOW_MS),
      ]);
      during.push(percentile(taps.each, 0.99));
      ran += (await runs()) - before;
      well += answered;
    }
    const ratio = ratioOf(during, quiet);
    return {
      rows: [
        {
          measure: `p99 of a tap -> each of ${OTHERS} others`,
          unit: 'ms',
          ours: spread(during),
          peer: { name: 'quiet', figure: spread(quiet) },
          ratio,
          target: { text: '<= 1.2 x', met: ratio <= 1.2 },
        },
      ],
      notes: [
        `Of ${(REPETITIONS * WINDOW_MS * PER_SECOND) / 1000} sent, ${well} were answered well while they were sent; ${ran} volumes of both were set.`,
      ],
    };
  },
};
