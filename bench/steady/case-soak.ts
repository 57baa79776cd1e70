import type { BenchCase } from '../case.js';
import { percentile } from '../figures.js';
import { ownMb, pause, rssMb } from '../program.js';
import type { Row } from '../result.js';
import { row } from '../sync/stage.js';
import { heldBy, type Held } from './held.js';
import { Life, type Deeds } from './life.js';
import type { Pace } from './pace.js';
import { slopeOf, type Point } from './slope.js';
import { openSoakHouse, type SoakHouse } from './soak-house.js';

/** From the last command until what it began has ended. */
const REST_MS = 5000;
/** A collection has ended by then, and its pages are given back. */
const COLLECT_MS = 1000;
/** Between one thing and the next while it warms up. */
const HURRY_MS = 20;
/** Of the samples: the hour begins in a hurry, and has to come to rest itself. */
const WARM_SHARE = 1 / 3;
const MOST_MB_PER_HOUR = 1;
/** A leak shows with every visitor, of whom there are thousands; one more is a line that happens to be open. */
const MOST_MORE = 1;
/** Of some hundred thousand, while tens of thousands of visitors come: what is bounded, full or not. Compiled code is not among them. */
const MOST_MORE_OBJECTS = 500;

interface Sample extends Held {
  readonly minutes: number;
  /** After a collection of garbage. */
  readonly mb: number;
  /** Of it without pages of files. */
  readonly ownMb: number;
  readonly objects: number;
  /** Just before it rested. */
  readonly busyMb: number;
}

/** What the server holds at moments of rest, while people live with it. */
export function soak({ soakMinutes, warmMinutes, turnSeconds }: Pace): BenchCase {
  return {
    key: '4-soak',
    title: `${soakMinutes} minutes of clients that come and go, group changes and track changes`,
    async run({ ground }) {
      const home = await openSoakHouse(ground);
      const life = new Life(home);
      await warmUp(home, life, warmMinutes * 60_000, turnSeconds * 1000);
      const begun = performance.now();
      const minutes = (): number => (performance.now() - begun) / 60_000;
      const samples: Sample[] = [];
      while (minutes() < soakMinutes) {
        await life.busy(turnSeconds * 1000 - REST_MS - COLLECT_MS);
        const busyMb = rssMb(home.house.server.pid);
        await life.rest();
        samples.push({ minutes: minutes(), busyMb, ...(await restingOf(home)) });
      }
      return {
        rows: [...memoryRows(samples), ...heldRows(samples), ...deedRows(life.deeds), ...life.alarms.rows()],
        notes: [warmNote(warmMinutes), ...notesOf(samples, life.deeds), ...life.alarms.notes()],
      };
    },
  };
}

/**
 * The same life in a hurry, and its rests: what fills up to a bound (answers, changes, undo steps, what V8 has compiled) is full before the
 * first sample, so that what grows afterwards has no bound.
 */
async function warmUp(home: SoakHouse, life: Life, ms: number, turnMs: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    await life.busy(Math.min(turnMs, end - performance.now()), HURRY_MS);
    await life.rest();
    await restingOf(home);
  }
}

function warmNote(minutes: number): string {
  return `Before the hour the same life for ${minutes} minutes with ${HURRY_MS} ms between one thing and the next, so that what is bounded is full; the counts below have it in them.`;
}

async function restingOf({
  house,
  collect,
  objects,
}: SoakHouse): Promise<Omit<Sample, 'minutes' | 'busyMb'>> {
  const { pid, port } = house.server;
  await pause(REST_MS);
  collect();
  await pause(COLLECT_MS);
  return { mb: rssMb(pid), ownMb: ownMb(pid), objects: objects(), ...(await heldBy(pid, port)) };
}

function warm(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.ceil(samples.length * WARM_SHARE));
}

function memoryRows(samples: readonly Sample[]): Row[] {
  const series = (read: (sample: Sample) => number): Point[] =>
    warm(samples).map((sample) => ({ minutes: sample.minutes, value: read(sample) }));
  const line = (measure: string, points: readonly Point[]): Row => {
    const { perHour, low, high } = slopeOf(points);
    return {
      measure: `${measure} (95 % interval)`,
      unit: 'MB/h',
      ours: { median: perHour, low, high, repetitions: points.length },
      target: {
        text: `holds 0, or below ${MOST_MB_PER_HOUR} MB/h`,
        met: (low <= 0 && high >= 0) || high < MOST_MB_PER_HOUR,
      },
    };
  };
  return [
    line(
      'slope of RSS at rest',
      series(({ mb }) => mb),
    ),
    line(
      'slope of it without pages of files at rest',
      series(({ ownMb }) => ownMb),
    ),
    line(
      'slope of what JavaScript holds at rest',
      series(({ heapMb }) => heapMb),
    ),
    row('RSS at rest, at the end', 'MB', samples.at(-1)?.mb),
    row('RSS while people are busy, most', 'MB', Math.max(...samples.map(({ busyMb }) => busyMb))),
  ];
}

/** What was held in the last quarter, beside the first one after it was warm. */
function heldRows(samples: readonly Sample[]): Row[] {
  const calm = warm(samples);
  const share = Math.max(1, Math.floor(calm.length / 4));
  const middle = (some: readonly Sample[], read: (sample: Sample) => number): number =>
    percentile(some.map(read), 0.5);
  const kept = (measure: string, read: (sample: Sample) => number, mostMore = MOST_MORE): Row => {
    const before = middle(calm.slice(0, share), read);
    const after = middle(calm.slice(-share), read);
    const { ours } = row('', '', before);
    return {
      ...row(measure, '', after),
      peer: { name: 'at first', figure: ours },
      target: { text: `<= ${before + mostMore}`, met: after <= before + mostMore },
    };
  };
  return [
    kept('open files and sockets', ({ files }) => files),
    kept('timers', ({ resources }) => resources['Timeout'] ?? 0),
    kept('other handles of Node', ({ resources }) =>
      Object.entries(resources).reduce((sum, [kind, count]) => (kind === 'Timeout' ? sum : sum + count), 0),
    ),
    kept('programs it has started', ({ programs }) => programs),
    kept('objects of JavaScript', ({ objects }) => objects, MOST_MORE_OBJECTS),
  ];
}

function deedRows(deeds: Deeds): Row[] {
  const { clients, clientsRefused, groupChanges, trackChanges, commands, failed, silences } = deeds;
  return [
    row('clients that came and went', '', clients),
    row('of them refused', '', clientsRefused, 0),
    row('changes of groups', '', groupChanges),
    row('changes of tracks', '', trackChanges),
    row('commands', '', commands),
    row('of them failed', '', failed, 0),
    row('times the music had stopped by itself', '', silences, 0),
  ];
}

function notesOf(samples: readonly Sample[], { reasons }: Deeds): string[] {
  const every = Math.max(1, Math.round(samples.length / 12));
  const some = samples.filter((_, at) => at % every === 0 || at === samples.length - 1);
  const words = some.map(
    ({ minutes, mb, ownMb, heapMb }) =>
      `${minutes.toFixed(0)}: ${mb.toFixed(1)} (${ownMb.toFixed(1)}, ${heapMb.toFixed(1)})`,
  );
  return [
    `At rest: every room by itself, nothing plays, queues empty, garbage collected. The first third of the samples is left out.`,
    `Minute: RSS (without pages of files, JavaScript) in MB: ${words.join(', ')}.`,
    ...reasons.map((reason) => `What went wrong: ${reason}`),
  ];
}
