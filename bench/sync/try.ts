// Listen to anything that plays to test cards: node dist/bench/sync/try.js [--ppm 0,60] [--step 480] [--seconds 120] -- command …
// The command finds room_a, room_b, … as ALSA devices and the music in $MUSIC (FLAC) and $MUSIC_WAV. Stop it with Ctrl-C.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Ground } from '../ground.js';
import { endOf, firstSound, silences } from './capture.js';
import { openCards, type Cards } from './cards.js';
import { Locator } from './locate.js';
import { noise, writeFlac, writeWav } from './signal.js';
import { follow, jumps, settledAfter, skewsOf, summary } from './skew.js';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ppm: { type: 'string', default: '0,60' },
      step: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '120' },
      window: { type: 'string', default: '0.25' },
      list: { type: 'boolean', default: false },
    },
  });
  const [command, ...args] = positionals;
  if (command === undefined) throw new Error('say what plays: … -- command arguments');
  const ground = await Ground.open();
  try {
    const music = noise(1, Number(values.seconds));
    const flac = join(ground.dir, 'music.flac');
    const wav = join(ground.dir, 'music.wav');
    await writeFlac(flac, music, { title: 'Noise', artist: 'Tutti', album: 'Sync' });
    await writeWav(wav, [music, music]);
    const cards = await openCards(
      ground.dir,
      values.ppm
        .split(',')
        .map((ppm, n) => ({ name: `room_${'abcdefghij'[n]}`, ppm: Number(ppm), step: Number(values.step) })),
    );
    await runCommand(command, args, { ...cards.env, MUSIC: flac, MUSIC_WAV: wav });
    await tell(cards, new Locator(music), Number(values.window), values.list);
  } finally {
    await ground.close();
  }
}

/** Ctrl-C reaches the command, which is in our process group; we wait until it has ended. */
async function runCommand(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => resolve(status ?? 128 + constants.signals[signal ?? 'SIGHUP']));
  });
  process.off('SIGINT', ignore);
  print(`(the command ended with ${code})`);
}

async function tell(cards: Cards, locator: Locator, windowSeconds: number, list: boolean): Promise<void> {
  const rooms = await Promise.all(
    cards.names.map(async (name) => {
      const segments = await cards.heard(name);
      return { name, segments, points: follow(segments, locator, { windowSeconds }) };
    }),
  );
  for (const { name, segments, points } of rooms) {
    const last = segments.at(-1);
    print(
      `${name}: ${segments.length} stretches, first sound ${seconds(firstSound(segments))}, last ${seconds(last && endOf(last))}, ` +
        `${await cards.underruns(name)} underruns, ${points.length} windows found`,
    );
    for (const { fromNs, toNs } of silences(segments, 1))
      print(`  silent ${((toNs - fromNs) / 1e6).toFixed(2)} ms at ${seconds(fromNs)}`);
    for (const { atNs, ms } of jumps(points, 1)) print(`  jumped ${ms.toFixed(2)} ms at ${seconds(atNs)}`);
  }
  const [first, ...others] = rooms;
  for (const other of others) {
    const skews = skewsOf(first?.points ?? [], other.points);
    const begin = skews[0]?.atNs ?? 0;
    const steady = skews.filter(({ atNs }) => atNs >= begin + 3e9);
    print(
      `${other.name} against ${first?.name}, later than 3 s after both play: ${text(summary(steady))}; ` +
        `from the start: ${text(summary(skews))}; below 1 ms after ${settledAfter(skews, begin)?.toFixed(2) ?? 'never'} s`,
    );
    if (list) for (const { atNs, ms } of skews) print(`  ${seconds(atNs)} ${ms.toFixed(4)} ms`);
  }
}

function text({ windows, p50, p95, max }: ReturnType<typeof summary>): string {
  return `p50 ${p50.toFixed(3)} p95 ${p95.toFixed(3)} max ${max.toFixed(3)} ms (${windows} windows)`;
}

function seconds(ns: number | undefined): string {
  return ns === undefined ? 'never' : `${(ns / 1e9).toFixed(3)} s`;
}

await main();
