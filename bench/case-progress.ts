import type { BenchCase, Findings, Stage } from './case.js';
import { percentile, spread } from './figures.js';
import { startLoad } from './load-process.js';
import type { ControlAsks } from './load/control.js';
import type { FanOutAsks } from './load/fan-out.js';
import { cpuMs, pause } from './program.js';
import { ROOM, startTutti } from './tutti.js';

const CLIENTS = 1000;
const REPETITIONS = 8;
const WINDOW_MS = 3_000;
const EVERY_MS = 500;
/** From the start of the beat to the window. */
const SETTLE_MS = 600;

/** (b) What it costs the server to tell a thousand phones twice a second where the music is. */
export const progress: BenchCase = {
  key: 'b',
  title: 'CPU per delivered 2 Hz progress update, 1000 clients',
  async run({ ground }: Stage): Promise<Findings> {
    const tutti = await startTutti(ground, {});
    const control = startLoad<ControlAsks>(ground, 'control');
    const controlPort = await control.ask('listen');
    const load = startLoad<FanOutAsks>(ground, 'fan-out');
    await load.ask('join', 'tutti', tutti.port, CLIENTS, ROOM);
    await load.ask('join', 'control', controlPort, CLIENTS, ROOM);
    const room = { room_id: ROOM };
    await load.ask('command', 'queue:add', {
      ...room,
      source: { url: 'http://127.0.0.1:9/stream', title: 'Stream' },
      play: true,
    });
    const bytes = await load.ask('progressBytes');
    await control.ask('tell', bytes);
    await load.ask('command', 'room:pause', room);

    const ours: number[] = [];
    const bare: number[] = [];
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      await load.ask('command', 'room:play', room);
      ours.push(await window(load, 'tutti', tutti.pid));
      await load.ask('command', 'room:pause', room);
      await control.ask('every', EVERY_MS);
      bare.push(await window(load, 'control', control.pid));
      await control.ask('every', 0);
    }
    const figure = spread(bare);
    const own = spread(ours);
    const ratio = percentile(
      ours.map((ms, at) => ms / (bare[at] ?? Number.NaN)),
      0.5,
    );
    return {
      rows: [
        {
          measure: `CPU per 1000 updates of ${bytes.length} bytes`,
          unit: 'ms',
          ours: own,
          peer: { name: 'bare sockets', figure },
          ratio,
          target: { text: '<= 1.5 x control', met: ratio <= 1.5 },
        },
      ],
      notes: [
        'The ratio is the median of the ratios of neighbouring windows, so that what else the machine does weighs less.',
      ],
    };
  },
};

/** CPU milliseconds per 1000 deliveries. */
async function window(
  load: { ask(ask: 'countProgress', name: 'tutti' | 'control', ms: number): Promise<number> },
  name: 'tutti' | 'control',
  pid: number,
): Promise<number> {
  await pause(SETTLE_MS);
  const before = cpuMs(pid);
  const delivered = await load.ask('countProgress', name, WINDOW_MS);
  const used = cpuMs(pid) - before;
  const due = CLIENTS * (WINDOW_MS / EVERY_MS);
  if (delivered < 0.8 * due) throw new Error(`${name} delivered ${delivered} of about ${due} updates`);
  return (used / delivered) * 1000;
}
