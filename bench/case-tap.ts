import type { BenchCase, Findings, Stage } from './case.js';
import { percentile, short, spread } from './figures.js';
import { startLoad } from './load-process.js';
import type { ControlAsks } from './load/control.js';
import type { FanOutAsks } from './load/fan-out.js';
import { startMpd } from './mpd.js';
import type { Row } from './result.js';
import { ROOM, startTutti } from './tutti.js';

const REPETITIONS = 5;
const TAPS = 30;
/** Taps come to a server that has nothing else to do. */
const GAP_MS = 20;
const MPD_CLIENTS = 100;

type Name = 'tutti' | 'control' | 'mpd';

/** (a) One phone turns the volume; how long until every phone shows it. */
export const tap: BenchCase = {
  key: 'a',
  title: 'Tap -> every client has volume:updated',
  async run({ ground }: Stage): Promise<Findings> {
    const tutti = await startTutti(ground, {});
    const control = startLoad<ControlAsks>(ground, 'control');
    const controlPort = await control.ask('listen');
    const mpd = await startMpd(ground, {});
    const load = startLoad<FanOutAsks>(ground, 'fan-out');
    const rows: Row[] = [];
    for (const clients of [100, 1000]) {
      const names: Name[] = clients === MPD_CLIENTS ? ['tutti', 'control', 'mpd'] : ['tutti', 'control'];
      await load.ask('join', 'tutti', tutti.port, clients, ROOM);
      await control.ask('tell', await load.ask('tapBytes'));
      await load.ask('join', 'control', controlPort, clients, ROOM);
      if (names.includes('mpd')) await load.ask('joinMpd', mpd.port, clients);
      const taken: Record<Name, number[][]> = { tutti: [], control: [], mpd: [] };
      for (let repetition = 0; repetition < REPETITIONS; repetition++)
        for (const name of names) taken[name].push(await load.ask('taps', name, TAPS, GAP_MS));
      for (const name of names) await load.ask('leave', name);
      rows.push(...against('bare sockets', clients, taken.tutti, taken.control));
      if (names.includes('mpd')) rows.push(againstMpd(clients, taken.tutti, taken.mpd));
    }
    return { rows };
  },
};

function against(name: string, clients: number, ours: number[][], control: number[][]): Row[] {
  const at = (runs: number[][], p: number) => spread(runs.map((run) => percentile(run, p)));
  const allowed = 2 * at(control, 0.5).median + 0.5;
  return [
    {
      measure: `tap -> all of ${clients} clients, p50`,
      unit: 'ms',
      ours: at(ours, 0.5),
      peer: { name, figure: at(control, 0.5) },
      target: {
        text: `<= 2 x control + 0.5 = ${short(allowed)}`,
        met: at(ours, 0.5).median <= allowed,
      },
    },
    {
      measure: `tap -> all of ${clients} clients, p99`,
      unit: 'ms',
      ours: at(ours, 0.99),
      peer: { name, figure: at(control, 0.99) },
    },
  ];
}

function againstMpd(clients: number, ours: number[][], mpd: number[][]): Row {
  const figure = spread(mpd.map((run) => percentile(run, 0.5)));
  const own = spread(ours.map((run) => percentile(run, 0.5)));
  return {
    measure: `the same beside MPD: setvol -> idle -> status, ${clients} clients, p50`,
    unit: 'ms',
    ours: own,
    peer: { name: 'mpd', figure },
    target: { text: 'faster than mpd', met: own.median < figure.median },
  };
}
