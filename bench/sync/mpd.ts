import { join } from 'node:path';
import { percentile } from '../figures.js';
import { pause } from '../program.js';
import { openCast } from './cast.js';
import { nowNs } from './capture.js';
import { openCardEars } from './ears.js';
import { makeAlbum } from './music.js';
import { CpuShare, gapRows, hear } from './pair.js';
import { follow, skewsOf, summary, type Skew } from './skew.js';
import { row, type Scenario } from './stage.js';

const TRACK_SECONDS = 15;
/** What was heard so soon after a track's first window counts as its start. */
const START_NS = 2e9;

/** MPD can be put right only by a jump of the whole room: at the start of each track, or when it has drifted far. */
export const mpdPair: Scenario = {
  key: 'mpd',
  title: 'MPD + MPD, cards 0 and +60 ppm',
  async run(stage) {
    const { ground, steadySeconds } = stage;
    const ears = await openCardEars(join(ground.dir, 'cards'), [
      { name: 'room_a' },
      { name: 'room_b', ppm: 60 },
    ]);
    ground.own({ stop: () => ears.close() });
    const count = Math.ceil(steadySeconds / TRACK_SECONDS) + 2;
    const album = await makeAlbum(join(ground.dir, 'music'), Array<number>(count).fill(TRACK_SECONDS));
    const { house, ids, pid } = await openCast(stage, ears, album, ['mpd', 'mpd']);
    const [first, second] = [ids[0]!, ids[1]!];
    await house.group(first, [second]);
    const cpu = new CpuShare();
    const processes = { 'the server': house.server.pid, 'an MPD': pid(second) };
    const fromNs = nowNs();
    await house.playAlbum(first);
    cpu.mark(true, processes);
    await pause(steadySeconds * 1000);
    cpu.mark(false, processes);
    const toNs = nowNs();
    await house.client.send('room:stop', { room_id: first });
    const [a, b] = await hear(ears);
    const span = { fromNs, toNs };
    const points = follow(a, album.locator, span);
    const skews = skewsOf(points, follow(b, album.locator, span));
    const trackAt = new Map(points.map(({ atNs, seconds }) => [atNs, Math.floor(seconds / TRACK_SECONDS)]));
    const starts = startsOf(skews, (atNs) => trackAt.get(atNs) ?? -1);
    const all = summary(skews);
    return {
      rows: [
        row('tracks heard in both', '', starts.length),
        row(
          '|skew| at the starts of tracks, median',
          'ms',
          starts.length > 0 ? percentile(starts, 0.5) : undefined,
        ),
        row(
          '|skew| at the starts of tracks, most',
          'ms',
          starts.length > 0 ? Math.max(...starts) : undefined,
          3,
        ),
        row('|skew| p95', 'ms', all.windows > 0 ? all.p95 : undefined),
        row('|skew| max', 'ms', all.windows > 0 ? all.max : undefined, 15),
        ...gapRows([a, b], span),
        ...cpu.rows(),
      ],
    };
  },
};

/** For each track the median of |skew| in its first two seconds. */
function startsOf(skews: readonly Skew[], trackOf: (atNs: number) => number): number[] {
  const tracks = new Map<number, Skew[]>();
  for (const skew of skews) {
    const own = tracks.get(trackOf(skew.atNs)) ?? [];
    own.push(skew);
    tracks.set(trackOf(skew.atNs), own);
  }
  return [...tracks.values()].map((own) =>
    percentile(
      own.filter(({ atNs }) => atNs < own[0]!.atNs + START_NS).map(({ ms }) => Math.abs(ms)),
      0.5,
    ),
  );
}
