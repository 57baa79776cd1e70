import type { BenchCase, Findings, Stage } from '../case.js';
import { percentile, spread } from '../figures.js';
import { pause } from '../program.js';
import { ROOM } from '../tutti.js';
import { atBare, BARE, startBare, startCrowd, type Bare, type Crowd } from './bare.js';
import { UNTOLD } from '../load/untold.js';
import { startHouse, type House } from './house.js';
import { many, ratioOf, times } from './scale.js';

const CLIENTS = many(500);
const OTHERS = many(50);
const REPETITIONS = times(5);
/** Longer than a storm. */
const WINDOW_MS = 1_200;
const GAP_MS = 5;
const AWAY = 'away';
const TOPIC = `room/${ROOM}`;

interface Side {
  readonly name: 'house' | 'bare';
  readonly ms: number[];
  readonly quiet: number[];
  readonly during: number[];
}

/** The Wi-Fi was away for a moment: everybody comes back at the same time, and asks for what they missed. */
export const storm: BenchCase = {
  key: '4-storm',
  title: `${CLIENTS} signed-in clients come back at once and resume`,
  async run({ ground }: Stage): Promise<Findings> {
    const house = await startHouse(ground, { rooms: [ROOM, AWAY] });
    const bare = await startBare(ground);
    const crowd = startCrowd(ground);
    const others = { house: startCrowd(ground), bare: startCrowd(ground) };
    await settle(crowd, others, house, bare);
    const sides: Side[] = (['house', 'bare'] as const).map((name) => ({
      name,
      ms: [],
      quiet: [],
      during: [],
    }));
    let failed = 0;
    let unresumed = 0;
    const storm = async (name: Side['name']): Promise<number> => {
      const back = await crowd.ask('storm', name);
      if (name === 'house') {
        failed += back.failed;
        unresumed += CLIENTS - back.resumed;
      }
      return back.ms;
    };
    const away = async (name: Side['name']): Promise<void> => {
      await crowd.ask('drop', name);
      await pause(300);
      for (const volume of name === 'house' ? [0.2, 0.3, 0.4] : [])
        await others.house.ask('command', 'room:volume', { room_id: AWAY, volume });
    };
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      for (const { name, ms } of sides) {
        await away(name);
        ms.push(await storm(name));
      }
      for (const { name, quiet, during } of sides) {
        quiet.push(percentile((await others[name].ask('taps', 'others', WINDOW_MS, GAP_MS)).each, 0.99));
        await away(name);
        const [taps] = await Promise.all([
          others[name].ask('taps', 'others', WINDOW_MS, GAP_MS),
          pause(100).then(() => storm(name)),
        ]);
        during.push(percentile(taps.each, 0.99));
      }
    }
    const [ours, beside] = sides as [Side, Side];
    const ratio = ratioOf(ours.ms, beside.ms);
    const slower = ratioOf(ours.during, ours.quiet);
    return {
      rows: [
        {
          measure: 'until all are connected, subscribed and know what they missed',
          unit: 'ms',
          ours: spread(ours.ms),
          peer: { name: `${BARE}: until all are connected`, figure: spread(beside.ms) },
          ratio,
          target: { text: '<= 3 x control, 0 failures', met: ratio <= 3 && failed === 0 && unresumed === 0 },
        },
        {
          measure: `p99 of a tap -> each of ${OTHERS} others, in a second storm`,
          unit: 'ms',
          ours: spread(ours.during),
          peer: { name: 'quiet', figure: spread(ours.quiet) },
          ratio: slower,
          target: { text: '<= 3 x quiet', met: slower <= 3 },
        },
        {
          measure: 'the same at bare sockets',
          unit: 'ms',
          ours: spread(beside.during),
          peer: { name: 'quiet', figure: spread(beside.quiet) },
          ratio: ratioOf(beside.during, beside.quiet),
        },
      ],
      notes: [`Of ${2 * REPETITIONS * CLIENTS} returns ${failed} failed and ${unresumed} were not resumed.`],
    };
  },
};

async function settle(
  crowd: Crowd,
  others: Readonly<Record<'house' | 'bare', Crowd>>,
  house: House,
  bare: Bare,
): Promise<void> {
  const here = { port: house.port, topics: [TOPIC], tokens: house.tokens };
  await others.house.ask('join', 'others', { ...here, count: OTHERS, atOnce: 10 });
  await others.house.ask('tapper', { port: house.port, topics: [], token: house.tokens[0]!, room: ROOM });
  await crowd.ask('join', 'house', { ...here, topics: [`room/${AWAY}`], count: CLIENTS, atOnce: 50 });
  await pause(200);
  await bare.ask('tell', TAP);
  await others.bare.ask('join', 'others', { ...atBare(bare.port), count: OTHERS, atOnce: 10 });
  await others.bare.ask('tapper', { port: bare.port, topics: [], room: ROOM });
  await crowd.ask('join', 'bare', { ...atBare(bare.port, [UNTOLD]), count: CLIENTS, atOnce: 50 });
}

/** As long as ours is. */
const TEXT = `{"type":"volume:updated","topic":"${TOPIC}","revision":1000,"timestamp":"2026-01-01T00:00:00.000Z","data":{"room_id":"${ROOM}","volume":0.25}}`;
const TAP = Buffer.concat([Buffer.from([0x81, 126, 0, TEXT.length]), Buffer.from(TEXT)]);
